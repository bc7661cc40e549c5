//! A list of Okta's that comes in pages: what was read of it, and how much of it that is.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// What was read of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listing<T> {
    /// The entries, in Okta's order.
    pub(super) entries: Vec<T>,
    /// How many entries were not in the form that was expected: one hides no other.
    pub(super) unreadable: usize,
    /// False where the list goes on after the last page that was read.
    pub(super) is_complete: bool,
}

impl<T: DeserializeOwned> Listing<T> {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self {
            entries: Vec::new(),
            unreadable: 0,
            is_complete: false,
        }
    }

    /// Takes in one page.
    pub(super) fn add(&mut self, page: Vec<Value>) {
        for entry in page {
            match serde_json::from_value(entry) {
                Ok(entry) => self.entries.push(entry),
                Err(_) => self.unreadable += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_that_is_strange_is_counted_and_hides_no_other() {
        let mut listing = Listing::<u32>::new();
        listing.add(vec![json!(1), json!("no number")]);
        listing.add(vec![json!(null), json!(2)]);
        assert_eq!((listing.entries, listing.unreadable), (vec![1, 2], 2));
    }
}
