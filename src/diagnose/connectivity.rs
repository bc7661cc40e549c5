//! Can the org be reached, how long does each phase take, do the clocks agree, which cell is it on?

use super::{
    check::{Check, Section},
    round::{Asked, Run},
    wording::span,
};
use crate::{
    fleet,
    okta::{Exchange, ResponseMeta, ServedChain},
    probe::{Probe, organization, status_page},
    units::Timestamp,
};

const HERE: Section = Section::Connectivity;

pub(super) fn checks(org: &Asked, pages: &[Run], now: Timestamp) -> Vec<Check> {
    let discovery = org
        .runs
        .iter()
        .find(|run| matches!(run.probe, Probe::Discovery(_)));
    let mut checks = Vec::new();
    match discovery {
        None => checks.push(Check::skipped(
            HERE,
            "discovery",
            "not configured: add `discovery: {}` to the org's probes",
        )),
        Some(run) => checks.push(reached(run)),
    }
    let served = org
        .exchanges()
        .find_map(|exchange| exchange.answer.as_ref().ok()?.chain);
    checks.extend(served.map(|served| certificate(served, now)));
    checks.extend(org.skew().map(clock));
    let organization = org
        .runs
        .iter()
        .find(|run| matches!(run.probe, Probe::Organization(_)));
    checks.extend(organization.map(|run| cell(org, run, pages)));
    checks
}

fn reached(run: &Run) -> Check {
    let timed = |check: Check, exchange: &Exchange| {
        let status = exchange.answer.as_ref().ok();
        let check = check
            .fact("took_seconds", exchange.took.as_secs_f64())
            .fact(
                "http_status",
                status.map(|answered: &ResponseMeta| answered.status),
            );
        exchange.phases.known().fold(check, |check, (phase, took)| {
            check.fact(&format!("{phase}_seconds"), took.as_secs_f64())
        })
    };
    let check = match (run.failure(), run.last()) {
        (Some(failure), _) => Check::failed(HERE, "discovery", (failure, run.probe.kind())),
        (None, exchange) => {
            Check::healthy(HERE, "discovery", exchange.map_or_else(String::new, phases))
        }
    };
    match run.last() {
        Some(exchange) => timed(check, exchange),
        None => check,
    }
}

/// Where the time went, in words.
fn phases(exchange: &Exchange) -> String {
    let words = |phase: &str| match phase {
        "dns" => "DNS",
        "connect" => "TCP and TLS",
        "first_byte" => "first byte",
        _ => "body",
    };
    let parts: Vec<String> = exchange
        .phases
        .known()
        .map(|(phase, took)| format!("{} {}", words(phase), span(took)))
        .collect();
    format!("answers in {}: {}", span(exchange.took), parts.join(", "))
}

fn certificate(served: ServedChain, now: Timestamp) -> Check {
    let ServedChain {
        leaf_end,
        earliest_end,
    } = served;
    let days = leaf_end.duration_since(now).as_hours() / 24;
    let check = fleet::certificate(served, now).map_or_else(
        || Check::healthy(HERE, "certificate", format!("expires in {days} days")),
        |finding| Check::found(HERE, "certificate", &finding),
    );
    check
        .fact("expires", leaf_end)
        .fact("chain_expires", earliest_end)
}

fn clock(skew: f64) -> Check {
    let check = fleet::clock(skew).map_or_else(
        || Check::healthy(HERE, "clock", format!("{skew:+.1} s by Okta's")),
        |finding| Check::found(HERE, "clock", &finding),
    );
    check.fact("skew_seconds", skew)
}

fn cell(org: &Asked, run: &Run, pages: &[Run]) -> Check {
    if let Some(failure) = run.failure() {
        return Check::failed(HERE, "cell", (failure, run.probe.kind()));
    }
    let document = run.observation::<organization::Probe>();
    let pages = pages
        .iter()
        .filter_map(Run::observation::<status_page::Probe>);
    let unmatched = fleet::unmatched(
        org.configured_cell.as_ref(),
        document,
        status_page::any_names_cells(pages),
    );
    if let Some(finding) = unmatched {
        let told = document.and_then(organization::Observation::told);
        return Check::found(HERE, "cell", &finding).fact("told", told);
    }
    match (org.cell(), &run.outcome) {
        (_, None) => Check::skipped(HERE, "cell", "the org cannot be reached"),
        (None, _) => Check::skipped(
            HERE,
            "cell",
            "the org does not tell: set the org's `cell` to have incidents matched",
        ),
        (Some(cell), _) => {
            Check::healthy(HERE, "cell", cell.to_string()).fact("cell", cell.to_string())
        }
    }
}
