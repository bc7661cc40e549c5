//! The guide as Markdown: all of it is `docs/troubleshooting.md`.

use super::output::print;
use crate::guide;

/// Print what can go wrong and what fixes it, as Markdown.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this case: its name, as log lines and pages tell it.
    #[arg(value_name = "CASE")]
    case: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<(), String> {
    let Some(name) = &args.case else {
        return print(&guide::markdown());
    };
    let Some(case) = guide::cases().find(|case| case.slug == name) else {
        let known: Vec<&str> = guide::cases().map(|case| case.slug).collect();
        let known = known.join(", ");
        return Err(format!("no case is named `{name}`; there are {known}"));
    };
    print(&guide::entry(case))
}
