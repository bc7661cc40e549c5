//! What a failure shows, told apart as finely as its signs need.

use crate::{
    okta::{ApiError, Failure, LimitKind, NoSecret, OAuthError, Phase, Refusal},
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
        NotAToken = "not_a_token",
        Scope = "scope",
        Overlap = "overlap",
        BreakerOpen = "breaker_open",
        Budget = "budget",
        NoDescriptor = "no_descriptor",
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
            Failure::DisasterRecovery(why) => return Self::of(why, kind),
            Failure::Refused(refusal) => return Self::Response(ResponseSymptom::of(refusal)),
            Failure::InvalidBody(words) => (FailureMode::Body, words.as_str()),
            Failure::Mismatch(words) => (FailureMode::Mismatch, words.as_str()),
            Failure::Dns { .. } => (FailureMode::Dns, ""),
            Failure::Connect { .. } => (FailureMode::Connect, ""),
            Failure::Tls { detail, .. } => (FailureMode::Tls, detail.as_str()),
            Failure::Timeout { phase, .. } => (phase.into(), ""),
            Failure::Cut { .. } => (FailureMode::Cut, ""),
            Failure::TooLarge { .. } => (FailureMode::TooLarge, ""),
            Failure::Redirect(words) => (FailureMode::Redirect, words.as_str()),
            Failure::Secret(NoSecret::NotAToken(..)) => (FailureMode::NotAToken, ""),
            Failure::ForeignLink(_) => (FailureMode::Redirect, ""),
            Failure::Secret(_) => (FailureMode::Secret, ""),
            Failure::MissingScope(_) => (FailureMode::Scope, ""),
            Failure::Overlap => (FailureMode::Overlap, ""),
            Failure::BreakerOpen => (FailureMode::BreakerOpen, ""),
            Failure::Budget { .. } => (FailureMode::Budget, ""),
            Failure::NoDescriptor => (FailureMode::NoDescriptor, ""),
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
            | Failure::ForeignLink(_)
            | Failure::Secret(_)
            | Failure::NoToken(_)
            | Failure::MissingScope(_)
            | Failure::DisasterRecovery(_)
            | Failure::Overlap
            | Failure::BreakerOpen
            | Failure::Budget { .. }
            | Failure::NoDescriptor
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::okta::{NoToken, OktaError};

    fn refused(path: &str, anonymous: bool, error: ApiError) -> Failure {
        Failure::Refused(Box::new(Refusal {
            status: 401,
            path: path.to_owned(),
            anonymous,
            error,
            request_id: None,
            date: None,
            limited: Some(LimitKind::Unknown),
            back_off: None,
        }))
    }

    fn response(failure: &Failure) -> ResponseSymptom<'_> {
        match Symptom::of(failure, "endpoint") {
            Symptom::Response(response) => response,
            Symptom::Failed(..) => panic!("no response in {failure:?}"),
        }
    }

    #[test]
    fn a_response_shows_who_refused_and_in_which_words() {
        let okta = OktaError {
            code: "E0000011".to_owned(),
            summary: "Invalid Token provided".to_owned(),
            id: None,
            causes: Vec::new(),
        };
        let oauth = OAuthError {
            error: "invalid_token".to_owned(),
            description: Some("The Token expired".to_owned()),
            scope: None,
        };
        let words = || Some("Access Denied".to_owned());
        for (error, code, words) in [
            (ApiError::Okta(okta), "E0000011", "invalid token provided"),
            (ApiError::OAuth(oauth), "invalid_token", "the token expired"),
            (ApiError::Edge(words()), "edge", "access denied"),
            (ApiError::Unexplained(words()), "", "access denied"),
            (ApiError::Edge(None), "edge", ""),
        ] {
            let failure = refused("/api/v1/users", false, error);
            let seen = response(&failure);
            assert_eq!((seen.code, &*seen.words), (code, words));
            assert_eq!((seen.status, seen.path), (401, "/api/v1/users"));
            assert_eq!(seen.limit, Some(LimitKind::Unknown));
        }
    }

    #[test]
    fn a_credential_is_missed_only_where_the_management_api_wants_one() {
        let shown = |path, anonymous| {
            let failure = refused(path, anonymous, ApiError::Unexplained(None));
            let seen = response(&failure);
            (seen.anonymous, seen.public)
        };
        assert_eq!(shown("/api/v1/users", true), (true, false));
        assert_eq!(shown("/api/v1/users", false), (false, false));
        assert_eq!(shown("/oauth2/v1/token", true), (false, false));
        assert_eq!(shown("/oauth2/v1/keys", true), (false, true));
        assert_eq!(shown("/oauth2/default/v1/keys", true), (false, true));
        assert_eq!(shown("/elsewhere/v1/keys", true), (false, false));
        assert_eq!(
            shown("/.well-known/openid-configuration", true),
            (false, true)
        );
        let of_a_server = "/oauth2/default/.well-known/oauth-authorization-server";
        assert_eq!(shown(of_a_server, false), (false, true));
    }

    #[test]
    fn a_credential_without_a_token_shows_why_it_has_none() {
        let words = "it is not of JSON".to_owned();
        let failure = Failure::NoToken(Box::new(NoToken {
            credential: "app".parse().unwrap(),
            cause: Failure::InvalidBody(words.clone()),
            note: None,
            remembered: false,
        }));
        let Symptom::Failed(mode, said) = Symptom::of(&failure, "endpoint") else {
            panic!("nobody responded");
        };
        assert_eq!((mode, said), (FailureMode::Body, words.as_str()));
    }

    #[test]
    fn what_is_the_exporters_own_is_no_fault_of_a_status_page() {
        let mode = |failure: &Failure| match Symptom::of(failure, "status_page") {
            Symptom::Failed(mode, _) => mode,
            Symptom::Response(_) => panic!("a page's refusal is no response of Okta's"),
        };
        assert_eq!(mode(&Failure::Overlap), FailureMode::Overlap);
        let refused = refused("/api/v2/summary.json", true, ApiError::Edge(None));
        assert_eq!(mode(&refused), FailureMode::PageRefused);
    }
}
