//! Which settings hold a secret, and what is worth a warning about where one is kept. It is read by
//! [`Secrets`](crate::probe::Secrets).

use std::path::Path;

use serde_json::Value;

use super::problems::{Notes, SettingPath};
use crate::{
    probe::Secrets,
    units::{is_mounted_by_kubernetes, soon},
};

/// How the names of settings end that hold a secret.
const SECRETS: [&str; 6] = [
    "token",
    "secret",
    "key",
    "password",
    "authorization",
    "assertion",
];

/// True of a setting that holds a secret itself. `X_file` and `X_env` tell where it is kept.
pub(super) fn is_secret(name: &str) -> bool {
    SECRETS.iter().any(|end| name.ends_with(end))
}

/// The three ways to give the same: `X`, `X_file` and `X_env`, given any of them.
pub(super) fn ways(name: &str) -> [String; 3] {
    let plain = ["_file", "_env"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name);
    ["", "_file", "_env"].map(|end| format!("{plain}{end}"))
}

/// Where below a place secrets are given, in any of the three ways.
pub(super) fn places(node: &Value, at: &SettingPath) -> Vec<SettingPath> {
    let Value::Object(map) = node else {
        return Vec::new();
    };
    let below = map.iter().flat_map(|(name, value)| {
        let [plain, ..] = ways(name);
        match value {
            Value::Null => Vec::new(),
            Value::Object(_) => places(value, &at.field(name)),
            _ if is_secret(&plain) => vec![at.field(name)],
            _ => Vec::new(),
        }
    });
    below.collect()
}

/// Warns of a secret that is written in the file, or kept in one that everybody may read.
pub(super) fn warn_of_exposure(secrets: &Secrets, name: &str, at: &SettingPath, notes: &mut Notes) {
    // What the environment sets is written in no file.
    if secrets.inline.is_some() && notes.variable(&at.field(name)).is_none() {
        let fix = format!("put it into a file of its own and name that as `{name}_file`");
        notes.warn(&at.field(name), format!("a secret is written here: {fix}"));
    }
    if let Some(file) = &secrets.file {
        for warning in exposures_soon(file) {
            notes.warn(&at.field(&format!("{name}_file")), warning);
        }
    }
}

/// Warns of a settings file that holds a secret and that everybody may read.
pub(super) fn warn_of_open_settings(file: &Path, notes: &mut Notes) {
    for warning in exposures_soon(file) {
        notes.warn(&SettingPath::default(), warning);
    }
}

fn open_to_all(file: &Path) -> String {
    let shown = file.display();
    if is_mounted_by_kubernetes(file) {
        let fix =
            "set `defaultMode: 0440` of the volume, and `fsGroup` in the pod's `securityContext`";
        return format!("everybody in this container may read {shown}: {fix}");
    }
    format!("everybody on this host may read {shown}: `chmod o-r` it")
}

/// The same, unless the file hangs: then that is told.
fn exposures_soon(file: &Path) -> Vec<String> {
    let file = file.to_owned();
    soon(move || exposures(&file)).unwrap_or_default()
}

/// Who else may read a file with a secret, or put another in its place.
#[cfg(unix)]
fn exposures(file: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;

    let Ok(found) = std::fs::metadata(file) else {
        return Vec::new();
    };
    let mode = found.permissions().mode();
    let is_open = |bits| found.is_file() && mode & bits != 0;
    let mut exposures = Vec::new();
    if is_open(0o004) {
        exposures.push(open_to_all(file));
    }
    // What Kubernetes mounts, nobody there can write, whatever its mode.
    if is_open(0o022) && !is_mounted_by_kubernetes(file) {
        let file = file.display();
        exposures.push(format!(
            "others than its owner may write {file}, and so choose what is sent: `chmod go-w` it"
        ));
    }
    exposures
}

#[cfg(not(unix))]
fn exposures(_file: &Path) -> Vec<String> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_about_an_open_file_works_where_it_is_mounted() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("token");
        assert!(open_to_all(&file).contains("`chmod o-r` it"));
        std::os::unix::fs::symlink("..2026_11_27", directory.path().join("..data")).unwrap();
        let told = open_to_all(&file);
        assert!(
            told.contains("`defaultMode: 0440`") && told.contains("`fsGroup`"),
            "{told}"
        );
        assert!(!told.contains("chmod"), "{told}");
    }
}
