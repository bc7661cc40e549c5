//! What comes from outside and becomes a label's value or a sample's: short, plain, bounded.

use crate::{okta::clean, units::Timestamp};

/// The longest name that becomes a label value.
const LONGEST_NAME: usize = 64;

/// A name that people gave at Okta, as a label value: in one line, and not long. Two may become the
/// same, so Okta's id stands beside it.
pub(super) fn name(text: &str) -> String {
    let plain = clean(text);
    if plain.chars().count() <= LONGEST_NAME {
        return plain;
    }
    let cut = plain.chars().take(LONGEST_NAME - 1);
    cut.chain(['…']).collect()
}

/// A word from outside, as a label value: short and plain, or unknown.
pub(super) fn plain_word(text: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    (!text.is_empty() && text.len() <= 64 && text.chars().all(plain)).then_some(text)
}

/// A moment, as Prometheus counts: seconds since 1970.
pub(super) fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_from_outside_is_short_and_plain_or_unknown() {
        let long = "a".repeat(64);
        for plain in ["ok7", "a-B_2.c:d", &long] {
            assert_eq!(plain_word(plain), Some(plain));
        }
        for other in ["", "two words", "ok7\n", "é", &"a".repeat(65)] {
            assert_eq!(plain_word(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_name_that_people_gave_is_one_short_line() {
        assert_eq!(name(" CI\nof \"acme\"\t\u{202e}x"), "CI of \"acme\" x");
        assert_eq!(name(&"é".repeat(64)), "é".repeat(64));
        assert_eq!(name(&"é".repeat(10_000)), "é".repeat(63) + "…");
        assert_eq!(name("\n"), "");
    }

    #[test]
    fn a_moment_is_told_in_seconds_and_their_parts() {
        let shown = seconds(Timestamp::from_millisecond(2500).unwrap()).to_string();
        assert_eq!(shown, "2.5");
    }
}
