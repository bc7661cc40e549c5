//! What may be written under `status_pages.NAME`, and what is wrong with it.

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{
    ask::{KIND, Probe},
    format::Format,
};
use crate::{
    probe::{
        candidate::Candidate,
        kind::{Access, Place},
        plan::PlanContext,
        problem::Problem,
    },
    units::{Interval, is_loopback},
};

/// What may be written under `status_pages.NAME`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    url: Option<String>,
    format: Format,
}

impl crate::probe::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Page;
    /// People write it.
    const INTERVAL: Interval = Interval::seconds(2 * 60);
    const ACCESS: Access = Access::Public;

    /// Okta's own.
    fn by_default(_credentials: &[Candidate<'_>]) -> Option<Value> {
        Some(json!({ "okta": { "url": "https://status.okta.com/" } }))
    }

    fn plan(&self, name: &str, _context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let refused = |message: String| Err(vec![Problem::new("url", message)]);
        let Some(text) = &self.url else {
            return refused("missing: name the page, like `https://status.okta.com/`".to_owned());
        };
        match Url::parse(text) {
            Ok(url) if url.host().is_none() => refused(format!("`{text}` names no host")),
            Ok(url) if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)) => {
                Ok(Probe {
                    api: format!("{KIND}/{name}"),
                    url,
                    format: self.format,
                })
            }
            Ok(url) if url.scheme() == "http" => {
                refused("`http://` is accepted for loopback only: write `https://`".to_owned())
            }
            _ => refused(format!(
                "`{text}` is not a URL: write it like `https://status.okta.com/`"
            )),
        }
    }
}
