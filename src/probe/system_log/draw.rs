//! What following the log is told by. The counts of events are the [`fleet`](crate::fleet)'s.

use std::time::Duration;

use super::memory::{Cursor, Memory};
use crate::{
    metrics::{Family, Page},
    probe::kind::Scope,
    units::OktaTime,
};

const LAG: Family = Family::gauge(
    "okta_log_lag_seconds",
    "How far reading is behind the System Log: 0 when caught up, else the time since the newest event read; where it \
     could not be read for long, since it was.",
    &["org"],
);
const CURSOR: Family = Family::gauge(
    "okta_log_cursor_timestamp_seconds",
    "When the newest event read from the System Log happened, by Okta's clock; before any, where reading began.",
    &["org"],
);
const POLLS: Family = Family::counter(
    "okta_log_polls_total",
    "Pages read from the System Log.",
    &["org"],
);
const GAPS: Family = Family::counter(
    "okta_log_gaps_total",
    "Times that events may have been missed: Okta no longer took the cursor or kept the events, or one was too large.",
    &["org"],
);
const GAP_SECONDS: Family = Family::counter(
    "okta_log_gap_seconds_total",
    "How much of the System Log is lost for certain, in seconds of it.",
    &["org"],
);
const LAST_GAP: Family = Family::gauge(
    "okta_log_last_gap_timestamp_seconds",
    "When it was last found that events may have been missed, by Okta's clock.",
    &["org"],
);
const UNREADABLE: Family = Family::counter(
    "okta_log_unreadable_events_total",
    "Entries of the System Log that are no events.",
    &["org"],
);

pub(super) const FAMILIES: &[&Family] = &[
    &LAG,
    &CURSOR,
    &POLLS,
    &GAPS,
    &GAP_SECONDS,
    &LAST_GAP,
    &UNREADABLE,
];

/// For so many intervals, and so long, a log that was read to its end counts as caught up.
const INTERVALS: u32 = 3;
const AT_LEAST: Duration = Duration::from_mins(5);

/// Writes the series of a log that is read so often.
pub(super) fn draw((memory, interval): (&Memory, Duration), scope: Scope<'_>, page: &mut Page) {
    let org = [scope.org];
    let read = memory
        .cursor
        .as_ref()
        .filter(|cursor| cursor.read_at.is_some());
    if let Some(cursor) = read {
        let lag = lag(cursor, memory.has_more, interval, scope.at_okta);
        page.push(&LAG, &org, lag.as_secs_f64());
        page.push(&CURSOR, &org, cursor.read_to.seconds());
    }
    let Memory {
        polls,
        gaps,
        lost,
        unreadable,
        ..
    } = *memory;
    let last_gap = memory.last_gap.as_ref();
    page.push_some(&LAST_GAP, &org, last_gap.map(|gap| gap.at.seconds()));
    page.push(&POLLS, &org, polls as f64);
    page.push(&GAPS, &org, gaps as f64);
    page.push(&GAP_SECONDS, &org, lost.as_secs_f64());
    page.push(&UNREADABLE, &org, unreadable as f64);
}

fn lag(cursor: &Cursor, has_more: bool, interval: Duration, now: OktaTime) -> Duration {
    if has_more {
        return now.left_at(cursor.read_to);
    }
    let silent = now.left_at(cursor.read_at.unwrap_or(now));
    let patience = interval.saturating_mul(INTERVALS).max(AT_LEAST);
    if silent > patience {
        silent
    } else {
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_is_none_when_caught_up_unless_that_was_long_ago() {
        let at = |seconds: u64| OktaTime::default().plus(Duration::from_secs(seconds));
        let cursor = Cursor {
            next: None,
            read_to: at(100),
            read_at: Some(at(1_000)),
        };
        let interval = Duration::from_secs(30);
        let lag = |has_more, now| lag(&cursor, has_more, interval, at(now)).as_secs();
        assert_eq!(lag(true, 1_000), 900);
        assert_eq!(lag(true, 50), 0, "a clock that was set back");
        assert_eq!(lag(false, 1_000), 0);
        assert_eq!(lag(false, 1_300), 0);
        assert_eq!(lag(false, 1_301), 301);
    }
}
