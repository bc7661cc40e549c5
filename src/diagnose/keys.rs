//! The signing keys of the authorization servers.

use super::{
    check::{Check, Section},
    round::{Asked, Run},
    wording::{list, span},
};
use crate::{
    probe::{Probe, jwks},
    units::OktaTime,
};

const HERE: Section = Section::SigningKeys;

pub(super) fn checks(org: &Asked, now: OktaTime) -> Vec<Check> {
    let sets = org
        .runs
        .iter()
        .filter(|run| matches!(run.probe, Probe::Jwks(_)));
    let checks: Vec<Check> = sets.flat_map(|run| set(run, now)).collect();
    if checks.is_empty() {
        let why = "not configured: add a `jwks` probe";
        return vec![Check::skipped(HERE, "keys", why)];
    }
    checks
}

fn set(run: &Run, now: OktaTime) -> Vec<Check> {
    let name = run.name();
    if let Some(failure) = run.failure() {
        return vec![Check::failed(HERE, name, (failure, run.probe.kind()))];
    }
    let Some(seen) = run.observation::<jwks::Probe>() else {
        return vec![Check::skipped(HERE, name, "the org cannot be reached")];
    };
    let kids: Vec<&str> = seen.kids().collect();
    let max_age = seen.max_age();
    let known = |check: Check| {
        check
            .fact("kids", &kids)
            .fact("max_age_seconds", max_age.map(|age| age.as_secs()))
    };
    let findings = run.known.findings(now);
    if !findings.is_empty() {
        let found = findings.iter().map(|f| Check::found(HERE, name, f));
        return found.map(known).collect();
    }
    let cached = max_age.map_or_else(String::new, |age| {
        format!("; may be cached for {}", span(age))
    });
    vec![known(Check::healthy(
        HERE,
        name,
        format!("{} published: {}{cached}", kids.len(), list(&kids)),
    ))]
}
