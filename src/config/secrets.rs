//! What is worth a warning about where a secret is kept. It is read by
//! [`Secrets`](crate::probe::Secrets).

use std::path::Path;

use super::problems::{Notes, SettingPath};
use crate::probe::Secrets;

/// Warns of a secret that is written in the file, or kept in one that everybody may read.
pub(super) fn warn_of_exposure(secrets: &Secrets, name: &str, at: &SettingPath, notes: &mut Notes) {
    // What the environment sets is written in no file.
    if secrets.inline.is_some() && notes.variable(&at.field(name)).is_none() {
        let fix = format!("put it into a file of its own and name that as `{name}_file`");
        notes.warn(&at.field(name), format!("a secret is written here: {fix}"));
    }
    if let Some(file) = &secrets.file
        && world_readable(file)
    {
        notes.warn(&at.field(&format!("{name}_file")), open_to_all(file));
    }
}

/// Warns of a settings file that holds a secret and that everybody may read.
pub(super) fn warn_of_open_settings(file: &Path, notes: &mut Notes) {
    if world_readable(file) {
        notes.warn(&SettingPath::default(), open_to_all(file));
    }
}

fn open_to_all(file: &Path) -> String {
    let file = file.display();
    format!("everybody on this host may read {file}: `chmod o-r` it")
}

#[cfg(unix)]
fn world_readable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path)
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn world_readable(_path: &Path) -> bool {
    false
}
