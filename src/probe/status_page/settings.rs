//! What may be written under `status_pages.NAME`, and what is wrong with it.

use schemars::JsonSchema;
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
    units::{Interval, check_host, is_loopback, without_secrets},
};

/// What may be written under `status_pages.NAME`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The page's address, like `https://status.okta.com/`.
    url: Option<String>,
    /// The form it has.
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
        let text = text.trim();
        let shown = without_secrets(text);
        let url = Url::parse(text);
        if let Some(Err(why)) = url.as_ref().ok().map(|url| check_host(text, url)) {
            return refused(why.to_string());
        }
        match url {
            Ok(url) if url.host().is_none() => refused(format!("`{shown}` names no host")),
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
                "`{shown}` is not a URL: write it like `https://status.okta.com/`"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use crate::{okta::SecretReloads, probe::secrets::SecretContext};

    #[test]
    fn a_pages_address_is_https_or_on_this_machine() {
        let (credentials, environment) = (BTreeMap::new(), BTreeMap::new());
        let context = PlanContext {
            credentials: &credentials,
            secrets: SecretContext {
                environment: &environment,
                reloads: &SecretReloads::default(),
                are_read: true,
            },
        };
        let planned = |url: Option<&str>| {
            let settings = Settings {
                url: url.map(str::to_owned),
                ..Settings::default()
            };
            let probe = crate::probe::kind::Settings::plan(&settings, "okta", &context);
            probe.map_err(|problems| problems[0].message.clone())
        };
        for url in [
            "https://status.okta.com/",
            "http://127.0.0.1:8080/",
            "http://localhost/",
        ] {
            let probe = planned(Some(url)).unwrap();
            assert_eq!((probe.url.as_str(), &*probe.api), (url, "status_page/okta"));
        }
        for (url, refusal) in [
            (None, "missing"),
            (Some("http://status.okta.com/"), "`http://` is accepted"),
            (Some("ftp://127.0.0.1/"), "`ftp://127.0.0.1/` is not a URL"),
            (
                Some("ftp://status.okta.com/"),
                "`ftp://status.okta.com/` is not",
            ),
            (Some("mailto:nobody"), "`mailto:nobody` names no host"),
            (Some("status.okta.com"), "`status.okta.com` is not a URL"),
        ] {
            let said = planned(url).unwrap_err();
            assert!(said.starts_with(refusal), "{said}");
        }
    }
}
