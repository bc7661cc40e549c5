//! The secrets that the servers of the table are sent, and looking for them in what is told.

use std::path::{Path, PathBuf};

use okta_exporter::sim::{Mint, ORG, Running};

use crate::support::new_key;

/// A secret that servers are sent.
pub const API_TOKEN: &str = "00q9ZtWmXvKpR4sLbN7cYhJd2fGuTe5aPo8iQkV1rM";

const CLIENT_SECRET: &str = "cS7vLq2XnB9tRw4ZkD6mHy1PfJ8sGa3TuE5oIcVx";
const OPAQUE_TOKEN: &str = "oPq8ZrT3yLw6NbVf1KdXc9Hm2JsGu5Ae7QiRt4Mn";

/// Secrets of every kind that a probe can be given.
pub struct Secrets {
    pub directory: PathBuf,
    access_token: String,
    /// The lines of a private key.
    key: Vec<String>,
}

impl Secrets {
    pub fn new(well: &Running, directory: &Path) -> Self {
        let mint = Mint::by(ORG).scopes(["okta.groups.read"]);
        let (private, _) = new_key();
        std::fs::write(directory.join("key.pem"), &private).unwrap();
        let lines = private
            .lines()
            .filter(|line| !line.starts_with("-----") && line.len() >= 48);
        Self {
            directory: directory.to_owned(),
            access_token: well.controls().mint(&mint).unwrap(),
            key: lines.map(str::to_owned).collect(),
        }
    }

    /// An org's credentials and a probe that sends one of them, each kind in turn.
    pub fn asking(&self, turn: usize, often: &str) -> (String, String) {
        let key = self.directory.join("key.pem");
        let credential = match turn % 4 {
            1 => format!("bearer_token: '{}'", self.access_token),
            2 => format!(
                "oauth: {{ client_id: 0oaROW, key_id: k1, private_key_file: '{}', scopes: [okta.groups.read], dpop: always }}",
                key.display()
            ),
            _ => format!("api_token: '{API_TOKEN}'"),
        };
        let probe = match turn % 4 {
            3 => format!(
                "token: {{ ci: {{ access_token: '{OPAQUE_TOKEN}', introspect: {{ client_id: 0oaROW, client_secret: '{CLIENT_SECRET}' }}, {often} }} }}"
            ),
            _ => format!(
                "endpoint: {{ groups: {{ path: /api/v1/groups, credential: monitor, sampling: interval, {often} }} }}"
            ),
        };
        (format!("{{ monitor: {{ {credential} }} }}"), probe)
    }

    /// The secret that a text tells, by its kind. `heard` are the proofs and assertions that servers were
    /// sent.
    pub fn told(&self, heard: &[String], text: &str) -> Option<&'static str> {
        // What is cut is a secret all the same.
        let part = |secret: &str| text.contains(&secret[secret.len() / 3..][..16]);
        let signature = self.access_token.rsplit('.').next().unwrap();
        let basic = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            format!("0oaROW:{CLIENT_SECRET}"),
        );
        let kinds = [
            ("an API token", part(API_TOKEN)),
            ("a client secret", part(CLIENT_SECRET) || part(&basic)),
            ("a watched token", part(OPAQUE_TOKEN)),
            ("an access token", part(signature)),
            ("a private key", self.key.iter().any(|line| part(line))),
            (
                "a proof or an assertion",
                heard.iter().any(|heard| part(heard)),
            ),
        ];
        kinds.into_iter().find_map(|(kind, is)| is.then_some(kind))
    }

    /// That there was something to look for.
    pub fn were_sent(&self, heard: &[String]) {
        let proofs = heard
            .iter()
            .filter(|heard| !self.access_token.ends_with(*heard));
        assert!(proofs.count() >= 2, "neither proof nor assertion was sent");
    }
}
