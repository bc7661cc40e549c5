//! Commands and their flags, as Prometheus spells them.

mod bundle;
mod completions;
mod config_schema;
#[cfg(feature = "simulator")]
mod demo;
mod diagnose;
mod ending;
mod guide;
mod health;
mod local;
mod log_line;
mod log_queue;
mod logging;
mod man;
mod metrics;
mod other_signals;
mod output;
mod permissions;
mod plan;
mod reload;
mod rules;
mod run;
mod service_manager;
mod signal;
#[cfg(feature = "simulator")]
mod simulate;
mod storage_args;
mod store;
mod terminal;
mod web_args;

use std::{process::ExitCode, sync::LazyLock};

use clap::{CommandFactory, Parser, Subcommand};

use other_signals::Hangup;
use output::{USAGE, exit_code, fail};

use crate::units::build;

/// What `--version` tells; `-V` tells the version alone.
static LONG_VERSION: LazyLock<String> = LazyLock::new(build::description);

/// Watches Okta and tells Prometheus before users notice.
#[derive(Debug, Parser)]
#[command(
    name = "okta-exporter",
    version = build::VERSION,
    long_version = LONG_VERSION.as_str(),
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
    #[cfg(feature = "simulator")]
    Demo(Box<demo::Args>),
    /// Ask everything once and report: what works, what does not, and what fixes it.
    ///
    /// It reads the same file and variables as the exporter. What is not given is skipped.
    Diagnose(diagnose::Args),
    /// Print what this configuration will ask: who, how often, from which bucket, and what that takes.
    ///
    /// It reads the same file and variables as the exporter, asks nobody and reads no secret.
    Plan(plan::Args),
    /// Ask a running exporter whether it is healthy.
    Health(health::Args),
    /// Take down what a support engineer asks for, from a running exporter.
    Bundle(bundle::Args),
    /// Run the simulated Okta alone.
    #[cfg(feature = "simulator")]
    Simulate(simulate::Args),
    /// Print what the file of `storage.path` holds, while no exporter has it.
    Store(store::Args),
    /// Print the metric reference as Markdown.
    Metrics(metrics::Args),
    /// Print which scope and role each kind of probe needs, as Markdown.
    Permissions(permissions::Args),
    /// Print what can go wrong and what fixes it.
    ///
    /// Without a case it lists all of them, or prints the whole guide as Markdown where nobody reads it at
    /// a terminal.
    Guide(guide::Args),
    /// Print the alert rules for Prometheus, which lead to the runbooks that this exporter serves.
    Rules(rules::Args),
    /// Print the JSON Schema of the configuration, for editors.
    ConfigSchema(config_schema::Args),
    /// Print what has a shell complete commands and flags.
    Completions(completions::Args),
    /// Print the manual page, or write all of them.
    Man(man::Args),
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
    let code = match cli.command {
        None => ending::bounded(&runtime, run::run(cli.run), Hangup::Reloads),
        #[cfg(feature = "simulator")]
        Some(Command::Demo(args)) => {
            ending::bounded(&runtime, demo::run(*args), Hangup::MeansNothing)
        }
        Some(Command::Diagnose(args)) => runtime.block_on(diagnose::run(args)),
        Some(Command::Plan(args)) => exit_code(plan::run(&args)),
        Some(Command::Health(args)) => exit_code(runtime.block_on(health::run(args))),
        Some(Command::Bundle(args)) => exit_code(runtime.block_on(bundle::run(args))),
        #[cfg(feature = "simulator")]
        Some(Command::Simulate(args)) => exit_code(runtime.block_on(simulate::run(args))),
        Some(Command::Store(args)) => exit_code(store::run(args)),
        Some(Command::Metrics(args)) => exit_code(metrics::run(args)),
        Some(Command::Permissions(args)) => exit_code(permissions::run(args)),
        Some(Command::Guide(args)) => exit_code(guide::run(&args)),
        Some(Command::Rules(args)) => exit_code(rules::run(&args)),
        Some(Command::ConfigSchema(args)) => exit_code(config_schema::run(args)),
        Some(Command::Completions(args)) => exit_code(completions::run(&args, Cli::command())),
        Some(Command::Man(args)) => exit_code(man::run(args, Cli::command())),
    };
    // A lookup that hangs holds a thread of the runtime, and is not waited for.
    runtime.shutdown_background();
    code
}
