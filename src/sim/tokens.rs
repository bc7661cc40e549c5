//! Tokens the simulated org minted: their claims, whether they still hold, and what introspection
//! says of them. Who may call is [`super::credentials`]; what signs them is [`super::keys`].

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};

use super::answer::random;
use super::clock::after;
use super::credentials::{Grant, Principal};
use super::error::Error;
use super::keys::SigningKey;

/// An access token to be minted. Everything but its server has a plausible default.
#[derive(Clone, Debug)]
pub struct Mint {
    pub(super) server: String,
    client: String,
    scopes: Vec<String>,
    audience: Option<String>,
    issuer: Option<String>,
    lifetime: Duration,
    starts_in: Option<Duration>,
    opaque: Option<String>,
    bound_to: Option<String>,
}

impl Mint {
    /// A one-hour JWT of the authorization server `org`, or of a custom one by its id.
    pub fn by(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            client: "0oaSimulatedClient00".to_owned(),
            scopes: Vec::new(),
            audience: None,
            issuer: None,
            lifetime: Duration::from_hours(1),
            starts_in: None,
            opaque: None,
            bound_to: None,
        }
    }

    /// The client it is minted for: `cid` and `sub`.
    #[must_use]
    pub fn client(mut self, id: &str) -> Self {
        id.clone_into(&mut self.client);
        self
    }

    /// The scopes it grants.
    #[must_use]
    pub fn scopes<const N: usize>(mut self, scopes: [&str; N]) -> Self {
        self.scopes = scopes.map(str::to_owned).to_vec();
        self
    }

    /// The scopes it grants, as many as there are.
    pub(super) fn granting(mut self, scopes: Vec<String>) -> Self {
        self.scopes = scopes;
        self
    }

    /// The thumbprint of the key that it is bound to.
    pub(super) fn bound_to(mut self, thumbprint: Option<&str>) -> Self {
        self.bound_to = thumbprint.map(str::to_owned);
        self
    }

    /// Another audience than the server's own.
    #[must_use]
    pub fn audience(mut self, audience: &str) -> Self {
        self.audience = Some(audience.to_owned());
        self
    }

    /// Another issuer than the server itself, as a token from elsewhere would have.
    #[must_use]
    pub fn issuer(mut self, issuer: &str) -> Self {
        self.issuer = Some(issuer.to_owned());
        self
    }

    /// How long it holds.
    #[must_use]
    pub fn lasting(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Adds `nbf`, this far in the future.
    #[must_use]
    pub fn starting_in(mut self, delay: Duration) -> Self {
        self.starts_in = Some(delay);
        self
    }

    /// A token that says nothing by itself, with this value.
    #[must_use]
    pub fn opaque(mut self, value: &str) -> Self {
        self.opaque = Some(value.to_owned());
        self
    }

    /// The claims, for a server that issues as `issuer` to `audience` unless told otherwise.
    pub(super) fn claims(&self, issuer: &str, audience: &str, now: Timestamp) -> Value {
        let mut claims = json!({
            "ver": 1,
            "jti": format!("AT.{}", random(43)),
            "iss": self.issuer.as_deref().unwrap_or(issuer),
            "aud": self.audience.as_deref().unwrap_or(audience),
            "sub": self.client,
            "cid": self.client,
            "iat": now.as_second(),
            "exp": after(now, self.lifetime).as_second(),
            "scp": self.scopes,
        });
        if let (Some(delay), Some(claims)) = (self.starts_in, claims.as_object_mut()) {
            claims.insert("nbf".to_owned(), json!(after(now, delay).as_second()));
        }
        if let (Some(thumbprint), Some(claims)) = (&self.bound_to, claims.as_object_mut()) {
            claims.insert("cnf".to_owned(), json!({ "jkt": thumbprint }));
        }
        claims
    }

    /// The client it is minted for.
    pub(super) fn client_id(&self) -> &str {
        &self.client
    }

    /// The value of an opaque token.
    pub(super) fn opaque_value(&self) -> Option<&str> {
        self.opaque.as_deref()
    }

    /// The JWT of these claims.
    pub(super) fn sign(&self, claims: &Value, key: &SigningKey) -> Result<String, Error> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(key.kid.clone());
        header.typ =
            (self.server == super::ORG).then(|| "application/okta-internal-at+jwt".to_owned());
        Ok(jsonwebtoken::encode(&header, claims, &key.private)?)
    }
}

/// One minted token as its server remembers it.
#[derive(Debug)]
pub(super) struct Minted {
    server: String,
    claims: Value,
    revoked: bool,
}

impl Minted {
    fn holds(&self, now: Timestamp) -> bool {
        let second = |claim: &str| self.claims.get(claim).and_then(Value::as_i64);
        !self.revoked
            && second("exp").is_some_and(|exp| now.as_second() < exp)
            && second("nbf").is_none_or(|nbf| nbf <= now.as_second())
    }

    fn text(&self, claim: &str) -> &str {
        self.claims
            .get(claim)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn scopes(&self) -> Vec<String> {
        let scopes = self.claims.get("scp").and_then(Value::as_array);
        scopes
            .into_iter()
            .flatten()
            .filter_map(|s| s.as_str().map(str::to_owned))
            .collect()
    }
}

/// Why a bearer token is refused, in Okta's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Invalid,
    Expired,
}

impl Refusal {
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Invalid => "The access token is invalid",
            Self::Expired => "The access token has expired",
        }
    }
}

/// All tokens ever minted, by value.
#[derive(Debug, Default)]
pub(super) struct Tokens(HashMap<String, Minted>);

impl Tokens {
    pub(super) fn remember(&mut self, value: &str, server: &str, claims: Value) {
        let minted = Minted {
            server: server.to_owned(),
            claims,
            revoked: false,
        };
        self.0.insert(value.to_owned(), minted);
    }

    /// Drops what ended over an hour ago, so that a long demo does not grow: by then, unknown and
    /// expired are told apart by nobody.
    pub(super) fn forget_old(&mut self, now: Timestamp) {
        let ends = |token: &Minted| token.claims.get("exp").and_then(Value::as_i64);
        self.0
            .retain(|_, token| ends(token).is_none_or(|exp| now.as_second() < exp + 3600));
    }

    /// The values of those it remembers.
    pub(super) fn values(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// Whether there was such a token to revoke.
    pub(super) fn revoke(&mut self, value: &str) -> bool {
        self.0
            .get_mut(value)
            .map(|token| token.revoked = true)
            .is_some()
    }

    /// Revokes every token of a client.
    pub(super) fn revoke_all(&mut self, client: &str) -> usize {
        let theirs = self.0.values_mut();
        let theirs = theirs.filter(|token| token.text("cid") == client && !token.revoked);
        theirs.map(|token| token.revoked = true).count()
    }

    /// The thumbprint of the key that a token is bound to, if to any.
    pub(super) fn bound_to(&self, value: &str) -> Option<String> {
        let bound = self.0.get(value)?.claims.pointer("/cnf/jkt")?;
        bound.as_str().map(str::to_owned)
    }

    /// Who calls the Management API with this token; only the org's own server mints for it.
    pub(super) fn bearer(
        &self,
        value: &str,
        now: Timestamp,
    ) -> Result<(Principal, Grant), Refusal> {
        let known = self
            .0
            .get(value)
            .filter(|token| token.server == super::ORG && !token.revoked);
        let token = known.ok_or(Refusal::Invalid)?;
        if !token.holds(now) {
            return Err(Refusal::Expired);
        }
        Ok((
            Principal::new(token.text("cid")),
            Grant::Scopes(token.scopes()),
        ))
    }

    /// Introspection by `server`: what it did not mint, or no longer honours, is merely inactive.
    pub(super) fn introspect(&self, value: &str, server: &str, now: Timestamp) -> Value {
        let known = self
            .0
            .get(value)
            .filter(|token| token.server == server && token.holds(now));
        let Some(token) = known else {
            return json!({ "active": false });
        };
        let mut answer = json!({
            "active": true,
            "token_type": if token.claims.get("cnf").is_some() { "DPoP" } else { "Bearer" },
            "scope": token.scopes().join(" "),
            "client_id": token.text("cid"),
        });
        if let Some(answer) = answer.as_object_mut() {
            for claim in ["exp", "iat", "nbf", "sub", "aud", "iss", "jti", "cnf"] {
                let value = token.claims.get(claim);
                answer.extend(value.map(|value| (claim.to_owned(), value.clone())));
            }
        }
        answer
    }
}
