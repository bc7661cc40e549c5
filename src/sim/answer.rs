//! Okta's answers as it words them: envelopes, challenges, edge pages, and the headers every
//! answer carries. Which answer is due is decided in [`super::routes`].

use axum::body::Body;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, DATE, HeaderName, LINK, SERVER, SET_COOKIE, WWW_AUTHENTICATE,
};
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};

use super::rate_limit_bucket::RateLimitHeaders;

/// Marks an answer of the edge, which no application server saw: no request id, no cookies.
#[derive(Clone, Copy, Debug)]
struct Edge;

/// An answer being put together.
pub(super) struct Answer(Response);

impl Answer {
    pub(super) fn new(status: StatusCode, body: impl Into<Body>) -> Self {
        let mut response = Response::new(body.into());
        *response.status_mut() = status;
        Self(response)
    }

    pub(super) fn json(status: StatusCode, body: &Value) -> Self {
        Self::new(status, body.to_string()).with(CONTENT_TYPE, "application/json")
    }

    pub(super) fn ok(body: &Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// An uncached answer of the Management API.
    pub(super) fn resource(body: &Value) -> Self {
        Self::ok(body).with(CACHE_CONTROL, "no-cache, no-store")
    }

    /// Okta's error envelope.
    pub(super) fn error(status: StatusCode, code: &str, summary: &str) -> Self {
        let id = format!("oae{}", random(22));
        Self::json(
            status,
            &json!({
                "errorCode": code,
                "errorSummary": summary,
                "errorLink": code,
                "errorId": id,
                "errorCauses": [],
            }),
        )
    }

    /// OAuth's error object.
    pub(super) fn oauth_error(status: StatusCode, error: &str, description: &str) -> Self {
        Self::json(
            status,
            &json!({ "error": error, "error_description": description }),
        )
    }

    pub(super) fn not_found(what: &str) -> Self {
        let summary = format!("Not found: Resource not found: {what}");
        Self::error(StatusCode::NOT_FOUND, "E0000007", &summary)
    }

    pub(super) fn invalid_token() -> Self {
        Self::error(
            StatusCode::UNAUTHORIZED,
            "E0000011",
            "Invalid token provided",
        )
        .with(WWW_AUTHENTICATE, "SSWS")
    }

    /// For a request that carries no credential: a browser's session might have, and is not there.
    pub(super) fn no_session() -> Self {
        Self::error(StatusCode::FORBIDDEN, "E0000005", "Invalid session")
    }

    pub(super) fn not_licensed() -> Self {
        let summary = "You do not have permission to access the feature you are requesting";
        Self::error(StatusCode::UNAUTHORIZED, "E0000015", summary)
    }

    pub(super) fn role_lacks_permission() -> Self {
        let summary = "You do not have permission to perform the requested action";
        Self::error(StatusCode::FORBIDDEN, "E0000006", summary)
    }

    pub(super) fn too_many_requests() -> Self {
        let summary = "API call exceeded rate limit due to too many requests.";
        Self::error(StatusCode::TOO_MANY_REQUESTS, "E0000047", summary)
    }

    pub(super) fn edge_not_found() -> Self {
        let body = r#"{"status":404,"message":"Resource not found"}"#;
        Self::new(StatusCode::NOT_FOUND, Body::from(body.as_bytes()))
            .with(SERVER, "Apache")
            .with(http::header::ETAG, "\"2e-63be058652280\"")
            .at_the_edge()
    }

    pub(super) fn edge_page(status: StatusCode) -> Self {
        let body = format!("<html><head><title>{status}</title></head></html>");
        Self::new(status, body)
            .with(CONTENT_TYPE, "text/html")
            .at_the_edge()
    }

    pub(super) fn edge_wrong_method() -> Self {
        let summary = "The endpoint does not support the provided HTTP method";
        Self::error(StatusCode::METHOD_NOT_ALLOWED, "E0000022", summary).at_the_edge()
    }

    fn at_the_edge(mut self) -> Self {
        self.0.extensions_mut().insert(Edge);
        self
    }

    /// Sets a header; a value that HTTP cannot carry is left out.
    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().insert(name, value);
        }
        self
    }

    /// Adds a line, keeping those of the same name: Okta sends each link as a line of its own.
    pub(super) fn and(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().append(name, value);
        }
        self
    }

    pub(super) fn link(self, url: &str, rel: &str) -> Self {
        self.and(LINK, &format!("<{url}>; rel=\"{rel}\""))
    }

    pub(super) fn limits(self, reading: RateLimitHeaders) -> Self {
        self.with(
            HeaderName::from_static("x-rate-limit-limit"),
            &reading.limit.to_string(),
        )
        .with(
            HeaderName::from_static("x-rate-limit-remaining"),
            &reading.remaining.to_string(),
        )
        .with(
            HeaderName::from_static("x-rate-limit-reset"),
            &reading.reset.to_string(),
        )
    }

    /// Adds what every answer carries: the date, and unless the edge spoke, the request id.
    pub(super) fn stamped(self, now: Timestamp) -> Self {
        let edge = self.0.extensions().get::<Edge>().is_some();
        let served = self.0.headers().contains_key(SERVER);
        let answer = self.with(DATE, &http_date(now));
        let answer = if served {
            answer
        } else {
            answer.with(SERVER, "nginx")
        };
        if edge {
            return answer;
        }
        answer.with(HeaderName::from_static("x-okta-request-id"), &random(32))
    }

    /// Okta sets these on every API answer, also to callers that keep no cookies.
    pub(super) fn cookies(self) -> Self {
        if self.0.extensions().get::<Edge>().is_some() {
            return self;
        }
        self.and(SET_COOKIE, "sid=\"\";Version=1;Path=/;Max-Age=0")
            .and(
                SET_COOKIE,
                &format!("JSESSIONID={}; Path=/; Secure; HttpOnly", random(32)),
            )
    }

    pub(super) fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    pub(super) fn response_mut(&mut self) -> &mut Response {
        &mut self.0
    }

    pub(super) fn into_response(self) -> Response {
        self.0
    }
}

/// The date as HTTP writes it.
pub(super) fn http_date(at: Timestamp) -> String {
    DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&at)
        .unwrap_or_default()
}

/// A random word such as Okta's ids are.
pub(super) fn random(length: usize) -> String {
    std::iter::repeat_with(fastrand::alphanumeric)
        .take(length)
        .collect()
}

/// An id that ends in its number, so that a link from a list leads to the same thing.
pub(super) fn id(prefix: &str, number: usize) -> String {
    format!("{prefix}{number:017}")
}
