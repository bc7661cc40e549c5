//! Asking for one page, by Okta's polling rules: from a moment on, by the order in which events came
//! to be known, without an end; then wherever Okta says that the log goes on.

use std::{sync::Arc, time::Duration};

use url::form_urlencoded::byte_serialize;

use super::memory::{LogPage, Memory, Observation, Step};
use crate::{
    okta::{ApiError, Credential, Failure, Request, Response, Session, event::EventPage},
    probe::kind::ProbeResult,
    units::OktaTime,
};

/// The kind's word, and what its requests are called.
pub(super) const KIND: &str = "system_log";
pub(super) const PATH: &str = "/api/v1/logs";
/// The most bytes of a page: 1,000 events have 1.5 MB, and the largest known would have 4.
pub(super) const MOST_BYTES: usize = 6 << 20;
/// Okta's clock may turn out to be another than ours so much that reading begins at a wrong moment.
const CLOCK_OFF: Duration = Duration::from_mins(2);
/// So much earlier it may be there than its answers tell, which are dated by the second.
const DOUBT: Duration = Duration::from_secs(2);

/// Follows one org's log.
#[derive(Debug, Clone)]
pub struct Probe {
    pub(super) credential: Arc<Credential>,
    /// Okta's expression of which events to tell; empty for all.
    pub(super) filter: String,
    /// The types of events that are counted by their names beside the usual ones.
    pub(super) event_types: Vec<String>,
    pub(super) look_back: Duration,
}

impl Probe {
    /// Reads the page that is next.
    pub(super) async fn read_on(
        &self,
        okta: &Session<'_>,
        known: &Memory,
    ) -> ProbeResult<Observation> {
        let now = okta.oktas_time();
        let begins = now.minus(self.look_back);
        let (path, is_followed) = match &known.cursor {
            Some(cursor) => match &cursor.next {
                Some(next) => (with_limit(next, known.limit), true),
                None => (self.path_since(cursor.read_to, known.limit), false),
            },
            None => (self.path_since(begins, known.limit), false),
        };
        let began = known.cursor.as_ref();
        let is_first = began.is_none_or(|cursor| cursor.read_at.is_none());
        let asked = self.ask(okta, &path, known.limit).await;
        let at = okta.oktas_time();
        // Until its first answer Okta's clock is not known: what began by another begins again.
        let planned = began.map_or(now, |cursor| cursor.read_to);
        let is_off =
            planned.left_at(at) > CLOCK_OFF || (began.is_none() && at.left_at(planned) > CLOCK_OFF);
        let (step, failure) = match asked {
            Ok(_) if is_first && is_off => (Step::Anew, None),
            Ok(step) => (step, None),
            Err(failure) if is_followed && is_about_the_cursor(&failure) => (Step::Refused, None),
            Err(failure) => (Step::Missed, Some(failure)),
        };
        let begins = if step == Step::Anew {
            at.minus(self.look_back).minus(DOUBT)
        } else {
            begins
        };
        ProbeResult {
            observation: Some(Observation { begins, at, step }),
            failure,
        }
    }

    async fn ask(&self, okta: &Session<'_>, path: &str, limit: u32) -> Result<Step, Failure> {
        let request = Request::get(KIND, path)
            .with(Some(&self.credential))
            .cut_at(MOST_BYTES);
        let response = match okta.ask(request).await {
            // More came than the host may send at all.
            Err(Failure::TooLarge { .. }) if limit > 1 => return Ok(Step::TooLarge),
            answered => answered?,
        };
        let next = okta.next_page(path, &response.headers)?;
        if response.is_cut {
            return match next {
                _ if limit > 1 => Ok(Step::TooLarge),
                Some(next) => Ok(Step::LeftOut { next }),
                None => Err(Failure::TooLarge { limit: MOST_BYTES }),
            };
        }
        let EventPage { events, unreadable } = read(&response).await?;
        let entries = events.len() as u64 + unreadable;
        Ok(Step::Read(LogPage {
            events: Arc::from(events),
            unreadable,
            next,
            is_full: entries >= u64::from(limit),
            has_room: response.body.len() <= MOST_BYTES / 2,
        }))
    }

    fn path_since(&self, since: OktaTime, limit: u32) -> String {
        let filter = if self.filter.is_empty() {
            String::new()
        } else {
            let written: String = byte_serialize(self.filter.as_bytes()).collect();
            format!("&filter={}", written.replace('+', "%20"))
        };
        format!("{PATH}?since={since:.3}&sortOrder=ASCENDING&limit={limit}{filter}")
    }
}

async fn read(response: &Response) -> Result<EventPage, Failure> {
    let page = response.read(EventPage::read).await?;
    page.map_err(|e| {
        let what = format!(
            "it is no list of events (line {}, column {})",
            e.line(),
            e.column()
        );
        Failure::InvalidBody(what)
    })
}

/// The path as Okta named it, but for the number of events.
fn with_limit(path: &str, limit: u32) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let others = query.split('&').filter(|pair| !pair.is_empty());
    let wanted = format!("limit={limit}");
    let mut is_said = false;
    let mut pairs: Vec<&str> = others
        .map(|pair| match pair.split_once('=') {
            Some(("limit", _)) => {
                is_said = true;
                wanted.as_str()
            }
            _ => pair,
        })
        .collect();
    if !is_said {
        pairs.push(&wanted);
    }
    format!("{path}?{}", pairs.join("&"))
}

/// True where Okta refuses the place where the log was left, and not who asks.
fn is_about_the_cursor(failure: &Failure) -> bool {
    let Failure::Refused(refusal) = failure else {
        return false;
    };
    let ApiError::Okta(error) = &refusal.error else {
        return false;
    };
    let is_told = ["E0000001", "E0000007", "E0000031", "E0000053"].contains(&error.code.as_str());
    is_told && matches!(refusal.status, 400 | 404 | 410)
}
