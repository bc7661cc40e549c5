//! The one-shot report: how it is asked for, shown, and told by the exit status.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{
    ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser as _},
};
use url::Url;

use super::{
    output::{USAGE, fail_with, print},
    terminal::columns,
};
use crate::{
    config::{self, Config},
    diagnose::{Report, Section, Step, Style, Verdict, diagnose, narrowed, text, text_within},
    web,
};

/// The flags of the one-shot report.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 healthy, 1 degraded, 2 broken, 64 wrong usage or configuration. With \
                  --fail-on=broken it is 0 where the org is degraded."
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
    /// Report this section alone, and ask no more than it takes; may be given several times.
    #[arg(
        long = "section",
        value_name = "NAME",
        value_parser = PossibleValuesParser::new(Section::ALL.map(Section::as_str))
            .try_map(|name| Section::named(&name).ok_or("no such section"))
    )]
    sections: Vec<Section>,
    /// From where on the exit status is not 0.
    #[arg(long, value_name = "VERDICT", default_value = "degraded")]
    fail_on: FailOn,
    /// Where an exporter is served, so that links lead to the guide there.
    #[arg(long = "web.external-url", value_name = "URL", value_parser = web::external_url)]
    external_url: Option<Url>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Degraded,
    Broken,
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
    let sections: BTreeSet<Section> = if args.sections.is_empty() {
        Section::ALL.into()
    } else {
        args.sections.into_iter().collect()
    };
    let watched = std::io::stderr().is_terminal();
    let report = diagnose(narrowed(config, &sections), &|step| {
        if watched {
            progress(step);
        }
    })
    .await;
    if watched {
        // The line has served its turn.
        drop(write!(std::io::stderr(), "\r\x1b[2K"));
    }
    let report = report.of_sections(&sections);
    let report = match &args.external_url {
        Some(url) => report.linked_to(url.as_str()),
        None => report,
    };
    let style = args.color.style(&environment);
    let shown = match args.output {
        Output::Text => Ok(match columns(&environment) {
            Some(width) => text_within(&report, style, width),
            None => text(&report, style),
        }),
        Output::Json => json(&report),
    };
    match shown.and_then(|text| print(&text)) {
        Ok(()) => status(report.verdict, args.fail_on),
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

fn status(verdict: Verdict, fail_on: FailOn) -> ExitCode {
    match (verdict, fail_on) {
        (Verdict::Healthy | Verdict::Skipped, _) | (Verdict::Degraded, FailOn::Broken) => {
            ExitCode::SUCCESS
        }
        (Verdict::Degraded, FailOn::Degraded) => ExitCode::from(1),
        (Verdict::Broken, _) => ExitCode::from(2),
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
