//! What a credential must be allowed.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{
    okta::{AuthMethod, Credential, OAuthApp, scopes},
    probe::Permission,
};

/// What reading takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(in crate::cli) struct Needed {
    pub(in crate::cli) scope: Option<&'static str>,
    pub(in crate::cli) least_role: &'static str,
}

/// What one credential needs in all.
#[derive(Debug, Serialize)]
pub(super) struct Needs {
    pub(super) credential: String,
    pub(super) is: &'static str,
    pub(super) scopes: BTreeSet<&'static str>,
    /// Those of the scopes that a service app is not configured to ask for.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) not_asked_for: BTreeSet<&'static str>,
    pub(super) least_roles: BTreeSet<&'static str>,
}

impl From<Permission> for Needed {
    fn from(Permission { scope, role }: Permission) -> Self {
        Self {
            scope,
            least_role: role,
        }
    }
}

impl Needs {
    pub(super) fn of(credential: &Credential, permissions: &[Needed]) -> Self {
        let name = credential.name.as_str();
        let scopes: BTreeSet<_> = permissions.iter().filter_map(|one| one.scope).collect();
        let asked = credential.app().map(OAuthApp::scopes);
        let lacks = |scope: &&&str| asked.is_some_and(|asked| !scopes::cover(asked, scope));
        Self {
            credential: name.to_owned(),
            is: match credential.method {
                AuthMethod::ApiToken(_) => "an API token",
                AuthMethod::Bearer(_) => "an access token",
                AuthMethod::OAuth(_) => "a service app",
            },
            not_asked_for: scopes.iter().filter(lacks).copied().collect(),
            scopes,
            least_roles: permissions.iter().map(|one| one.least_role).collect(),
        }
    }
}
