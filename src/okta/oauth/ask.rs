//! Requests that carry a service app's access token, and what is done when one is refused. How a
//! token is minted is in [`mint`](super::mint), how it is kept in [`token_cache`](super::token_cache).

use std::sync::Arc;

use url::Url;

use super::{
    app::{CLOCK_TOLERANCE, OAuthApp},
    dpop::Dpop,
    mint::Mint,
    token::Token,
    token_cache::Instead,
};
use crate::okta::{
    Credential, Failure, MissingScope, Refusal, Request, Response, Session,
    clock::OktaClock,
    http::{request::AuthHeaders, session::Attempt},
    secret::sensitive::authorization,
};

/// Why a request is made once more; each reason counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    Nonce,
    Clock,
    Token,
    Bound,
    Closed,
}

impl OAuthApp {
    /// Asks with its access token. A token that Okta no longer takes is replaced once, a nonce is
    /// sent back once, a wrong clock is corrected once, a kept connection that ended is replaced once.
    /// Each time with another proof: Okta takes none twice.
    pub(in crate::okta) async fn ask(
        &self,
        okta: &Session<'_>,
        credential: &Credential,
        request: &Request<'_>,
    ) -> Result<Response, Failure> {
        let url = okta.url_of(request)?;
        let mut token = self.token_for(&url, okta, credential).await?;
        let mut tried = Vec::new();
        let mut request = request.clone();
        loop {
            let admission = okta.admit(&request).await?;
            let held = okta.clock().skew();
            let auth = self.auth(&token, request.method(), &url, okta.clock())?;
            let Attempt {
                result,
                headers,
                closed,
            } = okta.send(&request, auth, admission).await;
            let renewed = self.proofs.resource_nonce.keep(&headers);
            let refusal = match result {
                Ok(answer) => {
                    token.prove();
                    return Ok(answer);
                }
                Err(Failure::Refused(refusal)) => refusal,
                Err(_) if closed && request.only_reads() && !tried.contains(&Again::Closed) => {
                    tried.push(Again::Closed);
                    request = request.over_new_connection();
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            let moved = okta.clock().has_moved(held, CLOCK_TOLERANCE);
            match self.again(&refusal, &token, (renewed, moved)) {
                Some(again) if !tried.contains(&again) => {
                    tried.push(again);
                    match again {
                        Again::Nonce | Again::Closed => {}
                        Again::Clock => okta.clock().tell(okta.org(), &credential.name),
                        Again::Token => {
                            // A gateway says so as well, of a token that Okta may take.
                            let instead = match refusal.request_id {
                                Some(_) => Instead::OfRefused(&token),
                                None => Instead::OfUnfit(&token),
                            };
                            token = self.token(okta, credential, Some(instead)).await?;
                        }
                        Again::Bound => {
                            let unbound = Some(Instead::OfUnfit(&token));
                            token = self.token(okta, credential, unbound).await?;
                        }
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
            // A token never gains a scope; another one may have it by now. If none can be had, what
            // is wrong here is still the scope.
            let lacking = Some(Instead::OfUnfit(&token));
            if let Ok(another) = self.token(okta, credential, lacking).await {
                token = another;
            }
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
        instead: Option<Instead<'_>>,
    ) -> Result<Arc<Token>, Failure> {
        let mint = Mint {
            app: self,
            okta,
            credential,
        };
        let auth = self.settings.auth.clone();
        let with = async {
            let place = self.settings.auth.source();
            let read = okta.secret(place, move || Ok(auth.fingerprint())).await;
            read.ok().flatten()
        };
        self.tokens.get(instead, with, Box::pin(mint.run())).await
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
                Some(Again::Bound)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::okta::{
        ApiError, AuthMethod, Client, ClientAuth, OAuthError, OAuthSettings, Proxies, SecretSource,
        TlsSetup, TokenStatus,
    };

    fn app(dpop: Dpop) -> OAuthApp {
        OAuthApp::new(OAuthSettings {
            client_id: "0oa1".to_owned(),
            auth: ClientAuth::ClientSecretPost(SecretSource::Given("s3cr3t".into())),
            scopes: vec!["okta.users.read".to_owned()],
            token_path: "/oauth2/v1/token".to_owned(),
            dpop,
        })
    }

    fn refusal(status: u16, error: &str, words: &str) -> Refusal {
        Refusal {
            status,
            path: "/api/v1/users".to_owned(),
            anonymous: false,
            error: ApiError::OAuth(OAuthError {
                error: error.to_owned(),
                description: Some(words.to_owned()),
                scope: None,
            }),
            request_id: None,
            date: None,
            limited: None,
            back_off: None,
        }
    }

    /// What comes of asking for users with a token of this age that was granted nothing, where no
    /// server listens, and how the credential stands then.
    async fn asked_with(age: Duration) -> (Failure, TokenStatus) {
        let app = app(Dpop::Auto);
        let minted = Instant::now().checked_sub(age).unwrap();
        let token = Token::new("t".into(), false, minted, Duration::from_hours(1));
        let held = app
            .tokens
            .get(None, async { None }, async { Ok(token) })
            .await;
        held.unwrap();
        let credential = Credential {
            name: "monitor".parse().unwrap(),
            method: AuthMethod::OAuth(Box::new(app)),
            principal_id: None,
        };
        let nobody = Url::parse("http://127.0.0.1:1").unwrap();
        let client =
            Client::new(&nobody, &TlsSetup::new(None).unwrap(), &Proxies::default()).unwrap();
        let okta = Session::new(&client, Duration::from_secs(30));
        let users = Request::get("users", "/api/v1/users").with(Some(&credential));
        let failure = okta.ask(users).await.unwrap_err();
        (failure, credential.token_status().unwrap())
    }

    #[tokio::test]
    async fn a_token_that_lacks_a_scope_is_not_sent_and_another_is_asked_for_only_when_it_is_old() {
        let (fresh, status) = asked_with(Duration::ZERO).await;
        assert!(matches!(fresh, Failure::MissingScope(_)), "{fresh}");
        assert_eq!(status.failed, 0);
        let (old, status) = asked_with(Duration::from_mins(2)).await;
        assert!(matches!(old, Failure::MissingScope(_)), "{old}");
        assert_eq!(status.failed, 1, "another one was asked for");
        assert!(
            status.expires.is_some(),
            "and the old one serves the others"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_request_is_made_again_where_something_would_be_different() {
        let token = |bound| Token::new("t".into(), bound, Instant::now(), Duration::from_hours(1));
        let (fresh, bound) = (token(false), token(true));
        let (proven, mut instead) = (token(false), token(false));
        proven.prove();
        instead.prove();
        instead.instead = true;
        let (nonce, spent) = ("use_dpop_nonce", "invalid_token");
        let (wants, words) = ("invalid_request", "The request requires a DPoP proof.");
        for (token, status, error, (renewed, moved), expected) in [
            (&bound, 400, nonce, (true, false), Some(Again::Nonce)),
            (&bound, 401, nonce, (true, true), Some(Again::Nonce)),
            (&bound, 401, nonce, (false, false), None),
            (&fresh, 401, nonce, (true, false), None),
            (&bound, 401, spent, (false, true), Some(Again::Clock)),
            (&bound, 403, spent, (false, true), None),
            (&fresh, 401, spent, (false, true), None),
            (&fresh, 401, spent, (false, false), None),
            (&proven, 401, spent, (false, false), Some(Again::Token)),
            (&instead, 401, spent, (false, false), None),
            (&fresh, 400, wants, (false, false), Some(Again::Bound)),
            (&bound, 400, wants, (false, false), None),
            (&instead, 400, wants, (false, false), None),
            (&fresh, 401, wants, (false, false), None),
        ] {
            let refusal = refusal(status, error, words);
            let found = app(Dpop::Auto).again(&refusal, token, (renewed, moved));
            assert_eq!(
                found, expected,
                "{status} {error} {renewed} {moved} {token:?}"
            );
        }
        let other = refusal(400, wants, "The limit must be a number.");
        assert_eq!(app(Dpop::Auto).again(&other, &fresh, (false, false)), None);
        let never = refusal(400, wants, words);
        assert_eq!(app(Dpop::Never).again(&never, &fresh, (false, false)), None);
    }
}
