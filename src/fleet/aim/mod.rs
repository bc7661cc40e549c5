//! When to sample a rate limit so that nearly all of a window's use is seen with one request: just
//! before the window ends. Pure: from answers to the next moment and why; who waits for it, and what
//! the answers come to, is in [`limits`](super::limits).
//!
//! A window opens with the first request that finds none open, and ends a fixed time later. So after
//! a sample at the end of window R, the next one ends at R plus one length or later, and a sample
//! just before that is certain to fall within it, if anybody opened it at all.

mod guard_time;
mod length;
mod request;
mod sample;
mod seen_window;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::{
    okta::{ClockReading, OktaClock},
    units::Moment,
};
use guard_time::GuardTime;
use length::Length;
use seen_window::{SeenWindow, Visited};

pub use request::{NextSample, SampleRequest, Why};
pub use sample::{LONGEST_WINDOW, RateLimitSample};

/// No window that is open ends later than so many milliseconds from now, a second for what is cut
/// off; one that seems to was dated by a clock that is not Okta's.
const FURTHEST: i64 = 301_000;
/// Clocks that are known this well need no sample at a second's edge, in milliseconds.
const SHARP: i64 = 150;
/// So many samples in a row that show no window end what was known of windows.
const BLIND: u32 = 3;
/// So long after a reset what is left still tells a window's length, in milliseconds.
const SOON: i64 = 3_000;
/// Timers may wake so much too early, by a clock that is being set right, in milliseconds.
const EARLY: i64 = 20;
/// Moments so close are one: what is known of Okta's clock moves by a little, in milliseconds.
const SAME: i64 = 100;
/// From this usage on, were it to go on so until the end, it is worth a second sample.
const HOT: f64 = 0.8;

/// What is known of one credential's windows in one bucket.
#[derive(Debug, Clone, Default)]
pub struct Aim {
    length: Length,
    guard: GuardTime,
    window: Option<SeenWindow>,
    scheduled: Option<NextSample>,
    blind: u32,
    missed: u64,
}

impl Aim {
    /// Learns from an answer in this bucket, whoever asked. The clock has learned from it before.
    pub fn learn(&mut self, sample: &RateLimitSample) {
        let scheduled = self.answered(sample.sent, sample.answered);
        let (Some(date), Some(left)) = (sample.date, sample.window_left()) else {
            self.forget(scheduled);
            return;
        };
        let read = sample.rate_limit;
        let (reset, date) = (read.reset.as_second(), date.as_second());
        let left = i64::try_from(left.as_secs()).unwrap_or_default();
        self.blind = 0;
        let known = self.window;
        // An old answer that came late, after one of a newer window.
        if known.is_some_and(|known| reset < known.reset && sample.sent < known.answered) {
            return;
        }
        let same = known.is_some_and(|known| (reset - known.reset).abs() <= 1);
        let since = known
            .filter(|_| !same)
            .map(|known| reset - known.reset)
            .filter(|&since| since > 0);
        let opened = read.limit - read.remaining <= 1;
        self.judge(scheduled, reset, (date, opened));
        self.length.learn(left, since, opened);
        let visited = match scheduled.map(|next| next.why) {
            None => Visited::Never,
            Some(Why::End { reset: meant } | Why::SecondSample { reset: meant })
                if reset <= meant + 1 =>
            {
                Visited::AtItsEnd
            }
            Some(_) => Visited::Somewhere,
        };
        let before = known
            .filter(|_| same)
            .map_or(Visited::Never, |known| known.visited);
        self.window = Some(SeenWindow {
            read,
            reset,
            date,
            answered: sample.answered,
            visited: visited.max(before),
        });
    }

    /// Learns from an answer in this bucket that told nothing of its limit.
    pub fn learn_nothing(&mut self, sent: Moment, answered: Moment) {
        let scheduled = self.answered(sent, answered);
        self.forget(scheduled);
    }

    /// When to sample next. It is remembered, so that the answer will be known as this sample's.
    pub fn next(&mut self, clock: &OktaClock, request: &SampleRequest) -> NextSample {
        let next = self.decide(clock, request);
        self.scheduled = Some(next);
        next
    }

    /// How long before the end of a window a sample is sent, clocks and margins included.
    pub fn guard(&self, clock: &OktaClock, now: Moment) -> Duration {
        let doubt = clock.reading(now).map(ClockReading::doubt);
        let guard = self.lead() + doubt.unwrap_or_default();
        Duration::from_millis(u64::try_from(guard).unwrap_or_default())
    }

    /// How long windows are: learned, or the best guess.
    pub fn length(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.length.guess()).unwrap_or_default())
    }

    /// How long windows are at most: as long as [`length`](Self::length) says once that is known.
    pub fn longest(&self) -> Duration {
        let longest = self.length.longest().map(u64::try_from);
        longest.map_or(LONGEST_WINDOW, |seconds| {
            Duration::from_secs(seconds.unwrap_or_default()).min(LONGEST_WINDOW)
        })
    }

    /// Samples that came too late for the window they were meant for.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Takes over what was learned of the same windows elsewhere, where nothing is known here.
    pub fn absorb(&mut self, other: Self) {
        let missed = self.missed + other.missed;
        if !self.sees_windows() {
            *self = other;
        }
        self.missed = missed;
    }

    /// True once a window was seen that one can aim at.
    pub fn sees_windows(&self) -> bool {
        self.window.is_some()
    }

    /// An answer came; the sample that was scheduled, if it is its answer.
    fn answered(&mut self, sent: Moment, answered: Moment) -> Option<NextSample> {
        self.guard.took(answered.millis_since(sent));
        self.scheduled
            .take_if(|next| next.at.millis_since(sent) <= EARLY)
    }

    /// A scheduled sample that shows no window. After some of them nobody knows what holds.
    fn forget(&mut self, scheduled: Option<NextSample>) {
        self.blind += u32::from(scheduled.is_some());
        if self.blind >= BLIND {
            self.window = None;
        }
    }

    /// Whether a scheduled sample fell into the window it was meant for.
    fn judge(&mut self, scheduled: Option<NextSample>, reset: i64, (date, opened): (i64, bool)) {
        let length = self.length.guess();
        match scheduled.map(|next| next.why) {
            Some(Why::End { reset: meant } | Why::SecondSample { reset: meant }) => {
                if reset > meant + 1 {
                    self.missed += 1;
                    self.guard.missed();
                } else {
                    self.guard.hit();
                }
            }
            // One that comes after the soonest end, and was not the first in its window, may have
            // come too late; that a window was open before is not known.
            Some(Why::Following {
                reset: last,
                windows: 1,
            }) => {
                let soonest = last + length;
                if date > soonest && reset - length > last + 1 && !opened {
                    self.guard.missed();
                } else {
                    self.guard.hit();
                }
            }
            _ => {}
        }
    }

    /// All in milliseconds from now on.
    fn decide(&self, clock: &OktaClock, request: &SampleRequest) -> NextSample {
        let now = request.now;
        let at = |millis, why| NextSample {
            at: now.after_millis(millis),
            why,
        };
        let interval = i64::try_from(request.interval.as_millis()).unwrap_or(i64::MAX / 4);
        let last = request.last.map(|last| last.millis_since(now));
        let due = last.map_or(0, |last| last + interval);
        // Later than the last, which was this turn, even if nothing came of it.
        let after_last = last.map_or(0, |last| last + 1);
        let not_before = request.not_before.map_or(0, |at| at.millis_since(now));
        let not_before = not_before.max(after_last).max(0);
        let by_interval = |why| at(due.max(not_before), why);
        let Some((window, edge)) = self
            .window
            .and_then(|window| Some((window, self.edge(clock.reading(now)?, window.reset))))
            .filter(|(_, edge)| edge.reset <= FURTHEST)
        else {
            return by_interval(Why::Interval);
        };
        let length = self.length.guess() * 1000;
        if self.length.is_known() && length <= 2 * (edge.reset - edge.send) {
            return by_interval(Why::TooShort);
        }
        // The run nearest the interval: not sooner than half a window before it is due.
        let wanted = not_before.max(due - length / 2);
        let reset = window.reset;
        if edge.send >= not_before {
            let never = window.visited == Visited::Never;
            if never && (edge.send >= wanted || interval <= length) {
                return at(edge.send, Why::End { reset });
            }
            if !never && request.spare && self.is_worth_a_second_sample(&window, interval) {
                return at(edge.send, Why::SecondSample { reset });
            }
        }
        let is_soon = not_before - edge.over <= SOON && after_last + SAME < edge.over;
        if !self.length.is_known() && is_soon {
            return at(edge.over.max(not_before), Why::Length);
        }
        let floor = if interval <= length {
            not_before
        } else {
            wanted
        };
        let windows = (floor - edge.send + length - 1).div_euclid(length).max(1);
        at(
            edge.send + windows * length,
            Why::Following { reset, windows },
        )
    }

    /// A window's end: when to send, when it is due, when it is certainly over.
    fn edge(&self, okta: ClockReading, reset: i64) -> Edge {
        let reset = reset * 1000;
        let mut send = okta.soonest(reset) - self.lead();
        if okta.doubt() > SHARP.max(self.guard.usual()) {
            // Okta's clock is known to the second only. A sample at the edge of a second halves the
            // doubt, whichever side of it the answer names.
            let tick = okta.until(reset - 1000) - self.guard.usual() / 2;
            send = send.min(tick);
        }
        Edge {
            send,
            reset: okta.until(reset),
            // The reset is cut to whole seconds: the window may end up to one later.
            over: okta.latest(reset + 1000),
        }
    }

    /// What a request takes, and a margin; never so much that a window would be half gone.
    fn lead(&self) -> i64 {
        self.guard.lead().min(self.length.guess() * 1000 / 4)
    }

    /// Whether a window that was seen early deserves one more request. It does where most of it was
    /// still to come, where it may get hot, or where other windows are passed over anyway.
    fn is_worth_a_second_sample(&self, window: &SeenWindow, interval: i64) -> bool {
        let length = self.length.guess();
        let left = window.left() as f64 / length as f64;
        if window.visited == Visited::AtItsEnd || window.read.remaining == 0 || left <= 0.1 {
            return false;
        }
        let at_this_pace = window.read.usage_ratio() / (1.0 - left).max(0.01);
        left > 0.5 || at_this_pace >= HOT || interval >= 2 * length * 1000
    }
}

/// The end of a window, in milliseconds from now on.
struct Edge {
    send: i64,
    reset: i64,
    over: i64,
}
