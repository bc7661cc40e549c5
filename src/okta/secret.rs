//! Where a secret comes from. Reading it is the only I/O here; what it opens is elsewhere.

use std::{fmt, path::PathBuf};

use secrecy::ExposeSecret;

use super::BadKey;
use crate::units::Secret;

/// The longest secret worth reading: a file of more is not a secret but a mistake.
const LONGEST: u64 = 64 * 1024;

/// Where a secret comes from. A file is read at every use, so that a rotated secret (also one
/// swapped in by symlink, as Kubernetes does) is in force at the very next request.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// Written in the configuration or taken from the environment when it was read.
    Given(Secret),
    /// Read from this file at every use.
    File(PathBuf),
}

/// A secret that could not be had. It never tells what was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum NoSecret {
    #[error("cannot read {path}: {why}", path = .0.display(), why = .1)]
    Unreadable(PathBuf, String),
    #[error("{path} is empty: the secret was expected there", path = .0.display())]
    Empty(PathBuf),
    #[error("{path} holds {size} bytes: too large for a secret", path = .0.display(), size = .1)]
    TooLarge(PathBuf, u64),
    #[error("the secret holds a line break or control character: it cannot be sent in a header")]
    Unsendable,
    #[error(
        "the secret begins with `{0} `: drop that word, it is put before the secret when it is sent"
    )]
    WithScheme(&'static str),
    #[error("{1} holds no private key that can be used: {0}")]
    Key(BadKey, String),
}

/// The words of `Authorization` that people copy along with what follows them.
const SCHEMES: [&str; 3] = ["SSWS", "Bearer", "Basic"];

impl SecretSource {
    /// The secret as it stands now, without the white space that editors leave around it. It fits
    /// into a header.
    pub fn read(&self) -> Result<Secret, NoSecret> {
        let secret = self.read_text()?;
        let text = secret.expose_secret();
        if text.chars().any(char::is_control) {
            return Err(NoSecret::Unsendable);
        }
        let word = text.split_once(' ').map_or("", |(word, _)| word);
        match SCHEMES
            .iter()
            .find(|scheme| scheme.eq_ignore_ascii_case(word))
        {
            Some(scheme) => Err(NoSecret::WithScheme(scheme)),
            None => Ok(secret),
        }
    }

    /// The secret as it stands now, which may have several lines.
    pub fn read_text(&self) -> Result<Secret, NoSecret> {
        match self {
            Self::Given(secret) => Ok(secret.clone()),
            Self::File(path) => {
                let unreadable =
                    |e: std::io::Error| NoSecret::Unreadable(path.clone(), e.to_string());
                let size = std::fs::metadata(path).map_err(unreadable)?.len();
                if size > LONGEST {
                    return Err(NoSecret::TooLarge(path.clone(), size));
                }
                let text = zeroize(std::fs::read_to_string(path).map_err(unreadable)?);
                if text.expose_secret().is_empty() {
                    return Err(NoSecret::Empty(path.clone()));
                }
                Ok(text)
            }
        }
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(_) => f.write_str("the configuration"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Trims into a [`Secret`]; the copy with the white space is wrapped too, so it is zeroed as well.
fn zeroize(text: String) -> Secret {
    let whole = Secret::from(text);
    Secret::from(whole.expose_secret().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_anew_at_every_use() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        std::fs::write(&path, "first\n").unwrap();
        let source = SecretSource::File(path.clone());
        assert_eq!(source.read().unwrap().expose_secret(), "first");
        std::fs::write(&path, "  second\r\n").unwrap();
        assert_eq!(source.read().unwrap().expose_secret(), "second");
    }

    #[test]
    fn what_cannot_be_a_secret_is_refused_by_name_and_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let refused = |content: &str| {
            std::fs::write(&path, content).unwrap();
            SecretSource::File(path.clone())
                .read()
                .unwrap_err()
                .to_string()
        };
        assert!(refused("\n").contains("is empty"));
        assert!(refused("s3cr3t\nsecond line").contains("line break"));
        assert!(!refused("s3cr3t\nsecond line").contains("s3cr3t"));
        assert!(refused("ssws 00s3cr3t").contains("begins with `SSWS `"));
        assert!(refused(&"x".repeat(70_000)).contains("70000 bytes"));
        assert!(
            SecretSource::File("/nowhere/token".into())
                .read()
                .unwrap_err()
                .to_string()
                .contains("/nowhere/token")
        );
        assert_eq!(
            format!("{:?}", SecretSource::Given("s3cr3t".into())),
            "Given(SecretBox<str>([REDACTED]))"
        );
    }
}
