//! Commands and their flags, as Prometheus spells them.

mod demo;
mod diagnose;
mod guide;
mod health;
mod logging;
mod metrics;
mod output;
mod run;
mod signal;
mod simulate;
mod web_args;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::{USAGE, fail};

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
    run: run::Args,
}

/// A command other than running.
#[derive(Debug, Subcommand)]
enum Command {
    /// Run against a built-in simulated Okta; nothing to configure.
    Demo(demo::Args),
    /// Ask everything once and report: what works, what does not, and what fixes it.
    ///
    /// It reads the same file and variables as the exporter. What is not given is skipped.
    Diagnose(diagnose::Args),
    /// Ask a running exporter whether it is healthy.
    Health(health::Args),
    /// Run the simulated Okta alone.
    Simulate(simulate::Args),
    /// Print the metric reference as Markdown.
    Metrics(metrics::Args),
    /// Print what can go wrong and what fixes it, as Markdown.
    Guide(guide::Args),
}

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
