//! The exporter itself.

use super::{RunArgs, logging, told_to_stop};
use crate::{app::App, config};

pub(super) async fn run(args: RunArgs) -> Result<(), String> {
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
    logging::init(&args.log);
    let config::Origin { source, ignored } = &config.origin;
    let not_used = (!ignored.is_empty()).then(|| ignored.join("; "));
    tracing::info!(source, not_used, "settings read");
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let telemetry_path = args.web.telemetry_path.clone();
    let app = App::start(config, &args.web.into())
        .await
        .map_err(|e| e.to_string())?;
    for address in app.addresses() {
        tracing::info!(version = env!("CARGO_PKG_VERSION"), %address, telemetry_path, "serving");
    }
    let signal = told_to_stop().await;
    tracing::info!(signal, "draining");
    app.drain().await;
    tracing::info!("stopped");
    Ok(())
}
