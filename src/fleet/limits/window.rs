//! What became of windows, as one endpoint's answers showed them: the best sample of each, and what
//! it says once the window is over. Pure.

use std::time::Duration;

use crate::{fleet::aim::RateLimitSample, units::Moment};

/// An answer that was on its way when its window ended still counts for it.
const LATE: Duration = Duration::from_secs(2);
/// How many of its own gaps between windows may pass without one until the last is forgotten.
const FORGOTTEN: u32 = 3;
/// A gap, before two windows were seen.
const GAP: Duration = Duration::from_mins(5);
/// Resets of one window differ by no more, in seconds: servers round differently. Of windows that are
/// not much longer no two are taken for one.
const ROUNDED: i64 = 1;
const SHORT: Duration = Duration::from_secs(5);
/// A pace is believed from this share of a window on: two requests in its first second are no pace.
const PACE_FROM: f64 = 0.1;
/// And of so many requests: two replicas that ask one after the other are none either, however low the limit.
const PACE_OF: u64 = 5;

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
    /// How long it had yet to last at its best sample.
    left: Duration,
    length: Duration,
}

/// A window that is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Closed {
    /// The share of its limit that was used.
    pub(super) usage: f64,
    /// Where in the window the sample lay that says so: 1 is its very end.
    pub(super) phase: f64,
    reset: i64,
    at: Moment,
    gap: Duration,
}

impl Open {
    /// The share of the window that was over at its best sample, were it this long.
    fn phase(&self, length: Duration) -> f64 {
        let left = self.left.as_secs_f64() / length.as_secs_f64();
        (1.0 - left).clamp(0.0, 1.0)
    }

    fn over_at(&self) -> Moment {
        self.best.answered.after(self.left + LATE)
    }

    fn reset(&self) -> i64 {
        self.best.rate_limit.reset.as_second()
    }

    /// Whether an answer of the same window tells more of its end: by the newest limit, which may
    /// have been raised or lowered within it, or else by more that is used.
    fn is_worse_than(&self, sample: &RateLimitSample) -> bool {
        if sample.rate_limit.limit == self.best.rate_limit.limit {
            sample.used() >= self.best.used()
        } else {
            sample.date >= self.best.date
        }
    }
}

impl Windows {
    /// Learns from an answer. One that does not say when its window ends, or says what cannot be,
    /// changes nothing, nor does one of a window that is over already.
    pub(super) fn learn(&mut self, sample: RateLimitSample, length: Duration) {
        self.close(sample.answered);
        let Some(left) = sample.window_left() else {
            return;
        };
        let reset = sample.rate_limit.reset.as_second();
        let rounded = if length > SHORT { ROUNDED } else { 0 };
        // What was sent after it was over belongs to a later one, whatever the servers' clocks say.
        let is_over = |last: Closed| reset <= last.reset + rounded && sample.sent < last.at;
        if self.last.is_some_and(is_over) {
            return;
        }
        let better = match self.open {
            Some(open) if (reset - open.reset()).abs() <= rounded => open.is_worse_than(&sample),
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
                left,
                length,
            });
        }
    }

    /// Lets a window that is over be over.
    pub(super) fn close(&mut self, now: Moment) {
        if self.open.is_some_and(|open| open.over_at() <= now) {
            self.end();
        }
    }

    /// Adds what was counted elsewhere, and knows the newer windows of both.
    pub(super) fn absorb(&mut self, other: &Self) {
        let Self {
            open,
            last,
            seen,
            exhausted,
            consumed,
        } = *other;
        self.seen = self.seen.saturating_add(seen);
        self.exhausted = self.exhausted.saturating_add(exhausted);
        self.consumed = self.consumed.saturating_add(consumed);
        let newer = |open: &Open| open.best.answered;
        self.open = self.open.into_iter().chain(open).max_by_key(newer);
        self.last = self.last.into_iter().chain(last).max_by_key(|last| last.at);
    }

    /// The last window that is over, unless that was long ago: as long as three of the usual gaps.
    pub(super) fn last(&self, now: Moment) -> Option<Closed> {
        let known = |last: &Closed| now < last.at.after(last.gap * FORGOTTEN);
        self.last.filter(known)
    }

    /// How long until the open window has nothing left, if it goes on as it went so far; `None` if
    /// it ends first, or if it is too young to tell. Windows are at most so long: before their
    /// length is known, the pace is that of the longest there are, which is the slowest.
    pub(super) fn time_to_exhaustion(&self, now: Moment, longest: Duration) -> Option<f64> {
        let open = self.open?;
        let (best, window_left) = (open.best, open.left.as_secs_f64());
        let phase = open.phase(longest);
        let age = phase * longest.as_secs_f64();
        let since = now.since(best.answered).as_secs_f64();
        if phase < PACE_FROM || best.used() < PACE_OF || since > window_left {
            return None;
        }
        let left = best.rate_limit.remaining as f64 * age / best.used() as f64;
        (left < window_left).then(|| (left - since).max(0.0))
    }

    fn end(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        let Open { best, length, .. } = open;
        let at = open.over_at();
        let gap = self.last.map_or(GAP, |last| at.since(last.at));
        self.seen += 1;
        self.exhausted += u64::from(best.rate_limit.remaining == 0);
        // Both numbers are what a header said.
        self.consumed = self.consumed.saturating_add(best.used());
        self.last = Some(Closed {
            usage: best.rate_limit.usage_ratio(),
            phase: open.phase(length),
            reset: open.reset(),
            at,
            gap: gap.max(length),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{okta::RateLimit, units::Timestamp};

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(second: i64) -> Moment {
        Moment::test_seconds(second)
    }

    fn sample(second: i64, remaining: u64, reset: i64) -> RateLimitSample {
        of(second, (50, remaining), reset)
    }

    fn of(second: i64, (limit, remaining): (u64, u64), reset: i64) -> RateLimitSample {
        let date = |second| Timestamp::from_second(second).unwrap();
        RateLimitSample {
            sent: at(second),
            answered: at(second),
            date: Some(date(second)),
            rate_limit: RateLimit {
                limit,
                remaining,
                reset: date(reset),
            },
        }
    }

    #[test]
    fn a_window_counts_once_it_is_over_and_by_its_best_sample() {
        let mut windows = Windows::default();
        windows.learn(sample(10, 40, 60), MINUTE);
        windows.learn(sample(59, 5, 60), MINUTE);
        windows.learn(sample(58, 6, 60), MINUTE);
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
        windows.learn(sample(59, 0, 60), MINUTE);
        windows.learn(sample(61, 49, 121), MINUTE);
        assert_eq!((windows.seen, windows.exhausted), (1, 1));
        windows.learn(sample(59, 0, 60), MINUTE);
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
            windows.learn(sample(59 + 60 * n, 10, 60 + 60 * n), MINUTE);
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
            windows.learn(sample(second, remaining, 60), MINUTE);
            let left = windows.time_to_exhaustion(at(now), MINUTE)?;
            Some(left.round())
        };
        assert_eq!(told(30, 25, 30), None, "just enough");
        assert_eq!(told(20, 10, 20), Some(5.0));
        assert_eq!(told(20, 10, 23), Some(2.0));
        assert_eq!(told(20, 10, 40), Some(0.0));
        assert_eq!(told(20, 10, 61), None, "the window is over");
        assert_eq!(told(20, 0, 30), Some(0.0));
        assert_eq!(told(1, 45, 1), None, "too young to tell");
        let told_of_ten = |remaining| {
            let mut windows = Windows::default();
            windows.learn(of(8, (10, remaining), 60), MINUTE);
            windows.time_to_exhaustion(at(8), MINUTE).map(f64::round)
        };
        assert_eq!(told_of_ten(8), None, "too few to tell");
        assert_eq!(told_of_ten(5), Some(8.0));
    }

    #[test]
    fn a_reset_that_servers_round_differently_is_one_windows() {
        let mut windows = Windows::default();
        for n in 0..6 {
            windows.learn(sample(10 * n, 0, 60 + n % 2), MINUTE);
        }
        windows.learn(sample(62, 0, 60), MINUTE);
        windows.learn(sample(70, 49, 130), MINUTE);
        windows.close(at(133));
        assert_eq!(
            (windows.seen, windows.exhausted, windows.consumed),
            (2, 1, 51)
        );
    }

    #[test]
    fn windows_of_a_second_are_not_taken_for_one() {
        let mut windows = Windows::default();
        let second = Duration::from_secs(1);
        for n in 0..6 {
            windows.learn(sample(n, 10, n + 1), second);
        }
        windows.close(at(60));
        assert_eq!(windows.seen, 6);
    }

    #[test]
    fn sums_of_what_headers_say_stay_at_their_end() {
        let mut windows = Windows::default();
        for n in 0..3 {
            windows.learn(of(60 * n + 30, (u64::MAX, 0), 60 * n + 60), MINUTE);
        }
        windows.close(at(600));
        assert_eq!((windows.seen, windows.consumed), (3, u64::MAX));
        let mut both = Windows::default();
        both.absorb(&windows);
        both.absorb(&windows);
        assert_eq!((both.seen, both.consumed), (6, u64::MAX));
    }

    #[test]
    fn a_reset_or_a_date_that_cannot_be_stops_no_counting() {
        for (date, reset) in [
            (60, 31_536_000),
            (31_536_000, 31_536_060),
            (-31_536_000, 60),
        ] {
            for silence in [0, 600] {
                let mut windows = Windows::default();
                windows.learn(sample(50, 0, 60), MINUTE);
                let mut strange = sample(110, 0, reset);
                if date != 60 {
                    strange.date = Some(Timestamp::from_second(date).unwrap());
                }
                windows.learn(strange, MINUTE);
                for n in 2..40 {
                    windows.learn(
                        sample(silence + 60 * n + 50, 0, silence + 60 * n + 60),
                        MINUTE,
                    );
                }
                windows.close(at(100_000));
                assert!(
                    windows.exhausted >= 37,
                    "{date} {reset} {silence}: {windows:?}"
                );
                assert!(
                    windows.exhausted <= 40,
                    "{date} {reset} {silence}: {windows:?}"
                );
            }
        }
    }

    #[test]
    fn a_limit_that_was_raised_or_lowered_within_a_window_is_that_of_its_end() {
        let usage = |first, last| {
            let mut windows = Windows::default();
            windows.learn(of(30, first, 60), MINUTE);
            windows.learn(of(58, last, 60), MINUTE);
            windows.close(at(64));
            windows.last(at(64)).unwrap().usage
        };
        assert!((usage((50, 5), (600, 550)) - 50.0 / 600.0).abs() < 1e-9);
        assert!((usage((600, 500), (50, 0)) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_was_counted_apart_adds_up() {
        let (mut one, mut other) = (Windows::default(), Windows::default());
        one.learn(sample(59, 0, 60), MINUTE);
        one.close(at(70));
        other.learn(sample(58, 40, 60), MINUTE);
        other.learn(sample(119, 20, 120), MINUTE);
        one.absorb(&other);
        one.close(at(130));
        assert_eq!((one.seen, one.exhausted, one.consumed), (3, 1, 90));
        assert!((one.last(at(130)).unwrap().usage - 0.6).abs() < 1e-9);
    }

    #[test]
    fn a_window_that_may_be_longer_than_a_minute_is_not_taken_to_end_early() {
        let mut windows = Windows::default();
        // Half of a window of five minutes is over, and half of its limit used: just enough.
        windows.learn(sample(150, 25, 300), Duration::from_secs(150));
        let told = |longest| windows.time_to_exhaustion(at(151), longest);
        assert_eq!(told(Duration::from_mins(5)), None);
        assert!(told(Duration::from_mins(3)).is_some());
    }
}
