//! How each org is in one word, by the same [judgment](fleet::Signs) as the exporter's: of what one round
//! of questions showed.

use super::round::{Asked, Round, Run};
use crate::{
    fleet::{self, Home, OrgVerdict, Signs, Whereabouts, Witness, is_silence},
    guide::Finding,
    probe::{
        control,
        status_page::{self, CellIncidents},
    },
    units::Timestamp,
};

/// How an org is.
pub(super) fn of(org: &Asked, round: &Round, now: Timestamp) -> OrgVerdict {
    let at_okta = org.oktas_time(now);
    let mut signs = Signs {
        found: of_the_whole(org, &round.pages, now),
        witnesses: witnesses(org, round),
        ..Signs::default()
    };
    for run in org.runs.iter().filter(|run| run.outcome.is_some()) {
        signs.found.extend(run.known.findings(at_okta));
        match run.failure() {
            Some(failure) => signs.failing.push((&run.id, failure)),
            None => signs.well += 1,
        }
    }
    signs.verdict()
}

/// What is wrong with the org as a whole.
fn of_the_whole(org: &Asked, pages: &[Run], now: Timestamp) -> Vec<Finding> {
    let clock = org.skew().and_then(fleet::clock);
    let mut latest = org.exchanges().rev();
    let chain = latest.find_map(|exchange| exchange.answer.as_ref().ok()?.chain);
    let certificate = chain.and_then(|served| fleet::certificate(served, now));
    let mut found: Vec<Finding> = clock.into_iter().chain(certificate).collect();
    if let Some(cell) = org.cell() {
        let seen = pages
            .iter()
            .filter_map(Run::observation::<status_page::Probe>);
        let contents = seen.filter_map(status_page::Observation::content);
        found.extend(fleet::incidents(
            &CellIncidents::told_by(contents, &cell),
            &cell,
        ));
    }
    found
}

/// Everybody else that was asked.
fn witnesses<'a>(org: &Asked, round: &'a Round) -> Vec<Witness<'a>> {
    let home = Home::of(org.cell(), org.organization());
    let pages = round.pages.iter();
    let pages = pages.filter_map(|run| witness(run, Whereabouts::Elsewhere));
    let controls = round.controls.iter();
    let controls = controls.filter(|(orgs, _)| orgs.contains(&org.name));
    let controls = controls.filter_map(|(_, run)| {
        let seen = run.observation::<control::Probe>();
        let document = seen.and_then(|seen| seen.organization.as_ref());
        witness(run, home.whereabouts(&Home::of(None, document)))
    });
    let others = round.orgs.iter().filter(|other| other.name != org.name);
    let others = others.filter_map(|other| {
        let mut asked = other.runs.iter().filter(|run| run.outcome.is_some());
        asked.next()?;
        Some(Witness {
            name: other.name.as_str(),
            whereabouts: home.whereabouts(&Home::of(other.cell(), other.organization())),
            answers: other.runs.iter().any(answers),
        })
    });
    pages.chain(controls).chain(others).collect()
}

fn witness(run: &Run, whereabouts: Whereabouts) -> Option<Witness<'_>> {
    run.outcome.as_ref()?;
    Some(Witness {
        name: &run.id,
        whereabouts,
        answers: answers(run),
    })
}

/// Whether anything came back.
fn answers(run: &Run) -> bool {
    run.outcome.is_some() && !run.failure().is_some_and(is_silence)
}
