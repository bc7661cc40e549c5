//! The one-shot report: every configured probe is run once, and what came of it is told section by
//! section, for people and for programs. It keeps nothing, serves nothing, and shows no secret.
//!
//! ```text
//! Config ─▶ round (asks) ─▶ Asked ─▶ sections (pure) ─▶ Report ─▶ text, or JSON
//! ```

mod access;
mod aspect;
mod check;
mod connectivity;
mod keys;
mod limits_left;
mod org_verdict;
mod pages;
mod report;
mod round;
mod sections;
mod text;
mod ticket;
mod token;
mod wording;

pub use check::{Check, Section, Verdict};
pub use report::{OrgReport, Report};
pub use round::Step;
pub use sections::narrowed;
pub use text::{Style, text, text_within};
pub use ticket::Ticket;

use crate::{config::Config, units::Timestamp};
use round::{Asked, Round};

/// Runs every configured probe once, the orgs side by side, and reports. `told` hears of each.
pub async fn diagnose(config: Config, told: &(dyn Fn(Step<'_>) + Sync)) -> Report {
    let (source, warnings) = (config.origin.source.clone(), config.warnings.clone());
    let round = round::ask(config, told).await;
    let at = Timestamp::now();
    let orgs = round.orgs.iter().map(|org| judge(org, &round, at));
    let orgs: Vec<OrgReport> = orgs.collect();
    Report {
        version: env!("CARGO_PKG_VERSION"),
        at,
        verdict: Verdict::worst(orgs.iter().map(|org| org.verdict)),
        source,
        warnings,
        orgs,
    }
}

fn judge(org: &Asked, round: &Round, now: Timestamp) -> OrgReport {
    let pages = &round.pages;
    let at_okta = org.oktas_time(now);
    let checks = [
        connectivity::checks(org, pages, now),
        limits_left::checks(org, at_okta),
        access::checks(org),
        token::checks(org, at_okta),
        keys::checks(org, at_okta),
        pages::checks(org, pages),
    ]
    .concat();
    OrgReport {
        name: org.name.to_string(),
        url: org.url.to_string(),
        cell: org.cell().map(|cell| cell.to_string()),
        is: org_verdict::of(org, round, now),
        verdict: Verdict::worst(checks.iter().map(|check| check.verdict)),
        checks,
        support: org.runs.iter().filter_map(Ticket::of).collect(),
    }
}
