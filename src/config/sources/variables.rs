//! Variables that belong together, and what they are set to.

use std::collections::BTreeMap;

/// Variables that belong together. The first names the org.
pub(super) struct Set {
    pub(super) whose: &'static str,
    pub(super) names: &'static [&'static str],
}

/// Variables that are set, as they are; white space around a value is no part of it, and one that
/// is empty holds nothing.
#[derive(Clone, Copy)]
pub(super) struct Variables<'a>(pub(super) &'a BTreeMap<String, String>);

impl<'a> Variables<'a> {
    pub(super) fn get(self, name: &str) -> Option<&'a str> {
        let text = self.0.get(name).map(|text| text.trim());
        text.filter(|text| !text.is_empty())
    }
}

impl Set {
    /// Those of its variables that are set.
    pub(super) fn found(&self, variables: Variables<'_>) -> Vec<&'static str> {
        let set = |name: &&&str| variables.get(name).is_some();
        self.names.iter().filter(set).copied().collect()
    }

    /// Those of its variables that are set to nothing.
    pub(super) fn empty(&self, variables: Variables<'_>) -> Vec<&'static str> {
        let empty = |name: &&&str| {
            variables
                .0
                .get(**name)
                .is_some_and(|text| text.trim().is_empty())
        };
        self.names.iter().filter(empty).copied().collect()
    }

    /// In words, with these names.
    pub(super) fn told(&self, names: &[&str]) -> String {
        format!("{} ({})", self.whose, names.join(", "))
    }
}
