//! The board as people read it: what is known, what failed last, how bad it is and what to do about
//! it. Values only; how they look is the web's. What each member means is told by
//! `docs/status-api.md`.

mod end;
mod incident;
mod limit;
mod org;
mod probe;
mod told;

use std::collections::BTreeSet;

use serde::Serialize;

use super::Board;
use crate::{
    guide::Severity,
    units::{Name, Timestamp},
};

pub use end::EndView;
pub use incident::IncidentView;
pub use limit::LimitView;
pub use org::{OrgView, VerdictView};
pub use probe::ProbeView;
pub use told::{Noted, Trouble};

use told::noted;

/// Of so many orgs at a time the past is told: of more it would be hundreds of megabytes.
const MOST_WITH_PAST: usize = 50;

/// Everything that the status page shows.
#[derive(Debug, Clone, Serialize)]
pub struct View {
    /// When it was drawn.
    pub at: Timestamp,
    /// The worst of all that is told; `None` where nothing is wrong.
    pub severity: Option<Severity>,
    /// How much there is.
    pub counts: Counts,
    /// What is wrong with the exporter itself.
    pub findings: Vec<Noted>,
    /// The open incidents, those on an org's cell first.
    pub incidents: Vec<IncidentView>,
    /// What has ended or ends, the soonest first.
    pub ends: Vec<EndView>,
    /// The orgs, the worst first; what belongs to none comes last, without a name.
    pub orgs: Vec<OrgView>,
}

/// How much there is of what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Orgs.
    pub orgs: usize,
    /// Probes, those of status pages included.
    pub probes: usize,
    /// Those whose last run failed.
    pub failing: usize,
    /// Those that have not run yet.
    pub waiting: usize,
    /// Those that the budget holds back.
    pub held_back: usize,
    /// Those that have been silent for three of their intervals.
    pub overdue: usize,
    /// Failures, findings and limits that are critical,
    pub critical: usize,
    /// that are warnings,
    pub warnings: usize,
    /// and that are notices.
    pub infos: usize,
}

impl Board {
    /// The board as people read it, as of now.
    pub fn view(&self, now: Timestamp) -> View {
        self.view_of(now, |_| true)
    }

    /// The same, of these orgs alone; who asks for what belongs to none is asked for `None`.
    pub fn view_of(&self, now: Timestamp, is_wanted: impl Fn(Option<&Name>) -> bool) -> View {
        let facts = self.facts();
        let moment = self.clock().moment(now);
        let owners = facts.owners.iter();
        let owners: Vec<_> = owners
            .map(|(org, owner)| (org.as_ref(), owner.as_ref()))
            .filter(|(org, _)| is_wanted(*org))
            .collect();
        let names: Vec<&Name> = owners.iter().filter_map(|(org, _)| *org).collect();
        let ends = names.iter().flat_map(|org| EndView::of(&facts, org, now));
        let mut incidents = IncidentView::all(&facts, &names);
        if !is_wanted(None) {
            incidents.retain(|incident| incident.severity < Severity::Info);
        }
        let ends = EndView::soonest(ends.collect());
        let mut orgs: Vec<OrgView> = owners
            .iter()
            .map(|(org, owner)| {
                let view = OrgView::of(&facts, (*org, *owner), (moment, now), self.clock());
                if names.len() <= MOST_WITH_PAST {
                    view.with_past(&owner.past, now)
                } else {
                    view
                }
            })
            .collect();
        orgs.sort_by(OrgView::order);
        let mut view = View {
            at: now,
            severity: None,
            counts: Counts::default(),
            findings: noted(self.store().findings()),
            incidents,
            ends,
            orgs,
        };
        view.severity = view.severities().min();
        view.counts = Counts::of(&view);
        view
    }

    /// The names of the orgs.
    pub fn orgs(&self) -> BTreeSet<Name> {
        self.facts().owners.keys().flatten().cloned().collect()
    }
}

impl View {
    /// Leaves the last three days out.
    pub fn forget_past(&mut self) {
        for org in &mut self.orgs {
            for probe in &mut org.probes {
                probe.past = Vec::new();
            }
            for limit in &mut org.limits {
                limit.past = Vec::new();
            }
        }
    }

    /// How bad each thing is that is told. Of incidents and ends what concerns an org is among its
    /// findings.
    fn severities(&self) -> impl Iterator<Item = Severity> {
        let findings = self.findings.iter().map(|found| found.severity);
        findings.chain(self.orgs.iter().flat_map(OrgView::severities))
    }
}

impl Counts {
    fn of(view: &View) -> Self {
        let mut counts = Self {
            orgs: view.orgs.iter().filter(|org| org.name.is_some()).count(),
            ..Self::default()
        };
        for probe in view.orgs.iter().flat_map(|org| &org.probes) {
            counts.probes += 1;
            counts.failing += usize::from(probe.ok == Some(false));
            counts.waiting += usize::from(probe.ok.is_none() && probe.held_back.is_none());
            counts.held_back += usize::from(probe.held_back.is_some());
            counts.overdue += usize::from(probe.overdue);
        }
        for severity in view.severities() {
            let count = match severity {
                Severity::Critical => &mut counts.critical,
                Severity::Warning => &mut counts.warnings,
                Severity::Info => &mut counts.infos,
            };
            *count += 1;
        }
        counts
    }
}
