//! What is wrong with an org as a whole, though no single request failed: its clock, its cell. What
//! a probe finds by itself is the probe's.

use std::time::Duration;

use jiff::SignedDuration;

use super::{ProbeId, facts::Facts};
use crate::{
    guide::{Fact, Finding},
    okta::Credential,
    probe::status_page::{self, PageContent},
    units::{Cell, Moment, Name, Timestamp},
};

/// Okta refuses proofs and assertions that are five minutes off; a minute is time to fix it.
const SKEW: f64 = 60.0;
/// Time to renew a certificate that somebody must renew by hand.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What is wrong with the clocks, given local minus Okta's in seconds.
pub fn clock(skew: f64) -> Option<Finding> {
    let ahead = if skew > 0.0 { "fast" } else { "slow" };
    (skew.abs() >= SKEW).then(|| {
        let what = format!("this clock is {:.0} s {ahead} by Okta's", skew.abs());
        Finding::new(Fact::ClockSkew, what)
    })
}

/// What is wrong with the certificate that the org's host serves, given when it expires.
pub fn certificate(expires: Timestamp, now: Timestamp) -> Option<Finding> {
    let left = expires.duration_since(now);
    (left < SOON).then(|| {
        let days = left.as_hours() / 24;
        let what = format!("the certificate expires at {expires}, in {days} days");
        Finding::new(Fact::CertificateExpiring, what)
    })
}

/// What a service app asks for and was not granted, once that is known.
pub fn scopes(credential: &Credential) -> Option<Finding> {
    let app = credential.app()?;
    let missing = app.missing(&app.token_status().granted?);
    (!missing.is_empty()).then(|| {
        let (name, missing) = (&credential.name, missing.join(", "));
        let what = format!("the credential `{name}` was not granted {missing}");
        Finding::new(Fact::ScopeMissing, what).about(name.as_str())
    })
}

/// What a status page tells of this cell.
pub fn incidents(reading: &PageContent, cell: &Cell) -> Vec<Finding> {
    let open = reading.incidents_on(cell).into_iter().flatten();
    open.map(|incident| {
        let (id, title, status) = (&incident.id, &incident.title, incident.status.as_str());
        let what = format!("{id} on {cell}: {title} ({status})");
        Finding::new(Fact::IncidentOnCell, what).about(id)
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

impl Facts {
    /// What is wrong with a probe though it did not fail; with its whole org, where that is asked.
    pub(super) fn findings(
        &self,
        id: &ProbeId,
        whole_org: bool,
        (moment, now): (Moment, Timestamp),
    ) -> Vec<Finding> {
        let owner = self.of(id.org.as_ref());
        let skew = owner.and_then(|owner| owner.ledger.skew(moment));
        let row = self.rows.get(id);
        let mut findings = row.map_or_else(Vec::new, |row| {
            row.findings(moment, by_oktas_clock(now, skew))
        });
        if let (Some(org), true) = (&id.org, whole_org) {
            findings.extend(self.org_findings(Some(org), skew, now));
        }
        findings
    }

    /// What is wrong with this org as a whole.
    pub(super) fn org_findings(
        &self,
        org: Option<&Name>,
        skew: Option<f64>,
        now: Timestamp,
    ) -> Vec<Finding> {
        let mut findings: Vec<Finding> = skew.and_then(clock).into_iter().collect();
        let Some(org) = org else { return findings };
        let owner = self.of(Some(org));
        let ends = owner.and_then(|owner| owner.ledger.certificate_ends());
        findings.extend(ends.and_then(|ends| certificate(ends, now)));
        if let Some(cell) = self.cell(org) {
            let pages = self.rows_of(None);
            let pages = pages.filter_map(|(_, row)| row.known.of::<status_page::Probe>());
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
