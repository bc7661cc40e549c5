//! What was found wrong, each with its path, and how it is told. What is wrong is decided by
//! [`deserialize`](super::deserialize) and [`resolve`](super::resolve).

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Everything wrong with a configuration: a headline, then one problem after the other, as they stand
/// in the text. It never shows a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems {
    source_name: String,
    found: BTreeSet<Mistake>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mistake {
    /// Where that stands in the text; `None` where it stands in none.
    place: Option<Place>,
    at: SettingPath,
    what: String,
    /// The environment variable that set it.
    variable: Option<String>,
}

/// A place in a text, both counted from 1, the second in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Mistake {
    /// Of a setting, or of the whole where the path is empty.
    pub(super) fn new(place: Option<Place>, at: SettingPath, what: impl Into<String>) -> Self {
        Self {
            place,
            at,
            what: what.into(),
            variable: None,
        }
    }

    /// In words: of what was read there, if it stands in that.
    pub(super) fn told(&self, source: &str) -> String {
        let Self {
            place,
            at,
            what,
            variable,
        } = self;
        let place = place.map_or_else(String::new, |Place { line, column }| {
            format!("{source}:{line}:{column}: ")
        });
        let colon = if at.is_root() { "" } else { ": " };
        let variable = variable.as_ref();
        let set_by = variable.map_or_else(String::new, |name| format!(" (set by {name})"));
        format!("{place}{at}{colon}{what}{set_by}")
    }
}

impl Problems {
    /// What keeps a source from being read at all.
    pub(super) fn of(source: &str, mistakes: impl IntoIterator<Item = Mistake>) -> Self {
        Self {
            source_name: source.to_owned(),
            found: mistakes.into_iter().collect(),
        }
    }

    /// The headline and each problem, for those who read line by line. Only a problem that shows how
    /// something is written has several lines.
    pub fn lines(&self) -> Vec<String> {
        let told = self.found.iter();
        let told = told.map(|mistake| mistake.told(&self.source_name));
        [self.headline()].into_iter().chain(told).collect()
    }

    fn headline(&self) -> String {
        let count = self.found.len();
        let plural = if count == 1 { "" } else { "s" };
        format!("{}: {count} problem{plural}", self.source_name)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n  "))
    }
}

/// A place in the configuration, as the names on the way to it. People may name things with dots,
/// so that it is no text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct SettingPath(Vec<String>);

impl SettingPath {
    /// The place `field` below this one; an empty field is this one.
    pub(super) fn field(&self, field: &str) -> Self {
        Self::of(self.steps().chain([field]))
    }

    /// The place of a setting that a [`Problem`](crate::probe::Problem) names, which may stand in a
    /// group: `introspect.client_id`.
    pub(super) fn setting(&self, setting: &str) -> Self {
        Self::of(self.steps().chain(setting.split('.')))
    }

    /// The place of these steps.
    pub(super) fn of<'a>(steps: impl IntoIterator<Item = &'a str>) -> Self {
        let steps = steps.into_iter().filter(|step| !step.is_empty());
        Self(steps.map(str::to_owned).collect())
    }

    /// The names on the way.
    pub(super) fn steps(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// True if `other` is this place or below it.
    pub(super) fn holds(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

/// As people name it: `orgs.acme.url`; a name with dots stands in quotes.
impl fmt::Display for SettingPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            let quote = if step.contains('.') { "\"" } else { "" };
            write!(f, "{dot}{quote}{step}{quote}")?;
        }
        Ok(())
    }
}

/// What is noted while a configuration is read.
#[derive(Debug, Default)]
pub(super) struct Notes {
    found: BTreeSet<Mistake>,
    suppressed: Vec<SettingPath>,
    variables: BTreeMap<SettingPath, String>,
    warnings: BTreeSet<Mistake>,
}

impl Notes {
    /// Something is wrong at this place, unless it only follows from what is suppressed there.
    pub(super) fn error(&mut self, at: &SettingPath, message: impl fmt::Display) {
        // What is wrong with the whole follows from nothing in it.
        let follows = |suppressed: &SettingPath| {
            suppressed.holds(at) || (at.holds(suppressed) && !at.is_root())
        };
        if !self.suppressed.iter().any(follows) {
            self.found.insert(self.mistake(at, &message));
        }
    }

    /// Something could not be read at this place and was removed; what follows from its absence is
    /// not told as well.
    pub(super) fn error_and_suppress(&mut self, at: SettingPath, message: impl fmt::Display) {
        self.found.insert(self.mistake(&at, &message));
        self.suppressed.push(at);
    }

    /// Nothing is to be said of this place: what was found elsewhere was meant for it.
    pub(super) fn suppress(&mut self, at: SettingPath) {
        self.suppressed.push(at);
    }

    /// Something is worth saying, and no error.
    pub(super) fn warn(&mut self, at: &SettingPath, message: impl fmt::Display) {
        self.warnings.insert(self.mistake(at, &message));
    }

    fn mistake(&self, at: &SettingPath, message: &dyn fmt::Display) -> Mistake {
        Mistake {
            variable: self.variable(at).map(str::to_owned),
            ..Mistake::new(None, at.clone(), message.to_string())
        }
    }

    /// Remembers which environment variable set this place, and all that is below it.
    pub(super) fn set_by(&mut self, at: SettingPath, variable: &str) {
        self.variables.retain(|below, _| !at.holds(below));
        self.variables.insert(at, variable.to_owned());
    }

    /// The environment variable that set this place, by itself or with what it is in. One that set
    /// something below it has no part in what is wrong with the rest.
    pub(super) fn variable(&self, at: &SettingPath) -> Option<&str> {
        let about = self.variables.iter().filter(|(set, _)| set.holds(at));
        let nearest = about.max_by_key(|(set, _)| set.steps().count());
        nearest.map(|(_, variable)| variable.as_str())
    }

    /// The warnings, if nothing is wrong. Either is told where it stands in the text that this source is,
    /// and in the order of that; what a variable set stands in none.
    pub(super) fn finish(
        self,
        source: &str,
        place: impl Fn(&SettingPath) -> Option<Place>,
    ) -> Result<Vec<String>, Problems> {
        let placed = |mistake: Mistake| Mistake {
            place: match mistake.variable {
                None => place(&mistake.at),
                Some(_) => None,
            },
            ..mistake
        };
        if self.found.is_empty() {
            let warnings: BTreeSet<_> = self.warnings.into_iter().map(placed).collect();
            Ok(warnings
                .iter()
                .map(|warning| warning.told(source))
                .collect())
        } else {
            Err(Problems::of(source, self.found.into_iter().map(placed)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(steps: &[&str]) -> SettingPath {
        SettingPath::of(steps.iter().copied())
    }

    fn told(notes: Notes) -> String {
        notes.finish("x", |_| None).unwrap_err().to_string()
    }

    #[test]
    fn a_name_with_dots_is_below_no_other() {
        let (acme, eu) = (at(&["orgs", "acme"]), at(&["orgs", "acme.eu"]));
        assert!(!acme.holds(&eu));
        assert!(acme.holds(&acme.field("url")));
        assert_ne!(eu, acme.field("eu"));
        assert_eq!(eu.field("url").to_string(), "orgs.\"acme.eu\".url");
        // What is wrong with the one hides nothing of the other.
        let mut notes = Notes::default();
        notes.error_and_suppress(acme, "one");
        notes.error(&eu.field("url"), "two");
        assert!(told(notes).contains("2 problems"));
    }

    #[test]
    fn a_variable_is_named_only_for_what_it_set() {
        let told_of = |place: &[&str]| {
            let mut notes = Notes::default();
            notes.set_by(at(&["orgs", "acme", "url"]), "DOMAIN");
            notes.set_by(at(&["orgs", "acme"]), "ACME");
            notes.set_by(at(&["defaults", "budget"]), "BUDGET");
            notes.error(&at(place), "wrong");
            told(notes)
        };
        for (place, variable) in [
            (&["orgs", "acme"][..], Some("ACME")),
            (&["orgs", "acme", "url"], Some("ACME")),
            (&["defaults", "budget"], Some("BUDGET")),
            (&["defaults", "budget", "x"], Some("BUDGET")),
            (&["defaults"], None),
            (&["orgs"], None),
            (&[], None),
        ] {
            let by = variable.map_or_else(String::new, |name| format!(" (set by {name})"));
            assert!(told_of(place).ends_with(&format!("wrong{by}")), "{place:?}");
        }
    }

    #[test]
    fn what_stands_in_a_text_is_told_by_line_and_column_and_in_their_order() {
        let paths = [&["orgs", "a"][..], &["orgs", "b"], &["defaults", "x"], &[]];
        let noted = |note: fn(&mut Notes, &SettingPath)| {
            let mut notes = Notes::default();
            notes.set_by(at(&["defaults"]), "DEFAULTS");
            for path in paths {
                note(&mut notes, &at(path));
            }
            notes
        };
        let line = |path: &SettingPath| match path.steps().last() {
            Some("a") => Some(9),
            Some("b") => Some(2),
            _ => None,
        };
        let place = |path: &SettingPath| line(path).map(|line| Place { line, column: 3 });
        let wrong = noted(|notes, at| notes.error(at, "wrong"));
        let problems = wrong.finish("f.yaml", place).unwrap_err();
        let told = [
            "f.yaml: 4 problems",
            "wrong",
            "defaults.x: wrong (set by DEFAULTS)",
            "f.yaml:2:3: orgs.b: wrong",
            "f.yaml:9:3: orgs.a: wrong",
        ];
        assert_eq!(problems.lines(), told);
        let warned = noted(|notes, at| notes.warn(at, "wrong"));
        assert_eq!(warned.finish("f.yaml", place).unwrap(), told[1..]);
    }

    #[test]
    fn what_is_wrong_with_the_whole_is_told_whatever_else_is() {
        let mut notes = Notes::default();
        notes.error_and_suppress(at(&["orgs"]), "one");
        notes.error(&SettingPath::default(), "two");
        assert!(told(notes).contains("2 problems"));
    }
}
