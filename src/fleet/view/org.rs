//! One org, as people read it.

use std::cmp::Ordering;

use serde::Serialize;

use super::{
    limit::{LimitView, USUAL_WARNING},
    probe::ProbeView,
    told::{Noted, noted},
};
use crate::{
    fleet::{
        facts::{Facts, Owner},
        org_verdict::{OrgVerdict, VerdictWord},
        past::OrgPast,
    },
    guide::Severity,
    units::{Moment, Name, OktaTime, Timestamp, WallClock},
};

/// How an org is.
#[derive(Debug, Clone, Serialize)]
pub struct VerdictView {
    /// In a word.
    pub verdict: VerdictWord,
    /// Since when it is so.
    pub since: Option<Timestamp>,
    /// Why.
    pub why: String,
}

/// One org.
#[derive(Debug, Clone, Serialize)]
pub struct OrgView {
    /// Its name; `None` for the status pages.
    pub name: Option<String>,
    /// The worst of its findings, probes and limits; `None` where nothing is wrong.
    pub severity: Option<Severity>,
    /// How it is; `None` for the status pages.
    pub verdict: Option<VerdictView>,
    /// Its cell, where it is known.
    pub cell: Option<String>,
    /// The breaker's facts.
    pub breaker: Option<&'static str>,
    /// Local clock minus Okta's, in seconds.
    pub clock_skew_seconds: Option<f64>,
    /// The moment of the view by its clock.
    pub okta_time: OktaTime,
    /// What is wrong with the org as a whole.
    pub findings: Vec<Noted>,
    /// Its probes.
    pub probes: Vec<ProbeView>,
    /// The rate limits: windows that are open, and the last that are over.
    pub limits: Vec<LimitView>,
}

impl OrgView {
    /// An org, or (as `None`) what belongs to none, as of a moment and the time of day then.
    pub(super) fn of(
        facts: &Facts,
        (org, owner): (Option<&Name>, &Owner),
        (now, shown): (Moment, Timestamp),
        clock: &WallClock,
    ) -> Self {
        let skew = org.and(owner.ledger.skew(now));
        let at_okta = owner.ledger.oktas_time(shown);
        let rows = facts.rows_of(org);
        let warns_from = org.and_then(|org| facts.warns_from(org));
        let warning_ratio = warns_from.unwrap_or(USUAL_WARNING);
        let limits = owner.limits.known(now).into_iter();
        let mut view = Self {
            name: org.map(ToString::to_string),
            severity: None,
            verdict: org.map(|org| {
                let OrgVerdict { word, why } = facts.verdict(org, (now, shown));
                let since = owner.verdict.filter(|(before, _)| *before == word);
                VerdictView {
                    verdict: word,
                    since: since.map(|(_, since)| since),
                    why,
                }
            }),
            cell: org
                .and_then(|org| facts.cell(org))
                .map(|cell| cell.to_string()),
            breaker: owner
                .breaker
                .as_ref()
                .map(|breaker| breaker.state().label()),
            clock_skew_seconds: skew,
            okta_time: at_okta,
            findings: noted(facts.org_findings(org, skew, shown)),
            probes: rows
                .map(|(id, row)| ProbeView::of(id, row, now, at_okta))
                .collect(),
            limits: limits
                .filter_map(|limit| LimitView::of(limit, warning_ratio, clock))
                .collect(),
        };
        view.severity = view.severities().min();
        view
    }

    /// Adds what happened in the last three days.
    pub(super) fn with_past(mut self, past: &OrgPast, now: Timestamp) -> Self {
        for probe in &mut self.probes {
            probe.past = past.runs(&probe.probe, now);
        }
        for limit in &mut self.limits {
            let of = [&limit.credential, &limit.bucket, &limit.api];
            let [credential, bucket, api] = of.map(String::clone);
            limit.past = past.usage(&(credential, bucket, api), now);
        }
        self
    }

    /// How bad each thing is that is told of it.
    pub(super) fn severities(&self) -> impl Iterator<Item = Severity> {
        let findings = self.findings.iter().map(|found| found.severity);
        let probes = self.probes.iter().flat_map(ProbeView::severities);
        let limits = self.limits.iter().filter_map(|limit| limit.severity);
        findings.chain(probes).chain(limits)
    }

    /// The worst verdict first, then the worst severity, then by name; what belongs to no org last.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let place = |org: &Self| {
            let verdict = org.verdict.as_ref().map(|told| told.verdict);
            (
                org.name.is_none(),
                verdict,
                org.severity.is_none(),
                org.severity,
            )
        };
        place(self)
            .cmp(&place(other))
            .then_with(|| self.name.cmp(&other.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn org(name: Option<&str>, verdict: VerdictWord, severity: Option<Severity>) -> OrgView {
        OrgView {
            name: name.map(str::to_owned),
            severity,
            verdict: name.map(|_| VerdictView {
                verdict,
                since: None,
                why: String::new(),
            }),
            cell: None,
            breaker: None,
            clock_skew_seconds: None,
            okta_time: OktaTime::default(),
            findings: Vec::new(),
            probes: Vec::new(),
            limits: Vec::new(),
        }
    }

    #[test]
    fn the_worst_org_comes_first_and_what_belongs_to_none_last() {
        let (critical, warning) = (Some(Severity::Critical), Some(Severity::Warning));
        let mut orgs = [
            org(None, VerdictWord::Well, critical),
            org(Some("a"), VerdictWord::Well, None),
            org(Some("b"), VerdictWord::Well, warning),
            org(Some("d"), VerdictWord::Degraded, critical),
            org(Some("c"), VerdictWord::Degraded, critical),
            org(Some("e"), VerdictWord::Degraded, warning),
            org(Some("z"), VerdictWord::Network, warning),
        ];
        orgs.sort_by(OrgView::order);
        let names: Vec<&str> = orgs
            .iter()
            .map(|org| org.name.as_deref().unwrap_or("-"))
            .collect();
        assert_eq!(names, ["z", "c", "d", "e", "b", "a", "-"]);
    }
}
