//! Service apps as they are registered: keys, grants, whether they must use DPoP. Whether a
//! request proves to come from one is decided in [`super::proof`].

use super::jws::PublicKey;

/// A service app that may mint access tokens for itself.
#[derive(Clone, Debug)]
pub struct ServiceApp {
    pub(super) id: String,
    pub(super) keys: Vec<(String, PublicKey)>,
    pub(super) secret: Option<String>,
    pub(super) grants: Vec<String>,
    pub(super) dpop: bool,
}

impl ServiceApp {
    /// An app without any key, secret or grant, which need not use DPoP.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            keys: Vec::new(),
            secret: None,
            grants: Vec::new(),
            dpop: false,
        }
    }

    /// Registers a public key, as PEM or JWK. What is no such key is left out: nothing will verify.
    #[must_use]
    pub fn key(mut self, kid: &str, public: &str) -> Self {
        let key = PublicKey::read(public);
        self.keys.extend(key.map(|key| (kid.to_owned(), key)));
        self
    }

    /// Gives it a secret, which custom authorization servers take.
    #[must_use]
    pub fn secret(mut self, secret: &str) -> Self {
        self.secret = Some(secret.to_owned());
        self
    }

    /// Grants scopes.
    #[must_use]
    pub fn grant<const N: usize>(mut self, scopes: [&str; N]) -> Self {
        self.grants.extend(scopes.map(str::to_owned));
        self
    }

    /// Requires DPoP of it, as Okta does of new apps.
    #[must_use]
    pub fn dpop(mut self) -> Self {
        self.dpop = true;
        self
    }
}
