//! One pooled HTTP client per host: TLS, proxies, what it trusts. What is asked through it
//! is in [`session`](super::session).

use std::{borrow::Cow, sync::Arc};

use url::{Host, Url};

use super::{
    allowance::Allowance,
    connector::Connector,
    first_connection::FirstConnection,
    pool::{Pool, pool},
    proxy::{Proxies, Proxy},
    tls::{NoClient, TlsSetup},
};
use crate::okta::{Buckets, Failure, Origins, clock::OktaClock};
use crate::units::{Name, WallClock};

pub(super) const USER_AGENT: &str = concat!("okta-exporter/", env!("CARGO_PKG_VERSION"));

/// A client for one host: its connections are pooled, it keeps no cookies, it verifies TLS.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) pooled: Pool,
    pub(super) first: Arc<FirstConnection>,
    pub(super) fresh: Pool,
    pub(super) allowance: Allowance,
    pub(super) origin: Url,
    pub(super) proxy: Option<Proxy>,
    origins: Origins,
    name: Option<Name>,
    /// `None` for a page that is no org's.
    buckets: Option<Buckets>,
    pub(in crate::okta) clock: OktaClock,
}

impl Client {
    /// A client for the org at this URL.
    pub fn new(url: &Url, tls: &TlsSetup, proxies: &Proxies) -> Result<Self, NoClient> {
        let buckets = Some(Buckets::default());
        Self::for_page(url, tls, proxies).map(|client| Self { buckets, ..client })
    }

    /// A client for a page that is no org's: no bucket counts its requests, and neither code nor
    /// clock nor certificate that its host shows is Okta's.
    pub fn for_page(url: &Url, tls: &TlsSetup, proxies: &Proxies) -> Result<Self, NoClient> {
        let proxy = proxies.before(url)?;
        let allowance = Allowance::default();
        let connector = Connector::new(tls.config(), proxy.clone(), allowance.clone());
        let pooled = pool(&connector, usize::MAX);
        let fresh = pool(&connector, 0);
        let mut origin = url.clone();
        origin.set_path("");
        origin.set_query(None);
        Ok(Self {
            pooled,
            first: Arc::default(),
            fresh,
            allowance,
            name: None,
            origins: Origins::new(origin.clone()),
            origin,
            proxy,
            buckets: None,
            clock: OktaClock::default(),
        })
    }

    /// Scheme, host and port of what it asks.
    pub fn origin(&self) -> &Url {
        &self.origin
    }

    /// The host and the proxy before it: what a connection that fails fails to.
    pub(super) fn way(&self) -> String {
        let host = self.origin.host_str().unwrap_or_default();
        match &self.proxy {
            Some(proxy) => format!("{host} through the proxy {proxy}"),
            None => host.to_owned(),
        }
    }

    /// What its org is reached by.
    pub fn origins(&self) -> &Origins {
        &self.origins
    }

    /// For the org of this name.
    #[must_use]
    pub fn named(self, name: &Name) -> Self {
        let name = Some(name.clone());
        Self { name, ..self }
    }

    /// The org's name, for the log; its host where nobody gave it one.
    pub(in crate::okta) fn org(&self) -> &str {
        let host = || self.origin.host_str().unwrap_or_default();
        self.name.as_ref().map_or_else(host, Name::as_str)
    }

    /// Knows these buckets of its org.
    #[must_use]
    pub fn with_buckets(self, buckets: Buckets) -> Self {
        let buckets = Some(buckets);
        Self { buckets, ..self }
    }

    /// For the host that tells of its org's disaster recovery: `drapp.` before the org's own, whatever
    /// answers may say, so that a credential goes nowhere else. An address has no names below it; there
    /// the org tells by itself, as the simulated one does.
    pub(super) fn of_disaster_recovery(&self) -> Result<Self, Failure> {
        let mut origin = self.origin.clone();
        if let Some(Host::Domain(host)) = self.origin.host() {
            let host = format!("drapp.{host}");
            let set = origin.set_host(Some(&host));
            set.map_err(|e| Failure::Mismatch(format!("{host} is no host: {e}")))?;
        }
        Ok(Self {
            origin,
            first: Arc::default(),
            ..self.clone()
        })
    }

    /// True if an org answers, and not a page.
    pub(super) fn is_org(&self) -> bool {
        self.buckets.is_some()
    }

    /// The bucket that a request draws on; `None` for public metadata.
    pub fn bucket_of(&self, method: &str, path: &str) -> Option<Cow<'static, str>> {
        self.buckets.as_ref()?.of(method, path)
    }

    /// Goes by this clock wherever it tells the time of day here.
    pub fn go_by(&mut self, ours: &WallClock) {
        self.clock = std::mem::take(&mut self.clock).compared_with(ours);
    }

    /// The clock of the host, as its answers tell it.
    pub fn okta_clock(&self) -> &OktaClock {
        &self.clock
    }

    /// The bucket that a GET of this path draws on; `None` for public metadata.
    pub fn bucket(&self, path: &str) -> Option<Cow<'static, str>> {
        self.bucket_of("GET", path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disaster_recovery_is_told_by_a_host_below_the_orgs_and_by_no_other() {
        let tls = TlsSetup::new(None).unwrap();
        for (org, told_by) in [
            ("https://acme.okta.com", "https://drapp.acme.okta.com/"),
            (
                "https://acme.okta.com:8443",
                "https://drapp.acme.okta.com:8443/",
            ),
            ("http://127.0.0.1:6583", "http://127.0.0.1:6583/"),
            ("http://[::1]:6583", "http://[::1]:6583/"),
        ] {
            let url = Url::parse(org).unwrap();
            let client = Client::new(&url, &tls, &Proxies::default()).unwrap();
            // What the org's documents tell changes nothing.
            client
                .origins()
                .tell(vec![Url::parse("https://evil.example").unwrap()]);
            let beside = client.of_disaster_recovery().unwrap();
            assert_eq!(beside.origin.as_str(), told_by);
            assert_eq!(client.origin.as_str(), format!("{org}/"));
        }
    }

    #[test]
    fn an_org_has_buckets_and_a_page_has_none() {
        let url = Url::parse("https://acme.okta.com").unwrap();
        let tls = TlsSetup::new(None).unwrap();
        let page = Client::for_page(&url, &tls, &Proxies::default()).unwrap();
        assert!(!page.is_org());
        assert_eq!(page.bucket("/api/v1/users"), None);
        let org = Client::new(&url, &tls, &Proxies::default()).unwrap();
        assert!(org.is_org());
        let bucket = |method, path| org.bucket_of(method, path);
        assert_eq!(
            bucket("GET", "/api/v1/users").as_deref(),
            Some("/api/v1/users")
        );
        assert_eq!(
            org.bucket("/api/v1/users/00u1"),
            bucket("GET", "/api/v1/users/00u1")
        );
        let post = bucket("POST", "/api/v1/users/00u1");
        assert_eq!(post.as_deref(), Some("/api/v1/users/{id}"));
        assert_eq!(org.bucket("/oauth2/v1/keys"), None);
        let written = [("/api/v1/users".to_owned(), "people".to_owned())];
        let configured = Buckets::configured(&written.into()).unwrap();
        let bucket = org.with_buckets(configured).bucket("/api/v1/users");
        assert_eq!(bucket.as_deref(), Some("people"));
    }
}
