//! When to look at a rate limit so that nearly all of a window's use is seen with one request:
//! just before the window ends. Pure: from answers to the next moment and why; who waits for it,
//! and what the answers come to, is elsewhere.
//!
//! A window opens with the first request that finds none open, and ends a fixed time later. So
//! after a look at the end of window R, the next one ends at R plus one length or later, and a look
//! just before that is certain to fall within it, if anybody opened it at all.

mod clock;
mod guard_time;
mod length;
#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

use crate::{
    okta::{Exchange, RateLimit},
    units::Timestamp,
};
use guard_time::GuardTime;
use length::Length;

pub use clock::Clock;

/// The longest window there is, in seconds: a reset that lies further ahead is a mistake.
const LONGEST: i64 = 300;
/// Clocks that are known this well need no look at a second's edge, in milliseconds.
const SHARP: i64 = 150;
/// So many looks in a row that show no window end what was known of windows.
const BLIND: u32 = 3;
/// So long after a reset what is left still tells a window's length, in milliseconds.
const SOON: i64 = 3_000;
/// Timers may wake so much too early, by a clock that is being set right, in milliseconds.
const EARLY: i64 = 20;
/// From this usage on, were it to go on so until the end, it is worth a second look.
const HOT: f64 = 0.8;

/// What an answer tells of clocks and windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// When the request left, by our clock.
    pub sent: Timestamp,
    /// When its answer began to arrive, by our clock.
    pub answered: Timestamp,
    /// Okta's `Date`.
    pub date: Option<Timestamp>,
    /// The rate-limit headers, where they were sent and make sense.
    pub rate_limit: Option<RateLimit>,
}

impl Look {
    /// The look that a request was; `None` where no answer came.
    pub fn of(exchange: &Exchange) -> Option<Self> {
        let answered = exchange.answer.as_ref().ok()?;
        let body = exchange.phases.body.unwrap_or_default();
        let until = exchange.at + exchange.took.saturating_sub(body);
        Some(Self {
            sent: exchange.at,
            answered: until,
            date: answered.date,
            rate_limit: answered.rate_limit,
        })
    }
}

/// What is asked for: a look at the end of a window, about once an interval.
#[derive(Debug, Clone, Copy)]
pub struct SampleRequest {
    /// The time now, by our clock.
    pub now: Timestamp,
    /// When the last look was asked for; `None` before the first.
    pub last: Option<Timestamp>,
    /// How often to look. No window is looked at twice, however short it is.
    pub interval: Duration,
    /// Not before then, whatever else holds.
    pub not_before: Option<Timestamp>,
    /// One more request than one for each window can be spared.
    pub spare: bool,
}

/// When to look next, and why then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextSample {
    /// When to send, by our clock.
    pub at: Timestamp,
    /// Why then.
    pub why: Why,
}

/// Why a moment was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No window is known, so there is no end to aim at.
    Interval,
    /// Windows are too short for what a request takes.
    TooShort,
    /// The open window ends then, and was not looked at yet.
    End {
        /// Its reset.
        reset: i64,
    },
    /// The open window was looked at too early to know how it ends.
    SecondLook {
        /// Its reset.
        reset: i64,
    },
    /// The window after this one, or a later one, ends no sooner.
    Following {
        /// The reset of the last window that is known.
        reset: i64,
        /// How many lengths later.
        windows: i64,
    },
    /// Just after a reset: what is left of a window that has just begun is its length.
    Length,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interval => f.write_str("by the interval: no window is known"),
            Self::TooShort => f.write_str("by the interval: windows are too short to aim at"),
            Self::End { .. } => f.write_str("at the end of the open window"),
            Self::SecondLook { .. } => {
                f.write_str("once more, at the end of a window that was seen early")
            }
            Self::Following { windows: 1, .. } => {
                f.write_str("at the soonest end of the next window")
            }
            Self::Following { windows, .. } => {
                write!(f, "at the soonest end of a window, {windows} lengths on")
            }
            Self::Length => f.write_str("just after the reset, to learn how long windows are"),
        }
    }
}

/// What is known of one credential's windows in one bucket.
#[derive(Debug, Clone, Default)]
pub struct Aim {
    length: Length,
    guard: GuardTime,
    window: Option<Window>,
    scheduled: Option<NextSample>,
    blind: u32,
    missed: u64,
}

/// The last window that was seen.
#[derive(Debug, Clone, Copy)]
struct Window {
    read: RateLimit,
    /// Seconds since the epoch, both.
    reset: i64,
    date: i64,
    visited: Visited,
}

/// How far a window was looked at by looks that were scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Visited {
    Never,
    Somewhere,
    AtItsEnd,
}

impl Window {
    fn left(&self) -> i64 {
        self.reset - self.date
    }
}

impl Aim {
    /// Learns from an answer in this bucket, whoever asked. The clock has learned from it before.
    pub fn learn(&mut self, look: &Look) {
        let took = look.answered.as_millisecond() - look.sent.as_millisecond();
        self.guard.took(took);
        let scheduled = self
            .scheduled
            .take_if(|next| next.at.as_millisecond() <= look.sent.as_millisecond() + EARLY);
        let (Some(read), Some(date)) = (look.rate_limit, look.date) else {
            self.forget(scheduled);
            return;
        };
        let (reset, date) = (read.reset.as_second(), date.as_second());
        let left = reset - date;
        if !(0..=LONGEST).contains(&left) {
            self.forget(scheduled);
            return;
        }
        self.blind = 0;
        let known = self.window;
        // An old answer that came late, after one of a newer window.
        if known.is_some_and(|known| reset < known.reset && date <= known.date) {
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
            Some(Why::End { reset: meant } | Why::SecondLook { reset: meant })
                if reset <= meant + 1 =>
            {
                Visited::AtItsEnd
            }
            Some(_) => Visited::Somewhere,
        };
        let before = known
            .filter(|_| same)
            .map_or(Visited::Never, |known| known.visited);
        self.window = Some(Window {
            read,
            reset,
            date,
            visited: visited.max(before),
        });
    }

    /// When to look next. It is remembered, so that the answer will be known as this look's.
    pub fn next(&mut self, clock: &Clock, request: &SampleRequest) -> NextSample {
        let next = self.decide(clock, request);
        self.scheduled = Some(next);
        next
    }

    /// How long before the end of a window a look is sent, clocks and margins included.
    pub fn guard(&self, clock: &Clock) -> Duration {
        let guard = self.lead() + clock.doubt().unwrap_or_default();
        Duration::from_millis(u64::try_from(guard).unwrap_or_default())
    }

    /// How long windows are: learned, or the best guess.
    pub fn length(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.length.guess()).unwrap_or_default())
    }

    /// Looks that came too late for the window they were meant for.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// True once a window was seen that one can aim at.
    pub fn sees_windows(&self) -> bool {
        self.window.is_some()
    }

    /// A scheduled look that shows no window. After some of them nobody knows what holds.
    fn forget(&mut self, scheduled: Option<NextSample>) {
        self.blind += u32::from(scheduled.is_some());
        if self.blind >= BLIND {
            self.window = None;
        }
    }

    /// Whether a scheduled look fell into the window it was meant for.
    fn judge(&mut self, scheduled: Option<NextSample>, reset: i64, (date, opened): (i64, bool)) {
        let length = self.length.guess();
        match scheduled.map(|next| next.why) {
            Some(Why::End { reset: meant } | Why::SecondLook { reset: meant }) => {
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

    fn decide(&self, clock: &Clock, request: &SampleRequest) -> NextSample {
        let now = request.now.as_millisecond();
        let not_before = request
            .not_before
            .map_or(now, |at| at.as_millisecond().max(now));
        let interval = i64::try_from(request.interval.as_millis()).unwrap_or(i64::MAX / 4);
        let due = request
            .last
            .map_or(now, |last| last.as_millisecond() + interval);
        let by_interval = |why| at(due.max(not_before), why);
        let Some((window, edge)) = self
            .window
            .and_then(|window| Some((window, self.edge(clock, window.reset)?)))
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
            if !never && request.spare && self.is_worth_a_second_look(&window, interval) {
                return at(edge.send, Why::SecondLook { reset });
            }
        }
        if !self.length.is_known() && not_before - edge.over <= SOON {
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

    /// A window's end: when to send, when it is due, when it is certainly over; all by our clock.
    fn edge(&self, clock: &Clock, reset: i64) -> Option<Edge> {
        let reset = reset * 1000;
        let mut send = clock.soonest(reset)? - self.lead();
        if clock.doubt()? > SHARP.max(self.guard.usual()) {
            // Okta's clock is known to the second only. A look at the edge of a second halves the
            // doubt, whichever side of it the answer names.
            let tick = clock.about(reset - 1000)? - self.guard.usual() / 2;
            send = send.min(tick);
        }
        Some(Edge {
            send,
            reset: clock.about(reset)?,
            // The reset is cut to whole seconds: the window may end up to one later.
            over: clock.latest(reset + 1000)?,
        })
    }

    /// What a request takes, and a margin; never so much that a window would be half gone.
    fn lead(&self) -> i64 {
        self.guard.lead().min(self.length.guess() * 1000 / 4)
    }

    /// Whether a window that was seen early deserves one more request. It does where most of it was
    /// still to come, where it may get hot, or where other windows are passed over anyway.
    fn is_worth_a_second_look(&self, window: &Window, interval: i64) -> bool {
        let length = self.length.guess();
        let left = window.left() as f64 / length as f64;
        if window.visited == Visited::AtItsEnd || window.read.remaining == 0 || left <= 0.1 {
            return false;
        }
        let at_this_pace = window.read.usage_ratio() / (1.0 - left).max(0.01);
        left > 0.5 || at_this_pace >= HOT || interval >= 2 * length * 1000
    }
}

/// The end of a window, in milliseconds of our clock.
struct Edge {
    send: i64,
    reset: i64,
    over: i64,
}

fn at(ms: i64, why: Why) -> NextSample {
    NextSample {
        at: Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX),
        why,
    }
}
