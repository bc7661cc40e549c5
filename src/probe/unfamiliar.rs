//! Words out of Okta's lists that this program does not know yet: each is shown as `other`, told once
//! in the log, and fails nothing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::label::plain_word;

/// The most words that are kept in mind; of more, nothing is told.
const MOST: usize = 20;

/// Words that were met, as Okta spells them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Unfamiliar(BTreeSet<String>);

impl Unfamiliar {
    /// What a word means, by what reads it in lower case; else it is kept in mind.
    pub(super) fn or_note<T>(&mut self, word: &str, known: fn(&str) -> Option<T>) -> Option<T> {
        let told = plain_word(word).unwrap_or("what is no word");
        let read = known(&told.to_ascii_lowercase());
        if read.is_none() && self.0.len() < MOST {
            self.0.insert(told.to_owned());
        }
        read
    }

    /// Tells the log of those that are not among the earlier ones. `what` is the list they are of.
    pub(super) fn tell(&self, earlier: &Self, what: &str) {
        for word in self.0.difference(&earlier.0) {
            tracing::info!(
                word,
                "Okta has a word for {what} that is not known here: it is shown as `other`, or not at all"
            );
        }
    }

    /// These and the earlier ones, as far as there is room.
    pub(super) fn and(mut self, earlier: Self) -> Self {
        let room = MOST.saturating_sub(self.0.len());
        self.0.extend(earlier.0.into_iter().take(room));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn even(word: &str) -> Option<usize> {
        word.len().is_multiple_of(2).then_some(word.len())
    }

    #[test]
    fn a_word_is_read_in_any_case_and_one_that_is_new_is_kept_in_mind_once() {
        let mut seen = Unfamiliar::default();
        assert_eq!(seen.or_note("ab", even), Some(2));
        for word in ["abc", "abc", "two\nlines", &"x".repeat(10_000)] {
            let read = seen.or_note(word, |_| None::<usize>);
            assert_eq!(read, None);
        }
        let kept: Vec<_> = seen.0.iter().map(String::as_str).collect();
        assert_eq!(kept, ["abc", "what is no word"]);
        let both = seen.clone().and(Unfamiliar(["z".to_owned()].into()));
        assert_eq!(both.0.len(), 3);
        let written = serde_json::to_string(&both).unwrap();
        assert_eq!(serde_json::from_str::<Unfamiliar>(&written).unwrap(), both);
    }

    #[test]
    fn of_very_many_words_few_are_kept() {
        let mut seen = Unfamiliar::default();
        for n in 0..1_000 {
            seen.or_note(&format!("new-{n}"), |_| None::<()>);
        }
        assert_eq!(seen.0.len(), MOST);
        assert_eq!(seen.clone().and(seen).0.len(), MOST);
    }
}
