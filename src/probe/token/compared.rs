//! What a claim says beside what was expected of it, and both in words.

use std::sync::Arc;

use crate::units::is_hidden;

/// The most values of a claim that are told, and the most letters of each.
const MOST_VALUES: usize = 5;
const LONGEST_VALUE: usize = 200;

/// What a claim says, beside what was expected of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compared {
    told: Vec<String>,
    expected: Arc<[String]>,
}

impl Compared {
    pub(super) fn new(told: Vec<String>, expected: &Arc<[String]>) -> Self {
        Self {
            told,
            expected: Arc::clone(expected),
        }
    }

    /// True where the claim names one of those that were expected.
    pub(super) fn matches(&self) -> bool {
        self.told.iter().any(|told| self.expected.contains(told))
    }

    /// Both sides, for people.
    pub(super) fn words(&self, claim: &str) -> String {
        let expected = quoted(&self.expected, " or ");
        if self.told.is_empty() {
            format!("the token has no `{claim}`; {expected} was expected")
        } else {
            let told = quoted(&self.told, ", ");
            format!("the token's `{claim}` is {told}; {expected} was expected")
        }
    }
}

/// Values that others wrote, short and in one line.
fn quoted(values: &[String], between: &str) -> String {
    let short = |value: &String| {
        let plain = value.chars().filter(|c| !is_hidden(*c));
        format!("`{}`", plain.take(LONGEST_VALUE).collect::<String>())
    };
    let mut told: Vec<String> = values.iter().take(MOST_VALUES).map(short).collect();
    if let more @ 1.. = values.len().saturating_sub(MOST_VALUES) {
        told.push(format!("{more} more"));
    }
    told.join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_told_short_and_in_one_line() {
        let told = quoted(&vec!["a\nb".repeat(1000); 9], ", ");
        assert!(told.starts_with("`aba"), "{told}");
        assert!(told.ends_with("4 more") && told.len() < 1100, "{told}");
        assert!(!told.contains(char::is_control));
    }
}
