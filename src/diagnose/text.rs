//! The report for people: as wide as it may be, colour where it is wanted. What is said is in the
//! checks: [`super::check`].

use super::{
    check::{Check, Verdict},
    report::{OrgReport, Report},
    ticket::Ticket,
};
use crate::{
    guide::{Advice, sentence},
    units::wrapped,
};

/// How wide it is where nothing says otherwise, and how narrow and wide it may be.
const WIDTH: usize = 80;
const NARROWEST: usize = 50;
const WIDEST: usize = 200;
const INDENT: &str = "    ";
/// The widest that the column of names may be.
const NAMES: usize = 24;

/// How the report looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    Plain,
    /// With the colours of a terminal.
    Colour,
}

/// The whole report in 80 columns.
pub fn text(report: &Report, style: Style) -> String {
    text_within(report, style, WIDTH)
}

/// The whole report in so many columns, within reason.
pub fn text_within(report: &Report, style: Style, width: usize) -> String {
    let Report {
        version,
        at,
        verdict,
        source,
        warnings,
        orgs,
    } = report;
    let mut page = Lines {
        style,
        width: width.clamp(NARROWEST, WIDEST),
        text: String::new(),
    };
    page.line(&style.bold(&format!("okta-exporter {version} diagnose")));
    page.wrapped("", &format!("{at:.0}; settings from {source}"));
    for warning in warnings {
        page.wrapped("  ", &format!("warning: {warning}"));
    }
    for org in orgs {
        page.org(org);
    }
    let checks = || orgs.iter().flat_map(|org| &org.checks);
    let wrong = checks()
        .filter(|check| check.verdict > Verdict::Healthy)
        .count();
    let looked = checks()
        .filter(|check| check.verdict != Verdict::Skipped)
        .count();
    let sum = match wrong {
        0 => format!("nothing wrong in {looked} checks"),
        _ => format!("{wrong} of {looked} checks found something"),
    };
    page.line("");
    page.line(&format!(
        "{}: {sum}",
        style.verdict(*verdict, verdict.as_str())
    ));
    page.text
}

struct Lines {
    style: Style,
    width: usize,
    text: String,
}

impl Lines {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// Long text below an indentation.
    fn wrapped(&mut self, indent: &str, text: &str) {
        for line in wrapped(text, self.width.saturating_sub(indent.chars().count())) {
            self.line(&format!("{indent}{line}"));
        }
    }

    fn org(&mut self, org: &OrgReport) {
        let OrgReport {
            name,
            url,
            cell,
            is,
            verdict,
            checks,
            support,
        } = org;
        let cell = cell.as_ref().map(|cell| format!(", cell {cell}"));
        let (title, place) = (
            self.style.bold(name),
            format!("  {url}{}", cell.unwrap_or_default()),
        );
        self.line("");
        self.line(&format!(
            "{title}{place}  {}",
            self.style.verdict(*verdict, verdict.as_str())
        ));
        self.wrapped("  ", &format!("{}: {}", is.word.as_str(), is.why));
        for section in checks.chunk_by(|a, b| a.section == b.section) {
            self.section(section);
        }
        if !support.is_empty() {
            self.line("");
            self.line(&format!("  {}", self.style.bold("For a support ticket")));
            self.line(&format!("{INDENT}org {url}"));
            for ticket in support {
                self.ticket(ticket);
            }
        }
    }

    fn section(&mut self, checks: &[Check]) {
        let Some(first) = checks.first() else { return };
        self.line("");
        self.line(&format!("  {}", self.style.bold(first.section.title())));
        let widths = checks.iter().map(|check| check.name.chars().count());
        let column = widths.max().unwrap_or_default().min(NAMES);
        let mut rest = checks.iter().peekable();
        while let Some(check) = rest.next() {
            // What fixes several in a row is said once, after the last of them.
            let same = |next: &&Check| next.advice.is_some() && next.advice == check.advice;
            let advice = check
                .advice
                .as_ref()
                .filter(|_| !rest.peek().is_some_and(same));
            self.check(check, advice, column);
        }
    }

    fn check(&mut self, check: &Check, advice: Option<&Advice>, column: usize) {
        let Check {
            name,
            verdict,
            says,
            help,
            ..
        } = check;
        let sign = match verdict {
            Verdict::Skipped => "–",
            Verdict::Healthy => "✓",
            Verdict::Degraded => "!",
            Verdict::Broken => "✗",
        };
        let below = " ".repeat(INDENT.len() + 2 + column + 2);
        let mut said = wrapped(says, self.width.saturating_sub(below.len())).into_iter();
        let head = format!(
            "{INDENT}{} {name:column$}",
            self.style.verdict(*verdict, sign)
        );
        if name.chars().count() > column {
            self.line(&head);
        } else {
            let first = said.next().unwrap_or_default();
            self.line(&format!("{head}  {}", self.style.said(*verdict, &first)));
        }
        for line in said {
            let line = self.style.said(*verdict, &line);
            self.line(&format!("{below}{line}"));
        }
        if let Some(advice) = advice {
            self.advice(advice, help.as_deref());
        }
    }

    fn advice(&mut self, advice: &Advice, help: Option<&str>) {
        let Advice {
            case,
            cause,
            next,
            takes,
            risk,
            runbook,
        } = advice;
        let below = format!("{INDENT}  ");
        self.wrapped(&below, &sentence(cause));
        let mut arrow = "→ ";
        for line in wrapped(&sentence(next), self.width - below.len() - 2) {
            let line = self.style.bold(&line);
            self.line(&format!("{below}{arrow}{line}"));
            arrow = "  ";
        }
        let help = help.unwrap_or(runbook);
        // Without an alert of its own a case has no other page.
        let is_alerts = runbook.starts_with("docs/runbooks/");
        let runbook = if is_alerts {
            format!("; {runbook}")
        } else {
            String::new()
        };
        let more = format!(
            "{case}; takes {takes}, risk {}; {help}{runbook}",
            risk.as_str()
        );
        for line in wrapped(&more, self.width - below.len()) {
            let line = self.style.dim(&line);
            self.line(&format!("{below}{line}"));
        }
    }

    fn ticket(&mut self, ticket: &Ticket) {
        let Ticket {
            at,
            probe,
            path,
            status,
            error_code,
            error_id,
            request_id,
            failure,
        } = ticket;
        let status = status.map(|status| status.to_string());
        let what: Vec<&str> = [status.as_deref(), *error_code, path.as_deref()]
            .into_iter()
            .flatten()
            .collect();
        let what = match failure {
            Some(failure) => format!("{}: {failure}", what.join(" ")),
            None => what.join(" "),
        };
        self.line(&format!("{INDENT}{at:.0} {probe}"));
        self.wrapped(&format!("{INDENT}  "), &what);
        let id = |name: &str, id: &Option<String>| Some(format!("{name} {}", id.as_ref()?));
        let ids: Vec<String> = [id("X-Okta-Request-Id", request_id), id("errorId", error_id)]
            .into_iter()
            .flatten()
            .collect();
        for id in ids {
            self.line(&format!("{INDENT}  {id}"));
        }
    }
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Colour => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }

    fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn verdict(self, verdict: Verdict, text: &str) -> String {
        let code = match verdict {
            Verdict::Skipped => "2",
            Verdict::Healthy => "32",
            Verdict::Degraded => "33",
            Verdict::Broken => "31",
        };
        self.paint(code, text)
    }

    /// What was skipped stands back.
    fn said(self, verdict: Verdict, text: &str) -> String {
        if verdict == Verdict::Skipped {
            self.dim(text)
        } else {
            text.to_owned()
        }
    }
}
