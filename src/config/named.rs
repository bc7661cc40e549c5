//! Things by the names that people gave them.

use super::{
    problems::{Notes, SettingPath},
    schema::Named,
};
use crate::units::Name;

/// Things by their names, each with its place. One with a bad name is told and read under a
/// stand-in, so that what it holds is told as well. Those with nothing set are there too: a name
/// alone asks for the thing.
pub(super) fn named<T: Default>(
    written: Option<Named<T>>,
    at: &SettingPath,
    notes: &mut Notes,
) -> Vec<(Name, SettingPath, T)> {
    let mut things = Vec::new();
    for (name, settings) in written.unwrap_or_default() {
        let at = at.field(&name);
        if let Some(name) = checked(&name, &at, notes) {
            things.push((name, at, settings.unwrap_or_default()));
        }
    }
    things
}

/// A name, or a stand-in for one that is told to be bad.
pub(super) fn checked(name: &str, at: &SettingPath, notes: &mut Notes) -> Option<Name> {
    let name = name.parse().or_else(|why| {
        notes.error(at, why);
        "stand-in".parse()
    });
    name.ok()
}
