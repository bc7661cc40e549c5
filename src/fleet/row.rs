//! One probe's row on the board: how its runs went and what it knows. Pure.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::{
    Outcome, ProbeId, families as own,
    history::{History, PastRun},
};
use crate::{
    guide::{Fact, Finding},
    metrics::Page,
    okta::{Failure, Reason},
    probe::{AnyKnown, ProbeResult, Scope},
    units::{Moment, OktaTime, Timestamp},
};

/// How many of its intervals a probe may be silent before it counts as overdue.
const SILENT: u32 = 3;
/// So many 429s within an hour are no accident.
const AGAIN_AND_AGAIN: usize = 3;
const HOUR: Duration = Duration::from_hours(1);

/// How one probe's runs went, and what it knows.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) kind: &'static str,
    pub(super) known: AnyKnown,
    pub(super) last: Option<Ended>,
    pub(super) last_failure: Option<(Timestamp, Failure)>,
    /// How the last run ended that asked somebody: neither the breaker nor the budget kept it back.
    pub(super) last_asked: Option<Asked>,
    /// Why the budget lets no run begin, and when it last said so: no run, and so no failure of one.
    pub(super) held_back: Option<(Timestamp, Failure)>,
    last_success: Option<Timestamp>,
    /// Some run has ended, since it is asked as it is.
    has_ended: bool,
    /// Its keeper broke down, and no run has ended since.
    pub(super) is_broken_down: bool,
    pub(super) breakdowns: u64,
    runs: u64,
    failures: BTreeMap<Reason, u64>,
    dropped: u64,
    /// When the last few 429s came.
    limited: VecDeque<Moment>,
    pub(super) history: History,
    interval: Duration,
    overdue_at: Moment,
}

/// How a run ended that asked somebody.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) at: Moment,
    /// Since when each such run has shown that the org is in trouble; `None` where this one did not.
    pub(super) trouble_since: Option<Moment>,
    pub(super) result: Result<(), Failure>,
}

/// How the last run ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) at: Timestamp,
    pub(super) took: Option<Duration>,
    pub(super) failure: Option<Failure>,
}

impl Row {
    pub(super) fn new(kind: &'static str, interval: Duration, now: Moment) -> Self {
        Self {
            kind,
            known: nothing_known(interval),
            last: None,
            last_failure: None,
            last_asked: None,
            held_back: None,
            last_success: None,
            has_ended: false,
            is_broken_down: false,
            breakdowns: 0,
            runs: 0,
            failures: BTreeMap::new(),
            dropped: 0,
            limited: VecDeque::new(),
            history: History::default(),
            interval,
            overdue_at: now.after(interval.saturating_mul(SILENT)),
        }
    }

    /// Its probe asks otherwise from now on: counters go on, and what was seen is void.
    pub(super) fn begin_anew(&mut self, interval: Duration, now: Moment) {
        self.known = nothing_known(interval);
        self.last = None;
        self.has_ended = false;
        self.is_broken_down = false;
        self.last_failure = None;
        self.last_asked = None;
        self.held_back = None;
        self.limited.clear();
        self.interval = interval;
        self.overdue_at = now.after(interval.saturating_mul(SILENT));
    }

    /// Learns how a run ended just now, and when the next is due. Its exchanges are the ledger's.
    pub(super) fn record(&mut self, outcome: Outcome, now: Moment, next: Moment) {
        let ended = outcome.ended();
        let Outcome {
            at: _,
            took,
            result:
                ProbeResult {
                    observation,
                    failure,
                },
            memory,
            exchanges: _,
        } = outcome;
        self.runs += 1;
        self.is_broken_down = false;
        let has_seen = observation.is_some();
        self.known.observation = observation.or_else(|| self.known.observation.take());
        self.known.memory = memory.or_else(|| self.known.memory.take());
        if has_seen {
            self.dropped += self.known.dropped() as u64;
        }
        let reason = failure.as_ref().map(Failure::reason);
        self.held_back = None;
        self.history.record(PastRun::new(ended, took, reason));
        match &failure {
            None => self.last_success = Some(ended),
            Some(failure) => {
                *self.failures.entry(failure.reason()).or_default() += 1;
                // What is remembered of an earlier request was no other 429.
                if failure.reason() == Reason::RateLimited && !failure.is_remembered() {
                    self.limited.push_back(now);
                    if self.limited.len() > AGAIN_AND_AGAIN {
                        self.limited.pop_front();
                    }
                }
                let told = Some((ended, failure.clone()));
                if reason == Some(Reason::Budget) {
                    self.held_back = told;
                } else {
                    self.last_failure = told;
                }
            }
        }
        let kept_back = matches!(
            reason,
            Some(Reason::BreakerOpen | Reason::Budget | Reason::Overlap)
        );
        if !kept_back {
            let before = self.last_asked.take().and_then(|asked| asked.trouble_since);
            let is_trouble = failure.as_ref().is_some_and(Failure::is_org_trouble);
            self.last_asked = Some(Asked {
                at: now,
                trouble_since: is_trouble.then(|| before.unwrap_or(now)),
                result: failure.clone().map_or(Ok(()), Err),
            });
        }
        self.has_ended |= took.is_some();
        // A run that was left out did not end: it must not hide that none does, unless it is held
        // back on purpose.
        if took.is_some() || reason == Some(Reason::Budget) {
            let silent = now.after(self.interval.saturating_mul(SILENT));
            let late = next.after(self.interval.saturating_mul(SILENT - 1));
            self.overdue_at = silent.max(late);
        }
        if self.held_back.is_none() {
            self.last = Some(Ended {
                at: ended,
                took: took.or(self.last.as_ref().and_then(|last| last.took)),
                failure,
            });
        }
    }

    /// True once a run has ended. What is left out on purpose may be so for long and is as well as
    /// done; a run that is still under way is not.
    pub(super) fn has_run(&self) -> bool {
        self.has_ended || self.is_held_back()
    }

    pub(super) fn is_overdue(&self, now: Moment) -> bool {
        now > self.overdue_at
    }

    /// True where the last run was left out on purpose: it does not hang, and the failure says why.
    fn is_held_back(&self) -> bool {
        let failure = self.last.as_ref().and_then(|last| last.failure.as_ref());
        let reason = failure.map(Failure::reason);
        self.held_back.is_some() || reason == Some(Reason::BreakerOpen)
    }

    /// What is wrong at `now`, which is `then` by Okta's clock.
    pub(super) fn findings(&self, now: Moment, then: OktaTime) -> Vec<Finding> {
        let mut findings = self.known.findings(then);
        if self.is_overdue(now) && !self.is_held_back() {
            let what = "no run ended for three intervals";
            findings.push(Finding::new(Fact::Overdue, what));
        }
        let oldest = self.limited.front().map(|at| now.since(*at));
        if self.limited.len() == AGAIN_AND_AGAIN && oldest.is_some_and(|age| age < HOUR) {
            let what = format!("the limit was hit {AGAIN_AND_AGAIN} times within an hour");
            findings.push(Finding::new(Fact::LimitAgainAndAgain, what));
        }
        findings
    }

    /// Writes the series, as of a moment, and of the time of day then here and at Okta.
    pub(super) fn draw(
        &self,
        id: &ProbeId,
        now: Moment,
        (shown, at_okta): (Timestamp, OktaTime),
        page: &mut Page,
    ) {
        let probe = [id.org_label(), id.probe.as_str()];
        page.push(&own::RUNS, &probe, self.runs as f64);
        for reason in Reason::ALL {
            let count = self.failures.get(&reason).copied().unwrap_or_default();
            page.push(
                &own::FAILURES,
                &[probe[0], probe[1], reason.as_str()],
                count as f64,
            );
        }
        page.push(&own::OVERDUE, &probe, f64::from(self.is_overdue(now)));
        page.push(&own::DROPPED, &probe, self.dropped as f64);
        page.push(&own::BREAKDOWNS, &probe, self.breakdowns as f64);
        page.push_some(
            &own::LAST_SUCCESS,
            &probe,
            self.last_success.map(|at| at.as_millisecond() as f64 / 1e3),
        );
        if let Some(last) = &self.last {
            page.push(&own::SUCCESS, &probe, f64::from(last.failure.is_none()));
            page.push_some(
                &own::DURATION,
                &probe,
                last.took.map(|took| took.as_secs_f64()),
            );
        }
        let scope = Scope {
            org: id.org_label(),
            name: id.name(),
            now: shown,
            at_okta,
        };
        self.known.draw(scope, page);
    }
}

fn nothing_known(interval: Duration) -> AnyKnown {
    AnyKnown {
        interval,
        ..AnyKnown::default()
    }
}
