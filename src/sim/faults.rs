//! Ways for the simulated Okta to misbehave: one constructor each. Where and how often one applies
//! is kept here too; when it is looked up is decided in [`super::routes`].

use std::time::Duration;

use axum::body::{Body, Bytes};
use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::answer::Answer;
use super::faulty_bodies::{broken_off, endless, long, packed, silent_midway};
use super::rate_limit_bucket::RateLimitHeaders;

/// A misbehaviour. It lasts until it is cleared unless [`Fault::times`] bounds it.
#[derive(Clone, Debug)]
pub struct Fault {
    effect: Effect,
    left: Option<u32>,
    share: Share,
}

/// The first `hits` of every `of` requests.
#[derive(Clone, Debug)]
struct Share {
    hits: u32,
    of: u32,
    next: u32,
}

impl Share {
    const ALL: Self = Self {
        hits: 1,
        of: 1,
        next: 0,
    };

    fn hits_next(&mut self) -> bool {
        let is_hit = self.next < self.hits;
        self.next = (self.next + 1) % self.of;
        is_hit
    }
}

#[derive(Clone, Debug)]
enum Effect {
    Status(StatusCode),
    Error(StatusCode, String),
    RateLimited,
    Concurrency,
    RateLimitedWithoutHeaders,
    RetryAfter(u32),
    Stall(Duration),
    StallForever,
    Truncated,
    Endless,
    Oversized(usize),
    Bomb(usize),
    Body(String, Bytes),
    Headers(HeaderMap),
    Without(HeaderName),
    Midway,
    Challenge(StatusCode, String),
    EdgeNotFound,
    Edge(StatusCode, HeaderMap),
    Redirect(String),
    RedirectLoop,
}

impl Fault {
    fn new(effect: Effect) -> Self {
        Self {
            effect,
            left: None,
            share: Share::ALL,
        }
    }

    /// Applies only to the next `times` requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }

    /// Applies to the first `hits` of every `of` requests, and lets the others pass.
    #[must_use]
    pub fn share(mut self, hits: u32, of: u32) -> Self {
        let of = of.max(1);
        self.share = Share { hits, of, next: 0 };
        self
    }

    /// This status with Okta's envelope for an internal error; an invalid one becomes 500.
    pub fn status(status: u16) -> Self {
        Self::new(Effect::Status(valid(status)))
    }

    /// This status with an Okta error code.
    pub fn error(status: u16, code: &str) -> Self {
        Self::new(Effect::Error(valid(status), code.to_owned()))
    }

    /// The ordinary 429: the bucket's limit, nothing remaining, no `Retry-After`.
    pub fn rate_limited() -> Self {
        Self::new(Effect::RateLimited)
    }

    /// The 429 for too many requests at a time: limit 0.
    pub fn concurrency() -> Self {
        Self::new(Effect::Concurrency)
    }

    /// A 429 that does not say which limit was meant.
    pub fn rate_limited_without_headers() -> Self {
        Self::new(Effect::RateLimitedWithoutHeaders)
    }

    /// A 429 of a proxy, which unlike Okta says when to come back.
    pub fn retry_after(seconds: u32) -> Self {
        Self::new(Effect::RetryAfter(seconds))
    }

    /// Answers rightly, but this much later.
    pub fn stall(delay: Duration) -> Self {
        Self::new(Effect::Stall(delay))
    }

    /// Never answers.
    pub fn stall_forever() -> Self {
        Self::new(Effect::StallForever)
    }

    /// Promises more bytes than it sends, and hangs up.
    pub fn truncated() -> Self {
        Self::new(Effect::Truncated)
    }

    /// A body that never ends.
    pub fn endless() -> Self {
        Self::new(Effect::Endless)
    }

    /// A JSON body of about this many bytes.
    pub fn oversized(bytes: usize) -> Self {
        Self::new(Effect::Oversized(bytes))
    }

    /// A few bytes of gzip that unpack to a JSON body of about this many.
    pub fn bomb(bytes: usize) -> Self {
        Self::new(Effect::Bomb(bytes))
    }

    /// A web page where JSON was due.
    pub fn not_json() -> Self {
        Self::body("text/html", "<!DOCTYPE html><title>Sign in</title>")
    }

    /// 200 with this body.
    pub fn body(content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::new(Effect::Body(content_type.to_owned(), body.into()))
    }

    /// Answers rightly, but with these headers: each name's own lines are replaced, and a name
    /// given twice makes two lines. What is no header is left out.
    pub fn headers<const N: usize>(headers: [(&str, &str); N]) -> Self {
        Self::new(Effect::Headers(lines(headers)))
    }

    /// Answers rightly, but without this header. What is no header's name changes nothing.
    pub fn without(name: &str) -> Self {
        let nothing = Effect::Headers(HeaderMap::new());
        Self::new(name.parse().map_or(nothing, Effect::Without))
    }

    /// Begins an answer and falls silent.
    pub fn stall_midway() -> Self {
        Self::new(Effect::Midway)
    }

    /// This status with an empty body, and everything in `WWW-Authenticate`.
    pub fn challenge(status: u16, challenge: &str) -> Self {
        Self::new(Effect::Challenge(valid(status), challenge.to_owned()))
    }

    /// A page of the edge with this status.
    pub fn edge(status: u16) -> Self {
        Self::edge_that_says(status, [])
    }

    /// A page of the edge with this status and these headers, which nobody at Okta wrote: a `Date`
    /// by a wrong clock, a `Retry-After`, limits of its own. What is no header is left out.
    pub fn edge_that_says<const N: usize>(status: u16, headers: [(&str, &str); N]) -> Self {
        Self::new(Effect::Edge(valid(status), lines(headers)))
    }

    /// The edge's 404, as for a host or cell it cannot route to.
    pub fn edge_not_found() -> Self {
        Self::new(Effect::EdgeNotFound)
    }

    /// A redirect to another URL.
    pub fn redirect_to(url: &str) -> Self {
        Self::new(Effect::Redirect(url.to_owned()))
    }

    /// A redirect to the very URL that was asked for.
    pub fn redirect_loop() -> Self {
        Self::new(Effect::RedirectLoop)
    }

    /// Refuses the access token, whatever it is.
    pub fn invalid_token() -> Self {
        Self::bearer(401, "invalid_token", "The access token is invalid")
    }

    /// Wants a proof of possession, whatever the token is.
    pub fn wants_proof() -> Self {
        let words = "The resource request requires a DPoP proof.";
        Self::bearer(400, "invalid_request", words)
    }

    fn bearer(status: u16, error: &str, words: &str) -> Self {
        let told = format!("Bearer error=\"{error}\", error_description=\"{words}\"");
        Self::challenge(status, &told)
    }

    /// Whether it stands for the limit of requests at a time.
    pub(super) fn is_concurrency(&self) -> bool {
        matches!(self.effect, Effect::Concurrency)
    }

    /// Whether it stands for a bucket that is used up.
    pub(super) fn is_rate_limit(&self) -> bool {
        matches!(self.effect, Effect::RateLimited)
    }

    /// How long the answer is held back.
    pub(super) fn delay(&self) -> Option<Duration> {
        match self.effect {
            Effect::Stall(delay) => Some(delay),
            Effect::StallForever => Some(Duration::MAX),
            _ => None,
        }
    }

    /// The answer in place of the right one; absent where that one is only altered or late.
    pub(super) fn answer(&self, reading: RateLimitHeaders, path: &str) -> Option<Answer> {
        let spent = RateLimitHeaders {
            remaining: 0,
            ..reading
        };
        Some(match &self.effect {
            Effect::Status(status) => Answer::error(*status, "E0000009", "Internal Server Error"),
            Effect::Error(status, code) => {
                let answer = Answer::error(*status, code, "Simulated error");
                // Refusals show the bucket, except those of a credential and of a broken server.
                let shown = status.is_client_error() && *status != StatusCode::UNAUTHORIZED;
                if shown {
                    answer.limits(reading)
                } else {
                    answer
                }
            }
            Effect::RateLimited => Answer::too_many_requests().limits(spent),
            Effect::Concurrency => {
                Answer::too_many_requests().limits(RateLimitHeaders { limit: 0, ..spent })
            }
            Effect::RateLimitedWithoutHeaders => Answer::too_many_requests(),
            Effect::RetryAfter(seconds) => {
                Answer::too_many_requests().with(RETRY_AFTER, &seconds.to_string())
            }
            Effect::Truncated => Answer::new(StatusCode::OK, broken_off())
                .with(CONTENT_TYPE, "application/json")
                .with(CONTENT_LENGTH, "1000000"),
            Effect::Endless => {
                Answer::new(StatusCode::OK, endless()).with(CONTENT_TYPE, "application/json")
            }
            Effect::Oversized(bytes) => {
                Answer::new(StatusCode::OK, long(*bytes)).with(CONTENT_TYPE, "application/json")
            }
            Effect::Bomb(bytes) => Answer::new(StatusCode::OK, packed(&long(*bytes)))
                .with(CONTENT_TYPE, "application/json")
                .with(CONTENT_ENCODING, "gzip"),
            Effect::Body(content_type, body) => {
                Answer::new(StatusCode::OK, body.clone()).with(CONTENT_TYPE, content_type)
            }
            Effect::Midway => {
                Answer::new(StatusCode::OK, silent_midway()).with(CONTENT_TYPE, "application/json")
            }
            Effect::Challenge(status, challenge) => {
                Answer::new(*status, Body::empty()).with(WWW_AUTHENTICATE, challenge)
            }
            Effect::EdgeNotFound => Answer::edge_not_found(),
            Effect::Edge(status, _) => Answer::edge_page(*status),
            Effect::Redirect(url) => redirect(url),
            Effect::RedirectLoop => redirect(path),
            Effect::Headers(_) | Effect::Without(_) | Effect::Stall(_) | Effect::StallForever => {
                return None;
            }
        })
    }

    /// Alters the headers of an answer that is otherwise right.
    pub(super) fn alter(&self, headers: &mut HeaderMap) {
        match &self.effect {
            Effect::Headers(wanted) | Effect::Edge(_, wanted) => {
                for name in wanted.keys() {
                    headers.remove(name);
                }
                for (name, value) in wanted {
                    headers.append(name, HeaderValue::clone(value));
                }
            }
            Effect::Without(name) => drop(headers.remove(name)),
            _ => {}
        }
    }
}

fn lines<const N: usize>(headers: [(&str, &str); N]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
            map.append(name, value);
        }
    }
    map
}

fn valid(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn redirect(to: &str) -> Answer {
    Answer::new(StatusCode::FOUND, Body::empty()).with(LOCATION, to)
}

/// The faults in force, the latest first; one for each prefix.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<(String, Fault)>);

impl Faults {
    pub(super) fn insert(&mut self, prefix: &str, fault: Fault) {
        self.0.retain(|(known, _)| known != prefix);
        self.0.insert(0, (prefix.to_owned(), fault));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault that this request meets, if any, one use of it spent.
    pub(super) fn apply(&mut self, path: &str) -> Option<Fault> {
        self.0.retain(|(_, fault)| fault.left != Some(0));
        let (_, fault) = self
            .0
            .iter_mut()
            .find(|(prefix, _)| path.starts_with(prefix))?;
        if !fault.share.hits_next() {
            return None;
        }
        fault.left = fault.left.map(|left| left - 1);
        Some(fault.clone())
    }
}
