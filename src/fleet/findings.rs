//! What is wrong with an org as a whole, though no single request failed: its clock, its cell, what
//! is wanted of them and cannot be done. What a probe finds by itself is the probe's.

use std::cmp::Reverse;

use super::{ProbeId, facts::Facts};
use crate::{
    guide::{Fact, Finding},
    okta::{Credential, ServedChain},
    probe::{
        Notice,
        cap::{Capped, cap},
        organization,
        status_page::{CellIncidents, Incident},
    },
    units::{Cell, Moment, Name, Timestamp},
};

/// Okta refuses proofs and assertions that are five minutes off; a minute is time to fix it.
const SKEW: f64 = 60.0;
/// Time to renew a certificate that somebody must renew by hand.
pub(super) const CERTIFICATE: Notice = Notice::days(14, 7);

/// The most incidents that are told one by one; whoever writes more of them means no reader.
pub(super) const MOST_INCIDENTS: usize = 20;

/// What is wrong with the clocks, given local minus Okta's in seconds.
pub fn clock(skew: f64) -> Option<Finding> {
    let ahead = if skew > 0.0 { "fast" } else { "slow" };
    (skew.abs() >= SKEW).then(|| {
        let what = format!("this clock is {:.0} s {ahead} by Okta's", skew.abs());
        Finding::new(Fact::ClockSkew, what)
    })
}

/// What is wrong with the certificates that the org's host serves: its own, or one of those it needs
/// to be trusted.
pub fn certificate(served: ServedChain, now: Timestamp) -> Option<Finding> {
    let leaf_end = served.leaf_end;
    let end = served.earliest_end.unwrap_or(leaf_end);
    let left = end.duration_since(now);
    CERTIFICATE.severity(left).map(|severity| {
        let which = if end == leaf_end {
            "the certificate"
        } else {
            "a certificate of the chain that is served, not the host's own,"
        };
        let when = if left.is_positive() {
            format!("expires at {end}, in {} days", left.as_hours() / 24)
        } else {
            format!("expired at {end}")
        };
        let what = format!("{which} {when}");
        Finding::new(Fact::CertificateExpiring, what).as_bad_as(Some(severity))
    })
}

/// What a service app asks for and was not granted, once that is known.
pub fn scopes(credential: &Credential) -> Option<Finding> {
    let app = credential.app()?;
    let missing = app.missing(&app.token_status().granted?);
    (!missing.is_empty()).then(|| {
        let (name, missing) = (&credential.name, missing.join(", "));
        let what = format!("the credential `{name}` was not granted {missing}");
        Finding::new(Fact::ScopeMissing, what).about(format!("{name}: {missing}"))
    })
}

/// What status pages tell of this cell, the worst first.
pub fn incidents(told: &CellIncidents<'_>, cell: &Cell) -> Vec<Finding> {
    let words = |incident: &Incident| {
        let (title, status) = (&incident.title, incident.status.as_str());
        format!("{title} ({status})")
    };
    let findings = |incidents: &Option<Vec<&Incident>>, fact: Fact, is: &str| {
        let severity = |incident: &Incident| match fact {
            Fact::IncidentOnCell => incident.category.severity_on_cell(),
            _ => fact.severity(),
        };
        let open = incidents.iter().flatten().copied();
        let badness = |incident: &&Incident| (Reverse(severity(incident)), incident.rank());
        let Capped { mut kept, dropped } = cap(open, MOST_INCIDENTS, badness);
        kept.sort_by_key(|incident| severity(incident));
        // What is left out is no worse than what is told last.
        let least = kept.last().map(|incident| severity(incident));
        let found = |incident: &Incident| {
            let what = format!("{} {is} {cell}: {}", incident.id, words(incident));
            let found = Finding::new(fact, what).about(&incident.id);
            found.as_bad_as(Some(severity(incident)))
        };
        let mut findings: Vec<Finding> = kept.into_iter().map(found).collect();
        if dropped > 0 {
            let what = format!("{dropped} more {is} {cell}: the status page tells which");
            findings.push(Finding::new(fact, what).about("others").as_bad_as(least));
        }
        findings
    };
    let mut all = findings(&told.on, Fact::IncidentOnCell, "on");
    let unknown = &told.of_unknown_reach;
    all.extend(findings(unknown, Fact::IncidentOfUnknownReach, "may be on"));
    all
}

/// Why no incident can be matched to an org, given its cell as configured, what its organization
/// document was seen to say, and whether some status page names cells; `None` is not known yet.
pub fn unmatched(
    configured: Option<&Cell>,
    document: Option<&organization::Observation>,
    pages: Option<bool>,
) -> Option<Finding> {
    let why = match (configured, document) {
        (Some(cell), _) => (pages == Some(false)).then(|| {
            format!("the org's `cell` is set to {cell}, and no status page names cells")
        })?,
        (None, Some(document)) if document.cell().is_none() => match document.told() {
            Some(word) => {
                format!("the org calls its cell `{word}`, which is none that is known here")
            }
            None => (pages == Some(true)).then(|| "the org does not tell its cell".to_owned())?,
        },
        (None, _) => return None,
    };
    let what = format!("{why}: incidents cannot be matched to it");
    Some(Finding::new(Fact::IncidentsUnmatched, what))
}

/// What is wrong now, as far as that can be told.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) found: Vec<Finding>,
    /// What nothing is known of at the moment: if it was found before, that it is over is not known.
    pub(super) unjudged: Vec<Fact>,
}

impl Facts {
    /// What is wrong with a probe though it did not fail; with its whole org, where that is asked.
    pub(super) fn findings(
        &self,
        id: &ProbeId,
        whole_org: bool,
        (moment, now): (Moment, Timestamp),
    ) -> Findings {
        let owner = self.of(id.org.as_ref());
        let skew = owner.and_then(|owner| owner.ledger.skew(moment));
        let row = self.rows.get(id);
        let at_okta = self.oktas_time(id.org.as_ref(), now);
        let mut found = row.map_or_else(Vec::new, |row| row.findings(moment, at_okta));
        let mut unjudged = Vec::new();
        if let (Some(org), true) = (&id.org, whole_org) {
            found.extend(self.org_findings(Some(org), skew, now));
            unjudged = self.unjudged(org);
        }
        // What was told and is among those that are merely counted now is not over.
        let counted = found.iter().filter(|finding| finding.is_of_others());
        unjudged.extend(counted.map(|finding| finding.fact));
        Findings { found, unjudged }
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
        let served = owner.and_then(|owner| owner.ledger.chain());
        findings.extend(served.and_then(|served| certificate(served, now)));
        let credentials = owner.into_iter().flat_map(|owner| &owner.credentials);
        findings.extend(credentials.filter_map(|credential| scopes(credential)));
        if let Some(cell) = self.cell(org) {
            findings.extend(incidents(&self.incidents(&cell), &cell));
        }
        let configured = owner.and_then(|owner| owner.cell.as_ref());
        findings.extend(unmatched(
            configured,
            self.organization(org),
            self.any_page_names_cells(),
        ));
        findings
    }

    /// What cannot be judged now, since nothing is known of it.
    fn unjudged(&self, org: &Name) -> Vec<Fact> {
        let cell = self.cell(org);
        let told = cell.map(|cell| self.incidents(&cell)).unwrap_or_default();
        let unknown = [
            (told.on.is_none(), Fact::IncidentOnCell),
            (
                told.of_unknown_reach.is_none(),
                Fact::IncidentOfUnknownReach,
            ),
        ];
        let unknown = unknown.into_iter().filter(|(is_unknown, _)| *is_unknown);
        unknown.map(|(_, fact)| fact).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::{
        guide::Severity,
        probe::status_page::{Category, Status},
        units::CellList,
    };

    #[test]
    fn the_first_certificate_of_a_chain_that_expires_is_told_and_whose_it_is() {
        let day = |day: i64| Timestamp::from_second(day * 86_400).unwrap();
        let told = |leaf: i64, earliest: Option<i64>| {
            let served = ServedChain {
                leaf_end: day(leaf),
                earliest_end: earliest.map(day),
            };
            certificate(served, day(100)).map(|finding| finding.what)
        };
        assert_eq!(told(190, Some(114)), None);
        assert_eq!(told(190, None), None);
        for (leaf, earliest, what) in [
            (
                113,
                Some(113),
                "the certificate expires at 1970-04-24T00:00:00Z, in 13 days",
            ),
            (
                113,
                None,
                "the certificate expires at 1970-04-24T00:00:00Z, in 13 days",
            ),
            (
                190,
                Some(113),
                "a certificate of the chain that is served, not the host's own, expires at 1970-04-24T00:00:00Z, in 13 days",
            ),
            (
                99,
                Some(99),
                "the certificate expired at 1970-04-10T00:00:00Z",
            ),
        ] {
            assert_eq!(told(leaf, earliest).as_deref(), Some(what));
        }
    }

    #[test]
    fn a_clock_is_wrong_from_a_minute_on_in_either_direction() {
        assert_eq!(clock(59.0), None);
        assert!(clock(61.0).unwrap().what.contains("61 s fast"));
        assert!(clock(-3600.0).unwrap().what.contains("3600 s slow"));
    }

    #[test]
    fn a_skew_of_a_minute_is_told_and_a_certificate_in_its_last_two_weeks() {
        assert!(clock(60.0).unwrap().what.contains("60 s fast"));
        let now = Timestamp::UNIX_EPOCH;
        let told = |left: SignedDuration| {
            let served = ServedChain {
                leaf_end: now + left,
                earliest_end: None,
            };
            let found = certificate(served, now)?;
            assert_eq!(found.fact, Fact::CertificateExpiring);
            Some(found.what)
        };
        assert_eq!(told(SignedDuration::from_hours(14 * 24)), None);
        let second = SignedDuration::from_secs(1);
        let what = told(SignedDuration::from_hours(14 * 24) - second).unwrap();
        assert!(what.ends_with("in 13 days"), "{what}");
        let what = told(SignedDuration::from_hours(50)).unwrap();
        assert!(what.ends_with("in 2 days"), "{what}");
    }

    fn incident(id: &str, category: Category) -> Incident {
        Incident {
            id: id.to_owned(),
            category,
            status: Status::Investigating,
            cells: CellList::default(),
            started: None,
            ends: None,
            updated: None,
            title: "Sign-in is slow".to_owned(),
            link: None,
        }
    }

    #[test]
    fn incidents_on_a_cell_and_of_unknown_reach_are_told_apart() {
        let of = |id| incident(id, Category::ServiceDisruption);
        let (on, unknown) = (of("I-1"), of("I-2"));
        let told = CellIncidents {
            on: Some(vec![&on]),
            of_unknown_reach: Some(vec![&unknown]),
        };
        let cell: Cell = "okta.com:7".parse().unwrap();
        let found = |fact, subject: &str, what: &str| Finding::new(fact, what).about(subject);
        let what = "Sign-in is slow (investigating)";
        let expected = [
            found(
                Fact::IncidentOnCell,
                "I-1",
                &format!("I-1 on okta.com:7: {what}"),
            ),
            found(
                Fact::IncidentOfUnknownReach,
                "I-2",
                &format!("I-2 may be on okta.com:7: {what}"),
            ),
        ];
        assert_eq!(incidents(&told, &cell), expected);
        assert_eq!(incidents(&CellIncidents::default(), &cell), []);
    }

    #[test]
    fn on_a_cell_the_worst_categories_come_first_and_those_left_out_are_no_worse_than_the_last() {
        let slow = |n: usize| incident(&format!("I-{n}"), Category::ServiceDegradation);
        let mut all: Vec<Incident> = (0..MOST_INCIDENTS).map(slow).collect();
        all.push(incident("I-99", Category::Other));
        let told = |on: &[Incident]| {
            let told = CellIncidents {
                on: Some(on.iter().collect()),
                of_unknown_reach: None,
            };
            let found = incidents(&told, &"okta.com:7".parse().unwrap());
            let severities = found
                .into_iter()
                .map(|found| (found.subject, found.severity));
            severities.collect::<Vec<_>>()
        };
        let two = told(&all[MOST_INCIDENTS - 1..]);
        let is = |id: &str, severity| (id.to_owned(), severity);
        let worst = is("I-99", Severity::Critical);
        assert_eq!(two, [worst.clone(), is("I-19", Severity::Warning)]);
        let many = told(&all);
        assert_eq!(many.len(), MOST_INCIDENTS + 1);
        assert_eq!(many[0], worst);
        assert_eq!(many[MOST_INCIDENTS], is("others", Severity::Warning));
    }
}
