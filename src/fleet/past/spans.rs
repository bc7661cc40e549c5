//! Spans of a quarter of an hour, each with what was noted in it. They go by the time of day that they
//! are given, and that may be set: whoever goes back goes on in an earlier span, and what was noted
//! ahead of now is not shown until its time has come. Pure.

use std::{num::NonZeroU32, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{okta::RateLimit, units::Timestamp};

/// How long a span is, in seconds.
const LENGTH: i64 = 15 * 60;
/// Spans of an hour.
pub(super) const HOUR: u32 = 4;
/// How many are told, and the most that are kept: three days.
pub(super) const TOLD: u32 = 3 * 24 * HOUR;
const MOST: usize = 3 * 24 * 4;
/// Room is made for so many at a time: doubling would take twice of what there ever is.
const ROOM: usize = 24;

/// The span of a moment, counted from 1970.
pub(super) fn span_of(at: Timestamp) -> u32 {
    u32::try_from(at.as_second().div_euclid(LENGTH)).unwrap_or_default()
}

/// When a span begins.
pub(super) fn begin_of(span: u32) -> Timestamp {
    Timestamp::from_second(i64::from(span) * LENGTH).unwrap_or(Timestamp::MAX)
}

/// What can be noted of a span, and joined with more of it.
pub(super) trait Noted: Copy {
    /// Both.
    #[must_use]
    fn and(self, other: Self) -> Self;
}

/// How runs went: 8 bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u16, u16, u32)", into = "(u16, u16, u32)")]
pub(super) struct Runs {
    /// That ended, or were left out.
    pub(super) all: u16,
    pub(super) failures: u16,
    /// In milliseconds, and one at least; `None` where each was left out.
    pub(super) slowest: Option<NonZeroU32>,
}

/// The most that was used of a limit, in parts of ten thousand: 2 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Used(pub(super) u16);

/// Spans by time, each with its number: 12 bytes for [`Runs`], 8 for [`Used`], 288 times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Spans<T>(Vec<(u32, T)>);

impl Runs {
    /// One run.
    pub(super) fn one(took: Option<Duration>, failed: bool) -> Self {
        let millis = |took: Duration| u32::try_from(took.as_millis()).unwrap_or(u32::MAX);
        Self {
            all: 1,
            failures: u16::from(failed),
            slowest: took
                .map(|took| NonZeroU32::MIN.saturating_add(millis(took).saturating_sub(1))),
        }
    }
}

impl Noted for Runs {
    fn and(self, other: Self) -> Self {
        Self {
            all: self.all.saturating_add(other.all),
            failures: self.failures.saturating_add(other.failures),
            slowest: self.slowest.max(other.slowest),
        }
    }
}

impl From<Runs> for (u16, u16, u32) {
    fn from(noted: Runs) -> Self {
        let slowest = noted.slowest.map_or(0, NonZeroU32::get);
        (noted.all, noted.failures, slowest)
    }
}

impl From<(u16, u16, u32)> for Runs {
    fn from((all, failures, slowest): (u16, u16, u32)) -> Self {
        Self {
            all,
            failures,
            slowest: NonZeroU32::new(slowest),
        }
    }
}

impl Used {
    /// What an answer shows.
    pub(super) fn of(read: RateLimit) -> Self {
        let used = u128::from(read.limit.saturating_sub(read.remaining));
        let parts = (used * 10_000).checked_div(read.limit.into());
        Self(parts.map_or(0, |parts| u16::try_from(parts).unwrap_or(u16::MAX)))
    }
}

impl Noted for Used {
    fn and(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }
}

impl<T> Default for Spans<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Noted> Spans<T> {
    /// Notes something in a span. Of too many the one that is furthest from it gives way, be it long
    /// ago or by a clock that was far ahead.
    pub(super) fn note(&mut self, span: u32, what: T) {
        if let Ok(place) = self.0.binary_search_by_key(&span, |(at, _)| *at) {
            if let Some((_, known)) = self.0.get_mut(place) {
                *known = known.and(what);
            }
            return;
        }
        if self.0.len() >= MOST {
            let far = |end: Option<&(u32, T)>| end.map_or(0, |(at, _)| at.abs_diff(span));
            if far(self.0.last()) > far(self.0.first()) {
                self.0.pop();
            } else {
                self.0.remove(0);
            }
        }
        if self.0.len() == self.0.capacity() {
            self.0.reserve_exact(ROOM);
        }
        let place = self.0.partition_point(|(at, _)| *at < span);
        self.0.insert(place, (span, what));
    }

    /// Adds what was noted elsewhere.
    pub(super) fn take_in(&mut self, other: &Self) {
        for (span, what) in &other.0 {
            self.note(*span, *what);
        }
    }

    /// Those of the three days until now.
    pub(super) fn until(&self, now: u32) -> impl Iterator<Item = (u32, T)> {
        let is_told = move |at: u32| at <= now && now - at < TOLD;
        self.0.iter().copied().filter(move |(at, _)| is_told(*at))
    }

    /// Those of this part of time.
    pub(super) fn within(&self, is_within: impl Fn(u32) -> bool) -> Self {
        let spans = self.0.iter().copied();
        Self(spans.filter(|(at, _)| is_within(*at)).collect())
    }

    /// The last of all.
    pub(super) fn last(&self) -> Option<u32> {
        self.0.last().map(|(at, _)| *at)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(millis: u64, failed: bool) -> Runs {
        Runs::one(Some(Duration::from_millis(millis)), failed)
    }

    fn told(spans: &Spans<Runs>, now: u32) -> Vec<u32> {
        spans.until(now).map(|(at, _)| at).collect()
    }

    #[test]
    fn runs_of_one_span_are_added_and_the_slowest_is_kept() {
        let mut spans = Spans::default();
        for noted in [run(200, false), run(900, true), run(30, false)] {
            spans.note(7, noted);
        }
        spans.note(7, Runs::one(None, true));
        let told: Vec<(u32, Runs)> = spans.until(7).collect();
        let slowest = NonZeroU32::new(900);
        let (all, failures) = (4, 2);
        let expected = Runs {
            all,
            failures,
            slowest,
        };
        assert_eq!(told, [(7, expected)]);
    }

    #[test]
    fn three_days_are_told_and_never_more_is_kept_than_that() {
        let mut spans = Spans::default();
        for span in 0..10_000 {
            spans.note(span, run(1, false));
            assert!(spans.0.len() <= MOST && spans.0.capacity() <= MOST);
        }
        let all: Vec<u32> = (10_000 - TOLD..10_000).collect();
        assert_eq!(told(&spans, 9_999), all);
        assert_eq!(told(&spans, 10_009), all[10..]);
        assert_eq!(size_of::<(u32, Runs)>(), 12, "as it is documented");
        assert_eq!(size_of::<(u32, Used)>(), 8);
    }

    #[test]
    fn a_clock_that_steps_back_goes_on_in_an_earlier_span_and_loses_nothing() {
        let mut spans = Spans::default();
        for span in [100, 101, 102, 100, 101] {
            spans.note(span, run(1, false));
        }
        assert_eq!(told(&spans, 101), [100, 101], "what is ahead is not told");
        assert_eq!(told(&spans, 102), [100, 101, 102]);
        let counts: Vec<u16> = spans.until(102).map(|(_, noted)| noted.all).collect();
        assert_eq!(counts, [2, 2, 1]);
    }

    #[test]
    fn a_clock_that_was_far_off_for_a_while_costs_a_few_spans_and_no_more() {
        let mut spans = Spans::default();
        let now = 100_000;
        for span in now - 2 * TOLD..now {
            spans.note(span, run(1, false));
        }
        for astray in [0, 1, 2, 4_000_000, 4_000_001] {
            spans.note(astray, run(1, true));
        }
        for span in now..now + 5 {
            spans.note(span, run(1, false));
        }
        let all = told(&spans, now + 4);
        assert!(all.len() >= MOST - 10, "{}", all.len());
        for span in now + 5..now + TOLD {
            spans.note(span, run(1, false));
        }
        assert_eq!(
            told(&spans, now + TOLD - 1).len(),
            MOST,
            "as if nothing had been"
        );
    }

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let mut spans = Spans::default();
        spans.note(3, run(250, true));
        spans.note(4, Runs::one(None, true));
        let written = serde_json::to_value(&spans).unwrap();
        assert_eq!(written.to_string(), "[[3,[1,1,250]],[4,[1,1,0]]]");
        let read: Spans<Runs> = serde_json::from_value(written).unwrap();
        assert_eq!(read, spans);
    }

    #[test]
    fn the_highest_use_of_a_span_is_kept_in_parts_of_ten_thousand() {
        let of = |limit, remaining| {
            Used::of(RateLimit {
                limit,
                remaining,
                reset: Timestamp::UNIX_EPOCH,
            })
        };
        assert_eq!(of(600, 60), Used(9_000));
        assert_eq!(of(u64::MAX, 0), Used(10_000));
        assert_eq!(of(0, 0), Used(0));
        assert_eq!(of(600, 60).and(of(600, 300)), Used(9_000));
    }

    #[test]
    fn a_span_begins_each_quarter_of_an_hour() {
        let at: Timestamp = "2026-07-24T08:44:59Z".parse().unwrap();
        assert_eq!(begin_of(span_of(at)).to_string(), "2026-07-24T08:30:00Z");
        assert_eq!(span_of(Timestamp::MIN), 0, "no clock breaks it");
        assert!(begin_of(u32::MAX) > at);
    }
}
