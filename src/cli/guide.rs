//! The guide: a case as it reads well on a terminal, the list of all, or all of it as Markdown, which
//! is `docs/troubleshooting.md`.

use std::io::IsTerminal as _;

use super::{output::print, terminal};
use crate::{
    config,
    guide::{self, Case, sentence},
    okta::Reason,
    units::wrapped,
};

/// How wide it is where nothing says otherwise, and how narrow and wide it may be to be read.
const USUAL: usize = 80;
const NARROWEST: usize = 40;
const WIDEST: usize = 100;

/// Print what can go wrong and what fixes it; all of it as Markdown, where it is not read at a terminal.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this case: its name, as log lines and pages tell it.
    #[arg(value_name = "CASE")]
    case: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<(), String> {
    let columns = terminal::columns(&config::environment());
    let width = columns.unwrap_or(USUAL).clamp(NARROWEST, WIDEST);
    let Some(name) = &args.case else {
        let read_by_people = std::io::stdout().is_terminal();
        return print(&if read_by_people {
            list(width)
        } else {
            guide::markdown()
        });
    };
    match guide::cases().find(|case| case.slug == name) {
        Some(case) => print(&text(case, width)),
        None => Err(unknown(name)),
    }
}

fn unknown(name: &str) -> String {
    let meant = guide::nearest(name).map(|near| format!("; did you mean `{near}`?"));
    let meant = meant.unwrap_or_default();
    format!("no case is named `{name}`{meant}\n`okta-exporter guide` lists them all")
}

/// A line for each case.
fn list(width: usize) -> String {
    let names = guide::cases().map(|case| case.slug.len());
    let column = names.max().unwrap_or_default() + 4;
    let told = "`okta-exporter guide CASE` tells what a case means and what to do.";
    let mut lines = vec![told.to_owned()];
    for chapter in guide::chapters() {
        lines.extend([String::new(), chapter.title.to_owned()]);
        for case in chapter.cases {
            let name = format!("  {}", case.slug);
            lines.extend(beside(&name, case.title, (column, width)));
        }
    }
    lines.join("\n") + "\n"
}

/// One case.
fn text(case: &Case, width: usize) -> String {
    let reasons: Vec<&str> = case.reasons().into_iter().map(Reason::as_str).collect();
    let alerts: Vec<&str> = case.alerts().collect();
    let signs: Vec<String> = case.signs.iter().map(ToString::to_string).collect();
    let told = [
        ("signs", signs.join("; ")),
        ("cause", sentence(case.cause)),
        ("next", sentence(case.action)),
        ("takes", case.takes.to_owned()),
        ("risk", case.risk.as_str().to_owned()),
        ("reason", reasons.join(", ")),
        ("alerts", alerts.join(", ")),
    ];
    let told = told.into_iter().filter(|(_, told)| !told.is_empty());
    let told = told.flat_map(|(name, told)| beside(name, &told, (8, width)));
    let mut lines = vec![case.slug.to_owned()];
    lines.extend(beside("", &sentence(case.title), (0, width)));
    lines.push(String::new());
    lines.extend(told);
    lines.join("\n") + "\n"
}

/// A name, and what is told of it in a column of its own.
fn beside(name: &str, told: &str, (column, width): (usize, usize)) -> Vec<String> {
    let lines = wrapped(told, width.saturating_sub(column)).into_iter();
    let names = std::iter::once(name).chain(std::iter::repeat(""));
    names
        .zip(lines)
        .map(|(name, line)| format!("{name:<column$}{line}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_told_within_the_width_of_the_terminal() {
        for width in [40, 80, 100] {
            for case in guide::cases() {
                let page = text(case, width);
                assert!(page.starts_with(case.slug), "{page}");
                for line in page.lines() {
                    let is_one_word = line.split_whitespace().count() <= 2;
                    assert!(line.chars().count() <= width || is_one_word, "{line}");
                }
            }
        }
        let page = list(80);
        for case in guide::cases() {
            let of_it = page.lines().filter(|line| {
                line.split_whitespace().next() == Some(case.slug) && line.starts_with("  ")
            });
            assert_eq!(of_it.count(), 1, "{}", case.slug);
        }
    }

    #[test]
    fn a_case_reads_well_at_eighty_columns() {
        let case = guide::cases().find(|case| case.slug == "budget");
        insta::assert_snapshot!(text(case.unwrap(), 80));
    }

    #[test]
    fn who_mistypes_a_case_is_told_which_was_meant() {
        assert!(unknown("expired_tokn").contains("did you mean `expired-token`?"));
        assert!(!unknown("something-else-altogether").contains("did you mean"));
    }
}
