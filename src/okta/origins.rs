//! By which hosts an org is reached. One with a custom domain has several, and its tokens may be issued
//! by any of them; what tells is the [`organization`](super::organization) document.

use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

/// Scheme, host and port of all that an org is reached by. Nothing is sent to a host for standing here.
#[derive(Debug, Clone)]
pub struct Origins {
    configured: Url,
    /// What the document told last; `None` before it was read.
    told: Arc<Mutex<Option<Vec<Url>>>>,
}

impl Origins {
    pub(super) fn new(configured: Url) -> Self {
        Self {
            configured,
            told: Arc::default(),
        }
    }

    /// The one that is asked.
    pub fn configured(&self) -> &Url {
        &self.configured
    }

    /// True where this URL is one of the org's own.
    pub fn hold(&self, url: &Url) -> bool {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let all = told.iter().flatten().chain([&self.configured]);
        all.into_iter().any(|own| own.origin() == url.origin())
    }

    pub(super) fn are_told(&self) -> bool {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.is_some()
    }

    pub(super) fn tell(&self, urls: Vec<Url>) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(urls);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orgs_hosts_are_the_configured_one_and_those_that_were_told_last() {
        let url = |text: &str| Url::parse(text).unwrap();
        let origins = Origins::new(url("https://login.acme.example"));
        assert!(!origins.hold(&url("https://acme.okta.com")));
        origins.tell(vec![url("https://acme.okta.com")]);
        assert!(origins.hold(&url("https://login.acme.example/oauth2/default")));
        assert!(origins.hold(&url("https://acme.okta.com/oauth2/default")));
        assert!(!origins.hold(&url("http://acme.okta.com")));
        assert!(!origins.hold(&url("https://elsewhere.example")));
        origins.tell(Vec::new());
        assert!(origins.hold(&url("https://login.acme.example")));
        assert!(!origins.hold(&url("https://acme.okta.com")));
    }
}
