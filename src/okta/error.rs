//! What an answer other than 2xx says of itself: Okta's envelope, OAuth's, a challenge in a header,
//! or nothing because the edge answered. All text is cut and cleaned before it can reach a log.

use std::{collections::BTreeSet, fmt, sync::LazyLock};

use http::HeaderMap;
use serde::Deserialize;

use super::challenge::Challenge;

static OKTA_CODES: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| include_str!("data/error-codes.txt").lines().collect());
static OAUTH_ERRORS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| include_str!("data/oauth-errors.txt").lines().collect());

/// The longest text of an error that is kept.
const LONGEST: usize = 300;
/// The most causes that are kept.
const MOST_CAUSES: usize = 5;

/// What an error answer says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// Okta's envelope.
    Okta(OktaError),
    /// OAuth's error, from the body or from a challenge.
    OAuth(OAuthError),
    /// Answered before the org was reached: there is no `X-Okta-Request-Id`.
    Edge,
    /// The org answered, and gave no reason that can be read.
    Unexplained,
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

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "errorCode")]
    code: String,
    #[serde(rename = "errorSummary", default)]
    summary: String,
    #[serde(rename = "errorId")]
    id: Option<String>,
    #[serde(rename = "errorCauses", default)]
    causes: Vec<Cause>,
}

#[derive(Deserialize)]
struct Cause {
    #[serde(rename = "errorSummary", default)]
    summary: String,
}

#[derive(Deserialize)]
struct Body {
    error: String,
    error_description: Option<String>,
}

impl ApiError {
    /// Reads an answer whose status is not 2xx.
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        // The envelope is looked for first: the edge answers a wrong method with one as well.
        if let Ok(envelope) = serde_json::from_slice::<Envelope>(body) {
            return Self::Okta(envelope.into());
        }
        if let Ok(Body {
            error,
            error_description,
        }) = serde_json::from_slice(body)
        {
            let description = error_description.map(|text| clean(&text));
            return Self::OAuth(OAuthError {
                error: clean(&error),
                description,
                scope: None,
            });
        }
        if let Some(error) = Challenge::read_all(headers)
            .into_iter()
            .find_map(OAuthError::challenged)
        {
            return Self::OAuth(error);
        }
        if headers.contains_key("x-okta-request-id") {
            Self::Unexplained
        } else {
            Self::Edge
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
            Self::Edge => Some("edge"),
            Self::Unexplained => None,
        }
    }
}

impl From<Envelope> for OktaError {
    fn from(envelope: Envelope) -> Self {
        let causes = envelope
            .causes
            .iter()
            .take(MOST_CAUSES)
            .map(|cause| clean(&cause.summary));
        Self {
            code: clean(&envelope.code),
            summary: clean(&envelope.summary),
            id: envelope
                .id
                .as_deref()
                .map(clean)
                .filter(|id| !id.is_empty()),
            causes: causes.filter(|cause| !cause.is_empty()).collect(),
        }
    }
}

impl OAuthError {
    fn challenged(challenge: Challenge) -> Option<Self> {
        let mut params = challenge.params;
        let mut take = |name: &str| params.remove(name).map(|text| clean(&text));
        Some(Self {
            error: take("error")?,
            description: take("error_description"),
            scope: take("scope"),
        })
    }
}

/// Short, and in one line.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect()
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
                write!(f, "{code} {summary}")?;
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
            Self::Edge => {
                f.write_str("the edge or a proxy answered, not the org (no X-Okta-Request-Id)")
            }
            Self::Unexplained => f.write_str("no reason given"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ENVELOPE: &[u8] = br#"{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit due to too many requests.","errorLink":"E0000047","errorId":"oaeEXAMPLE","errorCauses":[]}"#;

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
        let ApiError::Okta(error) = ApiError::read(&answered(&[]), ENVELOPE) else {
            panic!("an envelope")
        };
        assert_eq!(
            (error.code.as_str(), error.id.as_deref()),
            ("E0000047", Some("oaeEXAMPLE"))
        );
        assert_eq!(ApiError::Okta(error).label(), Some("E0000047"));
        let without_id = ApiError::read(
            &answered(&[]),
            br#"{"errorCode":"E0000053","errorSummary":"x"}"#,
        );
        assert_eq!(without_id.to_string(), "E0000053 x");
        let caused = br#"{"errorCode":"E0000001","errorSummary":"Api validation failed","errorCauses":[{"errorSummary":"filter is missing"}]}"#;
        assert_eq!(
            ApiError::read(&answered(&[]), caused).to_string(),
            "E0000001 Api validation failed (filter is missing)"
        );
    }

    #[test]
    fn a_code_that_nobody_published_cannot_make_a_series() {
        let invented = br#"{"errorCode":"E9999999","errorSummary":"x"}"#;
        assert_eq!(
            ApiError::read(&answered(&[]), invented).label(),
            Some("other")
        );
        assert_eq!(
            ApiError::read(&answered(&[]), br#"{"error":"made_up"}"#).label(),
            Some("other")
        );
    }

    #[test]
    fn an_empty_body_is_explained_by_its_challenge() {
        let headers = answered(&[(
            "www-authenticate",
            r#"Bearer authorization_uri="http://example.okta.com/oauth2/v1/authorize", realm="http://example.okta.com", scope="okta.logs.read", error="insufficient_scope", error_description="The access token provided does not contain the required scopes.", resource="/api/v1/logs""#,
        )]);
        let error = ApiError::read(&headers, b"");
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
            ApiError::read(&answered(&[("www-authenticate", "SSWS")]), body).label(),
            Some("E0000011")
        );
    }

    #[test]
    fn the_edge_is_known_by_the_missing_request_id() {
        let edge = br#"{"status":404,"message":"Resource not found"}"#;
        assert_eq!(ApiError::read(&HeaderMap::new(), edge), ApiError::Edge);
        assert_eq!(
            ApiError::read(&HeaderMap::new(), b"<html>502 Bad Gateway</html>"),
            ApiError::Edge
        );
        let problem = br#"{"type":"about:blank","title":"Forbidden","status":403}"#;
        assert_eq!(
            ApiError::read(&HeaderMap::new(), problem).label(),
            Some("edge")
        );
        assert_eq!(ApiError::read(&answered(&[]), b"<html>").label(), None);
        let method = br#"{"errorCode":"E0000022","errorSummary":"The endpoint does not support the provided HTTP method"}"#;
        assert_eq!(
            ApiError::read(&HeaderMap::new(), method).label(),
            Some("E0000022")
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_the_text_is_short_and_in_one_line(body in any::<Vec<u8>>(), summary in any::<String>()) {
            ApiError::read(&HeaderMap::new(), &body);
            let envelope = serde_json::json!({"errorCode": summary, "errorSummary": summary, "errorId": summary});
            let text = ApiError::read(&HeaderMap::new(), envelope.to_string().as_bytes()).to_string();
            prop_assert!(!text.contains(char::is_control));
            prop_assert!(text.chars().count() <= 2 * LONGEST + 1);
        }
    }
}
