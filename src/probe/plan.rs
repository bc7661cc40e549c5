//! From a probe's settings to a probe: what the settings may refer to, and what is wrong with them.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use crate::{
    okta::{Credential, SecretFile, SecretReloads, SecretSource, scopes},
    units::{Name, OrgUrl, Secret},
};

/// What the settings of a probe may refer to.
#[derive(Debug, Clone, Copy)]
pub struct PlanContext<'a> {
    /// The org's URL.
    pub org: &'a OrgUrl,
    /// The org's credentials.
    pub credentials: &'a BTreeMap<Name, Arc<Credential>>,
    /// Where secrets may be.
    pub secrets: SecretContext<'a>,
}

impl PlanContext<'_> {
    /// The credential of this name; none is none.
    pub fn credential(&self, name: Option<&str>) -> Result<Option<Arc<Credential>>, Problem> {
        let Some(name) = name else { return Ok(None) };
        let found = self
            .credentials
            .iter()
            .find(|(known, _)| known.as_str() == name);
        if let Some((_, credential)) = found {
            return Ok(Some(Arc::clone(credential)));
        }
        let known: Vec<&str> = self.credentials.keys().map(Name::as_str).collect();
        let mend = if known.is_empty() {
            "define it under the org's `credentials`".to_owned()
        } else {
            format!("defined here: {}", known.join(", "))
        };
        Err(Problem::new(
            "credential",
            format!("no credential is named `{name}`: {mend}"),
        ))
    }

    /// The credential of this name, else the org's first that may read one of these paths.
    pub fn reader(&self, name: Option<&str>, paths: &[&str]) -> Result<Arc<Credential>, Problem> {
        let reads = |credential: &Arc<Credential>| {
            let mut refused = paths.iter().map(|path| may_read(credential, path));
            refused.find(Result::is_ok).unwrap_or_else(|| {
                let first = paths.first().copied().unwrap_or_default();
                may_read(credential, first)
            })
        };
        if let Some(credential) = self.credential(name)? {
            return reads(&credential).map(|()| credential);
        }
        let mut credentials = self.credentials.values();
        let Some(first) = credentials.clone().next() else {
            return Err(Problem::new(
                "credential",
                "there is none to ask with: define one under the org's `credentials`",
            ));
        };
        match credentials.find(|credential| reads(credential).is_ok()) {
            Some(reader) => Ok(Arc::clone(reader)),
            None => reads(first).map(|()| Arc::clone(first)),
        }
    }

    /// The credential of this name, which must ask for the scope that this path needs.
    pub fn credential_for(
        &self,
        name: Option<&str>,
        path: &str,
    ) -> Result<Option<Arc<Credential>>, Problem> {
        let credential = self.credential(name)?;
        if let Some(credential) = &credential {
            may_read(credential, path)?;
        }
        Ok(credential)
    }
}

/// Whether a credential asks for the scope that a path needs. Of tokens that others mint only Okta
/// knows.
fn may_read(credential: &Credential, path: &str) -> Result<(), Problem> {
    let (Some(app), Some(scope)) = (credential.app(), scopes::needed(path)) else {
        return Ok(());
    };
    // Where no scope could be read, that was told already.
    if app.scopes().is_empty() || scopes::cover(app.scopes(), scope) {
        return Ok(());
    }
    let mend = if app.asks_the_org() {
        "add it to its `oauth.scopes`, and grant it at Admin Console > Applications > the app > Okta API Scopes"
    } else {
        "leave its `authorization_server` out, since only the org's own grants it, and add it to its `oauth.scopes`"
    };
    let name = &credential.name;
    Err(Problem::new(
        "credential",
        format!("`{name}` does not ask for the scope {scope}, which {path} needs: {mend}"),
    ))
}

/// Something wrong with a setting: the field, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field's path within the settings; empty for the settings as a whole.
    pub field: String,
    /// What is wrong, and the mend.
    pub message: String,
}

impl Problem {
    /// A problem with one field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

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
}

impl Secrets {
    /// The one source that was given for the field `name`; a file must be readable now.
    pub fn source(&self, name: &str, context: SecretContext<'_>) -> Result<SecretSource, Problem> {
        let (source, field) = self.place(name, context)?;
        let read = source.read();
        read.map_err(|e| Problem::new(field, e.to_string()))?;
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
            (None, None, Some(variable)) => {
                match context.environment.get(variable).map(|text| text.trim()) {
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
