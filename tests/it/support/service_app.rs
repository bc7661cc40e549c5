//! A service app whose private key lies in a file, as people keep it.

use std::path::PathBuf;

use okta_exporter::sim::{self, Mint, ORG, Org, Running};
use tempfile::TempDir;

use super::Scrape;

/// The path of the org's token endpoint.
pub const TOKEN: &str = "/oauth2/v1/token";
/// The setting that asks for what [`users`] needs.
pub const USERS: &str = "scopes: [okta.users.read]";

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

/// An endpoint probe of `/api/v1/NAME` with the credential `billing`, once a second.
pub fn asked(name: &str) -> String {
    format!(
        "{name}: {{ path: '/api/v1/{name}?limit=1', credential: billing, sampling: interval, interval: 2s, timeout: 2s }}"
    )
}

/// Starts the org with limits that no test reaches, and with the key that signs its tokens made
/// beforehand: that takes its time.
pub async fn start(org: Org) -> Running {
    let org = org.limit("/api/v1/users", 1_000_000);
    let running = org.start().await.unwrap();
    running.controls().mint(&Mint::by(ORG)).unwrap();
    running
}

/// An org that knows this app.
pub async fn with(app: sim::ServiceApp) -> Running {
    start(Org::new("acme").service_app(app)).await
}

/// One probe, of the users.
pub fn users() -> String {
    format!("{{ endpoint: {{ {} }} }}", asked("users"))
}

/// How often a path was answered with this status.
pub fn answered(okta: &Running, path: &str, status: u16) -> usize {
    let requests = okta.controls().requests();
    let so = |r: &&sim::Received| r.path == path && r.status == Some(status);
    requests.iter().filter(so).count()
}

/// How many tokens were minted.
pub fn minted(page: &Scrape) -> f64 {
    page.value(r#"okta_credential_token_requests_total{credential="billing",result="minted"}"#)
}

/// How many could not be.
pub fn failed(page: &Scrape) -> f64 {
    page.value(r#"okta_credential_token_requests_total{credential="billing",result="failed"}"#)
}

/// True if the users were read last time.
pub fn is_up(page: &Scrape) -> bool {
    page.get(r#"okta_probe_success{probe="endpoint/users"}"#) == Some(1.0)
}
