//! An answer as it came, and what is told of it: to the probe that asked, and to the ledger.

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::exchange::ResponseMeta;
use crate::okta::{
    ApiError, Failure, LimitKind, RateLimit, Refusal,
    headers::{date, rate_limit},
};
use crate::units::Timestamp;

/// An answer with a 2xx status, whole.
#[derive(Debug, Clone)]
pub struct Response {
    /// All headers.
    pub headers: HeaderMap,
    /// The body, bounded.
    pub body: Bytes,
    /// It came over a connection that was made for it, and not over one that was kept.
    pub new_connection: bool,
}

impl Response {
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

/// An answer as it came, before it is judged.
pub(super) struct RawResponse {
    pub(super) status: StatusCode,
    pub(in crate::okta) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) certificate_not_after: Option<Timestamp>,
    pub(super) new_connection: bool,
}

impl RawResponse {
    /// What the ledger learns of it, and what the probe gets.
    pub(super) fn judge(
        self,
        path: &str,
        anonymous: bool,
    ) -> (ResponseMeta, Result<Response, Failure>) {
        let Self {
            status,
            headers,
            body,
            certificate_not_after,
            new_connection,
        } = self;
        let date = date::of(&headers, &header::DATE);
        let limited =
            (status == StatusCode::TOO_MANY_REQUESTS).then(|| LimitKind::of_429(&headers));
        let error = (!status.is_success()).then(|| ApiError::read(&headers, &body));
        let request_id = request_id(&headers);
        let meta = ResponseMeta {
            status: status.as_u16(),
            request_id: request_id.clone(),
            // A challenge asks for a nonce and refuses nothing.
            error_code: error
                .as_ref()
                .and_then(ApiError::label)
                .filter(|label| *label != "use_dpop_nonce"),
            // What a cache on the way kept was dated long ago.
            date: date.filter(|_| !headers.contains_key(header::AGE)),
            rate_limit: RateLimit::read(&headers),
            limited,
            certificate_not_after,
        };
        let result = match error {
            None => Ok(Response {
                headers,
                body,
                new_connection,
            }),
            Some(error) => Err(Failure::Refused(Box::new(Refusal {
                status: status.as_u16(),
                path: path.to_owned(),
                anonymous,
                error,
                request_id,
                date,
                limited,
                back_off: rate_limit::back_off(&headers, limited, date),
            }))),
        };
        (meta, result)
    }
}

/// `X-Okta-Request-Id`, where it looks like one: it goes into logs.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-okta-request-id")?.to_str().ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_@.=+/".contains(c);
    (!id.is_empty() && id.len() <= 128 && id.chars().all(plain)).then(|| id.to_owned())
}
