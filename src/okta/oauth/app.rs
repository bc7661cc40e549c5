//! A service app as it is configured, and what is kept of it: its access token, its key, what it was
//! granted. How it asks is in [`ask`](super::ask), how a token is minted in [`mint`](super::mint).

use std::{collections::BTreeSet, time::Duration};

use super::{
    assertion::ClientAuth,
    client::OAuthClient,
    dpop::{Dpop, Proofs},
    token_cache::{TokenCache, TokenStatus},
};
use crate::okta::scopes;

/// By how much this machine's clock must differ from what it was held to be, before that is held
/// to be why Okta refused.
pub(super) const CLOCK_TOLERANCE: Duration = Duration::from_secs(30);

/// A service app as it is configured.
#[derive(Debug)]
pub struct OAuthSettings {
    /// The client id.
    pub client_id: String,
    /// How it authenticates.
    pub auth: ClientAuth,
    /// The scopes it asks for.
    pub scopes: Vec<String>,
    /// The path of the token endpoint.
    pub token_path: String,
    /// When proofs are sent.
    pub dpop: Dpop,
}

/// A service app, with its access token and its DPoP key.
#[derive(Debug)]
pub struct OAuthApp {
    pub(super) settings: OAuthSettings,
    pub(super) proofs: Proofs,
    pub(super) tokens: TokenCache,
}

impl OAuthApp {
    /// A service app that has no token yet.
    pub fn new(settings: OAuthSettings) -> Self {
        let proofs = Proofs::new(settings.dpop);
        Self {
            settings,
            proofs,
            tokens: TokenCache::default(),
        }
    }

    /// Its client id.
    pub fn client_id(&self) -> &str {
        &self.settings.client_id
    }

    /// The client that it is, to ask for something else than a token.
    pub fn client(&self) -> OAuthClient {
        OAuthClient {
            id: self.settings.client_id.clone(),
            auth: self.settings.auth.clone(),
        }
    }

    /// The scopes it asks for.
    pub fn scopes(&self) -> &[String] {
        &self.settings.scopes
    }

    /// The path of the token endpoint.
    pub fn token_path(&self) -> &str {
        &self.settings.token_path
    }

    /// True if the org's own authorization server mints its tokens.
    pub fn asks_the_org(&self) -> bool {
        self.settings.token_path.starts_with("/oauth2/v1/")
    }

    /// Which of those were not granted.
    pub fn missing(&self, granted: &BTreeSet<String>) -> Vec<String> {
        scopes::missing(&self.settings.scopes, granted)
    }

    /// How it stands with its access tokens.
    pub fn token_status(&self) -> TokenStatus {
        self.tokens.status()
    }

    /// Where in the Admin Console a scope is granted.
    pub(super) fn grant(&self) -> String {
        let id = &self.settings.client_id;
        format!("grant it at Admin Console > Applications > {id} > Okta API Scopes > Grant")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::okta::SecretSource;

    fn app(token_path: &str) -> OAuthApp {
        OAuthApp::new(OAuthSettings {
            client_id: "0oa1".to_owned(),
            auth: ClientAuth::ClientSecretPost(SecretSource::Given("s3cr3t".into())),
            scopes: vec!["okta.users.read".to_owned(), "okta.logs.read".to_owned()],
            token_path: token_path.to_owned(),
            dpop: Dpop::Auto,
        })
    }

    #[test]
    fn an_app_asks_the_org_for_its_scopes_and_tells_which_it_lacks() {
        let org = app("/oauth2/v1/token");
        assert_eq!(org.client_id(), "0oa1");
        assert_eq!(org.scopes(), ["okta.users.read", "okta.logs.read"]);
        assert!(org.asks_the_org());
        assert!(!app("/oauth2/default/v1/token").asks_the_org());
        let granted = |scopes: &[&str]| scopes.iter().copied().map(str::to_owned).collect();
        let missing = org.missing(&granted(&["okta.users.read", "okta.apps.read"]));
        assert_eq!(missing, ["okta.logs.read"]);
        let all = granted(&["okta.users.read", "okta.logs.read"]);
        assert_eq!(org.missing(&all), [""; 0]);
    }
}
