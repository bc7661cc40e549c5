//! What proves to Okta who asks. How a request carries it; not where the secret comes from, and
//! not how an access token is come by.

use std::collections::BTreeSet;

use super::{MissingScope, OAuthApp, SecretSource, TokenStatus, scopes};
use crate::units::Name;

/// The `credential` label of requests that carry none: their headers show the org's own bucket.
pub const NO_CREDENTIAL: &str = "none";

/// A named credential. The name is the `credential` label of every rate-limit series, since the
/// headers show the caller's own ceiling.
#[derive(Debug)]
pub struct Credential {
    /// The name given in the configuration.
    pub name: Name,
    /// How it authenticates.
    pub method: AuthMethod,
    /// Its id at Okta, as configured: an API token is never told its own.
    pub principal_id: Option<String>,
}

/// How a credential authenticates.
#[derive(Debug)]
pub enum AuthMethod {
    /// An Okta API token: `Authorization: SSWS …`.
    ApiToken(SecretSource),
    /// An OAuth access token that somebody else refreshes: `Authorization: Bearer …`.
    Bearer(SecretSource),
    /// A service app, whose access tokens are minted here: `Authorization: DPoP …` or `Bearer …`.
    OAuth(Box<OAuthApp>),
}

impl Credential {
    /// The service app, if it is one.
    pub fn app(&self) -> Option<&OAuthApp> {
        match &self.method {
            AuthMethod::OAuth(app) => Some(app),
            AuthMethod::ApiToken(_) | AuthMethod::Bearer(_) => None,
        }
    }

    /// How it stands with its own access tokens; `None` for one that mints none.
    pub fn token_status(&self) -> Option<TokenStatus> {
        self.app().map(OAuthApp::token_status)
    }

    /// The scope that this path needs and that was not granted: nothing need be sent to know.
    pub(super) fn missing(
        &self,
        path: &str,
        granted: &BTreeSet<String>,
        fix: impl FnOnce() -> String,
    ) -> Option<MissingScope> {
        let scope = scopes::needed(path)?;
        (!scopes::cover(granted, scope)).then(|| MissingScope {
            credential: self.name.clone(),
            scope,
            path: path.to_owned(),
            fix: fix(),
        })
    }
}
