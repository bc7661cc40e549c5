//! Asking, with whatever credential a request carries. How a request is sent is in
//! [`session`](super::http::session), what a service app does about it in [`oauth`](super::oauth::ask).

use secrecy::ExposeSecret;

use super::{
    AccessToken, AuthMethod, AuthorizationServer, Credential, Failure, MissingScope, Request,
    Response, SecretSource, Session, TokenKind, http::request::AuthHeaders,
    secret::sensitive::authorization,
};
use crate::units::Secret;

/// Where a scope is granted that a token lacks which somebody else mints.
const ELSEWHERE: &str = "grant it at Admin Console > Applications > the app that mints the token > Okta API Scopes > Grant, \
                         and let the app ask for it";

impl Session<'_> {
    /// Asks, and waits for the whole answer. Any status but 2xx is [`Failure::Refused`]. A kept
    /// connection may end just as it is used; what only reads is then asked once more, over a new one.
    pub async fn ask(&self, request: Request<'_>) -> Result<Response, Failure> {
        let authorization = match request.credential {
            None => None,
            Some(credential) => match &credential.method {
                AuthMethod::ApiToken(secret) => {
                    let token = self.token(secret, TokenKind::Api).await?;
                    Some(authorization("SSWS", &token)?)
                }
                AuthMethod::Bearer(secret) => {
                    let token = self.token(secret, TokenKind::Access).await?;
                    if let Some(missing) = self.missing_scope(credential, request.path(), &token) {
                        return Err(Failure::MissingScope(Box::new(missing)));
                    }
                    Some(authorization("Bearer", &token)?)
                }
                AuthMethod::OAuth(app) => return app.ask(self, credential, &request).await,
            },
        };
        let auth = || AuthHeaders {
            authorization: authorization.clone(),
            dpop: None,
        };
        let admission = self.admit(&request).await?;
        let attempt = self.send(&request, auth(), admission).await;
        if !attempt.closed || !request.only_reads() {
            return attempt.result;
        }
        let request = request.over_new_connection();
        let admission = self.admit(&request).await?;
        self.send(&request, auth(), admission).await.result
    }

    /// The token that stands there now, if what does can be one of this kind.
    pub(crate) async fn token(
        &self,
        source: &SecretSource,
        kind: TokenKind,
    ) -> Result<Secret, Failure> {
        let read = source.clone();
        self.secret(Some(source), move || read.read_token(kind))
            .await
    }

    /// The scope that this path needs and that a token was not granted which somebody else mints, where
    /// it tells by itself what it was granted and nothing else is wrong with it.
    fn missing_scope(
        &self,
        credential: &Credential,
        path: &str,
        token: &Secret,
    ) -> Option<MissingScope> {
        let Ok(AccessToken::Jwt(claims)) = AccessToken::decode(token.expose_secret()) else {
            return None;
        };
        let issuer = claims.iss.as_deref()?;
        let server = AuthorizationServer::of_issuer(issuer, |url| self.origins().hold(url))?;
        let is_good = !server.is_custom() && claims.exp? > self.clock().now();
        let granted = claims.scopes.filter(|_| is_good)?;
        credential.missing(path, &granted, || ELSEWHERE.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::json;
    use url::Url;

    use crate::okta::{Client, Proxies, SecretSource, TlsSetup};

    #[test]
    fn a_token_that_tells_by_itself_what_it_lacks_is_not_sent() {
        let org = Url::parse("https://acme.okta.com").unwrap();
        let client = Client::new(&org, &TlsSetup::new(None).unwrap(), &Proxies::default()).unwrap();
        let okta = Session::new(&client, std::time::Duration::from_secs(1));
        let lacks = |issuer: &str, expires_in: i64, path: &str| {
            let expires = crate::units::Timestamp::now().as_second() + expires_in;
            let claims = json!({"iss": issuer, "exp": expires, "scp": ["okta.users.read"]});
            let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let token = format!("{}.{}.c2ln", part(json!({"alg": "RS256"})), part(claims));
            let credential = Credential {
                name: "monitor".parse().unwrap(),
                method: AuthMethod::Bearer(SecretSource::Given(token.as_str().into())),
                principal_id: None,
            };
            let missing = okta.missing_scope(&credential, path, &token.as_str().into());
            missing.map(|missing| missing.scope)
        };
        let (acme, groups) = ("https://acme.okta.com", "/api/v1/groups");
        assert_eq!(lacks(acme, 600, groups), Some("okta.groups.read"));
        assert_eq!(lacks(acme, 600, "/api/v1/users"), None);
        assert_eq!(lacks(acme, -600, groups), None, "that it is over is worse");
        assert_eq!(lacks("https://other.okta.com", 600, groups), None);
    }
}
