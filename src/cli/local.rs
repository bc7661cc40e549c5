//! How a command asks an exporter that runs, most often on this machine.

use std::{path::PathBuf, time::Duration};

use reqwest::{Client, Identity, Response, StatusCode, redirect::Policy};

use crate::units::{read_regular, without_secrets};

/// Where an exporter is served, and how it is asked.
#[derive(Debug, clap::Args)]
pub(super) struct Local {
    /// Where the exporter is served, its prefix included.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:6582")]
    url: String,
    /// Take whatever certificate it shows: it is about this machine, and nothing secret is sent.
    #[arg(long)]
    insecure: bool,
    /// The certificate and the key, in one PEM file, to show an exporter that asks clients for one.
    #[arg(long, value_name = "FILE")]
    client_cert: Option<PathBuf>,
}

/// The longest file of a certificate and its key.
const LONGEST: u64 = 256 * 1024;

impl Local {
    /// Asks for a path, for so long; whatever else than an answer of its own and a success is told.
    /// `password` says what to do where it asks for one.
    pub(super) async fn get(
        &self,
        path: &str,
        patience: Duration,
        password: &str,
    ) -> Result<Response, String> {
        let url = format!("{}{path}", self.url.trim_end_matches('/'));
        let asked = without_secrets(&url);
        let failed = |why: &str| format!("{asked}: {why}");
        let client = self.client(patience).map_err(|why| failed(&why))?;
        let answer = client.get(&url).send().await;
        let answer = answer.map_err(|e| failed(&told(&e)))?;
        match answer.status() {
            StatusCode::UNAUTHORIZED => Err(failed(&format!("asks for a password; {password}"))),
            status if !status.is_success() => Err(failed(&format!("answered {status}"))),
            _ => Ok(answer),
        }
    }

    /// No proxy: it is about this machine. No redirect: only the exporter's own word counts.
    fn client(&self, patience: Duration) -> Result<Client, String> {
        let mut client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .tls_danger_accept_invalid_certs(self.insecure)
            .timeout(patience);
        if let Some(file) = &self.client_cert {
            let unusable = |why: &str| format!("--client-cert={}: {why}", file.display());
            let pem = read_regular(file, LONGEST).map_err(|why| unusable(&why.to_string()))?;
            let identity = Identity::from_pem(pem.as_bytes());
            client = client.identity(identity.map_err(|why| unusable(&told(&why)))?);
        }
        client.build().map_err(|e| told(&e))
    }
}

/// The last of the causes: the layers above it only say that a request failed.
pub(super) fn told(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
