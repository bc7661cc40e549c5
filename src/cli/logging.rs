//! Log lines on standard error: which are wanted, and where they go. How one is written is
//! [`super::log_line`]'s.

use std::{
    panic,
    sync::{Arc, OnceLock, atomic::AtomicU64},
    time::Duration,
};

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer, filter::Targets, layer::SubscriberExt, registry, util::SubscriberInitExt,
};
use url::Url;

use super::{
    log_line::{Format, LogLine},
    log_queue::LogQueue,
};

/// The least severe level to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl From<Level> for LevelFilter {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Self::ERROR,
            Level::Warn => Self::WARN,
            Level::Info => Self::INFO,
            Level::Debug => Self::DEBUG,
            Level::Trace => Self::TRACE,
        }
    }
}

/// How to log.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct LogArgs {
    /// The least severe level to log.
    #[arg(long = "log.level", value_name = "LEVEL", default_value = "info")]
    level: Level,
    /// The form of log lines.
    #[arg(long = "log.format", value_name = "FORMAT", default_value = "logfmt")]
    format: Format,
    /// A library whose lines are wanted as well, at the same level (`hyper`, `rustls`); may be given
    /// several times. Its lines may show what is sent, though never a secret that we mark.
    #[arg(long = "log.library", value_name = "NAME")]
    libraries: Vec<String>,
}

/// The lines of this process on their way to standard error.
static QUEUE: OnceLock<LogQueue> = OnceLock::new();

/// How long the last lines are waited for when the program ends.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Sets logging up, once. Links in lines lead to this URL, where there is one.
pub(super) fn init(args: &LogArgs, external_url: Option<&Url>) -> Result<(), String> {
    let level = LevelFilter::from(args.level);
    // Libraries speak only from `warn` on, unless they are named.
    let named = args.libraries.iter().map(String::as_str);
    let filter = named
        .chain([env!("CARGO_CRATE_NAME")])
        .fold(Targets::new(), |filter, name| {
            filter.with_target(name, level)
        })
        .with_default(level.min(LevelFilter::WARN));
    let queue =
        LogQueue::to(std::io::stderr()).map_err(|e| format!("nothing can be logged: {e}"))?;
    // A second call (two demos in one test process) leaves the first in force.
    let queue = QUEUE.get_or_init(|| queue).clone();
    let layer = tracing_subscriber::fmt::layer()
        .event_format(LogLine::new(args.format, external_url))
        .with_writer(queue);
    // What a panic says goes the same way: a thread that wrote it would wait for its reader.
    panic::set_hook(Box::new(|panicked| tracing::error!("{panicked}")));
    drop(registry().with(layer.with_filter(filter)).try_init());
    Ok(())
}

/// How many lines were dropped, counted on; `None` where nothing is logged.
pub(super) fn dropped_lines() -> Option<Arc<AtomicU64>> {
    QUEUE.get().map(LogQueue::dropped)
}

/// Waits for the last lines to be written, though not for long.
pub(super) fn flush() {
    if let Some(queue) = QUEUE.get() {
        queue.flush(LAST_LINES);
    }
}
