//! A service app whose private key lies in a file, as people keep it.

use std::path::PathBuf;

use okta_exporter::sim::{self, Running};
use tempfile::TempDir;

/// A service app and its key file, which is gone with it.
pub struct ServiceApp {
    directory: TempDir,
    public: String,
}

/// A new private key and its public half, in PEM.
pub fn new_key() -> (String, String) {
    let pair = rcgen::KeyPair::generate().unwrap();
    (pair.serialize_pem(), pair.public_key_pem())
}

impl ServiceApp {
    /// The client id of each.
    pub const ID: &str = "0oaBILLING";

    /// One with a new key on P-256.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (private, public) = new_key();
        std::fs::write(directory.path().join("key.pem"), private).unwrap();
        Self { directory, public }
    }

    /// Where its private key is kept.
    pub fn key_file(&self) -> PathBuf {
        self.directory.path().join("key.pem")
    }

    /// As Okta knows it, without any grant.
    pub fn registered(&self) -> sim::ServiceApp {
        sim::ServiceApp::new(Self::ID).key("k1", &self.public)
    }

    /// A configuration with one org, `acme`, and the credential `billing`, which has these further
    /// settings in YAML's flow style.
    pub fn yaml(&self, okta: &Running, oauth: &str, probes: &str) -> String {
        let (url, id, key) = (okta.url(), Self::ID, self.key_file());
        let key = key.display();
        format!(
            "status_pages: {{}}\norgs:\n  acme:\n    url: '{url}'\n    budget: 1\n    credentials: {{ billing: {{ oauth: {{ client_id: {id}, key_id: k1, private_key_file: '{key}', {oauth} }} }} }}\n    probes: {probes}\n"
        )
    }
}

/// An endpoint probe of `/api/v1/NAME` with the credential `billing`, twice a second.
pub fn asked(name: &str) -> String {
    format!(
        "{name}: {{ path: '/api/v1/{name}?limit=1', credential: billing, sampling: interval, interval: 500ms, timeout: 500ms }}"
    )
}
