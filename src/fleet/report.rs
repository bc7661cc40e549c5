//! One event per outcome: what happened, where, what Okta calls it, and what to do next. A failure
//! is logged here and nowhere else; so is what a run found wrong though nothing failed.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Outcome, ProbeId,
    findings::Findings,
    limits::{BucketMismatch, Relation},
};
use crate::{
    guide::{self, Advice, Fact, Finding},
    okta::{ApiError, Exchange, Failure, Reason},
    probe,
    store::StoreError,
    units::Timestamp,
};

/// Remembers how the last run ended and what was found, so that what only repeats is told quietly.
#[derive(Debug, Default)]
pub(super) struct Reporter {
    last: Option<Reason>,
    /// Why runs failed since one last ended well.
    told: BTreeSet<Reason>,
    found: BTreeMap<(Fact, String), String>,
    store: Option<StoreError>,
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
            let is_news = self.is_news(failure.reason());
            failed(id, outcome, failure, !is_news);
        } else {
            self.told.clear();
            succeeded(id, outcome, before);
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
        let (new, gone) = self.compare(findings);
        for Finding {
            fact,
            subject,
            what,
            ..
        } in new
        {
            found(id, fact, &subject, &what);
        }
        for ((fact, subject), what) in gone {
            let (org, probe) = (id.org_label(), id.probe.as_str());
            let (case, subject) = (fact.case().slug, named(&subject));
            tracing::info!(org, probe, case, subject, was = what, "no longer found");
        }
    }

    /// The findings that were not there before, and those that are there no longer. A finding is
    /// told from another by its fact and its subject. What cannot be judged is as it was.
    fn compare(
        &mut self,
        Findings { found, unjudged }: Findings,
    ) -> (Vec<Finding>, BTreeMap<(Fact, String), String>) {
        let (kept, mut gone) = std::mem::take(&mut self.found)
            .into_iter()
            .partition(|((fact, _), _)| unjudged.contains(fact));
        self.found = kept;
        let mut new = Vec::new();
        for finding in found {
            let identity = (finding.fact, finding.subject.clone());
            let known = gone.remove(&identity).is_some() || self.found.contains_key(&identity);
            self.found.insert(identity, finding.what.clone());
            if !known {
                new.push(finding);
            }
        }
        (new, gone)
    }
}

fn named(subject: &str) -> Option<&str> {
    (!subject.is_empty()).then_some(subject)
}

fn found(id: &ProbeId, fact: Fact, subject: &str, what: &str) {
    let (org, probe) = (id.org_label(), id.probe.as_str());
    let Advice {
        case,
        cause,
        next,
        takes,
        risk,
        runbook,
    } = fact.case().into();
    let (risk, subject) = (risk.as_str(), named(subject));
    tracing::warn!(
        org, probe, case, subject, cause, next, takes, risk, runbook, "{what}"
    );
}

fn succeeded(id: &ProbeId, outcome: &Outcome, before: Option<Reason>) {
    let (org, probe) = (id.org_label(), id.probe.as_str());
    let took_seconds = outcome.took.map(|took| took.as_secs_f64());
    if before == Some(Reason::Budget) {
        tracing::info!(org, probe, took_seconds, "the probe is no longer held back");
    } else if let Some(reason) = before {
        tracing::info!(
            org,
            probe,
            took_seconds,
            was = reason.as_str(),
            "the probe works again"
        );
    } else {
        tracing::debug!(org, probe, took_seconds, "the probe ran");
    }
}

fn failed(id: &ProbeId, outcome: &Outcome, failure: &Failure, quiet: bool) {
    let (org, probe) = (id.org_label(), id.probe.as_str());
    let reason = failure.reason().as_str();
    let took_seconds = outcome.took.map(|took| took.as_secs_f64());
    let Advice {
        case,
        cause,
        next,
        takes,
        risk,
        runbook,
    } = guide::explain(failure, id.kind()).into();
    let risk = risk.as_str();
    let takes_permission = probe::lacking(failure, id.kind()).map(|needed| needed.to_string());
    let refusal = failure.refusal();
    // An answer that came and could not be read is one that Okta's support can find as well; what
    // was tried after it in vain is not what failed.
    let came = |exchange: &&Exchange| {
        let answered = exchange.answer.as_ref();
        answered.is_ok_and(|answered| (200..300).contains(&answered.status))
    };
    let mut latest = outcome.exchanges.iter().rev();
    let exchange = match failure {
        Failure::InvalidBody(_) | Failure::Mismatch(_) => latest.find(came),
        _ => latest.next(),
    };
    let answered = exchange.and_then(|exchange| exchange.answer.as_ref().ok());
    let request_id = answered.and_then(|answered| answered.request_id.as_deref());
    let endpoint = exchange.map(|exchange| exchange.path.as_str());
    let status = answered.map(|answered| answered.status);
    // Okta's own clock is what its support searches by; ours stands in where none was sent.
    let at_utc = answered
        .and_then(|answered| answered.date)
        .unwrap_or_else(Timestamp::now)
        .to_string();
    let error_code = refusal.and_then(|refusal| refusal.error.label());
    let error_id = match refusal.map(|refusal| &refusal.error) {
        Some(ApiError::Okta(error)) => error.id.as_deref(),
        _ => None,
    };
    macro_rules! event {
        ($level:ident) => {
            tracing::$level!(
                org,
                probe,
                reason,
                case,
                status,
                endpoint,
                error_code,
                error_id,
                request_id,
                at_utc,
                took_seconds,
                takes_permission,
                cause,
                next,
                takes,
                risk,
                runbook,
                "{failure}"
            )
        };
    }
    if quiet {
        event!(debug);
    } else {
        event!(warn);
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
mod tests {
    use super::*;

    fn incident(id: &str, what: &str) -> Finding {
        Finding::new(Fact::IncidentOnCell, what).about(id)
    }

    fn judged(findings: &[Finding]) -> Findings {
        Findings {
            found: findings.to_vec(),
            unjudged: Vec::new(),
        }
    }

    #[test]
    fn through_an_outage_each_reason_is_said_once_however_they_take_turns() {
        let mut reporter = Reporter::default();
        let mut heard = |reasons: &[Reason]| -> Vec<Reason> {
            let news = reasons.iter().filter(|reason| reporter.is_news(**reason));
            news.copied().collect()
        };
        let (connect, open) = (Reason::Connect, Reason::BreakerOpen);
        assert_eq!(heard(&[connect, connect, open]), [connect, connect, open]);
        assert_eq!(heard(&[connect, open, connect, open]), []);
        assert_eq!(
            heard(&[Reason::Timeout, open, Reason::Timeout]),
            [Reason::Timeout]
        );
        assert_eq!(
            heard(&[Reason::Forbidden, connect, Reason::Forbidden]),
            [Reason::Forbidden]
        );
    }

    #[test]
    fn what_can_be_fixed_is_said_each_time_and_what_lasts_once_until_it_works_again() {
        let id = ProbeId {
            org: None,
            probe: "endpoint/users".to_owned(),
        };
        let mut reporter = Reporter::default();
        let mut run = |failure: Option<Failure>| {
            let mut outcome = Outcome::left_out(Timestamp::UNIX_EPOCH, Failure::Overlap);
            outcome.result.failure = failure;
            reporter.report(&id, &outcome);
            reporter.told.iter().copied().collect::<Vec<_>>()
        };
        assert_eq!(run(Some(Failure::BreakerOpen)), [Reason::BreakerOpen]);
        assert_eq!(
            run(Some(Failure::Overlap)),
            [Reason::Overlap, Reason::BreakerOpen]
        );
        assert_eq!(run(None), []);
        for _ in 0..2 {
            assert!(reporter.is_news(Reason::Unauthorized));
        }
        for once in [Reason::Forbidden, Reason::Budget, Reason::Overlap] {
            assert!(
                reporter.is_news(once) && !reporter.is_news(once),
                "{once:?}"
            );
        }
    }

    #[test]
    fn an_incident_is_not_told_to_be_over_while_no_page_can_be_read() {
        let mut reporter = Reporter::default();
        let open = incident("one", "slow");
        reporter.compare(judged(std::slice::from_ref(&open)));
        let unread = || Findings {
            found: Vec::new(),
            unjudged: vec![Fact::IncidentOnCell],
        };
        for _ in 0..2 {
            let (new, gone) = reporter.compare(unread());
            assert!(new.is_empty() && gone.is_empty(), "{gone:?}");
        }
        let (new, gone) = reporter.compare(judged(&[open]));
        assert!(
            new.is_empty() && gone.is_empty(),
            "it is told again: {new:?}"
        );
        assert_eq!(reporter.compare(judged(&[])).1.len(), 1);
    }

    #[test]
    fn an_incident_that_opens_while_another_is_open_is_new_and_its_end_is_told_by_its_name() {
        let mut reporter = Reporter::default();
        let mut compare = |findings: &[Finding]| {
            let (new, gone) = reporter.compare(judged(findings));
            let new: Vec<String> = new.into_iter().map(|finding| finding.subject).collect();
            let gone: Vec<String> = gone.into_keys().map(|(_, subject)| subject).collect();
            (new.join(" "), gone.join(" "))
        };
        let (one, two) = (incident("one", "slow"), incident("two", "down"));
        let told = |new: &str, gone: &str| (new.to_owned(), gone.to_owned());
        assert_eq!(compare(std::slice::from_ref(&one)), told("one", ""));
        assert_eq!(compare(&[one.clone(), two.clone()]), told("two", ""));
        let changed = incident("one", "still slow");
        assert_eq!(
            compare(&[changed, two.clone()]),
            told("", ""),
            "words are no identity"
        );
        assert_eq!(compare(&[two.clone(), two]), told("", "one"));
        assert_eq!(compare(&[]), told("", "two"));
    }
}
