//! One probe's row on the board: how its runs went and what it knows. Pure.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use jiff::SignedDuration;

use super::{ProbeId, families as own};
use crate::{
    guide::{Fact, Finding},
    metrics::Page,
    okta::{Failure, Reason},
    probe::{Observation, ProbeResult, Scope, organization, rate_limit_settings, status_page},
    units::Timestamp,
};

/// How many of its intervals a probe may be silent before it counts as overdue.
const SILENT: u32 = 3;
/// So many 429s within an hour are no accident.
const AGAIN_AND_AGAIN: usize = 3;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// How one probe's runs went, and what it knows.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) kind: &'static str,
    pub(super) seen: Option<Observation>,
    pub(super) last: Option<Ended>,
    pub(super) last_failure: Option<(Timestamp, Failure)>,
    last_success: Option<Timestamp>,
    runs: u64,
    failures: BTreeMap<Reason, u64>,
    dropped: u64,
    /// When the last few 429s came.
    limited: VecDeque<Timestamp>,
    interval: Duration,
    overdue_at: Timestamp,
}

/// How the last run ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) at: Timestamp,
    pub(super) took: Option<Duration>,
    pub(super) failure: Option<Failure>,
}

impl Row {
    pub(super) fn new(kind: &'static str, interval: Duration, now: Timestamp) -> Self {
        Self {
            kind,
            seen: None,
            last: None,
            last_failure: None,
            last_success: None,
            runs: 0,
            failures: BTreeMap::new(),
            dropped: 0,
            limited: VecDeque::new(),
            interval,
            overdue_at: after(now, interval * SILENT),
        }
    }

    /// Its probe asks otherwise from now on: counters go on, and what was seen is void.
    pub(super) fn begin_anew(&mut self, interval: Duration, now: Timestamp) {
        self.seen = None;
        self.last = None;
        self.last_failure = None;
        self.limited.clear();
        self.interval = interval;
        self.overdue_at = after(now, interval * SILENT);
    }

    /// Learns how a run ended; `took` is absent for one that was left out.
    pub(super) fn record(
        &mut self,
        at: Timestamp,
        took: Option<Duration>,
        result: ProbeResult<Observation>,
        expected_in: Duration,
    ) {
        let ProbeResult { seen, failure } = result;
        let ended = after(at, took.unwrap_or_default());
        self.runs += 1;
        self.seen = match (seen, self.seen.take()) {
            (Some(seen), earlier) => Some(seen.after(earlier)),
            (None, earlier) => earlier.map(Observation::fade),
        };
        self.dropped += self.seen.as_ref().map_or(0, Observation::dropped) as u64;
        match &failure {
            None => self.last_success = Some(ended),
            Some(failure) => {
                *self.failures.entry(failure.reason()).or_default() += 1;
                if failure.reason() == Reason::RateLimited {
                    self.limited.push_back(ended);
                    if self.limited.len() > AGAIN_AND_AGAIN {
                        self.limited.pop_front();
                    }
                }
                self.last_failure = Some((ended, failure.clone()));
            }
        }
        if took.is_some() {
            // A run that was left out did not end: it must not hide that none does.
            let silent = (self.interval * SILENT).max(expected_in + self.interval * (SILENT - 1));
            self.overdue_at = after(ended, silent);
        }
        self.last = Some(Ended {
            at: ended,
            took: took.or(self.last.as_ref().and_then(|last| last.took)),
            failure,
        });
    }

    pub(super) fn has_run(&self) -> bool {
        self.last.is_some()
    }

    pub(super) fn is_overdue(&self, now: Timestamp) -> bool {
        now > self.overdue_at
    }

    /// True where the last run was left out on purpose: it does not hang, and the failure says why.
    fn is_held_back(&self) -> bool {
        let failure = self.last.as_ref().and_then(|last| last.failure.as_ref());
        let reason = failure.map(Failure::reason);
        matches!(reason, Some(Reason::BreakerOpen | Reason::Budget))
    }

    /// What is wrong at `now`, here, which is `then` by Okta's clock.
    pub(super) fn findings(&self, now: Timestamp, then: Timestamp) -> Vec<Finding> {
        let seen = self.seen.as_ref();
        let mut findings = seen.map_or_else(Vec::new, |seen| seen.findings(then));
        if self.is_overdue(now) && !self.is_held_back() {
            let what = "no run ended for three intervals";
            findings.push(Finding::new(Fact::Overdue, what));
        }
        let oldest = self.limited.front().map(|at| now.duration_since(*at));
        if self.limited.len() == AGAIN_AND_AGAIN && oldest.is_some_and(|age| age < HOUR) {
            let what = format!("the limit was hit {AGAIN_AND_AGAIN} times within an hour");
            findings.push(Finding::new(Fact::LimitAgainAndAgain, what));
        }
        findings
    }

    pub(super) fn organization(&self) -> Option<&organization::Seen> {
        match &self.seen {
            Some(Observation::Organization(seen)) => Some(seen),
            _ => None,
        }
    }

    pub(super) fn status_page(&self) -> Option<&status_page::Seen> {
        match &self.seen {
            Some(Observation::StatusPage(seen)) => Some(seen),
            _ => None,
        }
    }

    pub(super) fn rate_limit_settings(&self) -> Option<&rate_limit_settings::Seen> {
        match &self.seen {
            Some(Observation::RateLimitSettings(seen)) => Some(seen),
            _ => None,
        }
    }

    pub(super) fn draw(&self, id: &ProbeId, now: Timestamp, page: &mut Page) {
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
        if let Some(seen) = &self.seen {
            seen.draw(
                Scope {
                    org: id.org_label(),
                    name: id.name(),
                    now,
                },
                page,
            );
        }
    }
}

fn after(at: Timestamp, length: Duration) -> Timestamp {
    at.saturating_add(length).unwrap_or(at)
}
