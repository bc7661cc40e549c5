//! Log lines on standard error: logfmt for people and Loki, JSON for the rest.

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer, filter::Targets, layer::SubscriberExt, registry, util::SubscriberInitExt,
};

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Logfmt,
    Json,
}

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
}

/// Sets logging up, once.
pub(super) fn init(args: &LogArgs) {
    let level = LevelFilter::from(args.level);
    // Libraries speak only from `warn` on, unless somebody asks for everything.
    let libraries = if level == LevelFilter::TRACE {
        level
    } else {
        level.min(LevelFilter::WARN)
    };
    let filter = Targets::new()
        .with_default(libraries)
        .with_target(env!("CARGO_CRATE_NAME"), level);
    let layer = match args.format {
        Format::Logfmt => tracing_logfmt::builder()
            .with_target(false)
            .layer()
            .with_writer(std::io::stderr)
            .boxed(),
        Format::Json => tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_target(false)
            .with_writer(std::io::stderr)
            .boxed(),
    };
    // A second call (two demos in one test process) leaves the first in force.
    drop(registry().with(layer.with_filter(filter)).try_init());
}
