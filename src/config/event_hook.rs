//! From `orgs.ORG.event_hook` to how deliveries prove themselves.

use http::HeaderName;
use secrecy::ExposeSecret;

use super::{
    planned::EventHook,
    problems::{Notes, SettingPath},
    schema, secrets,
};
use crate::{
    okta::{NoSecret, SecretSource},
    probe::{Problem, SecretContext, Secrets},
};

/// What holds the secret, in any of the three ways.
const NAME: &str = "authorization";
/// A secret of fewer characters can be guessed.
const SHORTEST: usize = 16;

impl schema::EventHook {
    /// How deliveries prove themselves; `None` where something is wrong, which is told.
    pub(super) fn resolve(
        self,
        context: SecretContext<'_>,
        at: &SettingPath,
        notes: &mut Notes,
    ) -> Option<EventHook> {
        let header = self.header.as_deref().unwrap_or(NAME);
        let header: Option<HeaderName> = header.parse().ok();
        if header.is_none() {
            let fix =
                "write the name of the header that Okta sends the secret in, like `Authorization`";
            notes.error(
                &at.field("header"),
                format!("this is no name of a header: {fix}"),
            );
        }
        let secrets = Secrets {
            inline: self.authorization,
            file: self.authorization_file,
            env: self.authorization_env,
        };
        match secret(&secrets, context) {
            Ok(secret) => {
                secrets::warn_of_exposure(&secrets, NAME, at, notes);
                Some(EventHook {
                    header: header?,
                    secret,
                })
            }
            Err(Problem { field, message }) => {
                notes.error(&at.field(&field), message);
                None
            }
        }
    }
}

/// Where the secret is. It stands for the whole of the header's value, whatever words that begins
/// with, and must be able to be one.
fn secret(secrets: &Secrets, context: SecretContext<'_>) -> Result<SecretSource, Problem> {
    let (source, field) = secrets.place(NAME, context)?;
    if !secrets.is_read(context) {
        return Ok(source);
    }
    let read = source.read_text();
    let read = read.map_err(|e| Problem::new(field.clone(), e.to_string()))?;
    let text = read.expose_secret();
    if text.chars().any(char::is_control) {
        return Err(Problem::new(field, NoSecret::Unsendable.to_string()));
    }
    if text.chars().count() < SHORTEST {
        let fix = "make one with `openssl rand -hex 32`, and write the same at Okta";
        return Err(Problem::new(
            field,
            format!("fewer than {SHORTEST} characters can be guessed: {fix}"),
        ));
    }
    Ok(source)
}
