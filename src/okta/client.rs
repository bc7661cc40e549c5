//! One pooled HTTP client per host: TLS, proxies, what it trusts. What is asked through it is elsewhere.

use std::{borrow::Cow, path::PathBuf, sync::Arc, time::Duration};

use url::Url;

use super::{
    Buckets, TlsSetup,
    clock::OktaClock,
    first_connection::FirstConnection,
    transport::{Resolver, TimedConnect, redirects_stay_home},
};
use crate::units::is_loopback;

const USER_AGENT: &str = concat!("okta-exporter/", env!("CARGO_PKG_VERSION"));

/// All requests to a host share one HTTP/2 connection. If a firewall forgets it, nothing comes
/// back and nothing closes it: every probe would time out for as long as TCP sends again, which is
/// a quarter of an hour. So it is asked whether it lives, which costs no quota.
const PING_EVERY: Duration = Duration::from_secs(20);
const PONG_WITHIN: Duration = Duration::from_secs(10);

/// A client for one host: its connections are pooled, it keeps no cookies, it verifies TLS.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) pooled: reqwest::Client,
    pub(super) first: Arc<FirstConnection>,
    pub(super) fresh: reqwest::Client,
    pub(super) origin: Url,
    pub(super) buckets: Buckets,
    pub(super) clock: OktaClock,
    /// What it asks is a page, and not Okta's API.
    pub(super) is_page: bool,
}

/// A client that could not be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum NoClient {
    #[error("cannot read {path}: {why}", path = .0.display(), why = .1)]
    CaFile(PathBuf, String),
    #[error("{path} holds no certificate in PEM form", path = .0.display())]
    NoCertificate(PathBuf),
    #[error("the HTTP client cannot be set up: {0}")]
    Setup(String),
}

impl Client {
    /// A client for the host of this URL.
    pub fn new(url: &Url, tls: &TlsSetup) -> Result<Self, NoClient> {
        let build = |builder: reqwest::ClientBuilder| {
            builder
                .build()
                .map_err(|e| NoClient::Setup(e.without_url().to_string()))
        };
        let pooled = builder(url, tls.resuming()).pool_idle_timeout(Duration::from_mins(5));
        let fresh = builder(url, tls.unknown_to_hosts()).pool_max_idle_per_host(0);
        let mut origin = url.clone();
        origin.set_path("");
        origin.set_query(None);
        Ok(Self {
            pooled: build(pooled)?,
            first: Arc::default(),
            fresh: build(fresh)?,
            origin,
            buckets: Buckets::default(),
            clock: OktaClock::default(),
            is_page: false,
        })
    }

    /// Scheme, host and port of what it asks.
    pub fn origin(&self) -> &Url {
        &self.origin
    }

    /// Knows these buckets.
    #[must_use]
    pub fn with_buckets(self, buckets: Buckets) -> Self {
        Self { buckets, ..self }
    }

    /// For pages that are not Okta's API: no bucket counts what is asked, no code in an answer is
    /// Okta's.
    #[must_use]
    pub fn for_pages(self) -> Self {
        Self {
            is_page: true,
            ..self
        }
    }

    /// The clock of the host, as its answers tell it.
    pub fn okta_clock(&self) -> &OktaClock {
        &self.clock
    }

    /// The bucket that a GET of this path draws on; `None` for public metadata.
    pub fn bucket(&self, path: &str) -> Option<Cow<'static, str>> {
        self.bucket_of("GET", path)
    }

    pub(super) fn bucket_of(&self, method: &str, path: &str) -> Option<Cow<'static, str>> {
        if self.is_page {
            return None;
        }
        self.buckets.of(method, path)
    }
}

fn builder(url: &Url, tls: rustls::ClientConfig) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .tls_backend_preconfigured(tls)
        .tls_info(true)
        .redirect(redirects_stay_home())
        .dns_resolver(Resolver)
        .connector_layer(TimedConnect)
        .tcp_keepalive(Duration::from_mins(1))
        .http2_keep_alive_while_idle(true)
        .http2_keep_alive_interval(PING_EVERY)
        .http2_keep_alive_timeout(PONG_WITHIN);
    // A proxy is for what lies outside.
    if is_loopback(url) {
        builder.no_proxy()
    } else {
        builder
    }
}
