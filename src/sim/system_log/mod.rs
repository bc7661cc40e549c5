//! The org's System Log as it is kept: events as serialized text, in the order in which they came to
//! be known. What writes to it is in [`written`], how it is read in [`page`].

mod controls;
mod event;
mod limits;
mod odd;
mod page;
mod written;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use axum::body::Bytes;
use jiff::Timestamp;
use serde_json::Value;

pub use event::LogEvent;
pub(super) use event::new_uuid;
pub use limits::Limited;
pub use odd::odd_log_events;
pub(super) use page::{Query, Refused};

/// Enough for any test; a long demo must not grow without bound. The oldest go first.
const MOST_EVENTS: usize = 200_000;
/// A few odd events are as large as a thousand others.
const MOST_BYTES: usize = 512 * 1024 * 1024;

/// Where an event stands: the millisecond in which it came to be known, and its number within that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    millisecond: i64,
    number: u32,
}

/// One event as it is served.
#[derive(Debug)]
struct Entry {
    place: Place,
    published: Timestamp,
    event_type: String,
    uuid: String,
    text: Bytes,
}

/// How many events were ever written, whether or not they are still kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogTotals {
    /// Different events.
    pub events: u64,
    /// Events that were written again, and are served again.
    pub repeats: u64,
    /// Different events by their type; an event without one has the empty type.
    pub by_type: BTreeMap<String, u64>,
}

/// The log of one org.
#[derive(Debug)]
pub(super) struct SystemLog {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// The place of the newest event, also when it is kept no more.
    last: Place,
    /// How often cursors were forgotten. All but the first generation of them tell it.
    generation: u32,
    totals: LogTotals,
    /// Both links in one line, as one recording has them.
    pub(super) links_joined: bool,
}

impl SystemLog {
    pub(super) fn new() -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            last: Place {
                millisecond: i64::MIN,
                number: 0,
            },
            generation: 0,
            totals: LogTotals::default(),
            links_joined: false,
        }
    }

    /// Writes an event of which only the text is known, whatever it is.
    fn append_text(&mut self, text: Bytes, now: Timestamp) {
        let event: Value = serde_json::from_slice(&text).unwrap_or_default();
        let word = |name| event.get(name).and_then(Value::as_str).unwrap_or_default();
        let published = word("published").parse().unwrap_or(now);
        let (event_type, uuid) = (word("eventType").to_owned(), word("uuid").to_owned());
        self.append((event_type, uuid), (published, text), now);
    }

    fn append(
        &mut self,
        (event_type, uuid): (String, String),
        (published, text): (Timestamp, Bytes),
        now: Timestamp,
    ) {
        self.totals.events += 1;
        match self.totals.by_type.get_mut(&event_type) {
            Some(count) => *count += 1,
            None => drop(self.totals.by_type.insert(event_type.clone(), 1)),
        }
        let place = self.place(now);
        self.push(Entry {
            place,
            published,
            event_type,
            uuid,
            text,
        });
    }

    /// Writes the newest event with this uuid again; whether there is one.
    fn repeat(&mut self, uuid: &str, now: Timestamp) -> bool {
        let place = self.place(now);
        let known = self.entries.iter().rev().find(|known| known.uuid == uuid);
        let Some(known) = known else {
            return false;
        };
        let again = Entry {
            place,
            published: known.published,
            event_type: known.event_type.clone(),
            uuid: known.uuid.clone(),
            text: known.text.clone(),
        };
        self.totals.repeats += 1;
        self.push(again);
        true
    }

    /// The next event's place; a clock that was set back does not bring the log out of order.
    fn place(&self, now: Timestamp) -> Place {
        if now.as_millisecond() > self.last.millisecond {
            return Place {
                millisecond: now.as_millisecond(),
                number: 1,
            };
        }
        Place {
            number: self.last.number + 1,
            ..self.last
        }
    }

    fn push(&mut self, entry: Entry) {
        self.last = entry.place;
        self.bytes += entry.text.len();
        self.entries.push_back(entry);
        while self.entries.len() > MOST_EVENTS || self.bytes > MOST_BYTES {
            self.forget_oldest();
        }
    }

    /// Forgets what came to be known before `at`.
    fn forget_before(&mut self, at: Timestamp) {
        let is_old = |entry: &Entry| entry.place.millisecond < at.as_millisecond();
        while self.entries.front().is_some_and(is_old) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(gone) = self.entries.pop_front() {
            self.bytes -= gone.text.len();
        }
    }
}
