//! A page of the log: a list of events, each read for itself, so that a bad one spoils no other.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::{
    Deserializer,
    de::{Error, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::read::{self, Event};

/// The most events of a page; Okta gives 1,000.
const MOST_EVENTS: usize = 2_000;
/// The most bytes of one event: of a longer one a text with escapes would take as much again. Okta's
/// have up to 4 kB, and one was made that has 2 MB.
const MOST_OF_AN_EVENT: usize = 5 << 19;

/// A page of the log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventPage {
    /// What could be read, in its order.
    pub events: Vec<Event>,
    /// How many entries are no events.
    pub unreadable: u64,
}

impl EventPage {
    /// Reads a page; an error where it is no list, or not whole.
    pub fn read(body: &[u8]) -> serde_json::Result<Self> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let page = json.deserialize_seq(PageVisitor)?;
        json.end()?;
        Ok(page)
    }

    /// How many entries it has.
    pub fn entries(&self) -> u64 {
        self.events.len() as u64 + self.unreadable
    }
}

impl<'de> serde::Deserialize<'de> for EventPage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(PageVisitor)
    }
}

struct PageVisitor;

impl<'de> Visitor<'de> for PageVisitor {
    type Value = EventPage;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<EventPage, A::Error> {
        let mut page = EventPage::default();
        while let Some(entry) = list.next_element::<&'de RawValue>()? {
            if page.entries() == MOST_EVENTS as u64 {
                return Err(A::Error::custom(format!(
                    "it has more than {MOST_EVENTS} entries"
                )));
            }
            let fits = entry.get().len() <= MOST_OF_AN_EVENT;
            match fits.then(|| read::event(entry)).flatten() {
                Some(event) => page.events.push(event),
                None => page.unreadable += 1,
            }
        }
        Ok(page)
    }
}
