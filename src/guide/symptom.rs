//! What a failure shows, told apart as finely as its signs need.

use std::borrow::Cow;

use crate::okta::{ApiError, Failure, LimitKind, OAuthError, Phase};

/// What a failure shows.
#[derive(Debug)]
pub(super) struct Symptom<'a> {
    pub(super) how: How<'a>,
    /// What was said, in small letters.
    pub(super) words: Cow<'a, str>,
}

#[derive(Debug)]
pub(super) enum How<'a> {
    ResponseMeta(ResponseMeta<'a>),
    Failed(&'static str),
}

#[derive(Debug)]
pub(super) struct ResponseMeta<'a> {
    pub(super) status: u16,
    pub(super) code: &'a str,
    pub(super) path: &'a str,
    pub(super) limit: Option<LimitKind>,
    pub(super) anonymous: bool,
}

impl<'a> Symptom<'a> {
    /// What this failure shows. A status page is not Okta's API, so its answers are told apart.
    pub(super) fn of(failure: &'a Failure, kind: &str) -> Self {
        if let Failure::NoToken(why) = failure {
            return Self::of(&why.cause, kind);
        }
        let of_page = kind == "status_page";
        let (how, words) = match failure {
            Failure::Refused(_) if of_page => (How::Failed("page_refused"), Cow::default()),
            Failure::Refused(refusal) => {
                let (code, words) = said(&refusal.error);
                let answered = ResponseMeta {
                    status: refusal.status,
                    code,
                    path: &refusal.path,
                    limit: refusal.limited,
                    // Only the Management API wants a credential at every path.
                    anonymous: refusal.anonymous && refusal.path.starts_with("/api/"),
                };
                (How::ResponseMeta(answered), words.to_lowercase().into())
            }
            Failure::InvalidBody(words) if of_page => (How::Failed("page_body"), words.into()),
            Failure::InvalidBody(words) => (How::Failed("body"), words.into()),
            Failure::Mismatch(words) => (How::Failed("mismatch"), words.into()),
            other => (How::Failed(word(other)), Cow::default()),
        };
        Self { how, words }
    }
}

/// The code of an answer that was refused, and its words.
fn said(error: &ApiError) -> (&str, &str) {
    match error {
        ApiError::Okta(error) => (&error.code, &error.summary),
        ApiError::OAuth(OAuthError {
            error, description, ..
        }) => (error, description.as_deref().unwrap_or_default()),
        ApiError::Edge(words) => ("edge", words.as_deref().unwrap_or_default()),
        ApiError::Unexplained(words) => ("", words.as_deref().unwrap_or_default()),
    }
}

/// The ways to fail that are told apart: finer than a metric's `reason`.
#[cfg(test)]
pub(super) const WAYS: [&str; 20] = [
    "dns",
    "connect",
    "tls",
    "timeout_dns",
    "timeout_connect",
    "timeout_first_byte",
    "timeout_body",
    "cut",
    "too_large",
    "redirect",
    "body",
    "mismatch",
    "secret",
    "scope",
    "overlap",
    "breaker_open",
    "budget",
    "internal",
    "page_body",
    "page_refused",
];

/// How a run failed, in one word.
fn word(failure: &Failure) -> &'static str {
    match failure {
        Failure::Dns { .. } => "dns",
        Failure::Connect { .. } => "connect",
        Failure::Tls { .. } => "tls",
        Failure::Timeout { phase, .. } => match phase {
            Phase::Dns => "timeout_dns",
            Phase::Connect => "timeout_connect",
            Phase::FirstByte => "timeout_first_byte",
            Phase::Body => "timeout_body",
        },
        Failure::Cut { .. } => "cut",
        Failure::TooLarge { .. } => "too_large",
        Failure::Redirect(_) => "redirect",
        Failure::Refused(_) => "answer",
        Failure::InvalidBody(_) => "body",
        Failure::Mismatch(_) => "mismatch",
        Failure::Secret(_) => "secret",
        Failure::MissingScope(_) => "scope",
        Failure::NoToken(why) => word(&why.cause),
        Failure::Overlap => "overlap",
        Failure::BreakerOpen => "breaker_open",
        Failure::Budget { .. } => "budget",
        Failure::Internal(_) => "internal",
    }
}
