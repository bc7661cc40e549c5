//! What each credential may and may not read, probe by probe; and which scopes it was granted.

use super::{
    check::{Check, Section},
    round::{Asked, Run},
    wording::{list, span},
};
use crate::{
    fleet,
    okta::Credential,
    probe::{self, Access},
    units::Name,
};

const HERE: Section = Section::Access;

pub(super) fn checks(org: &Asked) -> Vec<Check> {
    let mut checks: Vec<Check> = org
        .credentials
        .values()
        .filter_map(|c| granted(c))
        .collect();
    // What is public has sections of its own.
    let reading = org
        .runs
        .iter()
        .filter(|run| run.probe.access() != Access::Public);
    let several = org.credentials.len() > 1;
    checks.extend(reading.map(|run| read(run, several)));
    if checks.is_empty() {
        let why = "no probe uses a credential: set OKTA_TOKEN, or the org's `credentials`";
        checks.push(Check::skipped(HERE, "credentials", why));
    }
    checks
}

fn read(run: &Run, several: bool) -> Check {
    let who = run.last().and_then(|exchange| exchange.credential.as_ref());
    let check = match (&run.outcome, run.failure()) {
        (None, _) => Check::skipped(HERE, &run.id, "the org cannot be reached"),
        (_, Some(failure)) => {
            let check = Check::failed(HERE, &run.id, (failure, run.probe.kind()));
            match probe::lacking(failure, run.probe.kind()) {
                Some(needed) => check
                    .fact("scope", needed.scope)
                    .fact("least_role", needed.role)
                    .adding(&format!("it takes {needed}")),
                None => check,
            }
        }
        (Some(outcome), None) => {
            let took = outcome.took.map(span).unwrap_or_default();
            Check::healthy(HERE, &run.id, format!("read in {took}"))
        }
    };
    let check = check.fact("credential", who.map(Name::as_str));
    match who {
        Some(who) if several => Check {
            says: format!("{who}: {}", check.says),
            ..check
        },
        _ => check,
    }
}

/// The scopes of a service app's own tokens.
fn granted(credential: &Credential) -> Option<Check> {
    let app = credential.app()?;
    let granted = app.token_status().granted?;
    let name = format!("scopes of {}", credential.name);
    let check = fleet::scopes(credential).map_or_else(
        || Check::healthy(HERE, &name, list(&granted)),
        |finding| Check::found(HERE, &name, &finding),
    );
    let missing = Some(app.missing(&granted)).filter(|missing| !missing.is_empty());
    Some(check.fact("granted", granted).fact("missing", missing))
}
