//! What one simulated org is at its start. It is opened in [`super::running`]; what
//! happens to it later goes through [`super::controls`].

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;

use super::bucket_patterns::BucketPatterns;
use super::clock::Clock;
use super::credentials::{ApiToken, OAuthClient};
use super::service_app::ServiceApp;
use super::tls::Tls;
use super::tokens::Mint;

/// An org to be simulated; [`Org::start`] opens it.
#[derive(Clone, Debug)]
pub struct Org {
    pub(super) name: String,
    pub(super) cell: String,
    pub(super) pipeline: String,
    pub(super) buckets: BucketPatterns,
    pub(super) window: Duration,
    pub(super) keys_fresh_for: Duration,
    pub(super) clock: Clock,
    pub(super) people: usize,
    pub(super) api_tokens: Vec<ApiToken>,
    pub(super) bearers: Vec<Mint>,
    pub(super) clients: Vec<OAuthClient>,
    pub(super) apps: Vec<ServiceApp>,
    pub(super) token_lifetime: Duration,
    pub(super) servers: Vec<String>,
    pub(super) unlicensed: Vec<String>,
    pub(super) idps: Vec<(String, SignedDuration)>,
    pub(super) domains: Vec<(String, bool, SignedDuration)>,
    pub(super) issuer: Option<String>,
    pub(super) warning_threshold: u32,
    pub(super) client_mode: String,
    pub(super) is_failed_over: bool,
    pub(super) tls: Option<Tls>,
    pub(super) port: u16,
}

impl Org {
    /// An Integrator Free org on cell `ok7` with the custom authorization server `default`, three
    /// users, and nobody who may call it.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            cell: "ok7".to_owned(),
            pipeline: "idx".to_owned(),
            buckets: BucketPatterns::integrator_free(),
            window: Duration::from_mins(1),
            keys_fresh_for: Duration::from_hours(45 * 24),
            clock: Clock::running(),
            people: 3,
            api_tokens: Vec::new(),
            bearers: Vec::new(),
            clients: Vec::new(),
            apps: Vec::new(),
            token_lifetime: Duration::from_hours(1),
            servers: vec!["default".to_owned()],
            unlicensed: Vec::new(),
            idps: Vec::new(),
            domains: Vec::new(),
            issuer: None,
            warning_threshold: 60,
            client_mode: "ENFORCE".to_owned(),
            is_failed_over: false,
            tls: None,
            port: 0,
        }
    }

    /// The cell it lives on, such as `ok14` or `op3`.
    #[must_use]
    pub fn cell(mut self, cell: &str) -> Self {
        cell.clone_into(&mut self.cell);
        self
    }

    /// Its pipeline: `idx`, or `v1` for the classic engine.
    #[must_use]
    pub fn pipeline(mut self, pipeline: &str) -> Self {
        pipeline.clone_into(&mut self.pipeline);
        self
    }

    /// The org's limit of one bucket, by pattern: `/api/v1/users`, `/api/v1/apps/{id}`,
    /// `/api/v1/apps*`.
    #[must_use]
    pub fn limit(mut self, pattern: &str, per_window: u32) -> Self {
        self.buckets.set(pattern, per_window);
        self
    }

    /// How long a rate-limit window is; Okta's is 60 s.
    #[must_use]
    pub fn window(mut self, length: Duration) -> Self {
        self.window = length;
        self
    }

    /// How long its signing keys may be cached when no change is near; Okta's 45 days. A key that
    /// signs no more leaves when this has passed.
    #[must_use]
    pub fn keys_fresh_for(mut self, length: Duration) -> Self {
        self.keys_fresh_for = length;
        self
    }

    /// The clock it lives by.
    #[must_use]
    pub fn clock(mut self, clock: &Clock) -> Self {
        self.clock = clock.clone();
        self
    }

    /// How many users it has: more than a page makes `next` links.
    #[must_use]
    pub fn people(mut self, people: usize) -> Self {
        self.people = people;
        self
    }

    /// Adds an API token.
    #[must_use]
    pub fn api_token(mut self, token: ApiToken) -> Self {
        self.api_tokens.push(token);
        self
    }

    /// Adds an access token of a service app with a value known beforehand; it holds for an hour.
    #[must_use]
    pub fn bearer<const N: usize>(mut self, value: &str, scopes: [&str; N]) -> Self {
        self.bearers
            .push(Mint::by(super::ORG).scopes(scopes).opaque(value));
        self
    }

    /// Adds an OAuth client, which may introspect.
    #[must_use]
    pub fn client(mut self, id: &str, secret: &str) -> Self {
        self.clients.push(OAuthClient {
            id: id.to_owned(),
            secret: secret.to_owned(),
        });
        self
    }

    /// Adds a service app, which mints access tokens for itself.
    #[must_use]
    pub fn service_app(mut self, app: ServiceApp) -> Self {
        self.apps.push(app);
        self
    }

    /// How long the tokens of service apps hold; Okta's an hour.
    #[must_use]
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// Adds a custom authorization server beside `default`.
    #[must_use]
    pub fn authorization_server(mut self, id: &str) -> Self {
        self.servers.push(id.to_owned());
        self
    }

    /// Adds a SAML identity provider whose certificate lasts so long.
    #[must_use]
    pub fn idp(mut self, name: &str, lasting: SignedDuration) -> Self {
        self.idps.push((name.to_owned(), lasting));
        self
    }

    /// Adds a custom domain whose certificate lasts so long, and which Okta renews where it `is_managed`.
    #[must_use]
    pub fn domain(mut self, name: &str, is_managed: bool, lasting: SignedDuration) -> Self {
        self.domains.push((name.to_owned(), is_managed, lasting));
        self
    }

    /// Takes a feature out of the org's plan, by path: it answers 401 E0000015.
    #[must_use]
    pub fn without_feature(mut self, path: &str) -> Self {
        self.unlicensed.push(path.to_owned());
        self
    }

    /// Lets the org's documents name an issuer other than its URL.
    #[must_use]
    pub fn issuer(mut self, issuer: &str) -> Self {
        self.issuer = Some(issuer.to_owned());
        self
    }

    /// The percentage of a bucket from which on it warns.
    #[must_use]
    pub fn warning_threshold(mut self, percent: u32) -> Self {
        self.warning_threshold = percent;
        self
    }

    /// How it treats single clients: `ENFORCE`, `PREVIEW` or `DISABLE`.
    #[must_use]
    pub fn client_mode(mut self, mode: &str) -> Self {
        mode.clone_into(&mut self.client_mode);
        self
    }

    /// Serves over TLS.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Serves on this port instead of any free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The OAuth clients it knows.
    pub(super) fn client_ids(&self) -> BTreeSet<&str> {
        let introspecting = self.clients.iter().map(|client| client.id.as_str());
        introspecting
            .chain(self.bearers.iter().map(Mint::client_id))
            .chain(self.apps.iter().map(|app| app.id.as_str()))
            .collect()
    }
}
