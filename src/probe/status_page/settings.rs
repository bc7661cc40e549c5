//! What may be written under `status_pages.NAME`, and what is wrong with it.

use serde::Deserialize;
use url::Url;

use super::{Format, Probe};
use crate::{
    probe::Problem,
    units::{Interval, is_loopback},
};

/// What may be written under `status_pages.NAME`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The page's address.
    pub url: Option<String>,
    /// `auto`, `okta`, `statuspage` or `atom`.
    pub format: Format,
    /// How often to ask.
    pub interval: Option<Interval>,
    /// How long a request may take.
    pub timeout: Option<Interval>,
}

impl Settings {
    /// From settings to a probe and the address that its client connects to.
    pub fn plan(&self) -> Result<(Url, Probe), Vec<Problem>> {
        let refused = |message: String| Err(vec![Problem::new("url", message)]);
        let Some(text) = &self.url else {
            return refused("missing: name the page, like `https://status.okta.com/`".to_owned());
        };
        match Url::parse(text) {
            Ok(url) if url.host().is_none() => refused(format!("`{text}` names no host")),
            Ok(url) if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)) => {
                Ok((
                    url.clone(),
                    Probe {
                        url,
                        format: self.format,
                    },
                ))
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
