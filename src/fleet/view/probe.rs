//! One probe, as people read it.

use serde::Serialize;

use super::told::{Noted, Trouble, noted};
use crate::{
    fleet::{PastRun, PastSpan, ProbeId, row::Row},
    guide::Severity,
    okta::Failure,
    units::{Moment, OktaTime, Timestamp},
};

/// One probe.
#[derive(Debug, Clone, Serialize)]
pub struct ProbeView {
    /// `kind` or `kind/name`.
    pub probe: String,
    /// The worst of its failure and its findings; `None` where nothing is wrong.
    pub severity: Option<Severity>,
    /// `None` before the first run.
    pub ok: Option<bool>,
    /// It has been silent for three of its intervals.
    pub overdue: bool,
    /// When its last run ended.
    pub at: Option<Timestamp>,
    /// How long that took.
    pub took_seconds: Option<f64>,
    /// Why no run begins, where the budget holds it back on purpose.
    pub held_back: Option<Trouble>,
    /// Why its last run failed; `None` where it ended well.
    pub trouble: Option<Trouble>,
    /// The last failure of a probe that works again.
    pub earlier_trouble: Option<Trouble>,
    /// What is wrong though no request failed.
    pub findings: Vec<Noted>,
    /// Its last runs, the oldest first; failures are kept longer.
    pub history: Vec<PastRun>,
    /// The last three days, the oldest span first; nothing where they were not asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<PastSpan>,
}

impl ProbeView {
    /// A probe, at a moment which is `then` by Okta's clock.
    pub(super) fn of(id: &ProbeId, row: &Row, now: Moment, then: OktaTime) -> Self {
        let last = row.last.as_ref();
        let failing = last.and_then(|last| last.failure.as_ref());
        let told = |told: &Option<(Timestamp, Failure)>| {
            let (at, failure) = told.as_ref()?;
            Some(Trouble::of(*at, failure, row.kind))
        };
        let last_failure = told(&row.last_failure);
        let (trouble, earlier_trouble) = if failing.is_some() {
            (last_failure, None)
        } else {
            (None, last_failure)
        };
        let mut view = Self {
            probe: id.probe.clone(),
            severity: None,
            ok: last.map(|last| last.failure.is_none()),
            overdue: row.is_overdue(now),
            at: last.map(|last| last.at),
            took_seconds: last
                .and_then(|last| last.took)
                .map(|took| took.as_secs_f64()),
            held_back: told(&row.held_back),
            trouble,
            earlier_trouble,
            findings: noted(row.findings(now, then)),
            history: row.history.runs().collect(),
            past: Vec::new(),
        };
        view.severity = view.severities().min();
        view
    }

    /// How bad each thing is that is told of it.
    pub(super) fn severities(&self) -> impl Iterator<Item = Severity> {
        let troubles = [&self.trouble, &self.held_back].into_iter().flatten();
        let findings = self.findings.iter().map(|found| found.severity);
        troubles.map(|trouble| trouble.severity).chain(findings)
    }
}
