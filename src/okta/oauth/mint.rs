//! One access token from a token endpoint (client credentials, RFC 6749): what is sent, what
//! challenges are answered, and what the answer says. Whether one is due is known by
//! [`token_cache`](super::token_cache).

use std::time::Duration;

use secrecy::ExposeSecret;
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;

use super::{
    app::{CLOCK_TOLERANCE, OAuthApp},
    assertion::{ClientProof, JWT_BEARER, Ready},
    dpop::Dpop,
    token::Token,
};
use crate::okta::{
    AccessToken, Credential, Failure, Form, NoToken, Refusal, Request, Response, Session,
    TokenKind,
    document::claim,
    http::{request::AuthHeaders, session::Attempt},
};
use crate::units::Secret;

/// How requests to a token endpoint are called in metrics.
pub const TOKEN_API: &str = "token";
/// How long a token holds of which nothing is said.
const LIFETIME: Duration = Duration::from_mins(5);
/// The longest that a token is believed to hold.
const LONGEST_LIFETIME: Duration = Duration::from_hours(24);

/// A token that holds for less would cost a mint at nearly every request.
const SHORTEST_LIFETIME: Duration = Duration::from_secs(1);

/// A token about to be minted.
pub(super) struct Mint<'a> {
    pub(super) app: &'a OAuthApp,
    pub(super) okta: &'a Session<'a>,
    pub(super) credential: &'a Credential,
}

/// Why a request for a token is made once more; each reason counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    /// The server gave a nonce that must stand in the proof.
    Nonce,
    /// The server wants proofs.
    Proof,
    /// Assertion or proof was dated by a clock that has turned out to be wrong.
    Clock,
    /// The kept connection ended as it was used. Assertion and proof may have arrived: neither is
    /// taken twice.
    Closed,
}

/// How long a token holds that is said to hold so many seconds.
fn lifetime(seconds: Option<f64>) -> Result<Duration, Failure> {
    let Some(seconds) = seconds else {
        return Ok(LIFETIME);
    };
    let bounded = seconds.clamp(0.0, LONGEST_LIFETIME.as_secs_f64());
    let lasts = Duration::try_from_secs_f64(bounded).unwrap_or_default();
    if lasts < SHORTEST_LIFETIME {
        let what = format!("the token that came is over already: it holds for {seconds} s");
        return Err(Failure::InvalidBody(what));
    }
    Ok(lasts)
}

/// What a token endpoint answers.
#[derive(Deserialize)]
struct TokenResponse {
    access_token: Secret,
    token_type: String,
    #[serde(default, deserialize_with = "claim")]
    expires_in: Option<f64>,
    #[serde(default, deserialize_with = "claim")]
    scope: Option<String>,
}

impl Mint<'_> {
    /// Mints one, answering each challenge once.
    pub(super) async fn run(self) -> Result<Token, NoToken> {
        let mut tried = Vec::new();
        self.attempts(&mut tried).await.map_err(|cause| NoToken {
            note: self.note(&cause),
            credential: self.credential.name.clone(),
            cause,
            remembered: false,
        })
    }

    async fn attempts(&self, tried: &mut Vec<Again>) -> Result<Token, Failure> {
        let ready = self.app.settings.auth.read_by(self.okta).await?;
        let url = self.okta.url(&self.app.settings.token_path)?;
        loop {
            let (at, held) = (Instant::now(), self.okta.clock().skew());
            let anew = tried.contains(&Again::Closed);
            let Attempt {
                result,
                headers,
                closed,
            } = self.send(&ready, &url, anew).await?;
            let renewed = self.app.proofs.token_nonce.keep(&headers);
            let refusal = match result {
                Ok(answer) => return self.read(&answer, at).await,
                Err(Failure::Refused(refusal)) => refusal,
                Err(_) if closed && !anew => {
                    tried.push(Again::Closed);
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            let moved = self.okta.clock().has_moved(held, CLOCK_TOLERANCE);
            match self.again(&refusal, renewed, moved) {
                Some(again) if !tried.contains(&again) => {
                    match again {
                        Again::Nonce | Again::Closed => {}
                        Again::Proof => self.app.proofs.turn_on(),
                        Again::Clock => self
                            .okta
                            .clock()
                            .tell(self.okta.org(), &self.credential.name),
                    }
                    tried.push(again);
                }
                _ => return Err(Failure::Refused(refusal)),
            }
        }
    }

    /// Sends one request, with an assertion and a proof of its own; `anew` over a connection of its own.
    async fn send(&self, ready: &Ready, url: &Url, anew: bool) -> Result<Attempt, Failure> {
        let settings = &self.app.settings;
        let nothing = Form {
            secrets: &[],
            fields: &[],
            client: None,
        };
        let bare = Request::post(TOKEN_API, settings.token_path.as_str(), nothing);
        let bare = bare.with(Some(self.credential));
        let admission = self.okta.admit(&bare).await?;
        let id = settings.client_id.as_str();
        let scope = settings.scopes.join(" ");
        let proof = ready.prove(id, url.as_str(), self.okta.clock().past())?;
        let mut fields = vec![("grant_type", "client_credentials"), ("scope", &scope)];
        let (secret, client) = match &proof {
            ClientProof::Assertion(assertion) => {
                fields.push(("client_assertion_type", JWT_BEARER));
                (Some(("client_assertion", assertion)), None)
            }
            ClientProof::Post(secret) => {
                fields.push(("client_id", id));
                (Some(("client_secret", secret)), None)
            }
            ClientProof::Public => {
                fields.push(("client_id", id));
                (None, None)
            }
            ClientProof::Basic(secret) => (None, Some((id, secret))),
        };
        let form = Form {
            secrets: secret.as_slice(),
            fields: &fields,
            client,
        };
        let request = Request::post(TOKEN_API, settings.token_path.as_str(), form);
        let request = request.with(Some(self.credential));
        let request = if anew {
            request.over_new_connection()
        } else {
            request
        };
        let clock = self.okta.clock();
        let auth = AuthHeaders {
            authorization: None,
            dpop: self.app.proofs.at_token_endpoint(url, clock)?,
        };
        Ok(self.okta.send(&request, auth, admission).await)
    }

    fn again(&self, refusal: &Refusal, renewed: bool, clock_moved: bool) -> Option<Again> {
        let label = refusal.error.label().unwrap_or_default();
        let dpop = self.app.settings.dpop;
        match (refusal.status, label) {
            (400 | 401, "use_dpop_nonce") if renewed && self.app.proofs.are_on() => {
                Some(Again::Nonce)
            }
            (400 | 401, "use_dpop_nonce" | "invalid_dpop_proof")
                if dpop == Dpop::Auto && !self.app.proofs.are_on() =>
            {
                Some(Again::Proof)
            }
            // Other servers and older ones say it in the description alone.
            (400 | 401, _)
                if dpop == Dpop::Auto
                    && !self.app.proofs.are_on()
                    && refusal.error.says("dpop") =>
            {
                Some(Again::Proof)
            }
            (400 | 401, _) if clock_moved => Some(Again::Clock),
            _ => None,
        }
    }

    async fn read(&self, answer: &Response, at: Instant) -> Result<Token, Failure> {
        let answered: TokenResponse = answer.json().await?;
        let bound = match answered.token_type.to_ascii_lowercase().as_str() {
            "dpop" => true,
            "bearer" => false,
            _ => {
                let what = "the token is neither of type Bearer nor DPoP".to_owned();
                return Err(Failure::InvalidBody(what));
            }
        };
        TokenKind::Access
            .check(&answered.access_token)
            .map_err(|why| Failure::InvalidBody(format!("its `access_token` is none: {why}")))?;
        let claims = match AccessToken::decode(answered.access_token.expose_secret()) {
            Ok(AccessToken::Jwt(claims)) => Some(claims),
            Ok(AccessToken::Encrypted | AccessToken::Opaque) | Err(_) => None,
        };
        let now = self.okta.clock().now();
        let until = claims.as_ref().and_then(|claims| claims.exp);
        let left = until.map(|end| end.since(now).as_secs_f64());
        let lasts = lifetime(answered.expires_in.or(left))?;
        let granted = answered
            .scope
            .map(|scope| scope.split_ascii_whitespace().map(str::to_owned).collect())
            .or_else(|| claims.and_then(|claims| claims.scopes));
        let asked = &self.app.settings.scopes;
        let mut token = Token::new(answered.access_token, bound, at, lasts);
        token.expires = until.unwrap_or_else(|| now.plus(lasts));
        // By RFC 6749 (5.1) a server may keep silent where all was granted that was asked for.
        token.scopes = granted.unwrap_or_else(|| asked.iter().cloned().collect());
        self.tell(&token);
        Ok(token)
    }

    fn tell(&self, token: &Token) {
        let (credential, expires) = (self.credential.name.as_str(), token.expires.to_string());
        tracing::debug!(
            org = self.okta.org(),
            credential,
            expires,
            bound = token.bound,
            "minted an access token"
        );
    }

    /// What may explain the failure and is not said in it.
    fn note(&self, cause: &Failure) -> Option<String> {
        let refusal = cause.refusal()?;
        match refusal.error.label()? {
            "consent_required" | "invalid_scope" | "access_denied"
                if refusal.error.label() != Some("access_denied")
                    || refusal.error.says("scope") =>
            {
                let asked = self.app.settings.scopes.join(" ");
                Some(format!("asked for {asked}; {}", self.app.grant()))
            }
            "invalid_dpop_proof" if self.app.settings.dpop == Dpop::Never => {
                Some("the app wants DPoP: write `dpop: auto`".to_owned())
            }
            _ => self.okta.clock().note(),
        }
    }
}

#[cfg(test)]
mod tests;
