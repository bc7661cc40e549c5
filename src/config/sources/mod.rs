//! Where settings come from when there is no file: the first of what people already have that names
//! an org. Each way is written as the tree that a file would hold; what a tree means is told by
//! [`resolve`](super::resolve).
//!
//! Variables go before files that lie about in a home directory, and the ways are never mixed: a
//! token must not travel to an org that it was not given for. That holds for what
//! `OKTA_EXPORTER__…` variables give as well; see [`provenance`](super::provenance).

mod basic_environment;
mod sdk;
mod terraform;
mod tree;
mod variables;

use std::{collections::BTreeMap, fmt, path::Path};

use serde_json::{Value, json};

use super::{
    problems::{Notes, SettingPath},
    provenance::gives_an_org,
};
use crate::units::closed_list;
use variables::{Set, Variables};

/// Where the settings come from, in names of files and variables; never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What was read.
    pub source: String,
    /// The `OKTA_EXPORTER__…` variables whose settings were laid over it.
    pub overrides: Vec<String>,
    /// What was found besides, and left alone.
    pub ignored: Vec<String>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "settings come from {}", self.source)?;
        if !self.overrides.is_empty() {
            write!(f, ", and over it from {}", self.overrides.join(", "))?;
        }
        if !self.ignored.is_empty() {
            write!(f, "; found and not used: {}", self.ignored.join("; "))?;
        }
        Ok(())
    }
}

/// What stands in for a file.
pub(super) struct StandIn {
    /// What a file would hold.
    pub(super) tree: Value,
    /// The environment, with the settings of files that SDKs read laid under it: the tree names
    /// secrets by variable, so that they stay out of it.
    pub(super) environment: BTreeMap<String, String>,
    /// Where it comes from.
    pub(super) origin: Origin,
}

closed_list! {
    /// The ways, in the order in which they win.
    enum Way {
        Basic,
        Sdk,
        Terraform,
    }
}

impl Way {
    fn set(self) -> &'static Set {
        match self {
            Self::Basic => &basic_environment::SET,
            Self::Sdk => &sdk::SET,
            Self::Terraform => &terraform::SET,
        }
    }
}

/// What people already have. `working` is the working directory, where SDKs look for a file too. Files
/// are left alone where variables give an org: they lie about, and may be meant for another one.
pub(super) fn without_file(
    environment: &BTreeMap<String, String>,
    working: &Path,
    notes: &mut Notes,
) -> StandIn {
    let variables = Variables(environment);
    let home = variables.get("HOME").or(variables.get("USERPROFILE"));
    let files = sdk::files(home.map(Path::new), working);
    let is_set = |way: Way| !way.set().found(variables).is_empty();
    let names_an_org = |head: &str| variables.get(head).is_some();
    let (domain, terraform) = (
        names_an_org(basic_environment::DOMAIN),
        names_an_org(terraform::ORG),
    );
    let mut sdk = sdk::Settings::default();
    if !domain && (is_set(Way::Sdk) || !terraform) {
        let read = if gives_an_org(environment) {
            &[][..]
        } else {
            &files
        };
        sdk.read(read, environment, notes);
    }
    let (way, tree) = if domain {
        (Some(Way::Basic), basic_environment::tree(variables, notes))
    } else if sdk.names_an_org() {
        (Some(Way::Sdk), sdk.tree(notes))
    } else if terraform {
        (Some(Way::Terraform), terraform::tree(variables, notes))
    } else {
        (None, json!({}))
    };
    refuse_empty(way, environment, notes);
    let told = |way: Way| way.set().told(&way.set().found(variables));
    let left = Way::ALL.into_iter().filter(|left| Some(*left) != way);
    let mut ignored: Vec<String> = left.filter(|left| is_set(*left)).map(told).collect();
    let files = files.iter().map(|file| file.display().to_string());
    ignored.extend(files.filter(|file| way != Some(Way::Sdk) || !sdk.was_read(file)));
    let (source, environment) = if way == Some(Way::Sdk) {
        (sdk.told(), sdk.laid_under(environment.clone()))
    } else {
        let source = way.map_or_else(|| "the environment".to_owned(), told);
        (source, environment.clone())
    };
    StandIn {
        tree,
        environment,
        origin: Origin {
            source,
            overrides: Vec::new(),
            ignored,
        },
    }
}

/// Refuses variables that are set to nothing: those of the way in force, and those that would have
/// named an org before it. Who writes one meant to fill it in, and nobody should watch another org
/// than was meant, or without a credential, for want of a word.
fn refuse_empty(way: Option<Way>, environment: &BTreeMap<String, String>, notes: &mut Notes) {
    if way.is_none() && gives_an_org(environment) {
        return;
    }
    let empty = |used: Way| used.set().empty(Variables(environment));
    let before = Way::ALL.into_iter().take_while(|other| Some(*other) != way);
    let named = before.flat_map(|other| {
        let head = other.set().names.first().copied();
        empty(other)
            .into_iter()
            .filter(move |name| Some(*name) == head)
    });
    let fix = "fill it in, or unset it";
    for name in named.chain(way.into_iter().flat_map(empty)) {
        let message = format!("the variable {name} is set and empty: {fix}");
        notes.error(&SettingPath::default(), message);
    }
}

/// A variable that is set and of no use, since the one that names its org is not; and that one.
pub(super) fn half_given(
    environment: &BTreeMap<String, String>,
) -> Option<(&'static str, &'static str)> {
    let variables = Variables(environment);
    let half = |set: &Set| {
        let (head, found) = (*set.names.first()?, set.found(variables));
        (variables.get(head).is_none()).then_some((*found.first()?, head))
    };
    Way::ALL.into_iter().map(Way::set).find_map(half)
}

#[cfg(test)]
mod tests;
