//! From a probe's settings to a probe: what the settings may refer to, and what is wrong with them.

use std::{collections::BTreeMap, sync::Arc};

use super::{candidate::Candidate, secrets::SecretContext};
use crate::{
    okta::{Credential, OAuthApp},
    units::Name,
};

/// What the settings of a probe may refer to.
#[derive(Debug, Clone, Copy)]
pub struct PlanContext<'a> {
    /// The org's credentials; none for a status page, which belongs to no org.
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
        let fix = if known.is_empty() {
            "define it under the org's `credentials`".to_owned()
        } else {
            format!("defined here: {}", known.join(", "))
        };
        Err(Problem::new(
            "credential",
            format!("no credential is named `{name}`: {fix}"),
        ))
    }

    /// The credential of this name, which must ask for the scope that this path needs.
    pub fn credential_for(
        &self,
        name: Option<&str>,
        path: &str,
    ) -> Result<Option<Arc<Credential>>, Problem> {
        let credential = self.credential(name)?;
        if let Some(credential) = &credential {
            reads_one(credential, &[path])?;
        }
        Ok(credential)
    }

    /// The credential of this name, else the org's best for these paths (see
    /// [`Candidate::reader`]); it must be able to read one of them.
    pub fn reader(&self, name: Option<&str>, paths: &[&str]) -> Result<Arc<Credential>, Problem> {
        let named = self.credential(name)?;
        let credential = named.or_else(|| {
            let all: Vec<Candidate<'_>> = self
                .credentials
                .values()
                .map(|c| Candidate::from(&**c))
                .collect();
            let best = Candidate::reader(&all, paths).or(all.first())?;
            self.credential(Some(best.name)).ok()?
        });
        let Some(credential) = credential else {
            return Err(Problem::new(
                "credential",
                "there is none to ask with: define one under the org's `credentials`",
            ));
        };
        reads_one(&credential, paths).map(|()| credential)
    }
}

/// Whether a credential asks for the scope that one of these paths needs.
fn reads_one(credential: &Credential, paths: &[&str]) -> Result<(), Problem> {
    let candidate = Candidate::from(credential);
    let mut lacking = Vec::new();
    for path in paths {
        match candidate.lacks(path) {
            None => return Ok(()),
            Some(scope) => lacking.push((path, scope)),
        }
    }
    let Some((path, scope)) = lacking.first() else {
        return Ok(());
    };
    let fix = if credential.app().is_some_and(OAuthApp::asks_the_org) {
        "add it to its `oauth.scopes`, and grant it at Admin Console > Applications > the app > Okta API Scopes"
    } else {
        "leave its `authorization_server` out, since only the org's own grants it, and add it to its `oauth.scopes`"
    };
    let name = &credential.name;
    Err(Problem::new(
        "credential",
        format!("`{name}` does not ask for the scope {scope}, which {path} needs: {fix}"),
    ))
}

/// Something wrong with a setting: the field, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field's path within the settings; empty for the settings as a whole.
    pub field: String,
    /// What is wrong, and the fix.
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
