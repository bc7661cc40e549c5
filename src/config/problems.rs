//! What was found wrong, each with its path, and how it is told. What is wrong is decided by
//! [`deserialize`](super::deserialize) and [`resolve`](super::resolve).

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Everything wrong with a configuration: a headline, then one problem after the other, by path.
/// It never shows a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems {
    source_name: String,
    found: BTreeSet<(String, String)>,
}

impl Problems {
    /// One problem with the source as a whole.
    pub(super) fn whole(source: &str, message: String) -> Self {
        Self {
            source_name: source.to_owned(),
            found: BTreeSet::from([(String::new(), message)]),
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.found.len();
        let plural = if count == 1 { "" } else { "s" };
        write!(f, "{}: {count} problem{plural}", self.source_name)?;
        for (path, message) in &self.found {
            let colon = if path.is_empty() { "" } else { ": " };
            write!(f, "\n  {path}{colon}{message}")?;
        }
        Ok(())
    }
}

/// A place in the configuration, written as people name it: `orgs.acme.url`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct SettingPath(String);

impl SettingPath {
    /// The place `field` below this one; an empty field is this one.
    pub(super) fn field(&self, field: &str) -> Self {
        match (self.0.is_empty(), field.is_empty()) {
            (_, true) => self.clone(),
            (true, false) => Self(field.to_owned()),
            (false, false) => Self(format!("{}.{field}", self.0)),
        }
    }

    /// The place of these steps.
    pub(super) fn of<'a>(steps: impl IntoIterator<Item = &'a str>) -> Self {
        steps
            .into_iter()
            .fold(Self::default(), |at, step| at.field(step))
    }

    /// True if `other` is this place or below it.
    pub(super) fn holds(&self, other: &Self) -> bool {
        match other.0.strip_prefix(&self.0) {
            Some(rest) => rest.is_empty() || rest.starts_with('.') || self.0.is_empty(),
            None => false,
        }
    }
}

/// What is noted while a configuration is read.
#[derive(Debug, Default)]
pub(super) struct Notes {
    found: BTreeSet<(String, String)>,
    suppressed: Vec<SettingPath>,
    variables: BTreeMap<SettingPath, String>,
    warnings: Vec<String>,
}

impl Notes {
    /// Something is wrong at this place, unless it only follows from what is suppressed there.
    pub(super) fn error(&mut self, at: &SettingPath, message: impl fmt::Display) {
        let follows = |suppressed: &SettingPath| suppressed.holds(at) || at.holds(suppressed);
        if !self.suppressed.iter().any(follows) {
            self.tell(at, &message);
        }
    }

    /// Something could not be read at this place and was removed; what follows from its absence is
    /// not told as well.
    pub(super) fn error_and_suppress(&mut self, at: SettingPath, message: impl fmt::Display) {
        self.tell(&at, &message);
        self.suppressed.push(at);
    }

    /// Nothing is to be said of this place: what was found elsewhere was meant for it.
    pub(super) fn suppress(&mut self, at: SettingPath) {
        self.suppressed.push(at);
    }

    fn tell(&mut self, at: &SettingPath, message: &dyn fmt::Display) {
        let from = self
            .variable(at)
            .map(|variable| format!(" (set by {variable})"))
            .unwrap_or_default();
        self.found
            .insert((at.0.clone(), format!("{message}{from}")));
    }

    /// Something is worth saying, and no error.
    pub(super) fn warn(&mut self, at: &SettingPath, message: impl fmt::Display) {
        let colon = if at.0.is_empty() { "" } else { ": " };
        self.warnings.push(format!("{}{colon}{message}", at.0));
    }

    /// Remembers which environment variable set this place.
    pub(super) fn set_by(&mut self, at: SettingPath, variable: &str) {
        self.variables.insert(at, variable.to_owned());
    }

    /// The environment variable that set this place, or something below it.
    pub(super) fn variable(&self, at: &SettingPath) -> Option<&str> {
        self.variables
            .iter()
            .find(|(set, _)| at.holds(set))
            .map(|(_, variable)| variable.as_str())
    }

    /// The environment variable that set this place, something below it, or something it is in.
    pub(super) fn variable_about(&self, at: &SettingPath) -> Option<&str> {
        self.variables
            .iter()
            .find(|(set, _)| at.holds(set) || set.holds(at))
            .map(|(_, variable)| variable.as_str())
    }

    /// The warnings, if nothing is wrong.
    pub(super) fn finish(self, source: &str) -> Result<Vec<String>, Problems> {
        if self.found.is_empty() {
            Ok(self.warnings)
        } else {
            Err(Problems {
                source_name: source.to_owned(),
                found: self.found,
            })
        }
    }
}
