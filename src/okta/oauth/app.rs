//! A service app: requests that carry its access token, and what is done when one is refused. How
//! a token is minted and kept is elsewhere.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use url::Url;

use super::{
    assertion::ClientAuth,
    dpop::{Dpop, Proofs},
    mint::Mint,
    token_cache::{Token, TokenCache, TokenStatus},
};
use crate::okta::{
    BadKey, Credential, Failure, MissingScope, NoSecret, Refusal, Request, Response, Session,
    http::{request::AuthHeaders, session::Sent},
    okta_clock::OktaClock,
    scopes,
    secret::sensitive::authorization,
};

/// By how much this machine's clock must differ from what it was held to be, before that is held
/// to be why Okta refused.
pub(super) const CLOCK_TOLERANCE: Duration = Duration::from_secs(30);

/// A service app as it is configured.
#[derive(Debug)]
pub struct OAuthSettings {
    /// The client id.
    pub client_id: String,
    /// How it authenticates.
    pub auth: ClientAuth,
    /// The scopes it asks for.
    pub scopes: Vec<String>,
    /// The path of the token endpoint.
    pub token_path: String,
    /// When proofs are sent.
    pub dpop: Dpop,
}

/// A service app, with its access token and its DPoP key.
#[derive(Debug)]
pub struct OAuthApp {
    pub(super) settings: OAuthSettings,
    pub(super) proofs: Proofs,
    tokens: TokenCache,
    /// The scopes that were last granted, so that what they lack is told once.
    told: Mutex<Option<BTreeSet<String>>>,
}

/// Why a request is made once more; each reason counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    Nonce,
    Clock,
    Token,
}

impl OAuthApp {
    /// A service app that has no token yet.
    pub fn new(settings: OAuthSettings) -> Self {
        let proofs = Proofs::new(settings.dpop);
        Self {
            settings,
            proofs,
            tokens: TokenCache::default(),
            told: Mutex::default(),
        }
    }

    /// Its client id.
    pub fn client_id(&self) -> &str {
        &self.settings.client_id
    }

    /// The scopes it asks for.
    pub fn scopes(&self) -> &[String] {
        &self.settings.scopes
    }

    /// True if the org's own authorization server mints its tokens.
    pub fn asks_the_org(&self) -> bool {
        self.settings.token_path.starts_with("/oauth2/v1/")
    }

    /// Which of those were not granted.
    pub fn missing(&self, granted: &BTreeSet<String>) -> Vec<String> {
        scopes::missing(&self.settings.scopes, granted)
    }

    /// How it stands with its access tokens.
    pub fn token_status(&self) -> TokenStatus {
        self.tokens.token_status().clone()
    }

    /// Where in the Admin Console a scope is granted.
    pub(super) fn grant(&self) -> String {
        let id = &self.settings.client_id;
        format!("grant it at Admin Console > Applications > {id} > Okta API Scopes > Grant")
    }

    /// True if this was granted for the first time, or something else before.
    pub(super) fn is_news(&self, granted: &BTreeSet<String>) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let news = told.as_ref() != Some(granted);
        *told = Some(granted.clone());
        news
    }

    /// Asks with its access token. A token that Okta no longer takes is replaced once, a nonce is
    /// sent back once, a wrong clock is corrected once.
    pub(in crate::okta) async fn ask(
        &self,
        okta: &Session<'_>,
        credential: &Credential,
        ask: &Request<'_>,
    ) -> Result<Response, Failure> {
        let url = okta.url(&ask.path)?;
        let mut token = self.token_for(&url, okta, credential).await?;
        let mut tried = Vec::new();
        loop {
            okta.admit(ask).await?;
            let held = okta.clock().skew();
            let auth = self.auth(&token, ask.method(), &url, okta.clock())?;
            let Sent { result, headers } = okta.send(ask, auth).await;
            let renewed = self.proofs.resource_nonce.keep(&headers);
            let refusal = match result {
                Ok(answer) => {
                    token.prove();
                    return Ok(answer);
                }
                Err(Failure::Refused(refusal)) => refusal,
                Err(failure) => return Err(failure),
            };
            let moved = okta.clock().has_moved(held, CLOCK_TOLERANCE);
            match self.again(&refusal, &token, (renewed, moved)) {
                Some(again) if !tried.contains(&again) => {
                    tried.push(again);
                    match again {
                        Again::Nonce => {}
                        Again::Clock => okta.clock().tell(&credential.name),
                        Again::Token => token = self.token(okta, credential, Some(&token)).await?,
                    }
                }
                _ => return Err(Failure::Refused(refusal)),
            }
        }
    }

    /// A token that has the scope which this URL needs.
    async fn token_for(
        &self,
        url: &Url,
        okta: &Session<'_>,
        credential: &Credential,
    ) -> Result<Arc<Token>, Failure> {
        let mut token = self.token(okta, credential, None).await?;
        if self.missing_scope(credential, url, &token).is_some() && token.is_old() {
            // A token never gains a scope; another one may have it by now.
            token = self.token(okta, credential, Some(&token)).await?;
        }
        match self.missing_scope(credential, url, &token) {
            None => Ok(token),
            Some(missing) => Err(Failure::MissingScope(Box::new(missing))),
        }
    }

    async fn token(
        &self,
        okta: &Session<'_>,
        credential: &Credential,
        refused: Option<&Arc<Token>>,
    ) -> Result<Arc<Token>, Failure> {
        let mint = Mint {
            app: self,
            okta,
            credential,
        };
        let with = || self.settings.auth.fingerprint();
        self.tokens.get(refused, with, Box::pin(mint.run())).await
    }

    fn missing_scope(
        &self,
        credential: &Credential,
        url: &Url,
        token: &Token,
    ) -> Option<MissingScope> {
        credential.missing(url.path(), &token.scopes, || self.grant())
    }

    fn auth(
        &self,
        token: &Token,
        method: &'static str,
        url: &Url,
        clock: &OktaClock,
    ) -> Result<AuthHeaders, Failure> {
        if !token.bound {
            let bearer = authorization("Bearer", &token.value)?;
            return Ok(AuthHeaders {
                authorization: Some(bearer),
                dpop: None,
            });
        }
        Ok(AuthHeaders {
            authorization: Some(authorization("DPoP", &token.value)?),
            dpop: Some(
                self.proofs
                    .at_resource((method, url), &token.value, clock)?,
            ),
        })
    }

    fn again(
        &self,
        refusal: &Refusal,
        token: &Token,
        (renewed, moved): (bool, bool),
    ) -> Option<Again> {
        match (refusal.status, refusal.error.label().unwrap_or_default()) {
            (400 | 401, "use_dpop_nonce") if renewed && token.bound => Some(Again::Nonce),
            (400 | 401, _) if token.bound && moved => Some(Again::Clock),
            (401, "invalid_token") if token.is_replaceable() => Some(Again::Token),
            // Okta's way to say that the token is bound, or must be.
            (400, "invalid_request")
                if token.may_be_bound()
                    && self.settings.dpop == Dpop::Auto
                    && refusal.error.to_string().contains("DPoP proof") =>
            {
                self.proofs.turn_on();
                Some(Again::Token)
            }
            _ => None,
        }
    }
}

impl From<BadKey> for Failure {
    fn from(why: BadKey) -> Self {
        Self::Secret(NoSecret::Key(why, "the credential".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::okta::{AuthMethod, Client, SecretSource, TlsSetup};

    /// What comes of asking for users with a token of this age that was granted nothing, where no
    /// server listens.
    async fn asked_with(age: Duration) -> Failure {
        let app = OAuthApp::new(OAuthSettings {
            client_id: "0oa1".to_owned(),
            auth: ClientAuth::ClientSecretPost(SecretSource::Given("s3cr3t".into())),
            scopes: vec!["okta.users.read".to_owned()],
            token_path: "/oauth2/v1/token".to_owned(),
            dpop: Dpop::Auto,
        });
        let minted = Instant::now().checked_sub(age).unwrap();
        let token = Token::new("t".into(), false, minted, Duration::from_hours(1));
        let held = app.tokens.get(None, || None, async { Ok(token) }).await;
        held.unwrap();
        let credential = Credential {
            name: "monitor".parse().unwrap(),
            method: AuthMethod::OAuth(Box::new(app)),
            principal_id: None,
        };
        let nobody = Url::parse("http://127.0.0.1:1").unwrap();
        let client = Client::new(&nobody, &TlsSetup::new(None).unwrap()).unwrap();
        let okta = Session::new(&client, Duration::from_secs(30));
        let ask = Request::get("users", "/api/v1/users").with(Some(&credential));
        okta.ask(ask).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_token_that_lacks_a_scope_is_not_sent_and_replaced_only_when_it_is_old() {
        let fresh = asked_with(Duration::ZERO).await;
        assert!(matches!(fresh, Failure::MissingScope(_)), "{fresh}");
        let old = asked_with(Duration::from_mins(2)).await;
        let Failure::NoToken(why) = old else {
            panic!("another one was not asked for: {old}")
        };
        assert_eq!(why.cause.request_reason(), Some("connect"));
    }
}
