//! Why a secret could not be had, in words that never tell what was read.

use std::path::{Path, PathBuf};

use super::token_text::NotAToken;
use crate::okta::BadKey;

/// A secret that could not be had. It never tells what was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum NoSecret {
    #[error("cannot read {path}: {why}", path = shown(.0), why = .1)]
    Unreadable(PathBuf, String),
    #[error("{path} is no regular file: a secret is read from nothing else, since whatever else may hang", path = shown(.0))]
    NotAFile(PathBuf),
    #[error("{0} takes too long to be read: what it lies on hangs (a network file system?)")]
    Hangs(String),
    #[error("no file can be opened: too many are open (`ulimit -n`)")]
    NoDescriptor,
    #[error("{path} is empty: the secret was expected there", path = shown(.0))]
    Empty(PathBuf),
    #[error("{path} holds more than 64 KiB: too large for a secret", path = shown(.0))]
    TooLarge(PathBuf),
    #[error("the secret holds a line break or control character: it cannot be sent in a header")]
    Unsendable,
    #[error(
        "the secret begins with `{0} `: drop that word, it is put before the secret when it is sent"
    )]
    WithScheme(&'static str),
    #[error("{1} holds no token: {0}")]
    NotAToken(NotAToken, String),
    #[error("{1} holds no private key that can be used: {0}")]
    Key(BadKey, String),
}

/// A path for people. Some write the secret itself where its file's name belongs: what looks like a
/// token, a JWT or a key is not shown.
fn shown(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let whole = path.to_string_lossy();
    let has = |kind: fn(&char) -> bool| name.chars().any(|c| kind(&c));
    let mixed =
        has(char::is_ascii_digit) && has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase);
    let token = name.len() >= 24 && mixed && !name.contains('.');
    if token || name.starts_with("eyJ") || whole.contains("-----BEGIN") || whole.contains('{') {
        "the file (what is written here looks like a secret and not like a path, so it is not shown)".to_owned()
    } else {
        path.display().to_string()
    }
}
