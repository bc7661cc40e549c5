//! The last runs of one probe, for people: the latest, and of failures some that are longer ago,
//! since who comes to look wants to know what happened before all was well again. Pure.

use std::{collections::VecDeque, time::Duration};

use serde::Serialize;

use crate::{okta::Reason, units::Timestamp};

/// How many of the latest runs are kept.
const RUNS: usize = 10;
/// How many failures are kept that are older than those.
const FAILURES: usize = 10;

/// The last runs of one probe.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    /// The oldest first.
    runs: VecDeque<PastRun>,
    failures: VecDeque<PastRun>,
}

/// How one run ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PastRun {
    /// When.
    pub at: Timestamp,
    /// How long it took; absent for one that was left out.
    pub took_seconds: Option<f32>,
    /// Why it failed; absent where it ended well.
    pub reason: Option<Reason>,
}

impl PastRun {
    pub(super) fn new(at: Timestamp, took: Option<Duration>, reason: Option<Reason>) -> Self {
        Self {
            at,
            took_seconds: took.map(|took| took.as_secs_f32()),
            reason,
        }
    }
}

impl History {
    /// Adds a run; an older one makes room for it, and is kept for longer if it failed.
    pub(super) fn record(&mut self, run: PastRun) {
        self.runs.push_back(run);
        if self.runs.len() <= RUNS {
            return;
        }
        let oldest = self.runs.pop_front();
        self.failures
            .extend(oldest.filter(|run| run.reason.is_some()));
        if self.failures.len() > FAILURES {
            self.failures.pop_front();
        }
    }

    /// The runs, the oldest first.
    pub(super) fn runs(&self) -> impl Iterator<Item = PastRun> + '_ {
        self.failures.iter().chain(&self.runs).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_kept_longer_than_what_went_well() {
        let mut history = History::default();
        for second in 0..1_000 {
            let at = Timestamp::from_second(second).unwrap();
            let reason = (second % 100 == 0).then_some(Reason::Timeout);
            history.record(PastRun::new(at, Some(Duration::from_secs(1)), reason));
        }
        let seconds: Vec<i64> = history.runs().map(|run| run.at.as_second()).collect();
        let failures = (0..10).map(|n| n * 100);
        let expected: Vec<i64> = failures.chain(990..1_000).collect();
        assert_eq!(seconds, expected);
        assert!(seconds.is_sorted());
    }
}
