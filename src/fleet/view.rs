//! The board as people read it: what is known, what failed last and what to do about it. Values
//! only; how they look is the web's.

use serde::Serialize;

use super::{
    Board, PastRun, ProbeId,
    limits::KnownLimit,
    org_verdict::{OrgVerdict, VerdictWord},
    row::Row,
};
use crate::{
    guide::{self, Advice, Finding},
    okta::Failure,
    probe,
    units::{Moment, OktaTime, Timestamp, WallClock},
};

/// Everything that the status page shows.
#[derive(Debug, Clone, Serialize)]
pub struct View {
    /// When it was drawn.
    pub at: Timestamp,
    /// What is wrong with the exporter itself.
    pub findings: Vec<Noted>,
    /// The orgs; what belongs to none comes first, without a name.
    pub orgs: Vec<OrgView>,
}

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

/// One probe.
#[derive(Debug, Clone, Serialize)]
pub struct ProbeView {
    /// `kind` or `kind/name`.
    pub probe: String,
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
}

/// A failure, explained.
#[derive(Debug, Clone, Serialize)]
pub struct Trouble {
    /// When.
    pub at: Timestamp,
    /// The reason, as in the metrics.
    pub reason: &'static str,
    /// What happened.
    pub what: String,
    /// What it means, and what fixes it.
    #[serde(flatten)]
    pub advice: Advice,
    /// The scope and the role that were wanting, where that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub takes_permission: Option<String>,
    /// What Okta's support asks for.
    pub request_id: Option<String>,
}

/// Something that is wrong though no request failed, explained.
#[derive(Debug, Clone, Serialize)]
pub struct Noted {
    /// What was found.
    pub what: String,
    /// What it means, and what fixes it.
    #[serde(flatten)]
    pub advice: Advice,
}

/// One rate limit.
#[derive(Debug, Clone, Serialize)]
pub struct LimitView {
    /// Whose ceiling.
    pub credential: String,
    /// The bucket.
    pub bucket: String,
    /// The api that showed it.
    pub api: String,
    /// What the open window grants; `None` where no window is known to be open.
    pub limit: Option<u64>,
    /// What is left in it.
    pub remaining: Option<u64>,
    /// When it ends.
    pub reset: Option<OktaTime>,
    /// The share that was used in the last window that is over.
    pub last_usage_ratio: Option<f64>,
    /// Where in that window the sample lay that says so; 1 is its end.
    pub last_phase_ratio: Option<f64>,
    /// How long before a window's end a look is sent, where somebody aims at it.
    pub guard_seconds: Option<f64>,
    /// When the next look in this bucket is due.
    pub next_sample: Option<Timestamp>,
    /// Why then.
    pub next_sample_is: Option<String>,
}

impl Board {
    /// The board as people read it, as of now.
    pub fn view(&self, now: Timestamp) -> View {
        let facts = self.facts();
        let moment = self.clock().moment(now);
        let orgs = facts.owners.iter().map(|(org, owner)| {
            let rows = facts.rows_of(org.as_ref());
            let skew = org.as_ref().and(owner.ledger.skew(moment));
            let at_okta = owner.ledger.oktas_time(now);
            let wrong = facts.org_findings(org.as_ref(), skew, now);
            OrgView {
                name: org.as_ref().map(ToString::to_string),
                verdict: org.as_ref().map(|org| {
                    let OrgVerdict { word, why } = facts.verdict(org, (moment, now));
                    let since = owner.verdict.filter(|(before, _)| *before == word);
                    VerdictView {
                        verdict: word,
                        since: since.map(|(_, since)| since),
                        why,
                    }
                }),
                cell: org
                    .as_ref()
                    .and_then(|org| facts.cell(org))
                    .map(|cell| cell.to_string()),
                breaker: owner
                    .breaker
                    .as_ref()
                    .map(|breaker| breaker.state().label()),
                clock_skew_seconds: skew,
                okta_time: at_okta,
                findings: noted(wrong),
                probes: rows
                    .map(|(id, row)| ProbeView {
                        findings: noted(row.findings(moment, at_okta)),
                        ..ProbeView::of(id, row, moment)
                    })
                    .collect(),
                limits: owner
                    .limits
                    .known(moment)
                    .into_iter()
                    .filter_map(|limit| LimitView::of(limit, self.clock()))
                    .collect(),
            }
        });
        View {
            at: now,
            findings: noted(self.store().findings()),
            orgs: orgs.collect(),
        }
    }
}

fn noted(findings: Vec<Finding>) -> Vec<Noted> {
    findings.into_iter().map(Noted::from).collect()
}

impl LimitView {
    /// What there is to show of a limit; `None` where nothing is known any more.
    fn of(limit: KnownLimit, clock: &WallClock) -> Option<Self> {
        let KnownLimit {
            credential,
            bucket,
            api,
            read,
            last,
            aim,
        } = limit;
        (read.is_some() || last.is_some()).then(|| Self {
            credential,
            bucket,
            api,
            limit: read.map(|read| read.limit),
            remaining: read.map(|read| read.remaining),
            reset: read.map(|read| OktaTime::written(read.reset)),
            last_usage_ratio: last.map(|(usage, _)| usage),
            last_phase_ratio: last.map(|(_, phase)| phase),
            guard_seconds: aim.map(|(guard, _)| guard),
            next_sample: aim.map(|(_, next)| clock.at(next.at)),
            next_sample_is: aim.map(|(_, next)| next.why.to_string()),
        })
    }
}

impl ProbeView {
    fn of(id: &ProbeId, row: &Row, now: Moment) -> Self {
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
        Self {
            probe: id.probe.clone(),
            ok: last.map(|last| last.failure.is_none()),
            overdue: row.is_overdue(now),
            at: last.map(|last| last.at),
            took_seconds: last
                .and_then(|last| last.took)
                .map(|took| took.as_secs_f64()),
            held_back: told(&row.held_back),
            trouble,
            earlier_trouble,
            findings: Vec::new(),
            history: row.history.runs().collect(),
        }
    }
}

impl Trouble {
    fn of(at: Timestamp, failure: &Failure, kind: &str) -> Self {
        Self {
            at,
            reason: failure.reason().as_str(),
            what: failure.to_string(),
            advice: guide::explain(failure, kind).into(),
            takes_permission: probe::lacking(failure, kind).map(|needed| needed.to_string()),
            request_id: failure
                .refusal()
                .and_then(|refusal| refusal.request_id.clone()),
        }
    }
}

impl From<Finding> for Noted {
    fn from(Finding { fact, what, .. }: Finding) -> Self {
        Self {
            what,
            advice: fact.case().into(),
        }
    }
}
