//! What an answer other than 2xx says of itself: Okta's envelope, OAuth's, a challenge in a header,
//! or nothing because the edge answered. How its text is cut and cleaned is in [`sanitize`].

use std::{collections::BTreeSet, fmt, sync::LazyLock};

use http::HeaderMap;
use serde_json::Value;

use super::{
    headers::{challenge::Challenge, request_id},
    sanitize::{self, clean, text},
};

static OKTA_CODES: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| include_str!("data/error-codes.txt").lines().collect());
static OAUTH_ERRORS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| include_str!("data/oauth-errors.txt").lines().collect());

/// The most causes that are kept.
const MOST_CAUSES: usize = 5;

/// What an error answer says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// Okta's envelope.
    Okta(OktaError),
    /// OAuth's error, from the body or from a challenge.
    OAuth(OAuthError),
    /// Answered before the org was reached: there is no `X-Okta-Request-Id`. What it said, if
    /// anything.
    Edge(Option<String>),
    /// The org answered, and gave no error code; what it said instead, if anything.
    Unexplained(Option<String>),
}

/// Okta's error envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OktaError {
    /// `E0000047`.
    pub code: String,
    /// Okta's words.
    pub summary: String,
    /// What belongs in a support ticket; a few answers lack it.
    pub id: Option<String>,
    /// The summaries of `errorCauses`.
    pub causes: Vec<String>,
}

/// OAuth's error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthError {
    /// `insufficient_scope`.
    pub error: String,
    /// The server's words.
    pub description: Option<String>,
    /// The scope that would have been needed.
    pub scope: Option<String>,
}

/// The word as it stands on a published list of error codes, if it does.
pub(super) fn published(word: &str) -> Option<&'static str> {
    let lists: [&BTreeSet<&'static str>; 2] = [&OKTA_CODES, &OAUTH_ERRORS];
    lists.iter().find_map(|list| list.get(word).copied())
}

impl ApiError {
    /// Reads an answer whose status is not 2xx, to a request that carried a credential of this
    /// scheme. The body is read member by member: one that is missing or of a strange type must not
    /// hide the code beside it. A word that nobody published counts only where Okta's request id
    /// vouches for it, and nothing better is told beside it.
    pub(super) fn read(headers: &HeaderMap, body: &[u8], scheme: Option<&str>) -> Self {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        // The envelope is looked for first: the edge answers a wrong method with one as well.
        let envelope = OktaError::read(&json).map(Self::Okta);
        let told = envelope.or_else(|| OAuthError::read(&json).map(Self::OAuth));
        let (published, invented) = match told {
            Some(told) if told.is_published() => (Some(told), None),
            told => (None, told),
        };
        let better = published.or_else(|| {
            OAuthError::challenged(Challenge::read_all(headers), scheme).map(Self::OAuth)
        });
        let is_oktas = request_id::of(headers).is_some();
        better
            .or_else(|| invented.filter(|_| is_oktas))
            .unwrap_or_else(|| {
                let words = sanitize::of(&json).or_else(|| sanitize::title(body));
                if is_oktas {
                    Self::Unexplained(words)
                } else {
                    Self::Edge(words)
                }
            })
    }

    /// True for a code or an error that stands on a published list.
    fn is_published(&self) -> bool {
        match self {
            Self::Okta(error) => OKTA_CODES.contains(error.code.as_str()),
            Self::OAuth(error) => OAUTH_ERRORS.contains(error.error.as_str()),
            Self::Edge(_) | Self::Unexplained(_) => false,
        }
    }

    /// The value of the `error_code` label: from a published list, else `other`; nothing for an
    /// answer that gave no reason.
    pub fn label(&self) -> Option<&'static str> {
        let listed =
            |list: &BTreeSet<&'static str>, word: &str| list.get(word).copied().unwrap_or("other");
        match self {
            Self::Okta(error) => Some(listed(&OKTA_CODES, &error.code)),
            Self::OAuth(error) => Some(listed(&OAUTH_ERRORS, &error.error)),
            Self::Edge(_) => Some("edge"),
            Self::Unexplained(_) => None,
        }
    }
}

impl OktaError {
    fn read(json: &Value) -> Option<Self> {
        let causes = json.get("errorCauses").and_then(Value::as_array);
        let causes = causes.into_iter().flatten();
        Some(Self {
            code: text(json, "errorCode")?,
            summary: text(json, "errorSummary").unwrap_or_default(),
            id: text(json, "errorId"),
            causes: causes
                .filter_map(|cause| text(cause, "errorSummary"))
                .take(MOST_CAUSES)
                .collect(),
        })
    }
}

impl OAuthError {
    fn read(json: &Value) -> Option<Self> {
        // Web frameworks say `"error": "Bad Gateway"`: OAuth's errors are words in small letters.
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c);
        Some(Self {
            error: text(json, "error").filter(|error| error.chars().all(word))?,
            description: text(json, "error_description"),
            scope: None,
        })
    }

    /// The error of a challenge: of the scheme that was used where there is one, since others are
    /// ways that might have been gone; else the first.
    fn challenged(challenges: Vec<Challenge>, scheme: Option<&str>) -> Option<Self> {
        let used =
            |one: &Challenge| scheme.is_some_and(|used| one.scheme.eq_ignore_ascii_case(used));
        let (of_used, others): (Vec<_>, Vec<_>) = challenges.into_iter().partition(used);
        of_used.into_iter().chain(others).find_map(|challenge| {
            let mut params = challenge.params;
            let mut take = |name: &str| params.remove(name).map(|text| clean(&text));
            Some(Self {
                error: take("error")?,
                description: take("error_description"),
                scope: take("scope"),
            })
        })
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Okta(OktaError {
                code,
                summary,
                id: _,
                causes,
            }) => {
                f.write_str(code)?;
                if !summary.is_empty() {
                    write!(f, " {summary}")?;
                }
                for cause in causes {
                    write!(f, " ({cause})")?;
                }
                Ok(())
            }
            Self::OAuth(OAuthError {
                error,
                description,
                scope,
            }) => {
                f.write_str(error)?;
                if let Some(description) = description {
                    write!(f, ": {description}")?;
                }
                if let Some(scope) = scope.as_ref().filter(|scope| !scope.is_empty()) {
                    write!(f, " (needs the scope {scope})")?;
                }
                Ok(())
            }
            Self::Edge(words) => {
                f.write_str("the edge or a proxy answered, not the org (no X-Okta-Request-Id)")?;
                words.iter().try_for_each(|words| write!(f, ": {words}"))
            }
            Self::Unexplained(None) => f.write_str("no reason given"),
            Self::Unexplained(Some(words)) => write!(f, "no error code, only: {words}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ENVELOPE: &[u8] = br#"{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit due to too many requests.","errorLink":"E0000047","errorId":"oaeEXAMPLE","errorCauses":[]}"#;

    fn read(headers: &HeaderMap, body: &[u8]) -> ApiError {
        ApiError::read(headers, body, None)
    }

    fn answered(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.append(
            "x-okta-request-id",
            "00000000000000000000000000000002".parse().unwrap(),
        );
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn oktas_envelope_tells_code_and_id() {
        let ApiError::Okta(error) = read(&answered(&[]), ENVELOPE) else {
            panic!("an envelope")
        };
        assert_eq!(
            (error.code.as_str(), error.id.as_deref()),
            ("E0000047", Some("oaeEXAMPLE"))
        );
        assert_eq!(ApiError::Okta(error).label(), Some("E0000047"));
        let without_id = read(
            &answered(&[]),
            br#"{"errorCode":"E0000053","errorSummary":"x"}"#,
        );
        assert_eq!(without_id.to_string(), "E0000053 x");
        let caused = br#"{"errorCode":"E0000001","errorSummary":"Api validation failed","errorCauses":[{"errorSummary":"filter is missing"}]}"#;
        assert_eq!(
            read(&answered(&[]), caused).to_string(),
            "E0000001 Api validation failed (filter is missing)"
        );
    }

    #[test]
    fn a_strange_member_does_not_hide_the_code() {
        let body = br#"{"errorCode":"E0000009","errorSummary":null,"errorId":7,"errorCauses":["x",{"errorSummary":"why"}]}"#;
        let error = read(&answered(&[]), body);
        assert_eq!(error.label(), Some("E0000009"));
        assert_eq!(error.to_string(), "E0000009 (why)");
    }

    #[test]
    fn a_code_that_nobody_published_cannot_make_a_series() {
        let invented = br#"{"errorCode":"E9999999","errorSummary":"x"}"#;
        assert_eq!(read(&answered(&[]), invented).label(), Some("other"));
        assert_eq!(
            read(&answered(&[]), br#"{"error":"made_up"}"#).label(),
            Some("other")
        );
    }

    #[test]
    fn an_empty_body_is_explained_by_its_challenge() {
        let headers = answered(&[(
            "www-authenticate",
            r#"Bearer authorization_uri="http://example.okta.com/oauth2/v1/authorize", realm="http://example.okta.com", scope="okta.logs.read", error="insufficient_scope", error_description="The access token provided does not contain the required scopes.", resource="/api/v1/logs""#,
        )]);
        let error = read(&headers, b"");
        assert_eq!(error.label(), Some("insufficient_scope"));
        assert_eq!(
            error.to_string(),
            "insufficient_scope: The access token provided does not contain the required scopes. (needs the scope okta.logs.read)"
        );
    }

    #[test]
    fn a_bare_challenge_does_not_hide_the_envelope() {
        let body = br#"{"errorCode":"E0000011","errorSummary":"Invalid token provided"}"#;
        assert_eq!(
            read(&answered(&[("www-authenticate", "SSWS")]), body).label(),
            Some("E0000011")
        );
    }

    #[test]
    fn the_edge_is_known_by_the_missing_request_id() {
        let edge = br#"{"status":404,"message":"Resource not found"}"#;
        let said = |body: &[u8]| match read(&HeaderMap::new(), body) {
            ApiError::Edge(words) => words,
            other => panic!("{other}"),
        };
        assert_eq!(said(edge).as_deref(), Some("Resource not found"));
        assert_eq!(
            said(b"<html><head><TITLE>502 Bad\r\n Gateway</TITLE></head>").as_deref(),
            Some("502 Bad Gateway")
        );
        assert_eq!(
            said(br#"{"status":502,"error":"Bad Gateway"}"#).as_deref(),
            Some("Bad Gateway"),
            "a web framework's word is no OAuth error"
        );
        assert_eq!(said(b""), None);
        let problem = br#"{"type":"about:blank","title":"Forbidden","status":403}"#;
        assert_eq!(read(&HeaderMap::new(), problem).label(), Some("edge"));
        let unexplained = read(&answered(&[]), b"<html>");
        assert_eq!(unexplained, ApiError::Unexplained(None));
        assert_eq!(unexplained.label(), None);
        let method = br#"{"errorCode":"E0000022","errorSummary":"The endpoint does not support the provided HTTP method"}"#;
        assert_eq!(read(&HeaderMap::new(), method).label(), Some("E0000022"));
    }

    #[test]
    fn a_challenge_counts_where_the_bodys_word_is_nobodys() {
        let lacks = [(
            "www-authenticate",
            r#"Bearer error="insufficient_scope", scope="okta.logs.read""#,
        )];
        for invented in [
            &br#"{"error":"forbidden"}"#[..],
            br#"{"errorCode":"ACCESS_DENIED","errorSummary":"x"}"#,
        ] {
            let error = read(&answered(&lacks), invented);
            assert_eq!(error.label(), Some("insufficient_scope"));
        }
        let published = read(&answered(&lacks), br#"{"error":"invalid_token"}"#);
        assert_eq!(published.label(), Some("invalid_token"));
    }

    #[test]
    fn a_word_of_a_gateway_is_the_edges_and_not_oktas() {
        let gateway = read(&HeaderMap::new(), br#"{"error":"forbidden"}"#);
        assert_eq!(gateway, ApiError::Edge(Some("forbidden".to_owned())));
        let published = read(&HeaderMap::new(), br#"{"error":"use_dpop_nonce"}"#);
        assert_eq!(
            published.label(),
            Some("use_dpop_nonce"),
            "another server's token endpoint sends no id"
        );
    }

    #[test]
    fn of_several_challenges_that_of_the_scheme_counts_which_was_used() {
        let both = answered(&[(
            "www-authenticate",
            r#"Bearer error="invalid_token", DPoP algs="ES256", error="use_dpop_nonce""#,
        )]);
        let label = |scheme| ApiError::read(&both, b"", scheme).label();
        assert_eq!(label(Some("DPoP")), Some("use_dpop_nonce"));
        assert_eq!(label(Some("Bearer")), Some("invalid_token"));
        assert_eq!(label(Some("SSWS")), Some("invalid_token"));
        assert_eq!(label(None), Some("invalid_token"));
    }

    proptest! {
        #[test]
        fn whatever_comes_the_text_is_short_and_in_one_line(body in any::<Vec<u8>>(), summary in any::<String>()) {
            read(&HeaderMap::new(), &body);
            let envelope = serde_json::json!({"errorCode": summary, "errorSummary": summary, "errorId": summary});
            let text = read(&HeaderMap::new(), envelope.to_string().as_bytes()).to_string();
            prop_assert!(!text.contains(char::is_control));
            prop_assert!(text.chars().count() <= 2 * sanitize::LONGEST + 1);
        }
    }
}
