//! One event per outcome: what happened, where, what Okta calls it, and what to do next. A failure
//! is logged here and nowhere else; so is what a run found wrong though nothing failed. What a case
//! means and what fixes it is told with its first line; the next ones name it, until all is well again.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    Outcome, ProbeId,
    findings::Findings,
    limits::{BucketMismatch, Relation},
};
use crate::{
    guide::{self, Advice, Case, Fact, Finding},
    okta::{ApiError, Exchange, Failure, Reason},
    probe,
    store::StoreError,
    units::{Moment, Timestamp},
};

/// Remembers how the last run ended and what was found, so that what only repeats is told quietly.
#[derive(Debug, Default)]
pub(super) struct Reporter {
    last: Option<Reason>,
    /// Why runs failed since one last ended well.
    told: BTreeSet<Reason>,
    /// The cases of those failures, each of which was explained.
    explained: BTreeSet<&'static str>,
    /// Since when no run has ended well.
    failing_since: Option<Moment>,
    found: BTreeMap<(Fact, String), Found>,
    store: Option<StoreError>,
}

/// Something that was found, and is there still.
#[derive(Debug, Clone, PartialEq)]
struct Found {
    what: String,
    since: Moment,
}

impl Reporter {
    /// Writes an event where what the store cannot do has changed. What it cannot do for anybody it
    /// tells by itself, once.
    pub(super) fn store(&mut self, id: &ProbeId, trouble: Option<StoreError>) {
        if self.store == trouble {
            return;
        }
        let (org, probe) = (id.org_label(), id.probe.as_str());
        match &trouble {
            Some(trouble @ StoreError::Unreadable(_)) => tracing::warn!(org, probe, "{trouble}"),
            Some(trouble) => tracing::debug!(org, probe, "{trouble}"),
            None => tracing::debug!(org, probe, "what is remembered is kept again"),
        }
        self.store = trouble;
    }

    /// Writes the outcome's event.
    pub(super) fn report(&mut self, id: &ProbeId, outcome: &Outcome) {
        let reason = outcome.result.failure.as_ref().map(Failure::reason);
        let before = std::mem::replace(&mut self.last, reason);
        if let Some(failure) = &outcome.result.failure {
            self.failing_since.get_or_insert_with(Moment::now);
            let case = guide::explain(failure, id.kind());
            let is_new_case = self.explained.insert(case.slug);
            let is_news = self.is_news(failure.reason()) || is_new_case;
            failed(id, outcome, failure, (case, is_new_case, is_news));
        } else {
            self.told.clear();
            self.explained.clear();
            let since = self.failing_since.take();
            succeeded(id, outcome, before.zip(since));
        }
    }

    /// True where a failure is to be heard. What nobody can fix at once is said once, since it would
    /// drown the rest, and so is what was never sent: no request id is lost by it. So is each reason
    /// of an outage that opens the breaker again and again.
    fn is_news(&mut self, reason: Reason) -> bool {
        let is_first = self.told.insert(reason);
        let repeats = matches!(reason, Reason::Forbidden | Reason::Budget | Reason::Overlap);
        let lasts = repeats || self.told.contains(&Reason::BreakerOpen);
        is_first || !lasts
    }

    /// Writes an event for each finding that is new, and for each that is known to be gone.
    pub(super) fn find(&mut self, id: &ProbeId, findings: Findings) {
        let earlier = self.found.keys().map(|(fact, _)| *fact);
        let mut explained: BTreeSet<Fact> = earlier.collect();
        let (new, gone) = self.compare(findings);
        for finding in new {
            let is_new_case = explained.insert(finding.fact);
            found(id, &finding, is_new_case);
        }
        for ((fact, subject), Found { what, since }) in gone {
            let (org, probe) = (id.org_label(), id.probe.as_str());
            let (case, subject) = (fact.case().slug, named(&subject));
            let lasted_seconds = Moment::now().since(since).as_secs();
            tracing::info!(
                org,
                probe,
                case,
                subject,
                lasted_seconds,
                "no longer found: {what}"
            );
        }
    }

    /// The findings that were not there before, and those that are there no longer. A finding is
    /// told from another by its fact and its subject. What cannot be judged is as it was.
    fn compare(
        &mut self,
        Findings { found, unjudged }: Findings,
    ) -> (Vec<Finding>, BTreeMap<(Fact, String), Found>) {
        let (kept, mut gone): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut self.found)
            .into_iter()
            .partition(|((fact, _), _)| unjudged.contains(fact));
        self.found = kept;
        let mut new = Vec::new();
        for finding in found {
            let identity = (finding.fact, finding.subject.clone());
            let earlier = gone.remove(&identity);
            let earlier = earlier.or_else(|| self.found.remove(&identity));
            let since = earlier.as_ref().map_or_else(Moment::now, |it| it.since);
            let what = finding.what.clone();
            self.found.insert(identity, Found { what, since });
            if earlier.is_none() {
                new.push(finding);
            }
        }
        (new, gone)
    }
}

fn named(subject: &str) -> Option<&str> {
    (!subject.is_empty()).then_some(subject)
}

/// To the microsecond: the rest is noise.
fn seconds(took: Duration) -> f64 {
    took.as_micros() as f64 / 1e6
}

/// What is told with the first line of a case.
struct Explained {
    cause: &'static str,
    next: &'static str,
    takes: &'static str,
    risk: &'static str,
    runbook: String,
    help: String,
}

impl From<&Case> for Explained {
    fn from(case: &Case) -> Self {
        let Advice {
            case: _,
            cause,
            next,
            takes,
            risk,
            runbook,
        } = case.into();
        Self {
            cause,
            next,
            takes,
            risk: risk.as_str(),
            runbook,
            help: case.help(),
        }
    }
}

/// Writes a line about a case, and where it is new what that means and what fixes it.
macro_rules! tell {
    ($level:ident, ($case:expr, $is_new:expr), { $($field:tt)* }, $what:expr) => {{
        let told = $is_new.then(|| Explained::from($case));
        let told = told.as_ref();
        tracing::$level!(
            $($field)*,
            cause = told.map(|told| told.cause),
            next = told.map(|told| told.next),
            takes = told.map(|told| told.takes),
            risk = told.map(|told| told.risk),
            runbook = told.map(|told| told.runbook.as_str()),
            help = told.map(|told| told.help.as_str()),
            "{}",
            $what
        )
    }};
}

fn found(id: &ProbeId, finding: &Finding, is_new_case: bool) {
    let (org, probe) = (id.org_label(), id.probe.as_str());
    let (case, subject) = (finding.fact.case(), named(&finding.subject));
    tell!(
        warn,
        (case, is_new_case),
        { org, probe, case = case.slug, subject },
        finding.what
    );
}

fn succeeded(id: &ProbeId, outcome: &Outcome, before: Option<(Reason, Moment)>) {
    let (org, probe) = (id.org_label(), id.probe.as_str());
    let took_seconds = outcome.took.map(seconds);
    let Some((reason, since)) = before else {
        return tracing::debug!(org, probe, took_seconds, "the probe ran");
    };
    let lasted_seconds = Moment::now().since(since).as_secs();
    if reason == Reason::Budget {
        tracing::info!(
            org,
            probe,
            took_seconds,
            lasted_seconds,
            "the probe is no longer held back"
        );
    } else {
        tracing::info!(
            org,
            probe,
            took_seconds,
            was = reason.as_str(),
            lasted_seconds,
            "the probe works again"
        );
    }
}

fn failed(
    id: &ProbeId,
    outcome: &Outcome,
    failure: &Failure,
    (case, is_new_case, is_news): (&Case, bool, bool),
) {
    let (org, probe) = (id.org_label(), id.probe.as_str());
    let reason = failure.reason().as_str();
    let took_seconds = outcome.took.map(seconds);
    let takes_permission = probe::lacking(failure, id.kind()).map(|needed| needed.to_string());
    let refusal = failure.refusal();
    // An answer that came and could not be read is one that Okta's support can find as well; what
    // was tried after it in vain is not what failed.
    let has_come = |exchange: &&Exchange| {
        let answered = exchange.answer.as_ref();
        answered.is_ok_and(|answered| (200..300).contains(&answered.status))
    };
    let mut latest = outcome.exchanges.iter().rev();
    let exchange = match failure {
        Failure::InvalidBody(_) | Failure::Mismatch(_) => latest.find(has_come),
        _ => latest.next(),
    };
    let answered = exchange.and_then(|exchange| exchange.answer.as_ref().ok());
    let request_id = answered.and_then(|answered| answered.request_id.as_deref());
    let endpoint = exchange.map(|exchange| exchange.path.as_str());
    let status = answered.map(|answered| answered.status);
    // Okta's own clock is what its support searches by; ours stands in where none was sent.
    let at_utc = match answered.and_then(|answered| answered.date) {
        Some(date) => date.to_string(),
        None => format!("{:.3}", Timestamp::now()),
    };
    let error_code = refusal.and_then(|refusal| refusal.error.label());
    let error_id = match refusal.map(|refusal| &refusal.error) {
        Some(ApiError::Okta(error)) => error.id.as_deref(),
        _ => None,
    };
    macro_rules! event {
        ($level:ident) => {
            tell!(
                $level,
                (case, is_new_case),
                {
                    org,
                    probe,
                    reason,
                    case = case.slug,
                    status,
                    endpoint,
                    error_code,
                    error_id,
                    request_id,
                    at_utc,
                    took_seconds,
                    takes_permission
                },
                failure
            )
        };
    }
    if is_news {
        event!(warn);
    } else {
        event!(debug);
    }
}

/// Says that buckets are not what paths are taken for, and what to write so that it is known from
/// the start.
pub(super) fn buckets(id: &ProbeId, found: &BucketMismatch) {
    let BucketMismatch {
        relation,
        one,
        other,
    } = found;
    let (org, endpoint, bucket) = (id.org_label(), &*one.name, &*one.bucket);
    let (other, other_bucket) = (&*other.name, &*other.bucket);
    let next = format!(
        "write it under orgs.{org}.buckets: {{ {} }}",
        found.setting()
    );
    let what = match relation {
        Relation::One => {
            "two endpoints move together: they share a bucket, and take turns from now on"
        }
        Relation::Two => {
            "two endpoints of one bucket contradict each other: they are counted apart from now on"
        }
    };
    tracing::info!(org, endpoint, bucket, other, other_bucket, next, "{what}");
}

#[cfg(test)]
mod tests;
