//! Where a secret comes from. Reading it is the only I/O here; how it goes into a
//! request is in [`sensitive`](super::sensitive).

use std::fmt;

use secrecy::ExposeSecret;

use super::{
    error::NoSecret,
    file::SecretFile,
    token_text::{NotAToken, TokenKind},
};
use crate::units::Secret;

/// Where a secret comes from. A file is read at every use.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// Written in the configuration or taken from the environment when it was read.
    Given(Secret),
    /// Read from this file at every use.
    File(SecretFile),
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

    /// The token as it stands now. What can be none of this kind is refused.
    pub fn read_token(&self, kind: TokenKind) -> Result<Secret, NoSecret> {
        let text = self.read_text()?;
        let Err(why) = kind.check(&text) else {
            return Ok(text);
        };
        if matches!(why, NotAToken::Blank | NotAToken::Character) {
            // More may be said of it as of any secret.
            self.read()?;
        }
        Err(NoSecret::NotAToken(why, self.to_string()))
    }

    /// The secret as it stands now, which may have several lines.
    pub fn read_text(&self) -> Result<Secret, NoSecret> {
        match self {
            Self::Given(secret) => Ok(secret.clone()),
            Self::File(file) => file.read(),
        }
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(_) => f.write_str("the configuration"),
            Self::File(file) => write!(f, "{}", file.path().display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::okta::SecretReloads;

    fn file(path: PathBuf) -> SecretSource {
        SecretSource::File(SecretFile::new(path, &SecretReloads::default()))
    }

    #[test]
    fn what_cannot_be_a_secret_is_refused_by_name_and_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let refused = |content: &str| {
            std::fs::write(&path, content).unwrap();
            file(path.clone()).read().unwrap_err().to_string()
        };
        assert!(refused("\n").contains("is empty"));
        assert!(refused("s3cr3t\nsecond line").contains("line break"));
        assert!(!refused("s3cr3t\nsecond line").contains("s3cr3t"));
        for misplaced in [
            "00S3cr3ts3cr3t".repeat(3),
            "eyJs3cr3t.a.b".into(),
            "-----BEGIN s3cr3t".into(),
        ] {
            let misplaced = file(path.with_file_name(misplaced));
            let told = misplaced.read().unwrap_err().to_string();
            assert!(told.contains("looks like a secret"), "{told}");
            assert!(!told.contains("s3cr3t"), "{told}");
        }
        assert!(refused("ssws 00s3cr3t").contains("begins with `SSWS `"));
        assert!(
            file("/nowhere/token".into())
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
