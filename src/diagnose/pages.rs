//! What the status pages tell of the org's own cell.

use super::{
    check::{Check, Section, Verdict},
    round::{Asked, Run},
};
use crate::{fleet, probe::status_page};

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
    let seen = run.observation::<status_page::Probe>();
    let content = seen.and_then(status_page::Observation::content);
    let Some(open) = content.and_then(status_page::PageContent::open_incidents) else {
        let why = "it does not list incidents: nothing is known";
        return vec![Check::skipped(HERE, name, why)];
    };
    let open = open.count();
    let on_cell = org.cell().and_then(|cell| {
        let content = content?;
        let listed = content.incidents_on(&cell)?.count();
        Some((fleet::incidents(content, &cell), cell, listed))
    });
    let known = |check: Check, here: Option<usize>| {
        check
            .fact("open_incidents", open)
            .fact("open_incidents_on_cell", here)
    };
    match on_cell {
        Some((found, _, here)) if here > 0 => {
            let found = found.iter().map(|f| Check::found(HERE, name, f));
            found.map(|check| known(check, Some(here))).collect()
        }
        Some((_, cell, _)) => {
            let says = match open {
                0 => "no open incident".to_owned(),
                _ => format!("no open incident on {cell}, {open} elsewhere"),
            };
            vec![known(Check::healthy(HERE, name, says), Some(0))]
        }
        None if open == 0 => {
            let says = "no open incident";
            vec![known(Check::healthy(HERE, name, says), None)]
        }
        None if org.cell().is_none() => {
            let why = format!("incidents open: {open}; the org's cell is not known");
            vec![known(Check::skipped(HERE, name, why), None)]
        }
        None => {
            let says = format!("incidents open: {open}; the page does not name cells");
            let check = Check {
                verdict: Verdict::Degraded,
                ..Check::healthy(HERE, name, says)
            };
            vec![known(check, None)]
        }
    }
}
