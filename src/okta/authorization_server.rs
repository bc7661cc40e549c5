//! An authorization server of an org: its own, or a custom one. Where its endpoints are, and which
//! server an issuer names.

use std::time::Duration;

use url::Url;

use super::{Failure, KeySet, Request, Session, max_age};
use crate::units::OktaTime;

/// What the requests for its keys are called.
pub const KEYS_API: &str = "jwks";

/// The most bytes that a key set may have: hundreds of keys.
const MOST_BYTES: usize = 256 << 10;

/// What names no authorization server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an authorization server: write `org`, `default` or an id like `aus1a2b3c`")]
pub struct BadAuthorizationServer(String);

/// A key set as one answer served it.
#[derive(Debug, Clone)]
pub struct ServedKeys {
    /// The keys.
    pub set: KeySet,
    /// How long the answer may be cached.
    pub max_age: Option<Duration>,
    /// When the answer came.
    pub at: OktaTime,
    /// It came over another connection than any answer before.
    pub new_connection: bool,
}

/// Which authorization server of the org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationServer(Option<String>);

impl AuthorizationServer {
    /// `org`, or a custom server's id.
    pub fn parse(text: &str) -> Result<Self, BadAuthorizationServer> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        match text {
            "org" => Ok(Self(None)),
            id if !id.is_empty() && id.len() <= 64 && id.chars().all(plain) => {
                Ok(Self(Some(id.to_owned())))
            }
            other => Err(BadAuthorizationServer(other.to_owned())),
        }
    }

    /// The org's own server.
    pub fn org() -> Self {
        Self(None)
    }

    /// The server of this org that an issuer names: `https://acme.okta.com` is the org's own,
    /// `https://acme.okta.com/oauth2/default` a custom one. Whether a URL is the org's, is asked.
    pub fn of_issuer(issuer: &str, is_the_orgs: impl FnOnce(&Url) -> bool) -> Option<Self> {
        let issuer = Url::parse(issuer).ok()?;
        if !is_the_orgs(&issuer) {
            return None;
        }
        match issuer.path().trim_end_matches('/') {
            "" => Some(Self::org()),
            path => Self::parse(path.strip_prefix("/oauth2/")?).ok(),
        }
    }

    /// True for a custom server, whose access tokens are signed with published keys.
    pub fn is_custom(&self) -> bool {
        self.0.is_some()
    }

    /// The label value.
    pub fn label(&self) -> &str {
        self.0.as_deref().unwrap_or("org")
    }

    /// The path of one of the server's endpoints, such as `keys` or `introspect`.
    pub fn path(&self, endpoint: &str) -> String {
        match &self.0 {
            None => format!("/oauth2/v1/{endpoint}"),
            Some(id) => format!("/oauth2/{id}/v1/{endpoint}"),
        }
    }

    /// Asks for the server's keys; `anew` over a connection of its own, which may lead to another
    /// node of Okta's edge.
    pub async fn keys(&self, okta: &Session<'_>, anew: bool) -> Result<ServedKeys, Failure> {
        let request = Request::get(KEYS_API, self.path("keys")).at_most(MOST_BYTES);
        let request = if anew {
            request.over_new_connection()
        } else {
            request
        };
        let answer = okta.ask(request).await?;
        let set = answer.read(KeySet::read).await?;
        let set = set.map_err(|e| Failure::InvalidBody(e.to_string()))?;
        Ok(ServedKeys {
            set,
            max_age: max_age(&answer.headers),
            at: okta.oktas_time(),
            new_connection: answer.new_connection,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orgs_own_server_and_custom_ones_have_their_endpoints_in_different_places() {
        let told = |text: &str| {
            let server = AuthorizationServer::parse(text).unwrap();
            let label = server.label().to_owned();
            (label, server.path("keys"), server.is_custom())
        };
        let keys = |path: &str| path.to_owned();
        assert_eq!(
            told("org"),
            ("org".to_owned(), keys("/oauth2/v1/keys"), false)
        );
        for id in ["default", "aus1a2b3c", "a-b_c", &"a".repeat(64)] {
            let path = format!("/oauth2/{id}/v1/keys");
            assert_eq!(told(id), (id.to_owned(), path, true));
        }
        for bad in ["", "a/b", "..", "a b", "a?b", &"a".repeat(65)] {
            let refused = AuthorizationServer::parse(bad).unwrap_err();
            assert!(refused.to_string().starts_with(&format!("`{bad}` is not")));
        }
    }

    #[test]
    fn an_issuer_names_a_server_of_this_org_or_none() {
        let origin = Url::parse("https://acme.okta.com/").unwrap();
        let named = |issuer| {
            let is_ours = |url: &Url| url.origin() == origin.origin();
            let server = AuthorizationServer::of_issuer(issuer, is_ours);
            server.map(|server| server.label().to_owned())
        };
        for (issuer, server) in [
            ("https://acme.okta.com", Some("org")),
            ("https://acme.okta.com/", Some("org")),
            ("https://acme.okta.com/oauth2/default", Some("default")),
            ("https://acme.okta.com/oauth2/aus1/", Some("aus1")),
            ("https://acme.okta.com/oauth2", None),
            ("https://acme.okta.com/elsewhere/default", None),
            ("https://other.okta.com/oauth2/default", None),
            ("http://acme.okta.com", None),
            ("acme.okta.com", None),
        ] {
            assert_eq!(named(issuer).as_deref(), server, "{issuer}");
        }
    }
}
