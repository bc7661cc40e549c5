//! Asks an exporter whether it is alive: the healthcheck of a container that holds no other program.

use std::time::Duration;

/// Ask a running exporter whether it is healthy; the exit status tells.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the exporter is served.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:6582")]
    url: String,
}

/// Shorter than the time that container runtimes give a healthcheck by default.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(args: Args) -> Result<(), String> {
    let url = format!("{}/-/healthy", args.url.trim_end_matches('/'));
    let unhealthy = |why: &str| format!("{url}: {why}");
    // No proxy: it is about this machine. No redirect: only the exporter's own word counts.
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .map_err(|e| unhealthy(&told(&e)))?;
    let answer = client.get(&url).send().await;
    let status = answer.map_err(|e| unhealthy(&told(&e)))?.status();
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
