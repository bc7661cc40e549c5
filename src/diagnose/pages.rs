//! What the status pages tell of the org's own cell.

use super::{
    check::{Check, Section, Verdict},
    round::{Asked, Run},
};
use crate::{
    fleet,
    guide::Fact,
    probe::status_page::{CellIncidents, Indicator, Observation, PageContent, Probe},
    units::Cell,
};

const HERE: Section = Section::Status;

pub(super) fn checks(org: &Asked, pages: &[Run]) -> Vec<Check> {
    if pages.is_empty() {
        let why = "no status page is configured";
        return vec![Check::skipped(HERE, "status", why)];
    }
    pages.iter().flat_map(|run| page(org, run)).collect()
}

fn page(org: &Asked, run: &Run) -> Vec<Check> {
    let name = run.name();
    if let Some(failure) = run.failure() {
        return vec![Check::failed(HERE, name, (failure, run.probe.kind()))];
    }
    let content = run.observation::<Probe>().and_then(Observation::content);
    let Some((content, open)) = content.and_then(|c| Some((c, c.open_incidents()?.count()))) else {
        return vec![by_indicator(
            name,
            content.and_then(|content| content.indicator),
        )];
    };
    let checks = match org.cell() {
        _ if open == 0 => vec![none_open(name, content)],
        Some(cell) if content.source.names_cells() => on_cell(name, content, &cell),
        cell => {
            let why = if cell.is_none() {
                "the org's cell is not known"
            } else {
                "the page does not name cells"
            };
            // Any of them may be on the org's cell: unknown is not fine.
            let says = format!("incidents open: {open}; {why}");
            vec![degraded(Check::healthy(HERE, name, says))]
        }
    };
    let told = org
        .cell()
        .map(|cell| CellIncidents::told_by([content], &cell));
    let CellIncidents {
        on,
        of_unknown_reach,
    } = told.unwrap_or_default();
    let known = |check: Check| {
        check
            .fact("open_incidents", open)
            .fact("open_incidents_on_cell", on.as_ref().map(Vec::len))
            .fact(
                "open_incidents_of_unknown_reach",
                of_unknown_reach.as_ref().map(Vec::len),
            )
    };
    checks.into_iter().map(known).collect()
}

/// What a page tells where nothing is open. Components may be out before anybody writes of it.
fn none_open(name: &str, content: &PageContent) -> Check {
    let calm = [Indicator::None, Indicator::Maintenance];
    match content.indicator {
        Some(indicator) if !calm.contains(&indicator) => {
            let word = indicator.as_str();
            let says = format!("no open incident, but its indicator is `{word}`");
            degraded(Check::healthy(HERE, name, says))
        }
        _ => Check::healthy(HERE, name, "no open incident"),
    }
}

/// What a page that lists no incidents tells.
fn by_indicator(name: &str, indicator: Option<Indicator>) -> Check {
    let Some(indicator) = indicator else {
        let why = "it does not list incidents: nothing is known";
        return Check::skipped(HERE, name, why);
    };
    let word = indicator.as_str();
    let says = format!("its indicator is `{word}`; it does not list incidents");
    let check = Check::healthy(HERE, name, says);
    match indicator {
        Indicator::None | Indicator::Maintenance => check,
        _ => degraded(check),
    }
}

/// What a page where something is open tells of a cell: each incident on it; else how many may be.
fn on_cell(name: &str, content: &PageContent, cell: &Cell) -> Vec<Check> {
    let told = CellIncidents::told_by([content], cell);
    let unknown = told.of_unknown_reach.as_ref().map_or(0, Vec::len);
    let on = told.on.as_ref().map_or(0, Vec::len);
    let elsewhere = content.open_incidents().map_or(0, Iterator::count) - on - unknown;
    let findings = fleet::incidents(&told, cell);
    let (here, possible): (Vec<_>, Vec<_>) = findings
        .iter()
        .partition(|finding| finding.fact == Fact::IncidentOnCell);
    let others = [
        (unknown, "that may be on any cell"),
        (elsewhere, "elsewhere"),
    ];
    let others = others.into_iter().filter(|(count, _)| *count > 0);
    let others = others.map(|(count, whose)| format!("{count} {whose}"));
    let says: Vec<String> = std::iter::once(format!("no open incident on {cell}"))
        .chain(others)
        .collect();
    let says = says.join(", ");
    let mut checks: Vec<Check> = here.iter().map(|f| Check::found(HERE, name, f)).collect();
    if let (true, Some(first)) = (here.is_empty(), possible.first()) {
        let found: Vec<&str> = possible.iter().map(|f| f.what.as_str()).collect();
        checks.push(Check {
            says: format!("{says}: {}", found.join("; ")),
            ..Check::found(HERE, name, first)
        });
    } else {
        checks.extend(possible.iter().map(|f| Check::found(HERE, name, f)));
    }
    if checks.is_empty() {
        checks.push(Check::healthy(HERE, name, says));
    }
    checks
}

fn degraded(check: Check) -> Check {
    Check {
        verdict: Verdict::Degraded,
        ..check
    }
}
