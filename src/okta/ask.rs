//! Asking, with whatever credential a request carries. How a request is sent is in
//! [`session`](super::http::session), what a service app does about it in [`oauth`](super::oauth::ask).

use secrecy::ExposeSecret;

use super::{
    AccessToken, AuthMethod, AuthorizationServer, Credential, Failure, MissingScope, Request,
    Response, Session, TokenKind, http::request::AuthHeaders, secret::sensitive::authorization,
};
use crate::units::Secret;

/// Where a scope is granted that a token lacks which somebody else mints.
const ELSEWHERE: &str = "grant it at Admin Console > Applications > the app that mints the token > Okta API Scopes > Grant, \
                         and let the app ask for it";

impl Session<'_> {
    /// Asks, and waits for the whole answer. Any status but 2xx is [`Failure::Refused`].
    pub async fn ask(&self, request: Request<'_>) -> Result<Response, Failure> {
        let authorization = match request.credential {
            None => None,
            Some(credential) => match &credential.method {
                AuthMethod::ApiToken(secret) => {
                    let token = secret.read_token(TokenKind::Api)?;
                    Some(authorization("SSWS", &token)?)
                }
                AuthMethod::Bearer(secret) => {
                    let token = secret.read_token(TokenKind::Access)?;
                    if let Some(missing) = self.missing_scope(credential, request.path(), &token) {
                        return Err(Failure::MissingScope(Box::new(missing)));
                    }
                    Some(authorization("Bearer", &token)?)
                }
                AuthMethod::OAuth(app) => return app.ask(self, credential, &request).await,
            },
        };
        let auth = AuthHeaders {
            authorization,
            dpop: None,
        };
        let admission = self.admit(&request).await?;
        self.send(&request, auth, admission).await.result
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
