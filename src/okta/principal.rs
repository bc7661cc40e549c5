//! Who a credential is to Okta: the principal whose share of each bucket the rate-limit headers
//! show. An app is its client id, which its tokens tell; an API token is never told its own id, so
//! that only the configuration can say it.

use secrecy::ExposeSecret;

use super::{AccessToken, AuthMethod, Credential};
use crate::units::closed_list;

closed_list! {
    /// What limits a caller of its own, in Okta's words.
    pub enum PrincipalKind {
        /// An API token.
        ApiToken = "SSWS_TOKEN",
        /// An app that gets access tokens.
        OAuthClient = "OAUTH_CLIENT",
    }
}

/// A caller as Okta knows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principal {
    /// What it is.
    pub kind: PrincipalKind,
    /// Its id.
    pub id: String,
}

impl Credential {
    /// Who this credential is to Okta; `None` where nobody says.
    pub fn principal(&self) -> Option<Principal> {
        let kind = match self.method {
            AuthMethod::ApiToken(_) => PrincipalKind::ApiToken,
            AuthMethod::Bearer(_) | AuthMethod::OAuth(_) => PrincipalKind::OAuthClient,
        };
        let id = self.principal_id.clone().or_else(|| self.client_id())?;
        Some(Principal { kind, id })
    }

    /// The client, as configured; or as an access token says by its own word: Okta checks the token
    /// at every request, and a wrong one would get no answer to compare with.
    fn client_id(&self) -> Option<String> {
        let secret = match &self.method {
            AuthMethod::ApiToken(_) => return None,
            AuthMethod::OAuth(app) => return Some(app.client_id().to_owned()),
            AuthMethod::Bearer(secret) => secret.read().ok()?,
        };
        match AccessToken::decode(secret.expose_secret()).ok()? {
            AccessToken::Jwt(claims) => claims.cid,
            AccessToken::Encrypted | AccessToken::Opaque => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;
    use crate::{okta::SecretSource, units::Secret};

    fn credential(
        method: fn(SecretSource) -> AuthMethod,
        secret: &str,
        id: Option<&str>,
    ) -> Credential {
        Credential {
            name: "monitor".parse().unwrap(),
            method: method(SecretSource::Given(Secret::from(secret.to_owned()))),
            principal_id: id.map(str::to_owned),
        }
    }

    #[test]
    fn an_app_is_known_by_its_token_and_an_api_token_only_by_the_configuration() {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let token = format!(
            "{}.{}.x",
            part(r#"{"alg":"RS256"}"#),
            part(r#"{"cid":"0oa1"}"#)
        );
        let known = |credential: Credential| {
            let principal = credential.principal()?;
            Some((principal.kind.as_str(), principal.id))
        };
        let app = |id: &str| Some(("OAUTH_CLIENT", id.to_owned()));
        assert_eq!(
            known(credential(AuthMethod::Bearer, &token, None)),
            app("0oa1")
        );
        assert_eq!(
            known(credential(AuthMethod::Bearer, &token, Some("0oa2"))),
            app("0oa2")
        );
        assert_eq!(known(credential(AuthMethod::Bearer, "opaque", None)), None);
        assert_eq!(known(credential(AuthMethod::ApiToken, &token, None)), None);
        assert_eq!(
            known(credential(AuthMethod::ApiToken, "00x", Some("00T1"))),
            Some(("SSWS_TOKEN", "00T1".to_owned()))
        );
    }
}
