//! An access token that somebody uses: what it says, whether Okta still honours it, and whether
//! the key it was signed with is still published. The token is decoded without being trusted:
//! `judge` compares its claims with what is expected; here it is asked about.

mod findings;
mod judge;
mod settings;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use secrecy::ExposeSecret;
use serde::Deserialize;

use super::{Kind, ProbeResult, Scope};
use crate::{
    guide::Finding,
    metrics::{Family, Page},
    okta::{
        AccessToken, AuthorizationServer, Claims, Failure, Form, KeySet, OneOrMany, Request,
        SecretSource, Session, Signature, claim,
    },
    units::{Secret, Timestamp},
};

pub use judge::Expect;
pub use settings::Settings;

const TOKEN: &[&str] = &["org", "token"];
const TOKEN_SCOPE: &[&str] = &["org", "token", "scope"];
const ACTIVE: Family = Family::gauge(
    "okta_token_active",
    "1 if introspection calls the token active, else 0.",
    TOKEN,
);
const EXPIRY: Family = Family::gauge(
    "okta_token_expiry_timestamp_seconds",
    "When the token expires (`exp`).",
    TOKEN,
);
const TIME_TO_EXPIRY: Family = Family::gauge(
    "okta_token_time_to_expiry_seconds",
    "How long until the token expires; negative once it has.",
    TOKEN,
);
const ISSUED: Family = Family::gauge(
    "okta_token_issued_timestamp_seconds",
    "When the token was issued (`iat`).",
    TOKEN,
);
const NOT_BEFORE: Family = Family::gauge(
    "okta_token_not_before_timestamp_seconds",
    "Before when the token is not valid (`nbf`).",
    TOKEN,
);
const SCOPE: Family = Family::gauge(
    "okta_token_scope",
    "Always 1; one series for each granted scope.",
    TOKEN_SCOPE,
);
const MISSING_SCOPE: Family = Family::gauge(
    "okta_token_missing_scope",
    "1 if the token lacks this required scope, 0 if it has it.",
    TOKEN_SCOPE,
);
const ISSUER_MATCHES: Family = Family::gauge(
    "okta_token_issuer_matches",
    "1 if `iss` is the expected issuer, else 0.",
    TOKEN,
);
const AUDIENCE_MATCHES: Family = Family::gauge(
    "okta_token_audience_matches",
    "1 if `aud` holds the expected audience, else 0.",
    TOKEN,
);
const SIGNATURE_VALID: Family = Family::gauge(
    "okta_token_signature_valid",
    "1 if the signature verifies with the published key, else 0; absent where keys are not public.",
    TOKEN,
);
const KEY_PUBLISHED: Family = Family::gauge(
    "okta_token_signing_key_published",
    "1 if the key that signed the token is in the server's key set, else 0.",
    TOKEN,
);

/// The most scopes that get series of their own.
const MOST_SCOPES: usize = 100;

/// The probe.
#[derive(Debug, Clone)]
pub struct Probe {
    token: SecretSource,
    server: Option<AuthorizationServer>,
    introspect: Option<Client>,
    expect: Expect,
}

/// The client that introspects.
#[derive(Debug, Clone)]
struct Client {
    id: String,
    secret: SecretSource,
}

/// What is known of a token. A field that is not known is absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// Introspection calls it active.
    pub active: Option<bool>,
    /// `exp`.
    pub expires: Option<Timestamp>,
    /// `iat`.
    pub issued: Option<Timestamp>,
    /// `nbf`.
    pub not_before: Option<Timestamp>,
    /// The scopes granted.
    pub scopes: Option<BTreeSet<String>>,
    /// The scopes that its user needs.
    pub required: Arc<[String]>,
    /// `iss` is as expected.
    pub issuer_matches: Option<bool>,
    /// `aud` is as expected.
    pub audience_matches: Option<bool>,
    /// The signature verifies with the published key.
    pub signature_valid: Option<bool>,
    /// The key that signed it is published.
    pub key_published: Option<bool>,
}

/// Introspection's answer. An inactive token's holds nothing but `active`.
#[derive(Debug, Default, Deserialize)]
struct Introspected {
    active: bool,
    #[serde(default, deserialize_with = "claim")]
    scope: Option<String>,
    #[serde(default, deserialize_with = "claim")]
    exp: Option<i64>,
    #[serde(default, deserialize_with = "claim")]
    iat: Option<i64>,
    #[serde(default, deserialize_with = "claim")]
    nbf: Option<i64>,
    #[serde(default, deserialize_with = "claim")]
    iss: Option<String>,
    #[serde(default, deserialize_with = "claim")]
    aud: Option<OneOrMany>,
}

impl Kind for Probe {
    const KIND: &'static str = "token";
    type Seen = Seen;

    async fn run(&self, okta: &Session<'_>) -> ProbeResult<Seen> {
        let mut seen = Seen {
            required: Arc::clone(&self.expect.scopes),
            ..Seen::default()
        };
        let failure = self.look(okta, &mut seen).await.err();
        // A token that could not even be read leaves nothing known: what an earlier one said is void.
        ProbeResult {
            seen: Some(seen),
            failure,
        }
    }
}

impl Probe {
    /// What the token says of itself, without asking; `None` where it cannot be read.
    pub fn decode(&self) -> Option<AccessToken> {
        let token = self.token.read().ok()?;
        AccessToken::decode(token.expose_secret()).ok()
    }

    /// True if Okta is asked about it.
    pub fn introspects(&self) -> bool {
        self.introspect.is_some()
    }

    /// Fills in what can be known, in the order of its cost; the first failure ends it.
    async fn look(&self, okta: &Session<'_>, seen: &mut Seen) -> Result<(), Failure> {
        let token = self.token.read()?;
        let claims = match AccessToken::decode(token.expose_secret())
            .map_err(|e| Failure::InvalidBody(format!("the access token cannot be decoded: {e}")))?
        {
            AccessToken::Jwt(claims) => Some(claims),
            AccessToken::Opaque => None,
        };
        if let Some(claims) = &claims {
            self.expect.judge(claims, seen);
        }
        let server = self.minting_server(okta, claims.as_deref())?;
        if let Some(client) = &self.introspect {
            let found = introspect(okta, &server, client, &token).await?;
            seen.active = Some(found.active);
            if claims.is_none() {
                self.expect.judge(&found.into_claims(), seen);
            }
        }
        // The org server's access tokens are signed with keys that Okta does not publish: nothing
        // can be said of their signature, nor of their key.
        if let Some(claims) = claims.filter(|_| server.is_custom()) {
            let (keys, _) = server.keys(okta).await?;
            seen.verify(&claims, &keys, token.expose_secret());
        }
        Ok(())
    }

    /// The server to ask: the configured one, or the one that the token says it is from. Okta
    /// calls a token inactive when any other server is asked.
    fn minting_server(
        &self,
        okta: &Session<'_>,
        claims: Option<&Claims>,
    ) -> Result<AuthorizationServer, Failure> {
        if let Some(server) = &self.server {
            return Ok(server.clone());
        }
        let Some(issuer) = claims.and_then(|claims| claims.iss.as_deref()) else {
            return Ok(AuthorizationServer::org());
        };
        AuthorizationServer::of_issuer(issuer, okta.origin()).ok_or_else(|| {
            let issuer: String = issuer.chars().filter(|c| !c.is_control()).take(200).collect();
            Failure::Mismatch(format!(
                "the token's issuer `{issuer}` is no authorization server of this org: it cannot be asked about \
                 here; watch the token under the org that minted it, or name `introspect.authorization_server`"
            ))
        })
    }
}

async fn introspect(
    okta: &Session<'_>,
    server: &AuthorizationServer,
    client: &Client,
    token: &Secret,
) -> Result<Introspected, Failure> {
    let secret = client.secret.read()?;
    let form = Form {
        secret: Some(("token", token)),
        fields: &[("token_type_hint", "access_token")],
        client: Some((&client.id, &secret)),
    };
    okta.ask(Request::post("introspect", server.path("introspect"), form))
        .await?
        .json()
}

impl Introspected {
    /// The same facts in the form of a token's claims; so an opaque token is judged like any other.
    fn into_claims(self) -> Claims {
        let at =
            |seconds: Option<i64>| seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        Claims {
            exp: at(self.exp),
            iat: at(self.iat),
            nbf: at(self.nbf),
            iss: self.iss,
            aud: self.aud.map(OneOrMany::into_values).unwrap_or_default(),
            scopes: self
                .scope
                .map(|scope| scope.split_ascii_whitespace().map(str::to_owned).collect()),
            ..Claims::default()
        }
    }
}

impl Seen {
    fn verify(&mut self, claims: &Claims, keys: &KeySet, token: &str) {
        self.key_published = claims.kid.as_ref().map(|kid| keys.publishes(kid));
        let unsigned = |alg: &String| alg.eq_ignore_ascii_case("none");
        if claims.alg.as_ref().is_some_and(unsigned) {
            self.signature_valid = Some(false);
            return;
        }
        self.signature_valid = match keys.verify(token) {
            Signature::Valid => Some(true),
            Signature::Invalid => Some(false),
            Signature::KeyNotPublished | Signature::CannotTell => None,
        };
    }
}

impl super::Seen for Seen {
    const FAMILIES: &'static [&'static Family] = &[
        &ACTIVE,
        &EXPIRY,
        &TIME_TO_EXPIRY,
        &ISSUED,
        &NOT_BEFORE,
        &SCOPE,
        &MISSING_SCOPE,
        &ISSUER_MATCHES,
        &AUDIENCE_MATCHES,
        &SIGNATURE_VALID,
        &KEY_PUBLISHED,
    ];

    /// What the token says stays true; what Okta said of it was true only then.
    fn fade(self) -> Self {
        Self {
            active: None,
            key_published: None,
            ..self
        }
    }

    fn findings(&self, now: Timestamp) -> Vec<Finding> {
        self.wrong(now)
    }

    fn dropped(&self) -> usize {
        self.scopes
            .as_ref()
            .map_or(0, |scopes| scopes.len().saturating_sub(MOST_SCOPES))
    }

    fn draw(&self, scope: Scope<'_>, page: &mut Page) {
        let token = [scope.org, scope.name];
        let at = |time: Option<Timestamp>| time.map(|time| time.as_millisecond() as f64 / 1e3);
        let flag = |known: Option<bool>| known.map(f64::from);
        let now = scope.now.as_millisecond() as f64 / 1e3;
        page.push_some(&ACTIVE, &token, flag(self.active));
        page.push_some(&EXPIRY, &token, at(self.expires));
        page.push_some(
            &TIME_TO_EXPIRY,
            &token,
            at(self.expires).map(|end| end - now),
        );
        page.push_some(&ISSUED, &token, at(self.issued));
        page.push_some(&NOT_BEFORE, &token, at(self.not_before));
        page.push_some(&ISSUER_MATCHES, &token, flag(self.issuer_matches));
        page.push_some(&AUDIENCE_MATCHES, &token, flag(self.audience_matches));
        page.push_some(&SIGNATURE_VALID, &token, flag(self.signature_valid));
        page.push_some(&KEY_PUBLISHED, &token, flag(self.key_published));
        for (granted, missing) in self.missing() {
            page.push(
                &MISSING_SCOPE,
                &[scope.org, scope.name, granted],
                f64::from(missing),
            );
        }
        for granted in self.scopes.iter().flatten().take(MOST_SCOPES) {
            page.push(&SCOPE, &[scope.org, scope.name, granted], 1.0);
        }
    }
}

impl Seen {
    /// Each required scope, and whether the token lacks it; nothing where the scopes are not known.
    fn missing(&self) -> BTreeMap<&str, bool> {
        let Some(granted) = &self.scopes else {
            return BTreeMap::new();
        };
        self.required
            .iter()
            .map(|scope| (scope.as_str(), !granted.contains(scope)))
            .collect()
    }
}
