//! Asking for a status page: one address, or those where a Statuspage keeps its JSON. A fallback
//! hides no failure: what is told is the failure of the form that the page is known to have.

use http::header;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    content::PageContent,
    format::{Format, Source},
    observation::Observation,
    read::read,
    unreadable::Unreadable,
};
use crate::{
    okta::{Failure, Reason, Request, Response, Session},
    probe::kind::ProbeResult,
};

/// The kind's word.
pub(super) const KIND: &str = "status_page";

/// Where a Statuspage tells everything, and where it tells a little.
const SUMMARY: &str = "api/v2/summary.json";
const STATUS: &str = "api/v2/status.json";

/// Watches one status page.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The `api` label of its requests: each page has its own.
    pub(super) api: String,
    pub(super) url: Url,
    pub(super) format: Format,
}

/// The form that a page had when it was last read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    pub(super) form: Option<Source>,
}

impl Probe {
    /// What the page says now.
    pub(super) async fn observe(
        &self,
        okta: &Session<'_>,
        known: Memory,
    ) -> ProbeResult<Observation> {
        match self.content(okta, known.form).await {
            Ok(content) => Observation::judge(content.led_from(&self.url), okta.here()),
            Err(failure) => ProbeResult {
                observation: (!failure.is_own()).then(Observation::default),
                failure: Some(failure),
            },
        }
    }

    async fn content(
        &self,
        okta: &Session<'_>,
        known: Option<Source>,
    ) -> Result<PageContent, Failure> {
        let names_a_file = self.url.path().rsplit('.').next() == Some("json");
        match (self.format, known) {
            _ if names_a_file => self.page(okta).await,
            (Format::Statuspage, _) => self.statuspage(okta).await,
            // Whether its owner gave it another form is asked only where it is not what it was.
            (Format::Auto, Some(Source::Statuspage)) => match self.statuspage(okta).await {
                Err(failure) if says_there_is_none(&failure) => {
                    self.page(okta).await.map_err(|_| failure)
                }
                result => result,
            },
            (Format::Auto, known) => match self.page(okta).await {
                Err(failure) if says_there_is_none(&failure) => {
                    // The front page of a Statuspage is HTML as well; its JSON stands beside it.
                    self.statuspage(okta).await.map_err(|other| {
                        let is_open = known.is_none() && !says_there_is_none(&other);
                        // JSON where a Statuspage has its own tells more than a page that is not Okta's.
                        let is_told = is_open || is_foreign_json(&other);
                        if is_told { other } else { failure }
                    })
                }
                result => result,
            },
            (Format::Okta | Format::Atom, _) => self.page(okta).await,
        }
    }

    /// The address itself.
    async fn page(&self, okta: &Session<'_>) -> Result<PageContent, Failure> {
        self.read(&self.ask(okta, "").await?).await
    }

    /// What stands beside a Statuspage's front page. Only where there is no summary is the little
    /// that `status.json` tells all there is.
    async fn statuspage(&self, okta: &Session<'_>) -> Result<PageContent, Failure> {
        let response = match self.ask(okta, SUMMARY).await {
            Err(failure) if is_gone(&failure) => {
                let status = self.ask(okta, STATUS).await;
                status.map_err(|other| if is_gone(&other) { failure } else { other })?
            }
            result => result?,
        };
        self.read(&response).await
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
        okta.ask(Request::get(self.api.clone(), path).as_browser())
            .await
    }

    async fn read(&self, response: &Response) -> Result<PageContent, Failure> {
        let content_type = response
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let format = self.format;
        response
            .read(move |body| read(format, content_type.as_deref(), body))
            .await?
            .map_err(|e| Failure::InvalidBody(e.to_string()))
    }
}

/// True where there is nothing at this address.
fn is_gone(failure: &Failure) -> bool {
    let status = failure.refusal().map(|refusal| refusal.status);
    matches!(status, Some(404 | 410))
}

/// True where JSON came that is no Statuspage's.
fn is_foreign_json(failure: &Failure) -> bool {
    let foreign = ["page", "status"].map(|part| Unreadable::NotStatuspage(part).to_string());
    matches!(failure, Failure::InvalidBody(why) if foreign.contains(why))
}

/// True where an answer came that is no page of this form, and would be none in a minute. A page
/// that is down, hangs, or limits who asks has not told what it is.
fn says_there_is_none(failure: &Failure) -> bool {
    match failure {
        Failure::Refused(refusal) => refusal.status < 500 && refusal.status != 429,
        Failure::Redirect(_) => true,
        _ => failure.reason() == Reason::InvalidBody && !failure.is_org_trouble(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::okta::{ApiError, Phase, Refusal};

    fn refused(status: u16) -> Failure {
        Failure::Refused(Box::new(Refusal {
            status,
            path: "/".to_owned(),
            anonymous: true,
            error: ApiError::Unexplained(None),
            request_id: None,
            date: None,
            limited: None,
            back_off: None,
        }))
    }

    #[test]
    fn only_what_was_answered_tells_that_a_page_has_another_form_or_is_gone() {
        let tells = |failure: &Failure| (says_there_is_none(failure), is_gone(failure));
        for (status, has_another_form, gone) in [
            (403, true, false),
            (404, true, true),
            (410, true, true),
            (429, false, false),
            (499, true, false),
            (500, false, false),
            (503, false, false),
        ] {
            assert_eq!(
                tells(&refused(status)),
                (has_another_form, gone),
                "{status}"
            );
        }
        for (failure, has_another_form) in [
            (Failure::InvalidBody("no JSON".to_owned()), true),
            (Failure::Redirect("to a sign-in page".to_owned()), true),
            (
                Failure::Cut {
                    detail: "reset".to_owned(),
                },
                false,
            ),
            (Failure::TooLarge { limit: 1 }, false),
            (
                Failure::Timeout {
                    phase: Phase::Body,
                    after: Duration::ZERO,
                    proxy: None,
                },
                false,
            ),
        ] {
            assert_eq!(tells(&failure), (has_another_form, false), "{failure}");
        }
    }
}
