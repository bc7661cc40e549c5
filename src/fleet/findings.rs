//! What is wrong with an org as a whole, though no single request failed: its clock, its cell. What
//! a probe finds by itself is the probe's.

use std::time::Duration;

use jiff::SignedDuration;

use super::{Board, ProbeId, board::State};
use crate::{
    guide::{Fact, Finding},
    okta::Credential,
    probe::status_page::{self, PageContent},
    units::{Cell, Name, Timestamp},
};

/// Okta refuses proofs and assertions that are five minutes off; a minute is time to mend it.
const SKEW: f64 = 60.0;
/// Time to renew a certificate that somebody must renew by hand.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What is wrong with the clocks, given local minus Okta's in seconds.
pub fn clock(skew: f64) -> Option<Finding> {
    let ahead = if skew > 0.0 { "fast" } else { "slow" };
    (skew.abs() >= SKEW).then(|| Finding {
        fact: Fact::ClockSkew,
        what: format!("this clock is {:.0} s {ahead} by Okta's", skew.abs()),
    })
}

/// What is wrong with the certificate that the org's host serves, given its end.
pub fn certificate(ends: Timestamp, now: Timestamp) -> Option<Finding> {
    let left = ends.duration_since(now);
    (left < SOON).then(|| Finding {
        fact: Fact::CertificateEnding,
        what: format!(
            "the certificate ends at {ends}, in {} days",
            left.as_hours() / 24
        ),
    })
}

/// What a service app asks for and was not granted, once that is known.
pub fn scopes(credential: &Credential) -> Option<Finding> {
    let app = credential.app()?;
    let missing = app.missing(&app.token_status().granted?);
    (!missing.is_empty()).then(|| Finding {
        fact: Fact::ScopeMissing,
        what: format!(
            "the credential `{}` was not granted {}",
            credential.name,
            missing.join(", ")
        ),
    })
}

/// What a status page tells of this cell.
pub fn incidents(reading: &PageContent, cell: &Cell) -> Vec<Finding> {
    let open = reading.incidents_on(cell).into_iter().flatten();
    open.map(|incident| Finding {
        fact: Fact::IncidentOnCell,
        what: format!(
            "{} on {cell}: {} ({})",
            incident.id,
            incident.title,
            incident.status.as_str()
        ),
    })
    .collect()
}

/// The time by Okta's clock, given local minus Okta's in seconds.
pub fn by_oktas_clock(now: Timestamp, skew: Option<f64>) -> Timestamp {
    let skew = skew.unwrap_or_default();
    let off = Duration::try_from_secs_f64(skew.abs()).unwrap_or_default();
    let then = if skew > 0.0 {
        now.saturating_sub(off)
    } else {
        now.saturating_add(off)
    };
    then.unwrap_or(now)
}

impl Board {
    /// What is wrong with a probe though it did not fail; with its whole org, where that is asked.
    pub(super) fn findings(&self, id: &ProbeId, whole_org: bool) -> Vec<Finding> {
        let (state, now) = (self.lock(), Timestamp::now());
        let owner = state.owners.get(&id.org);
        let skew = owner.and_then(|owner| owner.ledger.skew(now));
        let row = state.rows.get(id);
        let mut findings =
            row.map_or_else(Vec::new, |row| row.findings(now, by_oktas_clock(now, skew)));
        if let (Some(org), true) = (&id.org, whole_org) {
            findings.extend(state.org_findings(Some(org), skew));
        }
        findings
    }
}

impl State {
    /// What is wrong with this org as a whole.
    pub(super) fn org_findings(&self, org: Option<&Name>, skew: Option<f64>) -> Vec<Finding> {
        let mut findings: Vec<Finding> = skew.and_then(clock).into_iter().collect();
        let owner = org.and_then(|org| self.owners.get(&Some(org.clone())));
        let ends = owner.and_then(|owner| owner.ledger.certificate_ends());
        findings.extend(ends.and_then(|ends| certificate(ends, Timestamp::now())));
        if let Some(cell) = org.and_then(|org| self.cell(org)) {
            let pages = self.rows.values();
            let pages = pages.filter_map(|row| row.known.of::<status_page::Probe>());
            let contents = pages.filter_map(|page| page.observation?.content());
            findings.extend(contents.flat_map(|content| incidents(content, &cell)));
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_wrong_from_a_minute_on_in_either_direction() {
        assert_eq!(clock(59.0), None);
        assert!(clock(61.0).unwrap().what.contains("61 s fast"));
        assert!(clock(-3600.0).unwrap().what.contains("3600 s slow"));
    }

    #[test]
    fn oktas_time_is_ours_less_what_we_are_fast() {
        let now = Timestamp::from_second(1000).unwrap();
        let then = |skew| by_oktas_clock(now, skew).as_second();
        assert_eq!((then(Some(10.0)), then(Some(-10.0))), (990, 1010));
        assert_eq!((then(None), then(Some(f64::NAN))), (1000, 1000));
    }
}
