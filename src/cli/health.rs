//! Asks an exporter whether it is alive: the healthcheck of a container that holds no other program.

use std::{path::PathBuf, time::Duration};

use crate::units::read_regular;

/// Ask a running exporter whether it is healthy; the exit status tells.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
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

/// Shorter than the time that container runtimes give a healthcheck by default.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest file of a certificate and its key.
const LONGEST: u64 = 256 * 1024;

pub(super) async fn run(args: Args) -> Result<(), String> {
    let url = format!("{}/-/healthy", args.url.trim_end_matches('/'));
    let unhealthy = |why: &str| format!("{url}: {why}");
    // No proxy: it is about this machine. No redirect: only the exporter's own word counts.
    let mut client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tls_danger_accept_invalid_certs(args.insecure)
        .timeout(PATIENCE);
    if let Some(file) = &args.client_cert {
        let unusable = |why: &str| format!("--client-cert={}: {why}", file.display());
        let pem = read_regular(file, LONGEST).map_err(|why| unusable(&why.to_string()))?;
        let identity = reqwest::Identity::from_pem(pem.as_bytes());
        client = client.identity(identity.map_err(|why| unusable(&told(&why)))?);
    }
    let client = client.build().map_err(|e| unhealthy(&told(&e)))?;
    let answer = client.get(&url).send().await;
    let status = answer.map_err(|e| unhealthy(&told(&e)))?.status();
    if status == reqwest::StatusCode::UNAUTHORIZED {
        return Err(unhealthy(
            "asks for a password; `--web.auth-exempt=health` lets this be asked without",
        ));
    }
    if !status.is_success() {
        return Err(unhealthy(&format!("answered {status}")));
    }
    Ok(())
}

/// The last of the causes: the layers above it only say that a request failed.
fn told(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
