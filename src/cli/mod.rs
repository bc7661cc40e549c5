//! Commands and their flags, as Prometheus spells them.

mod demo;
mod diagnose;
mod guide;
mod health;
mod logging;
mod metrics;
mod run;
mod simulate;

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::web::{self, Serving};
use logging::{Format, Level};

/// Watches Okta and tells Prometheus before users notice.
#[derive(Debug, Parser)]
#[command(
    name = "okta-exporter",
    version,
    about,
    args_conflicts_with_subcommands = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArgs,
}

/// A command other than running.
#[derive(Debug, Subcommand)]
enum Command {
    /// Run against a built-in simulated Okta; nothing to configure.
    Demo(demo::Args),
    /// Ask everything once and report: what works, what does not, and what mends it.
    ///
    /// It reads the same file and variables as the exporter. What is not given is skipped.
    Diagnose(diagnose::Args),
    /// Ask a running exporter whether it is healthy.
    Health(health::Args),
    /// Run the simulated Okta alone.
    Simulate(simulate::Args),
    /// Print the metric reference as Markdown.
    Metrics(metrics::Args),
    /// Print what can go wrong and what mends it, as Markdown.
    Guide(guide::Args),
}

/// The flags of running.
#[derive(Debug, Args)]
struct RunArgs {
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

/// How to serve.
#[derive(Debug, Clone, Args)]
struct WebArgs {
    /// Where to listen; may be given several times.
    #[arg(
        long = "web.listen-address",
        value_name = "ADDRESS",
        default_value = ":6582"
    )]
    listen: Vec<String>,
    /// The path of the metrics.
    #[arg(long = "web.telemetry-path", value_name = "PATH", default_value = web::TELEMETRY_PATH)]
    telemetry_path: String,
}

/// How to log.
#[derive(Debug, Clone, Args)]
struct LogArgs {
    /// The least severe level to log.
    #[arg(long = "log.level", value_name = "LEVEL", default_value = "info")]
    level: Level,
    /// The form of log lines.
    #[arg(long = "log.format", value_name = "FORMAT", default_value = "logfmt")]
    format: Format,
}

impl From<WebArgs> for Serving {
    fn from(args: WebArgs) -> Self {
        Self {
            listen: args.listen,
            telemetry_path: args.telemetry_path,
        }
    }
}

/// The exit status of a command line that cannot be understood, as sysexits.h has it: 1 and 2 are
/// what `diagnose` finds.
const USAGE: u8 = 64;

/// Runs what the command line asks for.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(asked) => {
            // Help and version are asked for, and end well.
            drop(asked.print());
            return ExitCode::from(if asked.use_stderr() { USAGE } else { 0 });
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("the runtime cannot be set up: {error}")),
    };
    runtime.block_on(async {
        let result = match cli.command {
            None => run::run(cli.run).await,
            Some(Command::Diagnose(args)) => return diagnose::run(args).await,
            Some(Command::Demo(args)) => demo::run(args).await,
            Some(Command::Health(args)) => health::run(args).await,
            Some(Command::Simulate(args)) => simulate::run(args).await,
            Some(Command::Metrics(args)) => metrics::run(args),
            Some(Command::Guide(args)) => guide::run(&args),
        };
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => fail(&message),
        }
    })
}

/// Writes to standard output, for people and for pipes.
fn print(text: &str) -> Result<(), String> {
    match std::io::stdout().write_all(text.as_bytes()) {
        // Whoever reads on in `head` has seen enough.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(format!("the output cannot be written: {error}"))
        }
        _ => Ok(()),
    }
}

/// Says why on standard error, in words for a person at a terminal.
fn fail(message: &str) -> ExitCode {
    fail_with(1, message)
}

/// The same, with an exit status of its own.
fn fail_with(status: u8, message: &str) -> ExitCode {
    eprintln!("okta-exporter: {message}");
    ExitCode::from(status)
}

/// Returns when the program is told to stop: SIGTERM, or Ctrl-C.
async fn told_to_stop() -> &'static str {
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = terminated => "SIGTERM",
        interrupted = tokio::signal::ctrl_c() => match interrupted {
            Ok(()) => "SIGINT",
            Err(_) => std::future::pending().await,
        },
    }
}
