//! The exporter itself.

use std::path::PathBuf;

use super::{
    logging::{self, LogArgs},
    signal::StopSignals,
    web_args::WebArgs,
};
use crate::{app::App, config, web::Serving};

/// The flags of running.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file. Without one, `OKTA_DOMAIN` and its companions are read.
    #[arg(long = "config.file", value_name = "FILE")]
    config_file: Option<PathBuf>,
    /// Check the configuration, tell every problem, and exit.
    #[arg(long = "config.check")]
    config_check: bool,
    #[command(flatten)]
    web: WebArgs,
    #[command(flatten)]
    log: LogArgs,
}

pub(super) async fn run(args: Args) -> Result<(), String> {
    let serving = Serving::from(args.web);
    serving.check().map_err(|e| e.to_string())?;
    let environment = config::environment();
    let config = config::Config::load(args.config_file.as_deref(), &environment)
        .map_err(|e| e.to_string())?;
    if args.config_check {
        eprintln!("{}", config.origin);
        for warning in &config.warnings {
            eprintln!("warning: {warning}");
        }
        let probes: usize = config.orgs.values().map(|org| org.probes.len()).sum();
        eprintln!(
            "the configuration is good: {} orgs with {probes} probes, {} status pages",
            config.orgs.len(),
            config.status_pages.len()
        );
        return Ok(());
    }
    logging::init(&args.log)?;
    let config::Origin {
        source,
        overrides,
        ignored,
    } = &config.origin;
    let overridden_by = (!overrides.is_empty()).then(|| overrides.join(", "));
    let not_used = (!ignored.is_empty()).then(|| ignored.join("; "));
    tracing::info!(source, overridden_by, not_used, "settings read");
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let telemetry_path = serving.telemetry_path.clone();
    let mut stop = StopSignals::new();
    let app = App::start(config, &serving)
        .await
        .map_err(|e| e.to_string())?;
    for address in app.addresses() {
        tracing::info!(version = env!("CARGO_PKG_VERSION"), %address, telemetry_path, "serving");
    }
    let signal = stop.received().await;
    tracing::info!(signal, "draining");
    app.drain().await;
    tracing::info!("stopped");
    Ok(())
}
