//! One event per outcome: what happened, where, what Okta calls it, and what to do next. A failure
//! is logged here and nowhere else; so is what a run found wrong though nothing failed.

use super::{
    Outcome, Plan, ProbeId,
    limits::{Found, Relation},
};
use crate::{
    guide::{self, Advice, Fact, Finding},
    okta::{ApiError, Exchange, Failure, Reason},
    units::Timestamp,
};

/// Remembers how the last run ended, so that what only repeats is told quietly.
#[derive(Debug, Default)]
pub(super) struct Reporter {
    last: Option<Reason>,
    found: Vec<Fact>,
}

impl Reporter {
    /// Writes the outcome's event.
    pub(super) fn report(&mut self, plan: &Plan, outcome: &Outcome) {
        let reason = outcome.result.failure.as_ref().map(Failure::reason);
        let before = std::mem::replace(&mut self.last, reason);
        match &outcome.result.failure {
            Some(failure) => {
                // What nobody can fix at once is said once: it would drown the rest.
                let lasting = matches!(failure.reason(), Reason::Forbidden | Reason::BreakerOpen);
                failed(plan, outcome, failure, lasting && before == reason);
            }
            None => succeeded(plan, outcome, before),
        }
    }

    /// Writes an event for each finding that is new, and for each that is gone.
    pub(super) fn find(&mut self, plan: &Plan, found: Vec<Finding>) {
        let (org, probe) = (plan.id.org_label(), plan.id.probe.as_str());
        let before = std::mem::take(&mut self.found);
        for Finding { fact, what } in found {
            if !before.contains(&fact) {
                let Advice {
                    case,
                    cause,
                    next,
                    takes,
                    risk,
                    runbook,
                } = fact.case().into();
                let risk = risk.as_str();
                tracing::warn!(
                    org, probe, case, cause, next, takes, risk, runbook, "{what}"
                );
            }
            self.found.push(fact);
        }
        for fact in before {
            if !self.found.contains(&fact) {
                let case = fact.case().slug;
                tracing::info!(org, probe, case, "no longer found");
            }
        }
    }
}

fn succeeded(plan: &Plan, outcome: &Outcome, before: Option<Reason>) {
    let (org, probe) = (plan.id.org_label(), plan.id.probe.as_str());
    let took_seconds = outcome.took.map(|took| took.as_secs_f64());
    if let Some(reason) = before {
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

fn failed(plan: &Plan, outcome: &Outcome, failure: &Failure, quiet: bool) {
    let (org, probe, reason) = (
        plan.id.org_label(),
        plan.id.probe.as_str(),
        failure.reason().as_str(),
    );
    let took_seconds = outcome.took.map(|took| took.as_secs_f64());
    let Advice {
        case,
        cause,
        next,
        takes,
        risk,
        runbook,
    } = guide::explain(failure, plan.probe.kind()).into();
    let risk = risk.as_str();
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
pub(super) fn buckets(id: &ProbeId, found: &Found) {
    let Found {
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
