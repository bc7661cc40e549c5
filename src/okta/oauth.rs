//! A service app: requests that carry its access token, and what is done when one is refused. How
//! a token is minted and kept is elsewhere.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::HeaderValue;
use url::Url;

use super::{
    Answer, Ask, ClientAuth, Dpop, Failure, MissingScope, NoSecret, Okta, PrivateKey, Refusal,
    Standing,
    dpop::{Nonce, Proof},
    mint::{Mint, Told},
    okta_clock::OktaClock,
    private_key::BadKey,
    request::Carried,
    scopes,
    sealed::authorization,
    token_cache::{Token, TokenCache},
};
use crate::units::Name;

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
    told: Told,
}

/// What proofs are made of, and whether they are wanted.
#[derive(Debug)]
pub(super) struct Proofs {
    on: AtomicBool,
    key: OnceLock<PrivateKey>,
    pub(super) token_nonce: Nonce,
    resource_nonce: Nonce,
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
        let proofs = Proofs {
            on: AtomicBool::new(settings.dpop == Dpop::Always),
            key: OnceLock::new(),
            token_nonce: Nonce::default(),
            resource_nonce: Nonce::default(),
        };
        Self {
            settings,
            proofs,
            tokens: TokenCache::default(),
            told: Told::default(),
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
    pub fn standing(&self) -> Standing {
        self.tokens.standing().clone()
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
    pub(super) async fn ask(
        &self,
        okta: &Okta<'_>,
        name: &Name,
        ask: &Ask<'_>,
    ) -> Result<Answer, Failure> {
        let url = okta.url(&ask.path)?;
        let (mut tried, mut refused) = (Vec::new(), None);
        loop {
            let token = self.token(okta, (name, ask), refused.take()).await?;
            if let Some(missing) = self.missing_scope(name, &url, &token) {
                // A token never gains a scope; another one may have it by now.
                if token.is_old() && !tried.contains(&Again::Token) {
                    tried.push(Again::Token);
                    refused = Some(token);
                    continue;
                }
                return Err(Failure::MissingScope(Box::new(missing)));
            }
            let held = okta.clock().skew();
            let carried = self.carried(&token, ask.method(), &url, okta.clock())?;
            let sent = okta.send(ask, carried).await;
            let renewed = self.proofs.resource_nonce.keep(&sent.headers);
            let refusal = match sent.result {
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
                        Again::Clock => okta.tell_clock(name),
                        Again::Token => refused = Some(token),
                    }
                }
                _ => return Err(Failure::Refused(refusal)),
            }
        }
    }

    async fn token(
        &self,
        okta: &Okta<'_>,
        (credential, ask): (&Name, &Ask<'_>),
        refused: Option<Arc<Token>>,
    ) -> Result<Arc<Token>, Failure> {
        let mint = Mint {
            app: self,
            okta,
            ask,
            credential,
        };
        let with = || self.settings.auth.fingerprint();
        let got = self
            .tokens
            .get(refused.as_ref(), with, Box::pin(mint.run()));
        got.await
    }

    fn missing_scope(&self, name: &Name, url: &Url, token: &Token) -> Option<MissingScope> {
        let scope = scopes::needed(url.path())?;
        (!scopes::cover(&token.scopes, scope)).then(|| MissingScope {
            credential: name.clone(),
            scope,
            path: url.path().to_owned(),
            mend: self.grant(),
        })
    }

    fn carried(
        &self,
        token: &Token,
        method: &'static str,
        url: &Url,
        clock: &OktaClock,
    ) -> Result<Carried, Failure> {
        if !token.bound {
            let bearer = authorization("Bearer", &token.value)?;
            return Ok(Carried {
                authorization: Some(bearer),
                dpop: None,
            });
        }
        let proof = Proof {
            method,
            url,
            at: clock.now(),
            nonce: self.proofs.resource_nonce.get(),
            token: Some(&token.value),
        };
        Ok(Carried {
            authorization: Some(authorization("DPoP", &token.value)?),
            dpop: HeaderValue::try_from(proof.sign(self.proofs.key()?)?).ok(),
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
                if !token.bound
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

impl Proofs {
    pub(super) fn are_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    pub(super) fn turn_on(&self) {
        self.on.store(true, Ordering::Relaxed);
    }

    fn key(&self) -> Result<&PrivateKey, BadKey> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let key = PrivateKey::ephemeral()?;
        Ok(self.key.get_or_init(|| key))
    }

    /// The proof that goes to the token endpoint, where one is wanted.
    pub(super) fn at_token_endpoint(
        &self,
        url: &Url,
        clock: &OktaClock,
    ) -> Result<Option<String>, Failure> {
        if !self.are_on() {
            return Ok(None);
        }
        let proof = Proof {
            method: "POST",
            url,
            at: clock.now(),
            nonce: self.token_nonce.get(),
            token: None,
        };
        Ok(Some(proof.sign(self.key()?)?))
    }
}

impl From<BadKey> for Failure {
    fn from(why: BadKey) -> Self {
        Self::Secret(NoSecret::Key(why, "the credential".to_owned()))
    }
}
