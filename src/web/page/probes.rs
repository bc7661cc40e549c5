//! The probes of one org: a row for each, and below it how it failed when it did.

use maud::{Markup, html};

use super::{
    sparkline,
    times::{ago, whole},
    troubles::advised,
    words::{badge, id},
};
use crate::{
    fleet::{OrgView, PastRun, ProbeView, Trouble},
    guide::Severity,
    okta::Reason,
    units::Timestamp,
};

/// So many of its last failures are told.
const FEW: usize = 5;

pub(super) fn table(org: &OrgView, now: Timestamp) -> Markup {
    html! {
        table.probes {
            caption { "Probes" }
            thead { tr { th scope="col" { "probe" } th scope="col" { "last run" } th.past scope="col" { "three days" } } }
            tbody { @for probe in &org.probes { (row(org, probe, now)) } }
        }
    }
}

fn row(org: &OrgView, probe: &ProbeView, now: Timestamp) -> Markup {
    let org = org.name.as_deref().unwrap_or_default();
    let (tone, word) = state(probe);
    let wrong = [&probe.held_back, &probe.trouble].into_iter().flatten();
    let wrong = wrong.map(|trouble| trouble.advice.case);
    let found = probe.findings.iter().map(|finding| finding.advice.case);
    html! {
        tr id=(id(&["probe", org, &probe.probe])) {
            th scope="row" { code { (probe.probe) } " " (badge(tone, word)) }
            td {
                @if let Some(at) = probe.at { (ago(at, now)) }
                @if let Some(took) = probe.took_seconds { " " span.dim { "took " (format!("{:.0} ms", took * 1e3)) } }
                @for case in wrong.chain(found) { " " a href={ "#case/" (case) } { (case) } }
            }
            td.past { (sparkline::of_probe(&probe.past, now)) }
        }
        @if let Some(trouble) = &probe.earlier_trouble { (earlier(org, probe, trouble, now)) }
    }
}

fn state(probe: &ProbeView) -> (&'static str, &'static str) {
    let worst = probe.severity.map(Severity::as_str);
    match probe.ok {
        None | Some(true) if probe.held_back.is_some() => (worst.unwrap_or("unknown"), "held back"),
        None => ("unknown", "waiting"),
        Some(_) if probe.overdue => (worst.unwrap_or("warning"), "overdue"),
        Some(false) => (worst.unwrap_or("critical"), "failing"),
        Some(true) if !probe.findings.is_empty() => (worst.unwrap_or("info"), "ok, but"),
        Some(true) => ("well", "ok"),
    }
}

/// The last failure of a probe that works again.
fn earlier(org: &str, probe: &ProbeView, trouble: &Trouble, now: Timestamp) -> Markup {
    let failed = |run: &&PastRun| run.reason.is_some();
    html! {
        tr id=(id(&["earlier", org, &probe.probe])) {
            td colspan="3" {
                details id=(id(&["failure", org, &probe.probe])) {
                    summary { span.dim { (probe.probe) ": last failure " (ago(trouble.at, now)) } }
                    p { b { (trouble.reason) } ": " (trouble.what) }
                    (advised(&trouble.advice, &trouble.help))
                    @if let Some(request) = &trouble.request_id {
                        p.dim { "for Okta's support: request " code { (request) } " at " (whole(trouble.at)) }
                    }
                    p.dim {
                        "Failed at "
                        @for run in probe.history.iter().rev().filter(failed).take(FEW) {
                            (whole(run.at)) " (" (run.reason.map(Reason::as_str).unwrap_or_default()) ") "
                        }
                    }
                }
            }
        }
    }
}
