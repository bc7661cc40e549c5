//! The three ways to give one secret. What is worth a warning about where it is kept is the
//! configuration's to say.

use std::{collections::BTreeMap, path::PathBuf};

use super::problem::Problem;
use crate::{
    okta::{SecretFile, SecretReloads, SecretSource, TokenKind},
    units::{Secret, unmarked},
};

/// The three ways to give one secret: `X_file`, `X_env`, or inline `X`.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// The secret itself, discouraged.
    pub inline: Option<Secret>,
    /// A file that holds it.
    pub file: Option<PathBuf>,
    /// An environment variable that holds it.
    pub env: Option<String>,
}

/// What secrets are found with.
#[derive(Debug, Clone, Copy)]
pub struct SecretContext<'a> {
    /// The environment, as it was read once.
    pub environment: &'a BTreeMap<String, String>,
    /// Where it is counted that a file holds another secret.
    pub reloads: &'a SecretReloads,
    /// Whether it is looked at what stands there: in files, and in variables that are named. Where
    /// nothing will be asked, no secret is needed. What is written itself is looked at anyway.
    pub are_read: bool,
}

impl Secrets {
    /// The one source that was given for the field `name`; a file must be readable now.
    pub fn source(&self, name: &str, context: SecretContext<'_>) -> Result<SecretSource, Problem> {
        let (source, field) = self.place(name, context)?;
        if self.is_read(context) {
            let read = source.soon(SecretSource::read);
            read.map_err(|e| Problem::new(field, e.to_string()))?;
        }
        Ok(source)
    }

    /// The one source of a token of this kind; what stands there now must be able to be one.
    pub fn token(
        &self,
        name: &str,
        kind: TokenKind,
        context: SecretContext<'_>,
    ) -> Result<SecretSource, Problem> {
        let (source, field) = self.place(name, context)?;
        if self.is_read(context) {
            let read = source.soon(move |source| source.read_token(kind));
            read.map_err(|e| Problem::new(field, e.to_string()))?;
        }
        Ok(source)
    }

    /// The one place that was given for the field `name`, and the field that gave it. What stands
    /// there was not looked at yet.
    pub fn place(
        &self,
        name: &str,
        context: SecretContext<'_>,
    ) -> Result<(SecretSource, String), Problem> {
        match (&self.inline, &self.file, &self.env) {
            (None, None, None) => Err(Problem::new(
                name,
                format!("missing: give `{name}_file` (best), `{name}_env` or `{name}`"),
            )),
            (Some(secret), None, None) => {
                Ok((SecretSource::Given(secret.clone()), name.to_owned()))
            }
            (None, Some(file), None) => Ok((
                SecretSource::File(SecretFile::new(file.clone(), context.reloads)),
                format!("{name}_file"),
            )),
            (None, None, Some(_)) if !context.are_read => {
                Ok((SecretSource::Given("".into()), format!("{name}_env")))
            }
            (None, None, Some(variable)) => {
                match context
                    .environment
                    .get(variable)
                    .map(|text| unmarked(text.trim()).trim())
                {
                    Some(secret) if !secret.is_empty() => {
                        let source = SecretSource::Given(secret.into());
                        Ok((source, format!("{name}_env")))
                    }
                    _ => Err(Problem::new(format!("{name}_env"), not_set(variable))),
                }
            }
            _ => Err(Problem::new(
                name,
                format!("given more than once: keep one of `{name}_file`, `{name}_env`, `{name}`"),
            )),
        }
    }

    /// True where it is looked at what the secret is.
    pub fn is_read(&self, context: SecretContext<'_>) -> bool {
        context.are_read || self.inline.is_some()
    }

    /// True where any way is written.
    pub fn is_given(&self) -> bool {
        self.inline.is_some() || self.file.is_some() || self.env.is_some()
    }
}

/// People write the secret itself where its variable's name belongs: what is not spelled as variables
/// are is not shown.
fn not_set(variable: &str) -> String {
    let usual = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if variable.starts_with(|c: char| !c.is_ascii_digit()) && variable.chars().all(usual) {
        format!("the environment variable `{variable}` is not set, or empty")
    } else {
        "no such environment variable is set; write its name here, not the secret".to_owned()
    }
}

/// A secret that a probe's settings hold.
#[derive(Debug, Clone)]
pub struct HeldSecret {
    /// The settings it is among, such as `introspect`; empty for the probe's own.
    pub within: &'static str,
    /// Its name, such as `client_secret`.
    pub name: &'static str,
    /// How it is given.
    pub secrets: Secrets,
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn context<'a>(
        environment: &'a BTreeMap<String, String>,
        reloads: &'a SecretReloads,
    ) -> SecretContext<'a> {
        SecretContext {
            environment,
            reloads,
            are_read: true,
        }
    }

    /// Where a secret was found, and what was said of it where it was not.
    fn placed(secrets: &Secrets) -> Result<String, (String, String)> {
        let environment = [("OKTA_KEY", " s3cr3t "), ("EMPTY", " ")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (environment, reloads) = (environment.into(), SecretReloads::default());
        let found = secrets.place("token", context(&environment, &reloads));
        let found = found.map_err(|problem| (problem.field, problem.message));
        found.map(|(source, field)| {
            let is_file = matches!(source, SecretSource::File(_));
            assert!(
                is_file || source.read().unwrap().expose_secret() == "s3cr3t",
                "{field}"
            );
            field
        })
    }

    fn env(name: &str) -> Secrets {
        Secrets {
            env: Some(name.to_owned()),
            ..Secrets::default()
        }
    }

    #[test]
    fn a_secret_is_given_in_one_way_and_in_no_two() {
        let inline = Secrets {
            inline: Some("s3cr3t".into()),
            ..Secrets::default()
        };
        let file = Secrets {
            file: Some("/run/secret".into()),
            ..Secrets::default()
        };
        for (secrets, field) in [
            (&inline, "token"),
            (&file, "token_file"),
            (&env("OKTA_KEY"), "token_env"),
        ] {
            assert!(secrets.is_given(), "{field}");
            assert_eq!(placed(secrets), Ok(field.to_owned()));
        }
        assert!(!Secrets::default().is_given());
        let missing = placed(&Secrets::default()).unwrap_err();
        assert_eq!(missing.0, "token");
        assert!(missing.1.starts_with("missing"), "{missing:?}");
        let twice = Secrets {
            env: Some("OKTA_KEY".to_owned()),
            ..inline
        };
        let twice = placed(&twice).unwrap_err().1;
        assert!(twice.starts_with("given more than once"), "{twice}");
    }

    #[test]
    fn a_file_is_read_at_once_and_what_is_wrong_with_it_is_said_of_its_field() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "s3cr3t\n").unwrap();
        let read = |path: &std::path::Path| {
            let secrets = Secrets {
                file: Some(path.to_owned()),
                ..Secrets::default()
            };
            let (environment, reloads) = (BTreeMap::new(), SecretReloads::default());
            let source = secrets.source("token", context(&environment, &reloads));
            source.map(|source| source.read().unwrap().expose_secret().to_owned())
        };
        assert_eq!(read(file.path()), Ok("s3cr3t".to_owned()));
        let missing = read(&file.path().join("missing")).unwrap_err();
        assert_eq!(missing.field, "token_file");
    }

    #[test]
    fn a_variable_that_is_not_set_is_named_unless_it_looks_like_the_secret_itself() {
        for name in ["EMPTY", "OKTA_TOKEN_2", "_KEY"] {
            let said = placed(&env(name)).unwrap_err();
            assert_eq!(said.0, "token_env");
            assert!(said.1.contains(name), "{said:?}");
        }
        for secret in ["00aBcD", "2KEY", "key", "OKTA-KEY", ""] {
            let said = placed(&env(secret)).unwrap_err();
            assert!(said.1.contains("not the secret"), "{said:?}");
            assert!(secret.is_empty() || !said.1.contains(secret), "{said:?}");
        }
    }
}
