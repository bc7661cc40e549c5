//! What a failure shows, told apart as finely as its signs need.

use crate::{
    okta::{ApiError, Failure, LimitKind, OAuthError, Phase, Refusal},
    units::closed_list,
};

/// What a failure shows.
#[derive(Debug)]
pub(super) enum Symptom<'a> {
    /// A response other than 2xx.
    Response(ResponseSymptom<'a>),
    /// No response, or none that can be read; and the words for it, where they tell more.
    Failed(FailureMode, &'a str),
}

#[derive(Debug)]
pub(super) struct ResponseSymptom<'a> {
    pub(super) status: u16,
    pub(super) code: &'a str,
    /// What was said, in small letters.
    pub(super) words: String,
    pub(super) path: &'a str,
    pub(super) limit: Option<LimitKind>,
    pub(super) anonymous: bool,
    /// What was asked for is anybody's to read: no credential is at fault.
    pub(super) public: bool,
}

closed_list! {
    /// How a run failed, finer than a metric's `reason`.
    pub enum FailureMode {
        Dns = "dns",
        Connect = "connect",
        Tls = "tls",
        TimeoutDns = "timeout_dns",
        TimeoutConnect = "timeout_connect",
        TimeoutFirstByte = "timeout_first_byte",
        TimeoutBody = "timeout_body",
        Cut = "cut",
        TooLarge = "too_large",
        Redirect = "redirect",
        Body = "body",
        Mismatch = "mismatch",
        Secret = "secret",
        Scope = "scope",
        Overlap = "overlap",
        BreakerOpen = "breaker_open",
        Budget = "budget",
        Internal = "internal",
        PageBody = "page_body",
        PageRefused = "page_refused",
        PageRedirect = "page_redirect",
        PageTooLarge = "page_too_large",
        PageTls = "page_tls",
        PageUnreached = "page_unreached",
    }
}

impl<'a> Symptom<'a> {
    /// What this failure shows. A status page is another vendor's, most often: whatever fails there
    /// is told apart from Okta's.
    pub(super) fn of(failure: &'a Failure, kind: &str) -> Self {
        if kind == "status_page"
            && let Some(symptom) = Self::of_page(failure)
        {
            return symptom;
        }
        let (mode, words) = match failure {
            Failure::NoToken(why) => return Self::of(&why.cause, kind),
            Failure::Refused(refusal) => return Self::Response(ResponseSymptom::of(refusal)),
            Failure::InvalidBody(words) => (FailureMode::Body, words.as_str()),
            Failure::Mismatch(words) => (FailureMode::Mismatch, words.as_str()),
            Failure::Dns { .. } => (FailureMode::Dns, ""),
            Failure::Connect { .. } => (FailureMode::Connect, ""),
            Failure::Tls { .. } => (FailureMode::Tls, ""),
            Failure::Timeout { phase, .. } => (phase.into(), ""),
            Failure::Cut { .. } => (FailureMode::Cut, ""),
            Failure::TooLarge { .. } => (FailureMode::TooLarge, ""),
            Failure::Redirect(words) => (FailureMode::Redirect, words.as_str()),
            Failure::Secret(_) => (FailureMode::Secret, ""),
            Failure::MissingScope(_) => (FailureMode::Scope, ""),
            Failure::Overlap => (FailureMode::Overlap, ""),
            Failure::BreakerOpen => (FailureMode::BreakerOpen, ""),
            Failure::Budget { .. } => (FailureMode::Budget, ""),
            Failure::Internal(_) => (FailureMode::Internal, ""),
        };
        Self::Failed(mode, words)
    }

    /// What a status page's failure shows; `None` for what is the exporter's own.
    fn of_page(failure: &'a Failure) -> Option<Self> {
        let (mode, words) = match failure {
            Failure::Refused(_) => (FailureMode::PageRefused, ""),
            Failure::InvalidBody(words) => (FailureMode::PageBody, words.as_str()),
            Failure::Redirect(_) => (FailureMode::PageRedirect, ""),
            Failure::TooLarge { .. } => (FailureMode::PageTooLarge, ""),
            Failure::Tls { .. } => (FailureMode::PageTls, ""),
            Failure::Dns { .. }
            | Failure::Connect { .. }
            | Failure::Timeout { .. }
            | Failure::Cut { .. } => (FailureMode::PageUnreached, ""),
            Failure::Mismatch(_)
            | Failure::Secret(_)
            | Failure::NoToken(_)
            | Failure::MissingScope(_)
            | Failure::Overlap
            | Failure::BreakerOpen
            | Failure::Budget { .. }
            | Failure::Internal(_) => return None,
        };
        Some(Self::Failed(mode, words))
    }
}

impl From<&Phase> for FailureMode {
    fn from(hung: &Phase) -> Self {
        match hung {
            Phase::Dns => Self::TimeoutDns,
            Phase::Connect => Self::TimeoutConnect,
            Phase::FirstByte => Self::TimeoutFirstByte,
            Phase::Body => Self::TimeoutBody,
        }
    }
}

impl<'a> ResponseSymptom<'a> {
    fn of(refusal: &'a Refusal) -> Self {
        let (code, words) = said(&refusal.error);
        Self {
            status: refusal.status,
            code,
            words: words.to_lowercase(),
            path: &refusal.path,
            limit: refusal.limited,
            // Only the Management API wants a credential at every path.
            anonymous: refusal.anonymous && refusal.path.starts_with("/api/"),
            public: is_public(&refusal.path),
        }
    }
}

/// True for a document that anybody may read: metadata, and the signing keys.
fn is_public(path: &str) -> bool {
    let is_key_set = path.starts_with("/oauth2/") && path.ends_with("/v1/keys");
    is_key_set || path.contains("/.well-known/")
}

/// The code of a response that was refused, and its words.
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
