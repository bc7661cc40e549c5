//! The one-shot report: how it is asked for, shown, and told by the exit status.

use std::{
    collections::BTreeMap,
    io::{IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::ValueEnum;

use super::output::{USAGE, fail_with, print};
use crate::{
    config::{self, Config},
    diagnose::{Report, Step, Style, Verdict, diagnose, text},
};

/// The flags of the one-shot report.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 healthy, 1 degraded, 2 broken, 64 wrong usage or configuration."
)]
pub(super) struct Args {
    /// The configuration file. Without one, `OKTA_DOMAIN` and its companions are read.
    #[arg(long = "config.file", value_name = "FILE")]
    config_file: Option<PathBuf>,
    /// The form of the report.
    #[arg(long, value_name = "FORM", default_value = "text")]
    output: Output,
    /// Whether to use colour; NO_COLOR is respected.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

pub(super) async fn run(args: Args) -> ExitCode {
    let environment = config::environment();
    let config = match Config::load(args.config_file.as_deref(), &environment) {
        Ok(config) => config,
        Err(problems) => return fail_with(USAGE, &problems.to_string()),
    };
    let watched = std::io::stderr().is_terminal();
    let report = diagnose(config, &|step| {
        if watched {
            progress(step);
        }
    })
    .await;
    if watched {
        // The line has served its turn.
        drop(write!(std::io::stderr(), "\r\x1b[2K"));
    }
    let shown = match args.output {
        Output::Text => Ok(text(&report, args.color.style(&environment))),
        Output::Json => json(&report),
    };
    match shown.and_then(|text| print(&text)) {
        Ok(()) => status(report.verdict),
        Err(message) => fail_with(USAGE, &message),
    }
}

fn progress(Step { probe, done, all }: Step<'_>) {
    drop(write!(
        std::io::stderr(),
        "\r\x1b[2K{done} of {all}: {probe}"
    ));
}

fn json(report: &Report) -> Result<String, String> {
    serde_json::to_string_pretty(report)
        .map(|text| text + "\n")
        .map_err(|e| format!("the report cannot be written as JSON: {e}"))
}

fn status(verdict: Verdict) -> ExitCode {
    match verdict {
        Verdict::Healthy | Verdict::Skipped => ExitCode::SUCCESS,
        Verdict::Degraded => ExitCode::from(1),
        Verdict::Broken => ExitCode::from(2),
    }
}

impl Color {
    fn style(self, environment: &BTreeMap<String, String>) -> Style {
        let refused = environment
            .get("NO_COLOR")
            .is_some_and(|value| !value.is_empty());
        let wanted = match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => !refused && std::io::stdout().is_terminal(),
        };
        if wanted { Style::Colour } else { Style::Plain }
    }
}
