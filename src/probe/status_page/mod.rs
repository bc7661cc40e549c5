//! Status pages: Okta's own, a Statuspage v2, a feed. A page belongs to no org; which of its
//! incidents are on an org's cell is found where both are known. Each format's reading is pure
//! and in a file of its own. What cannot be read is unknown, never fine.

mod draw;
mod entries;
mod feed;
mod okta;
#[cfg(test)]
mod properties;
mod read;
mod reading;
mod settings;
mod span;
mod statuspage;
mod text;
mod words;

use http::header;
use url::Url;

use super::{Kind, ProbeResult};
use crate::{
    okta::{Failure, Request, Response, Session},
    units::{Cell, Timestamp},
};

pub use read::{Format, Source, Unreadable, read, sniff};
pub use reading::{Component, FROZEN_AFTER, Incident, Reading};
pub use settings::Settings;
pub use words::{Category, ComponentStatus, Indicator, Status};

/// Where a Statuspage tells everything, and where it tells a little.
const SUMMARY: &str = "api/v2/summary.json";
const STATUS: &str = "api/v2/status.json";

/// The probe.
#[derive(Debug, Clone)]
pub struct Probe {
    url: Url,
    format: Format,
}

/// What is known of a status page; no reading where it could not be understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    up: bool,
    reading: Option<Reading>,
}

impl Kind for Probe {
    const KIND: &'static str = "status_page";
    type Seen = Seen;

    async fn run(&self, okta: &Session<'_>) -> ProbeResult<Seen> {
        match self.look(okta).await {
            Err(failure) => ProbeResult {
                seen: Some(Seen::default()),
                failure: Some(failure),
            },
            Ok(reading) => Seen::judge(reading, Timestamp::now()),
        }
    }
}

impl Probe {
    async fn look(&self, okta: &Session<'_>) -> Result<Reading, Failure> {
        let names_a_file = self.url.path().rsplit('.').next() == Some("json");
        if self.format == Format::Statuspage && !names_a_file {
            return self.statuspage(okta).await;
        }
        let answer = self.ask(okta, "").await?;
        match self.read(&answer) {
            // The front page of a Statuspage is HTML as well; its JSON stands beside it.
            Err(unreadable) if self.format == Format::Auto && !names_a_file => {
                self.statuspage(okta).await.map_err(|_| unreadable)
            }
            result => result,
        }
    }

    async fn statuspage(&self, okta: &Session<'_>) -> Result<Reading, Failure> {
        let answer = match self.ask(okta, SUMMARY).await {
            Err(Failure::Refused(_)) => self.ask(okta, STATUS).await?,
            result => result?,
        };
        self.read(&answer)
    }

    async fn ask(&self, okta: &Session<'_>, below: &str) -> Result<Response, Failure> {
        let base = self.url.path();
        let path = if below.is_empty() {
            self.url
                .query()
                .map_or_else(|| base.to_owned(), |query| format!("{base}?{query}"))
        } else {
            format!("{}/{below}", base.trim_end_matches('/'))
        };
        okta.ask(Request::get(Self::KIND, path).as_browser()).await
    }

    fn read(&self, answer: &Response) -> Result<Reading, Failure> {
        let content_type = answer
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        read(self.format, content_type, &answer.body)
            .map_err(|e| Failure::InvalidBody(e.to_string()))
    }
}

impl Seen {
    /// A frozen feed would say for ever what it said last: all that is known of it is since when.
    fn judge(reading: Reading, now: Timestamp) -> ProbeResult<Self> {
        let frozen = reading.is_frozen(now, FROZEN_AFTER);
        let last = reading
            .last_update
            .map_or_else(|| "never".to_owned(), |at| at.to_string());
        ProbeResult {
            failure: frozen.then(|| {
                Failure::InvalidBody(format!(
                    "the feed is frozen (last entry: {last}): it says nothing of today"
                ))
            }),
            seen: Some(Self {
                up: !frozen,
                reading: Some(reading.unless_frozen(now, FROZEN_AFTER)),
            }),
        }
    }

    /// The reading, where the page could be understood.
    pub fn reading(&self) -> Option<&Reading> {
        self.reading.as_ref()
    }

    /// How many open incidents of each category name this cell; `None` where the page is unknown
    /// or names no cells.
    pub fn by_category_on(&self, cell: &Cell) -> Option<Vec<(&'static str, usize)>> {
        let open: Vec<&Incident> = self.reading.as_ref()?.incidents_on(cell)?.collect();
        let count = |category: Category| {
            open.iter()
                .filter(|incident| incident.category == category)
                .count()
        };
        let mut counts: Vec<_> = Category::OF_CELLS
            .iter()
            .map(|&category| (category.as_str(), count(category)))
            .collect();
        let listed: usize = counts.iter().map(|(_, count)| count).sum();
        if let Some((_, other)) = counts.last_mut() {
            *other += open.len() - listed;
        }
        Some(counts)
    }
}
