//! Asks an exporter whether it is alive: the healthcheck of a container that holds no other program.

use std::time::Duration;

use super::local::Local;

/// Ask a running exporter whether it is healthy; the exit status tells.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    local: Local,
}

/// Shorter than the time that container runtimes give a healthcheck by default.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(args: Args) -> Result<(), String> {
    let fix = "`--web.auth-exempt=health` lets this be asked without";
    args.local.get("/-/healthy", PATIENCE, fix).await.map(drop)
}
