//! Windows in which nothing of a limit was left, and when to ask
//! who was active. One question tells of all windows of its moment, and there are minutes between two:
//! a bucket that runs out each minute must not cost a request each minute. Pure.

use std::{collections::VecDeque, time::Duration};

use crate::{
    fleet::aim::RateLimitSample,
    okta::ExhaustedWindow,
    units::{Moment, OktaTime},
};

/// The windows that are kept in mind.
const MOST: usize = 20;
/// Ends of one window differ by no more: servers round differently.
const ROUNDED: Duration = Duration::from_secs(2);
/// How many milliseconds before its end a window is asked about: later, what was active in it may be active in the
/// next, and its last use with that.
const BEFORE_END: i64 = 1_500;
/// So long after its end it is not asked about any more.
pub(super) const LATE: Duration = Duration::from_secs(5);
/// How long no question is asked after one.
const REST: Duration = Duration::from_mins(5);

/// Windows in which nothing was left.
#[derive(Debug, Default)]
pub(super) struct ExhaustedWindows {
    /// The last ones, each with the moment of its end.
    pub(super) known: VecDeque<(ExhaustedWindow, Moment)>,
    pub(super) asked: Option<Moment>,
}

impl ExhaustedWindows {
    /// Learns from an answer whether anything was left in its window, which is so long.
    pub(super) fn see(&mut self, bucket: &str, sample: &RateLimitSample, length: Duration) {
        let left = sample.window_left();
        let Some(left) = left.filter(|_| sample.rate_limit.remaining == 0) else {
            return;
        };
        let to = OktaTime::written(sample.rate_limit.reset);
        let window = ExhaustedWindow {
            bucket: bucket.to_owned(),
            from: to.minus(length),
            to,
        };
        self.learn(window, sample.answered.after(left));
    }

    /// Learns of one; true where it is new.
    pub(super) fn learn(&mut self, window: ExhaustedWindow, ends: Moment) -> bool {
        let is_same = |(known, _): &(ExhaustedWindow, Moment)| {
            known.bucket == window.bucket && known.to.since(window.to).unsigned_abs() <= ROUNDED
        };
        let is_new = !self.known.iter().any(is_same);
        if is_new {
            self.known.push_back((window, ends));
        }
        if self.known.len() > MOST {
            self.known.pop_front();
        }
        is_new
    }

    /// When to ask next, if at all.
    pub(super) fn due(&self, now: Moment) -> Option<Moment> {
        let free = self.asked.map(|asked| asked.after(REST));
        let due = |ends: Moment| {
            let at = ends.after_millis(-BEFORE_END);
            let at = free.map_or(at, |free| free.max(at));
            (at.max(now) <= ends.after(LATE)).then_some(at)
        };
        self.known.iter().filter_map(|(_, ends)| due(*ends)).min()
    }
}
