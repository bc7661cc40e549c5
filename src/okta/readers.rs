//! The way in for those that throw text at every reader: fuzzing, the benchmark of documents, and the test
//! that shows readers linear. What nobody but the client reads has a door here and nowhere else.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::{
    ApiError, LimitKind,
    headers::{date, link, rate_limit, request_id},
    sanitize,
};
use crate::units::Timestamp;

/// What an answer other than 2xx says of itself, as it is told.
pub fn error(headers: &HeaderMap, body: &[u8]) -> String {
    ApiError::read(headers, body, Some("Bearer")).to_string()
}

/// Where a list goes on.
pub fn next(headers: &HeaderMap) -> Option<String> {
    link::next(headers)
}

/// How long an answer of this status asks to stay away.
pub fn back_off(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let limited = status == StatusCode::TOO_MANY_REQUESTS;
    let limited = limited.then(|| LimitKind::of_429(headers));
    rate_limit::back_off(headers, limited, date::of(headers, &http::header::DATE))
}

/// The moment that a date of HTTP tells.
pub fn date(headers: &HeaderMap) -> Option<Timestamp> {
    date::of(headers, &http::header::DATE)
}

/// The request id.
pub fn request_id(headers: &HeaderMap) -> Option<String> {
    request_id::of(headers)
}

/// Words as a log may show them.
pub fn clean(text: &str) -> String {
    sanitize::clean(text)
}
