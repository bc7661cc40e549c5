//! The exporter itself.

use std::path::PathBuf;

use clap::ValueEnum;
use tokio::time::Instant;

use super::{
    logging::{self, LogArgs},
    output::{Fatal, say},
    reload::{self, ReloadArgs, Source, Wishes},
    service_manager,
    signal::StopSignals,
    storage_args::StorageArgs,
    web_args::WebArgs,
};
use crate::{
    app::{App, CannotStart},
    config::{self, Config, Made},
    units::build,
    web::Serving,
};

/// The flags of running.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file. Without one, `OKTA_DOMAIN` and its companions are read.
    #[arg(long = "config.file", value_name = "FILE")]
    config_file: Option<PathBuf>,
    /// Check the configuration, tell every problem, and exit.
    #[arg(
        long = "config.check",
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "all"
    )]
    config_check: Option<Check>,
    #[command(flatten)]
    reload: ReloadArgs,
    #[command(flatten)]
    storage: StorageArgs,
    #[command(flatten)]
    web: WebArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// How much is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Check {
    /// All that is written, and the secrets that it names.
    All,
    /// All but files that hold secrets and variables that are named for one, which need not be there.
    Syntax,
}

/// What is fatal is logged in the form that is asked for, since whoever collects log lines reads no
/// other; the check's own answer is for people.
pub(super) async fn run(args: Args) -> Result<(), Fatal> {
    // From here on no signal ends it by itself.
    let stop = StopSignals::new();
    let Args {
        config_file,
        config_check,
        reload,
        storage,
        web,
        log,
    } = args;
    let source = Source {
        file: config_file,
        environment: storage.environment(),
    };
    if let Some(what) = config_check {
        return check(what, &source, &web.into()).map_err(Fatal::Said);
    }
    logging::init(&log, web.external_url.as_ref()).map_err(Fatal::Said)?;
    let serving = Serving::from(web);
    let logged = |lines: Vec<String>| Fatal::Logged(lines);
    serving.check().map_err(|e| logged(vec![e.to_string()]))?;
    let wishes = Wishes::new(&reload, source.file.as_deref());
    let config = source
        .read(&Made::default())
        .map_err(|problems| logged(problems.lines()))?;
    watch(config, &serving, (source, wishes), stop)
        .await
        .map_err(|e| logged(vec![e.to_string()]))
}

/// Tells what the configuration comes to, or all that is wrong with it.
fn check(what: Check, source: &Source, serving: &Serving) -> Result<(), String> {
    let flags = serving.check().map_err(|e| e.to_string());
    let config = match what {
        Check::All => source.read(&Made::default()),
        Check::Syntax => source.outline(),
    };
    let config = config.map_err(|e| e.to_string());
    let config = match (flags, config) {
        (Ok(()), Ok(config)) => config,
        (Err(flags), Err(config)) => return Err(format!("{flags}\n{config}")),
        (Err(why), Ok(_)) | (Ok(()), Err(why)) => return Err(why),
    };
    say(&config.origin);
    for warning in &config.warnings {
        say(format_args!("warning: {warning}"));
    }
    let (orgs, probes, pages) = counts(&config);
    say(format_args!(
        "the configuration is good: {orgs} orgs with {probes} probes, {pages} status pages"
    ));
    if what == Check::Syntax {
        say("no secret was looked at, neither in files nor in variables that are named for one");
    }
    Ok(())
}

/// How many orgs there are, probes of them, and status pages.
fn counts(config: &Config) -> (usize, usize, usize) {
    let probes = config.orgs.values().map(|org| org.probes.len()).sum();
    (config.orgs.len(), probes, config.status_pages.len())
}

/// Watches until a signal tells to stop, and reads the settings again when somebody asks for that.
async fn watch(
    config: Config,
    serving: &Serving,
    (source, wishes): (Source, Wishes),
    mut stop: StopSignals,
) -> Result<(), CannotStart> {
    let started = Instant::now();
    let config::Origin {
        source: read_from,
        overrides,
        ignored,
    } = &config.origin;
    let overridden_by = (!overrides.is_empty()).then(|| overrides.join(", "));
    let not_used = (!ignored.is_empty()).then(|| ignored.join("; "));
    tracing::info!(source = read_from, overridden_by, not_used, "settings read");
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let (orgs, probes, status_pages) = counts(&config);
    let settings = read_from.clone();
    let mut app = App::start(config, serving).await?;
    let addresses: Vec<String> = app.addresses().iter().map(ToString::to_string).collect();
    tracing::info!(
        version = build::VERSION,
        revision = (!build::REVISION.is_empty()).then_some(build::REVISION),
        settings,
        address = addresses.join(","),
        telemetry_path = format!("{}{}", serving.route_prefix, serving.telemetry_path),
        orgs,
        probes,
        status_pages,
        "serving"
    );
    service_manager::ready(orgs, probes);
    let wanted = tokio::spawn(wishes.asked_of(app.reloads().clone()));
    let signal = loop {
        tokio::select! {
            signal = stop.received() => break signal,
            asked = app.reload_asked() => asked.answer(reload::reload(&mut app, &source).await),
        }
    };
    wanted.abort();
    service_manager::stopping();
    tracing::info!(signal, "draining");
    tokio::select! {
        () = app.drain() => {}
        // Who waits apart from these threads may see two signals as one; here the first was seen.
        signal = stop.received() => {
            tracing::warn!(signal, "told to stop a second time: stopped at once");
        }
    }
    let ran_seconds = started.elapsed().as_millis() as f64 / 1e3;
    tracing::info!(signal, ran_seconds, "stopped");
    Ok(())
}
