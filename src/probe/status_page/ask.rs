//! Asking for a status page: one address, or those where a Statuspage keeps its JSON.

use http::header;
use url::Url;

use super::{content::PageContent, format::Format, observation::Observation, read::read};
use crate::{
    okta::{Failure, Request, Response, Session},
    probe::kind::ProbeResult,
    units::Timestamp,
};

/// The `endpoint` label of its requests, and the kind's word.
pub(super) const API: &str = "status_page";

/// Where a Statuspage tells everything, and where it tells a little.
const SUMMARY: &str = "api/v2/summary.json";
const STATUS: &str = "api/v2/status.json";

/// Watches one status page.
#[derive(Debug, Clone)]
pub struct Probe {
    pub(super) url: Url,
    pub(super) format: Format,
}

impl Probe {
    /// What the page says now.
    pub(super) async fn observe(&self, okta: &Session<'_>) -> ProbeResult<Observation> {
        match self.content(okta).await {
            Ok(content) => Observation::judge(content, Timestamp::now()),
            Err(failure) => ProbeResult {
                observation: Some(Observation::default()),
                failure: Some(failure),
            },
        }
    }

    async fn content(&self, okta: &Session<'_>) -> Result<PageContent, Failure> {
        let names_a_file = self.url.path().rsplit('.').next() == Some("json");
        if self.format == Format::Statuspage && !names_a_file {
            return self.statuspage(okta).await;
        }
        let response = self.ask(okta, "").await?;
        match self.read(&response) {
            // The front page of a Statuspage is HTML as well; its JSON stands beside it.
            Err(unreadable) if self.format == Format::Auto && !names_a_file => {
                self.statuspage(okta).await.map_err(|_| unreadable)
            }
            result => result,
        }
    }

    async fn statuspage(&self, okta: &Session<'_>) -> Result<PageContent, Failure> {
        let response = match self.ask(okta, SUMMARY).await {
            Err(Failure::Refused(_)) => self.ask(okta, STATUS).await?,
            result => result?,
        };
        self.read(&response)
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
        okta.ask(Request::get(API, path).as_browser()).await
    }

    fn read(&self, response: &Response) -> Result<PageContent, Failure> {
        let content_type = response
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        read(self.format, content_type, &response.body)
            .map_err(|e| Failure::InvalidBody(e.to_string()))
    }
}
