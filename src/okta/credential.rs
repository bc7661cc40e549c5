//! What proves to Okta who asks. How a request carries it; not where the secret comes from, and
//! not how an access token is come by.

use super::{OAuthApp, SecretSource, Standing};
use crate::units::Name;

/// A named credential. The name is the `credential` label of every rate-limit series, since the
/// headers show the caller's own ceiling.
#[derive(Debug)]
pub struct Credential {
    /// The name given in the configuration.
    pub name: Name,
    /// How it authenticates.
    pub means: Means,
    /// Its id at Okta, as configured: an API token is never told its own.
    pub principal_id: Option<String>,
}

/// How a credential authenticates.
#[derive(Debug)]
pub enum Means {
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
        match &self.means {
            Means::OAuth(app) => Some(app),
            Means::ApiToken(_) | Means::Bearer(_) => None,
        }
    }

    /// How it stands with its own access tokens; `None` for one that mints none.
    pub fn standing(&self) -> Option<Standing> {
        self.app().map(OAuthApp::standing)
    }
}
