//! What a probe asks with: it sends a request, reads the answer to its end or its bound, and writes
//! every exchange down.

use std::{
    borrow::Cow,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use percent_encoding::percent_decode_str;
use secrecy::ExposeSecret;
use url::{Position, Url};

use super::{
    admission::Admission,
    client::{Client, USER_AGENT},
    exchange::Exchange,
    gate::{Charge, ExhaustedWindow, Gate},
    proxy::Proxy,
    request::{AuthHeaders, Request},
    response::{Asked, Response},
    sending::{Outgoing, exchange},
    trace::Trace,
};
use crate::okta::{
    Failure, NoSecret, SecretSource, clock::OktaClock, headers::link, path, sanitize,
    secret::sensitive,
};
use crate::units::{Moment, OktaTime, Secret, Timestamp, without_secrets};

/// What a form is sent as.
const FORM: &str = "application/x-www-form-urlencoded";

/// What one run of a probe is given: it may ask, and every exchange is written down.
#[derive(Debug)]
pub struct Session<'a> {
    client: &'a Client,
    timeout: Duration,
    gate: Option<&'a dyn Gate>,
    exchanges: Mutex<Vec<Exchange>>,
}

impl<'a> Session<'a> {
    /// A handle for one run; each request is given this time.
    pub fn new(client: &'a Client, timeout: Duration) -> Self {
        Self {
            client,
            timeout,
            gate: None,
            exchanges: Mutex::default(),
        }
    }

    /// The org's name, for the log.
    pub fn org(&self) -> &str {
        self.client.org()
    }

    /// Asks this gate before each request that counts against a limit.
    #[must_use]
    pub fn through(self, gate: &'a dyn Gate) -> Self {
        Self {
            gate: Some(gate),
            ..self
        }
    }

    /// The org's (or page's) origin, for comparing issuers.
    pub fn origin(&self) -> &Url {
        &self.client.origin
    }

    /// The last windows of the org's limits in which nothing was left, as far as the gate knows.
    pub fn exhausted(&self) -> Vec<ExhaustedWindow> {
        self.gate.map(Gate::exhausted).unwrap_or_default()
    }

    /// What the org is reached by.
    pub fn origins(&self) -> &crate::okta::Origins {
        self.client.origins()
    }

    /// What was exchanged so far, in order; the list is empty afterwards.
    pub fn take_exchanges(&self) -> Vec<Exchange> {
        std::mem::take(
            &mut *self
                .exchanges
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Reads a secret apart from the threads that serve, and for no longer than a request may take:
    /// the file where it is kept may lie on what hangs.
    pub(crate) async fn secret<T: Send + 'static>(
        &self,
        place: Option<&SecretSource>,
        read: impl FnOnce() -> Result<T, NoSecret> + Send + 'static,
    ) -> Result<T, Failure> {
        let Some(place @ SecretSource::File(_)) = place else {
            return Ok(read()?);
        };
        let reading = tokio::task::spawn_blocking(read);
        match tokio::time::timeout(self.timeout, reading).await {
            Ok(Ok(read)) => Ok(read?),
            Ok(Err(broken)) => Err(Failure::Internal(broken.to_string())),
            Err(_) => Err(NoSecret::Hangs(place.to_string()).into()),
        }
    }

    /// Asks the gate whether a request may be sent. It may have to wait, so whatever is dated is
    /// made after it.
    pub(in crate::okta) async fn admit(
        &self,
        request: &Request<'_>,
    ) -> Result<Admission<'a>, Failure> {
        let charge = self.bucket(request).map(|bucket| Charge {
            credential: request.credential.map(|credential| credential.name.clone()),
            api: request.api.clone(),
            bucket,
        });
        Admission::ask(self.gate, charge).await
    }

    /// The bucket of the org's that a request draws on.
    fn bucket(&self, request: &Request<'_>) -> Option<Cow<'static, str>> {
        let is_of_org = !request.is_for_disaster_recovery;
        is_of_org.then(|| self.client.bucket_of(request.method(), request.path()))?
    }

    /// The client for the host that a request is for.
    fn client(&self, request: &Request<'_>) -> Result<Cow<'a, Client>, Failure> {
        if request.is_for_disaster_recovery {
            return self.client.of_disaster_recovery().map(Cow::Owned);
        }
        Ok(Cow::Borrowed(self.client))
    }

    /// The URL that a request goes to.
    pub(in crate::okta) fn url_of(&self, request: &Request<'_>) -> Result<Url, Failure> {
        url_at(&self.client(request)?.origin, &request.path)
    }

    /// Sends one request that was admitted, and writes the exchange down.
    pub(in crate::okta) async fn send(
        &self,
        request: &Request<'_>,
        auth: AuthHeaders,
        mut admission: Admission<'_>,
    ) -> Attempt {
        let scheme = auth.scheme();
        // A hop that counts against a limit would be one that nobody admitted.
        let is_counted = self.bucket(request).is_some();
        let is_of_org = !request.is_for_disaster_recovery;
        let is_whole = auth.dpop.is_some() || request.form.is_some();
        let is_head = request.method == Method::HEAD;
        let one_url = is_counted || is_whole || is_head || !is_of_org;
        let outgoing = self.build(request, auth, one_url);
        let (outgoing, client) = match (outgoing, self.client(request)) {
            (Ok(outgoing), Ok(client)) => (outgoing, client),
            (Err(failure), _) | (_, Err(failure)) => return Attempt::unsent(failure),
        };
        let client = &*client;
        admission.sending();
        let (trace, at, sent) = (Trace::default(), self.here(), Moment::now());
        let exchange = async {
            if request.new_connection {
                Box::pin(exchange(client, &client.fresh, outgoing, &trace)).await
            } else {
                let exchange = Box::pin(exchange(client, &client.pooled, outgoing, &trace));
                client.first.share(&trace, exchange).await
            }
        };
        let exchange = trace.scope(exchange);
        let received = match tokio::time::timeout(self.timeout, exchange).await {
            Ok(received) => received,
            Err(_) => Err(Failure::Timeout {
                phase: trace.waiting_for(),
                after: self.timeout,
                proxy: self.client.proxy.as_ref().map(ToString::to_string),
            }),
        };
        let path = request.path();
        let asked = Asked {
            path,
            scheme: scheme.as_deref(),
            anonymous: request.credential.is_none(),
            org: self.client.is_org(),
        };
        let mut headers = HeaderMap::new();
        let (answer, result) = match received {
            Ok(received) => {
                headers.clone_from(&received.headers);
                let (meta, result) = received.judge(&asked);
                let meta = match (self.client.is_org(), is_of_org) {
                    (true, true) => meta,
                    (true, false) => meta.of_other_host(),
                    (false, _) => meta.of_page(),
                };
                (Ok(meta), result)
            }
            Err(failure) => (
                Err(failure.request_reason().unwrap_or("body")),
                Err(failure),
            ),
        };
        let closed = matches!(result, Err(Failure::Connect { .. })) && trace.connection().is_none();
        let exchange = Exchange {
            api: request.api.clone(),
            path: path.to_owned(),
            credential: request.credential.map(|credential| credential.name.clone()),
            bucket: self.bucket(request),
            at,
            sent,
            took: Moment::now().since(sent),
            phases: trace.phases(),
            answer,
        };
        admission.settle(&exchange, &self.client.clock);
        self.exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(exchange);
        Attempt {
            result,
            headers,
            closed,
        }
    }

    /// What time it is here.
    pub fn here(&self) -> Timestamp {
        self.client.clock.here()
    }

    /// What time it is at Okta, as far as its answers have told.
    pub fn oktas_time(&self) -> OktaTime {
        self.client.clock.now()
    }

    /// Okta's clock.
    pub(in crate::okta) fn clock(&self) -> &OktaClock {
        &self.client.clock
    }

    /// The URL of a path of this host, without doubled slashes: Okta compares it letter by letter
    /// with the one that a proof names.
    pub(in crate::okta) fn url(&self, path: &str) -> Result<Url, Failure> {
        url_at(&self.client.origin, path)
    }

    /// The path of the page that follows the one at `path`, where a `Link` names one. The same list of
    /// the same host only: a credential goes along, and the budget is of that list's bucket.
    pub fn next_page(&self, path: &str, headers: &HeaderMap) -> Result<Option<String>, Failure> {
        let Some(target) = link::next(headers) else {
            return Ok(None);
        };
        let asked = self.url(path)?;
        let foreign = || Failure::ForeignLink(sanitize::clean(&target));
        let next = asked.join(&target).map_err(|_| foreign())?;
        if next.origin() != asked.origin() || next.path() != asked.path() {
            return Err(foreign());
        }
        Ok(Some(
            next[Position::BeforePath..Position::AfterQuery].to_owned(),
        ))
    }

    fn build(
        &self,
        request: &Request<'_>,
        auth: AuthHeaders,
        one_url: bool,
    ) -> Result<Outgoing, Failure> {
        let url = self.url_of(request)?;
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(request.accept));
        let user_agent = request.user_agent.unwrap_or(USER_AGENT);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(user_agent));
        let mut body = Bytes::new();
        if let Some(form) = &request.form {
            let secret = form.secrets.iter();
            let secret = secret.map(|(name, secret)| (*name, secret.expose_secret()));
            body = sensitive::form(secret.chain(form.fields.iter().copied()));
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FORM));
            if let Some((id, secret)) = form.client {
                headers.insert(header::AUTHORIZATION, sensitive::basic(id, secret)?);
            }
        }
        if !url.username().is_empty() {
            let decoded = |text| percent_decode_str(text).decode_utf8_lossy();
            let password = Secret::from(&*decoded(url.password().unwrap_or_default()));
            let basic = sensitive::basic(&decoded(url.username()), &password)?;
            headers.insert(header::AUTHORIZATION, basic);
        }
        let AuthHeaders {
            authorization,
            dpop,
        } = auth;
        if let Some(authorization) = authorization {
            headers.insert(header::AUTHORIZATION, authorization);
        }
        if let Some(dpop) = dpop {
            headers.insert("dpop", dpop);
        }
        // Over TLS the proxy is asked for a tunnel, with its own.
        let proxy = self.client.proxy.as_ref().and_then(Proxy::auth);
        if let Some(auth) = proxy.filter(|_| url.scheme() == "http") {
            headers.insert(header::PROXY_AUTHORIZATION, auth.clone());
        }
        Ok(Outgoing {
            method: request.method.clone(),
            url,
            headers,
            body,
            most: request.most_bytes,
            may_be_cut: request.may_be_cut,
            one_url,
        })
    }
}

/// The URL of a path of this host.
fn url_at(origin: &Url, path: &str) -> Result<Url, Failure> {
    let shown = without_secrets(path);
    let leaves = || Failure::Internal(format!("the path {shown} leaves the org's host"));
    let url = origin
        .join(&path::normal(path))
        .map_err(|e| Failure::Internal(format!("{shown}: {e}")))?;
    if url.origin() != origin.origin() {
        return Err(leaves());
    }
    Ok(url)
}

/// What came of one request, and the headers of the answer: a refusal may bring a nonce along.
#[derive(Debug)]
pub(in crate::okta) struct Attempt {
    pub(in crate::okta) result: Result<Response, Failure>,
    pub(in crate::okta) headers: HeaderMap,
    /// It went out over a connection that was kept, and that ended before a byte came back: nothing
    /// is shown of the host, and what only reads may be sent once more, over a new one.
    pub(in crate::okta) closed: bool,
}

impl Attempt {
    fn unsent(failure: Failure) -> Self {
        Self {
            result: Err(failure),
            headers: HeaderMap::new(),
            closed: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::okta::{Proxies, TlsSetup};

    #[test]
    fn a_url_has_no_doubled_slash_in_its_path_and_never_leaves_the_host() {
        let origin = Url::parse("https://acme.okta.com").unwrap();
        let client =
            Client::new(&origin, &TlsSetup::new(None).unwrap(), &Proxies::default()).unwrap();
        let okta = Session::new(&client, Duration::from_secs(1));
        for (path, url) in [
            (
                "/api/v1/users?limit=1",
                "https://acme.okta.com/api/v1/users?limit=1",
            ),
            (
                "/api//v1///users?x=a//b",
                "https://acme.okta.com/api/v1/users?x=a//b",
            ),
            ("/oauth2/v1/token", "https://acme.okta.com/oauth2/v1/token"),
        ] {
            assert_eq!(okta.url(path).unwrap().as_str(), url);
        }
        for elsewhere in [
            "//evil.example/api",
            "https://evil.example/",
            "http://acme.okta.com/",
        ] {
            assert!(okta.url(elsewhere).is_err(), "{elsewhere}");
        }
    }
}
