//! How each org is: a line for each, the worst first. Of many, those that are well share one.

use maud::{Markup, html};

use super::{
    times::ago,
    words::{anchor, badge, counted, name},
};
use crate::{
    fleet::{OrgView, VerdictView, VerdictWord, View},
    guide::Severity,
    units::Timestamp,
};

/// So many orgs have a line each, however they are.
const FEW: usize = 12;

pub(super) fn section(view: &View) -> Markup {
    let told = |org: &&OrgView| org.verdict.is_some();
    let orgs: Vec<&OrgView> = view.orgs.iter().filter(told).collect();
    let count = orgs.len();
    let has_line = |org: &&OrgView| count <= FEW || tone(org) != "well";
    let (lines, others): (Vec<_>, Vec<_>) = orgs.into_iter().partition(has_line);
    html! {
        section #orgs aria-labelledby="of-orgs" {
            h2 #of-orgs { "Orgs" }
            ul.orgs { @for org in &lines { @if let Some(verdict) = &org.verdict { (line(org, verdict, view.at)) } } }
            @if !others.is_empty() {
                p { (badge("well", "well")) " " (counted(others.len(), "org", "orgs")) ":" }
                ul.index {
                    @for org in &others { li id={ "line/" (name(org)) } { a href={ "#" (anchor(org)) } { (name(org)) } } }
                }
            }
        }
    }
}

fn line(org: &OrgView, told: &VerdictView, now: Timestamp) -> Markup {
    html! {
        li id={ "line/" (name(org)) } {
            span.state { (badge(tone(org), told.verdict.as_str())) }
            a href={ "#" (anchor(org)) } { (name(org)) }
            span.dim { @if let Some(since) = told.since { "since " (ago(since, now)) } }
            span.why { (told.why) }
        }
    }
}

/// The worse of what its word says and what was found there. A note makes nobody unwell.
pub(super) fn tone(org: &OrgView) -> &'static str {
    let word = org.verdict.as_ref().map(|told| told.verdict);
    let of_word = match word {
        None | Some(VerdictWord::Well | VerdictWord::Unknown) => None,
        // An incident is found to be as bad as its category, and a silent cell as its silent probes.
        Some(VerdictWord::Degraded | VerdictWord::Limit | VerdictWord::Cell) => {
            Some(Severity::Warning)
        }
        Some(_) => Some(Severity::Critical),
    };
    let found = org.severity.filter(|severity| *severity != Severity::Info);
    match (of_word.into_iter().chain(found).min(), word) {
        (Some(worst), _) => worst.as_str(),
        (None, Some(VerdictWord::Unknown)) => "unknown",
        (None, _) => "well",
    }
}
