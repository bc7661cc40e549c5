//! The one-shot report: every configured probe is run once, and what came of it is told section by
//! section, for people and for programs. It keeps nothing, serves nothing, and shows no secret.
//!
//! ```text
//! Config ─▶ round (asks) ─▶ Asked ─▶ sections (pure) ─▶ Report ─▶ text, or JSON
//! ```

mod access;
mod check;
mod connectivity;
mod keys;
mod limits;
mod pages;
mod part;
mod round;
mod text;
mod ticket;
mod token;
mod wrap;

use serde::Serialize;

pub use check::{Check, Section, Verdict};
pub use text::{Style, text};
pub use ticket::Ticket;

use crate::{config::Config, units::Timestamp};
use round::Asked;

/// Everything that was found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The version of this program.
    pub version: &'static str,
    /// When the last probe had run.
    pub at: Timestamp,
    /// The worst of all.
    pub verdict: Verdict,
    /// Where the configuration was read.
    pub source: String,
    /// What is worth saying about it.
    pub warnings: Vec<String>,
    /// The orgs.
    pub orgs: Vec<OrgReport>,
}

/// What was found of one org.
#[derive(Debug, Clone, Serialize)]
pub struct OrgReport {
    /// Its name.
    pub name: String,
    /// Its URL.
    pub url: String,
    /// Its cell, where it is known.
    pub cell: Option<String>,
    /// The worst of its checks.
    pub verdict: Verdict,
    /// What was looked at, in reading order.
    pub checks: Vec<Check>,
    /// What Okta's support asks for, a line for each refusal.
    pub support: Vec<Ticket>,
}

/// One probe has run.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// Which one: the org's name and the probe's.
    pub probe: &'a str,
    /// How many have run, this one included.
    pub done: usize,
    /// How many there are.
    pub all: usize,
}

/// Runs every configured probe once, the orgs side by side, and reports. `told` hears of each.
pub async fn diagnose(config: Config, told: &(dyn Fn(Step<'_>) + Sync)) -> Report {
    let (source, warnings) = (config.origin.source.clone(), config.warnings.clone());
    let (orgs, pages) = round::ask(config, told).await;
    let at = Timestamp::now();
    let orgs: Vec<OrgReport> = orgs.iter().map(|org| judge(org, &pages, at)).collect();
    Report {
        version: env!("CARGO_PKG_VERSION"),
        at,
        verdict: Verdict::worst(orgs.iter().map(|org| org.verdict)),
        source,
        warnings,
        orgs,
    }
}

fn judge(org: &Asked, pages: &[round::Run], now: Timestamp) -> OrgReport {
    let checks = [
        connectivity::checks(org, now),
        limits::checks(org, now),
        access::checks(org),
        token::checks(org, now),
        keys::checks(org, now),
        pages::checks(org, pages),
    ]
    .concat();
    OrgReport {
        name: org.name.to_string(),
        url: org.url.to_string(),
        cell: org.cell().map(|cell| cell.to_string()),
        verdict: Verdict::worst(checks.iter().map(|check| check.verdict)),
        checks,
        support: org.runs.iter().filter_map(Ticket::of).collect(),
    }
}
