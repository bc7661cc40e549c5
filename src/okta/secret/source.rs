//! Where a secret comes from. Reading it is the only I/O here; how it goes into a
//! request is in [`sensitive`](super::sensitive).

use std::fmt;

use secrecy::ExposeSecret;

use super::{
    error::NoSecret,
    file::SecretFile,
    token_text::{NotAToken, TokenKind},
};
use crate::units::{Secret, soon};

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

    /// What such a read of it comes to, for whom there is no other thread to wait on where the file hangs.
    pub(crate) fn soon<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Self) -> Result<T, NoSecret> + Send + 'static,
    ) -> Result<T, NoSecret> {
        let Self::File(_) = self else {
            return read(self);
        };
        let source = self.clone();
        soon(move || read(&source)).unwrap_or_else(|| Err(NoSecret::Hangs(self.to_string())))
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
mod tests;
