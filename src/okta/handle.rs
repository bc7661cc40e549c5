//! What a probe asks with: it sends a request, reads the answer to its end or its bound, and writes
//! every exchange down.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bytes::BytesMut;
use http::{Method, header};
use secrecy::ExposeSecret;
use tokio::time::Instant;
use url::Url;

use super::{
    Answer, Ask, Client, Exchange, Failure,
    answer::Received,
    certificate,
    transport::{Trace, sort},
};
use crate::units::Timestamp;

/// The most that any answer of Okta's API may hold.
const MOST_BYTES: usize = 4 << 20;

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
            Ok(received) => received.judge(path, ask.credential.is_none()),
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
                path: path.to_owned(),
                credential: ask.credential.map(|credential| credential.name.clone()),
                bucket: self.client.buckets.of(method, path),
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
