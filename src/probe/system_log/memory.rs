//! Where the log goes on, and what reading it has come to so far. Pure.

use std::{fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{okta::event::Event, units::OktaTime};

/// Okta keeps events for so long.
pub(super) const RETENTION_DAYS: u64 = 90;
/// The most events of a page that Okta gives.
pub(super) const MOST: u32 = 1_000;

/// What one run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Where reading began, for a log that was never read.
    pub(super) begins: OktaTime,
    /// When that was, by Okta's clock.
    pub(super) at: OktaTime,
    pub(super) step: Step,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// A page was read.
    Read(LogPage),
    /// The page is larger than anything that is read: fewer events may be.
    TooLarge,
    /// A single event is: it is left out.
    LeftOut { next: String },
    /// Okta takes the cursor no longer.
    Refused,
    /// Reading is to begin at another moment, since ours was not Okta's.
    Anew,
    /// Nothing was read.
    Missed,
}

/// A page of the log.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LogPage {
    pub(super) events: Arc<[Event]>,
    pub(super) unreadable: u64,
    /// The path of the page that follows. Okta names one after an empty page, too.
    pub(super) next: Option<String>,
    /// It has as many events as were asked for: there are more.
    pub(super) is_full: bool,
    /// One of twice as many would have been read as well.
    pub(super) has_room: bool,
}

impl Observation {
    /// The events that were read.
    pub(super) fn events(&self) -> &[Event] {
        match &self.step {
            Step::Read(page) => &page.events,
            Step::TooLarge | Step::LeftOut { .. } | Step::Refused | Step::Anew | Step::Missed => {
                &[]
            }
        }
    }
}

/// Where the log goes on, and what reading it has come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// `None` before the first run.
    pub(super) cursor: Option<Cursor>,
    /// How many events are asked for.
    pub(super) limit: u32,
    /// There is more to be read, as far as the last page told.
    pub(super) has_more: bool,
    pub(super) polls: u64,
    pub(super) unreadable: u64,
    pub(super) gaps: u64,
    /// What is lost for certain, over all of them.
    pub(super) lost: Duration,
    pub(super) last_gap: Option<Gap>,
}

/// Where the log goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The path that Okta named; `None` where reading begins anew.
    pub(super) next: Option<String>,
    /// When the newest event that was read happened; before any was, where reading began.
    pub(super) read_to: OktaTime,
    /// When the last page was read; `None` before the first.
    pub(super) read_at: Option<OktaTime>,
}

/// What kept some of the log from being read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Gap {
    pub(super) at: OktaTime,
    why: Why,
    /// What is lost for certain.
    lost: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Why {
    Refused,
    Retention,
    TooLarge,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, why, lost } = self;
        let what = match why {
            Why::Refused => {
                "Okta no longer takes the place where the log was left, and it is read anew from the newest event known"
            }
            Why::Retention => "the log was left for longer than Okta keeps it",
            Why::TooLarge => "one event is larger than any that is read, and was left out",
        };
        write!(f, "at {at}, {what}")?;
        if lost.is_zero() {
            return Ok(());
        }
        write!(f, "; {} s of it are lost", lost.as_secs())
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            cursor: None,
            limit: MOST,
            has_more: false,
            polls: 0,
            unreadable: 0,
            gaps: 0,
            lost: Duration::ZERO,
            last_gap: None,
        }
    }
}

/// The earliest that Okta still has.
fn earliest(now: OktaTime) -> OktaTime {
    now.minus(Duration::from_hours(RETENTION_DAYS * 24))
}

impl Memory {
    /// What is known after one more run.
    pub(super) fn learn(mut self, seen: &Observation) -> Self {
        let Observation { begins, at, step } = seen;
        let begun = Cursor {
            next: None,
            read_to: *begins,
            read_at: None,
        };
        let known = self.cursor.take();
        let cursor = known.filter(|_| *step != Step::Anew).unwrap_or(begun);
        // A failure says nothing of what there is to read.
        let is_behind = self.has_more;
        self.has_more = !matches!(step, Step::Missed);
        let cursor = match step {
            Step::Read(page) => {
                let lost = cursor.lost(is_behind, *at);
                if !lost.is_zero() {
                    self.gap(*at, Why::Retention, lost);
                }
                self.read(page, &cursor, *at)
            }
            Step::TooLarge => {
                self.limit = (self.limit / 2).max(1);
                cursor
            }
            Step::LeftOut { next } => {
                self.gap(*at, Why::TooLarge, Duration::ZERO);
                Cursor {
                    next: Some(next.clone()),
                    read_at: Some(*at),
                    ..cursor
                }
            }
            Step::Refused => {
                self.gap(*at, Why::Refused, cursor.lost(is_behind, *at));
                Cursor {
                    next: None,
                    read_to: cursor.read_to.max(earliest(*at)),
                    ..cursor
                }
            }
            Step::Anew => cursor,
            Step::Missed => {
                self.has_more = is_behind;
                cursor
            }
        };
        self.cursor = Some(cursor);
        self
    }

    fn read(&mut self, page: &LogPage, cursor: &Cursor, at: OktaTime) -> Cursor {
        self.polls += 1;
        self.unreadable += page.unreadable;
        self.has_more = page.is_full;
        if page.has_room {
            self.limit = self.limit.saturating_mul(2).min(MOST);
        }
        // What claims to come from the future must not push reading there.
        let published = page.events.iter().filter_map(|event| event.published);
        let newest = published.filter(|published| *published <= at).max();
        Cursor {
            // Where Okta names none, something on the way took it.
            next: page.next.clone(),
            read_to: newest.map_or(cursor.read_to, |newest| newest.max(cursor.read_to)),
            read_at: Some(at),
        }
    }

    fn gap(&mut self, at: OktaTime, why: Why, lost: Duration) {
        self.gaps += 1;
        self.lost += lost;
        self.last_gap = Some(Gap { at, why, lost });
    }
}

impl Cursor {
    /// How much of what it was still to read Okta no longer has. All that was known when the last
    /// page came had been read, unless there was more.
    fn lost(&self, is_behind: bool, now: OktaTime) -> Duration {
        let known = self.read_at.filter(|_| !is_behind).unwrap_or(self.read_to);
        earliest(now).left_at(known)
    }
}
