//! What an answer other than 2xx says of itself: Okta's envelope, OAuth's, a challenge in a header,
//! or nothing because the edge answered. How its text is cut and cleaned is in [`sanitize`].

use std::{collections::BTreeSet, fmt, sync::LazyLock};

use http::HeaderMap;
use serde_json::Value;

use super::{
    document,
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
    /// `E0000047`, or a word of OAuth's; empty where the envelope holds none.
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
        let json = document::tree(body).unwrap_or_default();
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
            .or_else(|| invented.filter(|told| is_oktas || told.has_oktas_id()))
            .unwrap_or_else(|| {
                let words = sanitize::of(&json).or_else(|| sanitize::title(body));
                if is_oktas {
                    Self::Unexplained(words)
                } else {
                    Self::Edge(words)
                }
            })
    }

    /// True where this word is part of what it says, whatever the case of its letters.
    pub(super) fn says(&self, word: &str) -> bool {
        self.to_string().to_ascii_lowercase().contains(word)
    }

    /// True for a code or an error that stands on a published list.
    fn is_published(&self) -> bool {
        match self {
            Self::Okta(error) => published(&error.code).is_some(),
            Self::OAuth(error) => OAUTH_ERRORS.contains(error.error.as_str()),
            Self::Edge(_) | Self::Unexplained(_) => false,
        }
    }

    /// True for an envelope with an error id such as Okta alone gives.
    fn has_oktas_id(&self) -> bool {
        matches!(self, Self::Okta(error) if error.code.is_empty()
            && error.id.as_ref().is_some_and(|id| id.starts_with("oae")))
    }

    /// The value of the `error_code` label: from a published list, else `other`; nothing for an
    /// answer that gave no reason.
    pub fn label(&self) -> Option<&'static str> {
        let listed =
            |list: &BTreeSet<&'static str>, word: &str| list.get(word).copied().unwrap_or("other");
        match self {
            Self::Okta(error) if error.code.is_empty() => None,
            Self::Okta(error) => Some(published(&error.code).unwrap_or("other")),
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
        let (summary, id) = (text(json, "errorSummary"), text(json, "errorId"));
        // Some answers have no code: a summary with an id beside it is an envelope all the same.
        let code = text(json, "errorCode")
            .or_else(|| (summary.is_some() && id.is_some()).then(String::new))?;
        Some(Self {
            code,
            summary: summary.unwrap_or_default(),
            id,
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
                let told = [code, summary].into_iter().filter(|told| !told.is_empty());
                let told: Vec<&str> = told.map(String::as_str).collect();
                f.write_str(&told.join(" "))?;
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
                // Other challenges name the scopes of the realm, which are not what is missing.
                let needed = scope.as_ref().filter(|_| error == "insufficient_scope");
                if let Some(scope) = needed.filter(|scope| !scope.is_empty()) {
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
mod tests;
