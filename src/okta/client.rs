//! Asking Okta: one pooled client per host, and a handle that writes every exchange down.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode, header};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use url::Url;

use super::{
    Answered, ApiError, Credential, Exchange, Failure, LimitKind, RateLimit, Refusal, bucket,
    certificate, date, rate_limit,
    transport::{Resolver, TimedConnect, Trace, redirects_stay_home, sort},
};
use crate::units::{Secret, Timestamp, is_loopback};

/// The most that any answer of Okta's API may hold.
const MOST_BYTES: usize = 4 << 20;

const USER_AGENT: &str = concat!("okta-exporter/", env!("CARGO_PKG_VERSION"));

/// A client for one host: its connections are pooled, it keeps no cookies, it verifies TLS.
#[derive(Clone, Debug)]
pub struct Client {
    pooled: reqwest::Client,
    fresh: reqwest::Client,
    origin: Url,
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
    /// A client for the host of this URL. A CA file is trusted besides the system's own.
    pub fn new(url: &Url, ca_file: Option<&Path>) -> Result<Self, NoClient> {
        let ca = ca_file.map(certificates).transpose()?.unwrap_or_default();
        let build = |builder: reqwest::ClientBuilder| {
            builder
                .build()
                .map_err(|e| NoClient::Setup(e.without_url().to_string()))
        };
        let mut origin = url.clone();
        origin.set_path("");
        origin.set_query(None);
        Ok(Self {
            pooled: build(builder(url, &ca).pool_idle_timeout(Duration::from_mins(5)))?,
            fresh: build(builder(url, &ca).pool_max_idle_per_host(0))?,
            origin,
        })
    }
}

fn builder(url: &Url, ca: &[reqwest::Certificate]) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .tls_backend_rustls()
        .tls_info(true)
        .redirect(redirects_stay_home())
        .dns_resolver(Resolver)
        .connector_layer(TimedConnect)
        .tcp_keepalive(Duration::from_mins(1))
        .tls_certs_merge(ca.iter().cloned());
    // A proxy is for what lies outside.
    if is_loopback(url) {
        builder.no_proxy()
    } else {
        builder
    }
}

fn certificates(path: &Path) -> Result<Vec<reqwest::Certificate>, NoClient> {
    let pem = std::fs::read(path).map_err(|e| NoClient::CaFile(path.to_owned(), e.to_string()))?;
    let certificates = reqwest::Certificate::from_pem_bundle(&pem).unwrap_or_default();
    if certificates.is_empty() {
        Err(NoClient::NoCertificate(path.to_owned()))
    } else {
        Ok(certificates)
    }
}

/// One request to be made.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    endpoint: Cow<'static, str>,
    path: Cow<'a, str>,
    credential: Option<&'a Credential>,
    accept: &'static str,
    user_agent: Option<&'static str>,
    anew: bool,
    form: Option<Form<'a>>,
}

/// A form to be posted, with the client that posts it.
#[derive(Debug, Clone)]
pub struct Form<'a> {
    /// The secret that the form carries: its field's name and value.
    pub secret: (&'static str, &'a Secret),
    /// The other fields.
    pub fields: &'a [(&'static str, &'a str)],
    /// The client's id and secret, sent as HTTP Basic.
    pub client: Option<(&'a str, &'a Secret)>,
}

impl<'a> Ask<'a> {
    /// A GET. `endpoint` is a short name from the configuration or from this program, since it
    /// becomes a label.
    pub fn get(endpoint: impl Into<Cow<'static, str>>, path: impl Into<Cow<'a, str>>) -> Self {
        Self {
            endpoint: endpoint.into(),
            path: path.into(),
            credential: None,
            accept: "application/json",
            user_agent: None,
            anew: false,
            form: None,
        }
    }

    /// A POST of a form.
    pub fn post(
        endpoint: impl Into<Cow<'static, str>>,
        path: impl Into<Cow<'a, str>>,
        form: Form<'a>,
    ) -> Self {
        Self {
            form: Some(form),
            ..Self::get(endpoint, path)
        }
    }

    /// With this credential.
    #[must_use]
    pub fn with(self, credential: Option<&'a Credential>) -> Self {
        Self { credential, ..self }
    }

    /// Over a connection of its own, as a new client would come.
    #[must_use]
    pub fn connecting_anew(self) -> Self {
        Self { anew: true, ..self }
    }

    /// As a browser would ask for a page.
    #[must_use]
    pub fn as_browser(self) -> Self {
        Self {
            accept: "text/html, application/xhtml+xml, application/json;q=0.9, application/atom+xml;q=0.9, */*;q=0.5",
            // Okta's status page is made for browsers, and what stands before it may turn others away.
            user_agent: Some(concat!(
                "Mozilla/5.0 (compatible; okta-exporter/",
                env!("CARGO_PKG_VERSION"),
                ")"
            )),
            ..self
        }
    }
}

/// An answer with a 2xx status, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// All headers.
    pub headers: HeaderMap,
    /// The body, bounded.
    pub body: Bytes,
    /// Okta's `Date`.
    pub date: Option<Timestamp>,
    /// What was said in status and headers, for those who look at them.
    pub answered: Answered,
}

impl Answer {
    /// The body as JSON of an expected shape. The error tells where it breaks, and shows nothing
    /// of what stands there.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|e| {
            let what = match e.classify() {
                serde_json::error::Category::Data => "it is JSON, but not of the expected shape",
                serde_json::error::Category::Eof => "it ends too early",
                serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
                    "it is not JSON"
                }
            };
            Failure::InvalidBody(format!("{what} (line {}, column {})", e.line(), e.column()))
        })
    }
}

/// What one run of a probe is given: it may ask, and every exchange is written down.
#[derive(Debug)]
pub struct Okta<'a> {
    client: &'a Client,
    timeout: Duration,
    exchanges: Mutex<Vec<Exchange>>,
}

impl<'a> Okta<'a> {
    /// A handle for one run; each request is given this time.
    pub fn new(client: &'a Client, timeout: Duration) -> Self {
        Self {
            client,
            timeout,
            exchanges: Mutex::default(),
        }
    }

    /// The org's (or page's) origin, for comparing issuers.
    pub fn origin(&self) -> &Url {
        &self.client.origin
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

    /// Asks, and waits for the whole answer. Any status but 2xx is [`Failure::Refused`].
    pub async fn ask(&self, ask: Ask<'_>) -> Result<Answer, Failure> {
        let (trace, at, start) = (Trace::default(), Timestamp::now(), Instant::now());
        let http = if ask.anew {
            &self.client.fresh
        } else {
            &self.client.pooled
        };
        let request = self.request(&ask)?;
        let exchange = trace.scope(exchange(http, request, &trace));
        let received = match tokio::time::timeout(self.timeout, exchange).await {
            Ok(received) => received,
            Err(_) => Err(Failure::Timeout {
                phase: trace.waiting_for(),
                after: self.timeout,
            }),
        };
        let method = if ask.form.is_some() { "POST" } else { "GET" };
        let path = ask.path.split(['?', '#']).next().unwrap_or_default();
        let (answer, result) = match received {
            Ok(received) => received.judge(path),
            Err(failure) => (
                Err(failure.request_reason().unwrap_or("body")),
                Err(failure),
            ),
        };
        self.exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Exchange {
                endpoint: ask.endpoint,
                credential: ask.credential.map(|credential| credential.name.clone()),
                bucket: bucket(method, path),
                at,
                took: start.elapsed(),
                phases: trace.phases(),
                answer,
            });
        result
    }

    fn request(&self, ask: &Ask<'_>) -> Result<reqwest::Request, Failure> {
        let url = self
            .client
            .origin
            .join(&ask.path)
            .map_err(|e| Failure::Internal(format!("{}: {e}", ask.path)))?;
        if url.origin() != self.client.origin.origin() {
            return Err(Failure::Internal(format!(
                "the path {} leaves the org's host",
                ask.path
            )));
        }
        let mut request = match &ask.form {
            None => self.client.pooled.request(Method::GET, url),
            Some(form) => {
                let mut fields = vec![(form.secret.0, form.secret.1.expose_secret())];
                fields.extend_from_slice(form.fields);
                let request = self.client.pooled.request(Method::POST, url).form(&fields);
                match form.client {
                    Some((id, secret)) => request.basic_auth(id, Some(secret.expose_secret())),
                    None => request,
                }
            }
        };
        request = request.header(header::ACCEPT, ask.accept);
        if let Some(user_agent) = ask.user_agent {
            request = request.header(header::USER_AGENT, user_agent);
        }
        if let Some(credential) = ask.credential {
            request = request.header(header::AUTHORIZATION, credential.authorization()?);
        }
        request
            .build()
            .map_err(|e| Failure::Internal(e.without_url().to_string()))
    }
}

/// Sends, and reads the answer to its end, or to its bound.
async fn exchange(
    http: &reqwest::Client,
    request: reqwest::Request,
    trace: &Trace,
) -> Result<Received, Failure> {
    let start = Instant::now();
    let host = request.url().host_str().unwrap_or_default().to_owned();
    let sorted = |e: reqwest::Error| sort(&e, &host, trace.phases());
    let mut response = http.execute(request).await.map_err(sorted)?;
    trace.first_byte(start.elapsed());
    let first_byte = Instant::now();
    let too_large = Failure::TooLarge { limit: MOST_BYTES };
    if response
        .content_length()
        .is_some_and(|announced| announced > MOST_BYTES as u64)
    {
        return Err(too_large);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(sorted)? {
        if body.len() + chunk.len() > MOST_BYTES {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    trace.body(first_byte.elapsed());
    let tls = response.extensions().get::<reqwest::tls::TlsInfo>();
    Ok(Received {
        status: response.status(),
        certificate_not_after: tls
            .and_then(reqwest::tls::TlsInfo::peer_certificate)
            .and_then(certificate::not_after),
        headers: std::mem::take(response.headers_mut()),
        body: body.freeze(),
    })
}

/// An answer as it came, before it is judged.
struct Received {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    certificate_not_after: Option<Timestamp>,
}

impl Received {
    /// What the ledger learns of it, and what the probe gets.
    fn judge(self, path: &str) -> (Result<Answered, &'static str>, Result<Answer, Failure>) {
        let Self {
            status,
            headers,
            body,
            certificate_not_after,
        } = self;
        let date = date::of(&headers, &header::DATE);
        let limited =
            (status == StatusCode::TOO_MANY_REQUESTS).then(|| LimitKind::of_429(&headers));
        let error = (!status.is_success()).then(|| ApiError::read(&headers, &body));
        let answered = Answered {
            status: status.as_u16(),
            error_code: error.as_ref().and_then(ApiError::label),
            date,
            rate_limit: RateLimit::read(&headers),
            limited,
            certificate_not_after,
        };
        let result = match error {
            None => Ok(Answer {
                headers,
                body,
                date,
                answered: answered.clone(),
            }),
            Some(error) => Err(Failure::Refused(Box::new(Refusal {
                status: status.as_u16(),
                path: path.to_owned(),
                error,
                request_id: request_id(&headers),
                date,
                limited,
                back_off: rate_limit::back_off(&headers, limited, date),
            }))),
        };
        (Ok(answered), result)
    }
}

/// `X-Okta-Request-Id`, where it looks like one: it goes into logs.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-okta-request-id")?.to_str().ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_@.=+/".contains(c);
    (!id.is_empty() && id.len() <= 128 && id.chars().all(plain)).then(|| id.to_owned())
}
