//! What became of windows, as one endpoint's answers showed them: the best sample of each, and what
//! it says once the window is over. Pure.

use std::time::Duration;

use crate::{fleet::aim::RateLimitSample, units::Timestamp};

/// An answer that was on its way when its window ended still counts for it.
const LATE: Duration = Duration::from_secs(2);
/// How many of its own gaps between windows may pass without one until the last is forgotten.
const FORGOTTEN: u32 = 3;
/// A gap, before two windows were seen.
const GAP: Duration = Duration::from_mins(5);
/// A pace is believed from this share of a window on: two requests in its first second are no pace.
const PACE_FROM: f64 = 0.1;

/// The windows that were seen.
#[derive(Debug, Default)]
pub(super) struct Windows {
    open: Option<Open>,
    last: Option<Closed>,
    /// Windows that are over.
    pub(super) seen: u64,
    /// Of them, those that ended with nothing left.
    pub(super) exhausted: u64,
    /// Requests that were used in them, at the best sample of each.
    pub(super) consumed: u64,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    best: RateLimitSample,
    length: Duration,
}

/// A window that is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Closed {
    /// The share of its limit that was used.
    pub(super) usage: f64,
    /// Where in the window the sample lay that says so: 1 is its very end.
    pub(super) phase: f64,
    reset: Timestamp,
    at: Timestamp,
    gap: Duration,
}

impl Open {
    /// The share of the window that was over at its best sample.
    fn phase(&self) -> f64 {
        let left = self.best.left().as_secs_f64() / self.length.as_secs_f64();
        (1.0 - left).clamp(0.0, 1.0)
    }

    fn over_at(&self) -> Timestamp {
        after(self.best.answered, self.best.left() + LATE)
    }
}

impl Windows {
    /// Learns from an answer. One of a window that is over already changes nothing.
    pub(super) fn enter(&mut self, sample: RateLimitSample, length: Duration) {
        self.close(sample.answered);
        let reset = sample.rate_limit.reset;
        if self.last.is_some_and(|last| reset <= last.reset) {
            return;
        }
        let better = match self.open {
            Some(open) if open.best.rate_limit.reset == reset => {
                sample.rate_limit.remaining <= open.best.rate_limit.remaining
            }
            Some(_) => {
                // Whatever the clocks say: another reset is another window.
                self.end();
                true
            }
            None => true,
        };
        if better {
            self.open = Some(Open {
                best: sample,
                length,
            });
        }
    }

    /// Lets a window that is over be over.
    pub(super) fn close(&mut self, now: Timestamp) {
        if self.open.is_some_and(|open| open.over_at() <= now) {
            self.end();
        }
    }

    /// The last window that is over, unless that was long ago: as long as three of the usual gaps.
    pub(super) fn last(&self, now: Timestamp) -> Option<Closed> {
        let known = |last: &Closed| now < after(last.at, last.gap * FORGOTTEN);
        self.last.filter(known)
    }

    /// How long until the open window has nothing left, if it goes on as it went so far; `None` if
    /// it ends first, or if it is too young to tell.
    pub(super) fn time_to_exhaustion(&self, now: Timestamp) -> Option<f64> {
        let open = self.open?;
        let Open { best, length } = open;
        let phase = open.phase();
        let age = phase * length.as_secs_f64();
        let since = now.duration_since(best.answered).as_secs_f64().max(0.0);
        if phase < PACE_FROM || since > best.left().as_secs_f64() {
            return None;
        }
        let left = best.rate_limit.remaining as f64 * age / best.used() as f64;
        (left < best.left().as_secs_f64()).then(|| (left - since).max(0.0))
    }

    fn end(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        let Open { best, length } = open;
        let at = open.over_at();
        let gap = self.last.map_or(GAP, |last| {
            Duration::try_from(at.duration_since(last.at)).unwrap_or_default()
        });
        self.seen += 1;
        self.exhausted += u64::from(best.rate_limit.remaining == 0);
        self.consumed += best.used();
        self.last = Some(Closed {
            usage: best.rate_limit.usage_ratio(),
            phase: open.phase(),
            reset: best.rate_limit.reset,
            at,
            gap: gap.max(length),
        });
    }
}

/// So much later.
pub(super) fn after(at: Timestamp, length: Duration) -> Timestamp {
    at.saturating_add(length).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::okta::RateLimit;

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn sample(second: i64, remaining: u64, reset: i64) -> RateLimitSample {
        RateLimitSample {
            sent: at(second),
            answered: at(second),
            date: Some(at(second)),
            rate_limit: RateLimit {
                limit: 50,
                remaining,
                reset: at(reset),
            },
        }
    }

    #[test]
    fn a_window_counts_once_it_is_over_and_by_its_best_sample() {
        let mut windows = Windows::default();
        windows.enter(sample(10, 40, 60), MINUTE);
        windows.enter(sample(59, 5, 60), MINUTE);
        windows.enter(sample(58, 6, 60), MINUTE);
        assert!(windows.last(at(59)).is_none());
        windows.close(at(61));
        assert_eq!(windows.seen, 0, "an answer may still be on its way");
        windows.close(at(62));
        let last = windows.last(at(62)).unwrap();
        assert!((last.usage - 0.9).abs() < 1e-9);
        assert!((last.phase - 59.0 / 60.0).abs() < 1e-9);
        assert_eq!(
            (windows.seen, windows.exhausted, windows.consumed),
            (1, 0, 45)
        );
    }

    #[test]
    fn an_answer_is_never_mixed_into_another_window() {
        let mut windows = Windows::default();
        windows.enter(sample(59, 0, 60), MINUTE);
        windows.enter(sample(61, 49, 121), MINUTE);
        assert_eq!((windows.seen, windows.exhausted), (1, 1));
        windows.enter(sample(59, 0, 60), MINUTE);
        windows.close(at(200));
        assert_eq!(
            (windows.seen, windows.exhausted, windows.consumed),
            (2, 1, 51),
            "the one that came late belongs to a window that was counted"
        );
    }

    #[test]
    fn the_last_window_is_told_until_the_next_or_until_it_is_long_ago() {
        let mut windows = Windows::default();
        for n in 0..3 {
            windows.enter(sample(59 + 60 * n, 10, 60 + 60 * n), MINUTE);
        }
        windows.close(at(200));
        assert!(windows.last(at(200)).is_some());
        assert!(windows.last(at(182 + 179)).is_some());
        assert!(windows.last(at(182 + 180)).is_none());
    }

    #[test]
    fn the_time_to_exhaustion_is_told_only_where_the_window_would_not_outlast_it() {
        let told = |second, remaining, now| {
            let mut windows = Windows::default();
            windows.enter(sample(second, remaining, 60), MINUTE);
            let left = windows.time_to_exhaustion(at(now))?;
            Some(left.round())
        };
        assert_eq!(told(30, 25, 30), None, "just enough");
        assert_eq!(told(20, 10, 20), Some(5.0));
        assert_eq!(told(20, 10, 23), Some(2.0));
        assert_eq!(told(20, 10, 40), Some(0.0));
        assert_eq!(told(20, 10, 61), None, "the window is over");
        assert_eq!(told(20, 0, 30), Some(0.0));
        assert_eq!(told(1, 45, 1), None, "too young to tell");
    }
}
