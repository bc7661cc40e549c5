//! A list of Okta's that comes in pages: what was read of it, and how much of it that is.

use std::collections::BTreeSet;

use crate::okta::{Listed, Object};

/// The most entries that one page may have: no page of Okta's that is asked for here has more.
const MOST: usize = 1_000;

/// What was read of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listing<T> {
    /// The entries, in Okta's order.
    pub(super) entries: Vec<T>,
    /// How many entries were not in the form that was expected: one hides no other.
    pub(super) unreadable: usize,
    /// False where the list goes on after the last page that was read.
    pub(super) is_complete: bool,
    /// How many pages were read.
    pub(super) pages: usize,
}

/// One page of it. An entry is an object whose members are read one by one, or it is none.
pub(super) type ListPage<T> = Listed<Object<T>, MOST>;

impl<T> Listing<T> {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self {
            entries: Vec::new(),
            unreadable: 0,
            is_complete: false,
            pages: 0,
        }
    }

    /// One page alone.
    pub(super) fn page(page: ListPage<T>, is_complete: bool) -> Self {
        let mut listing = Self::new();
        listing.add(page);
        listing.is_complete = is_complete;
        listing
    }

    /// Takes in what follows.
    pub(super) fn append(&mut self, next: Self) {
        self.entries.extend(next.entries);
        self.unreadable += next.unreadable;
        self.pages += next.pages;
        self.is_complete = next.is_complete;
    }

    /// The same list with each entry read; one that this cannot make sense of is left out.
    pub(super) fn filter_map<U>(self, read: impl FnMut(T) -> Option<U>) -> Listing<U> {
        Listing {
            entries: self.entries.into_iter().filter_map(read).collect(),
            unreadable: self.unreadable,
            is_complete: self.is_complete,
            pages: self.pages,
        }
    }

    /// Takes in one page.
    pub(super) fn add(&mut self, Listed(page): ListPage<T>) {
        self.pages += 1;
        for Object(entry) in page {
            self.unreadable += usize::from(entry.is_none());
            self.entries.extend(entry);
        }
    }
}

impl<T: Clone> Listing<T> {
    /// The entries, with those of earlier that may still be there: what is not on a list that was not
    /// read to its end need not be gone.
    pub(super) fn with(self, earlier: &[T], id: impl Fn(&T) -> &str) -> Vec<T> {
        let known: BTreeSet<&str> = self.entries.iter().map(&id).collect();
        let others = earlier.iter().filter(|_| !self.is_complete);
        let others: Vec<T> = others
            .filter(|one| !known.contains(id(one)))
            .cloned()
            .collect();
        let mut all = self.entries;
        all.extend(others);
        all
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::okta::claim;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Thing {
        #[serde(deserialize_with = "claim")]
        n: Option<f64>,
    }

    fn page(text: &str) -> ListPage<Thing> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_entry_that_is_strange_is_counted_and_hides_no_other() {
        let mut listing = Listing::<Thing>::new();
        listing.add(page(
            r#"[{"n": 1, "m": [{}]}, "no number", 5, [{"n": 7}], true]"#,
        ));
        listing.add(page(r#"[null, {"n": 2}, {"n": "two"}]"#));
        let entries = listing.entries.iter().map(|thing| thing.n);
        assert_eq!(entries.collect::<Vec<_>>(), [Some(1.0), Some(2.0), None]);
        assert_eq!(listing.unreadable, 5);
    }

    #[test]
    fn what_is_not_on_a_list_that_was_not_read_to_its_end_need_not_be_gone() {
        let listing = |is_complete| Listing {
            entries: vec!["b", "c"],
            is_complete,
            ..Listing::new()
        };
        let with = |is_complete| listing(is_complete).with(&["a", "b"], |one| one);
        assert_eq!(with(false), ["b", "c", "a"]);
        assert_eq!(with(true), ["b", "c"]);
        let long = listing(true).filter_map(|one| (one > "b").then_some(one.len()));
        assert_eq!((long.entries, long.is_complete), (vec![1], true));
    }

    #[test]
    fn a_page_that_nobody_asked_for_is_refused() {
        let long = format!("[{}{{}}]", "{},".repeat(MOST));
        let refused = serde_json::from_str::<ListPage<Thing>>(&long);
        assert!(refused.unwrap_err().to_string().contains("more than 1000"));
    }
}
