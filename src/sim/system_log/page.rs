//! How the log is read, by Okta's rules. A query without an end polls: it goes by the order in
//! which events came to be known, and goes on for ever. One with an end goes by publication.

use jiff::{SignedDuration, Timestamp};

use super::{Entry, Place, SystemLog};

const DEFAULT_LIMIT: usize = 100;
const LARGEST_LIMIT: usize = 1000;
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How far back a query goes that does not say.
const DEFAULT_DAYS: i32 = 7;
/// How far back a query may go.
const MOST_DAYS: i32 = 180;

/// Why a query is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Refused {
    /// A parameter, by its name, that is none.
    Invalid(&'static str),
    TooFarBack,
}

/// What is asked of the log.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Query {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    after: Option<String>,
    limit: usize,
    descending: bool,
    /// The event types that the filter names; without one that is understood, any.
    types: Option<Vec<String>>,
}

/// A page of the log.
#[derive(Debug)]
pub(in crate::sim) struct Page {
    pub(in crate::sim) body: Vec<u8>,
    /// The cursor after its last event; absent on an empty page.
    pub(in crate::sim) last: Option<String>,
    /// Whether it links to another page, which a poll always does.
    pub(in crate::sim) goes_on: bool,
}

impl Query {
    /// Reads a query out of its parameters.
    pub(in crate::sim) fn read(
        parameter: impl Fn(&str) -> Option<String>,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let moment = |name: &'static str| {
            let text = parameter(name).filter(|text| !text.is_empty());
            let read = text.map(|text| text.parse::<Timestamp>()).transpose();
            read.map_err(|_| Refused::Invalid(name))
        };
        let (since, until) = (moment("since")?, moment("until")?);
        let after = parameter("after");
        let back = |days: i32| now.checked_sub(DAY * days).unwrap_or(Timestamp::MIN);
        if since.is_some_and(|since| since < back(MOST_DAYS)) && after.is_none() {
            return Err(Refused::TooFarBack);
        }
        let limit = match parameter("limit") {
            Some(text) => text.parse().map_err(|_| Refused::Invalid("limit"))?,
            None => DEFAULT_LIMIT,
        };
        if limit > LARGEST_LIMIT {
            return Err(Refused::Invalid("limit"));
        }
        let descending = match parameter("sortOrder").as_deref() {
            None | Some("ASCENDING") => false,
            Some("DESCENDING") => true,
            Some(_) => return Err(Refused::Invalid("sortOrder")),
        };
        Ok(Self {
            since: since.or_else(|| after.is_none().then(|| back(DEFAULT_DAYS))),
            until,
            after,
            limit,
            descending,
            types: parameter("filter").as_deref().and_then(types),
        })
    }

    fn wants(&self, entry: &Entry) -> bool {
        let types = self.types.as_ref();
        types.is_none_or(|types| types.contains(&entry.event_type))
    }
}

/// The types of `eventType eq "a" or eventType eq "b"`; any other filter is not understood.
fn types(filter: &str) -> Option<Vec<String>> {
    let one = |term: &str| {
        let value = term.trim().strip_prefix("eventType eq \"")?;
        value.strip_suffix('"').map(str::to_owned)
    };
    filter.split(" or ").map(one).collect()
}

impl SystemLog {
    /// The page that a query asks for.
    pub(in crate::sim) fn page(&self, query: &Query) -> Result<Page, Refused> {
        let after = query.after.as_deref();
        let after = after.map(|after| self.place_of(after)).transpose()?;
        if query.until.is_some() || query.descending {
            return Ok(self.bounded(query, after));
        }
        let since = query.since.map_or(i64::MIN, Timestamp::as_millisecond);
        let is_before = |entry: &Entry| {
            entry.place.millisecond < since || after.is_some_and(|after| entry.place <= after)
        };
        let start = self.entries.partition_point(is_before);
        let asked = self.entries.range(start..);
        let asked = asked.filter(|entry| query.wants(entry));
        Ok(self.write(asked.take(query.limit), true))
    }

    fn bounded(&self, query: &Query, after: Option<Place>) -> Page {
        let is_between = |entry: &&Entry| {
            query.since.is_none_or(|since| since <= entry.published)
                && query.until.is_none_or(|until| entry.published < until)
        };
        let asked = self.entries.iter().filter(|entry| query.wants(entry));
        let mut asked: Vec<&Entry> = asked.filter(is_between).collect();
        asked.sort_by_key(|entry| (entry.published, entry.place));
        if query.descending {
            asked.reverse();
        }
        let start = after.map_or(0, |after| {
            let there = asked.iter().position(|entry| entry.place == after);
            there.map_or(asked.len(), |there| there + 1)
        });
        let goes_on = asked.len() > start.saturating_add(query.limit);
        self.write(asked.into_iter().skip(start).take(query.limit), goes_on)
    }

    fn write<'a>(&self, entries: impl Iterator<Item = &'a Entry>, goes_on: bool) -> Page {
        let (mut body, mut last) = (vec![b'['], None);
        for entry in entries {
            if last.replace(entry.place).is_some() {
                body.push(b',');
            }
            body.extend_from_slice(&entry.text);
        }
        body.push(b']');
        Page {
            body,
            last: last.map(|last| self.cursor(last)),
            goes_on,
        }
    }

    /// A cursor as Okta's look: `1658862453660_1`.
    fn cursor(&self, place: Place) -> String {
        let cursor = format!("{}_{}", place.millisecond, place.number);
        match self.generation {
            0 => cursor,
            generation => format!("{cursor}_{generation}"),
        }
    }

    fn place_of(&self, cursor: &str) -> Result<Place, Refused> {
        let mut parts = cursor.split('_');
        let mut part = || parts.next().and_then(|part| part.parse::<i64>().ok());
        let (millisecond, number, generation) = (part(), part(), part().unwrap_or(0));
        let number = number.and_then(|number| u32::try_from(number).ok());
        match (millisecond, number) {
            (Some(millisecond), Some(number)) if generation == i64::from(self.generation) => {
                Ok(Place {
                    millisecond,
                    number,
                })
            }
            _ => Err(Refused::Invalid("after")),
        }
    }
}
