//! Asking about a token: reading it, decoding it without trusting it, introspecting it, and looking
//! for its key. What its claims are compared with is told by [`judge`](super::judge).

use std::sync::Arc;

use secrecy::ExposeSecret;
use serde::Deserialize;
use url::Url;

use super::{fingerprint::Fingerprint, judge::Expect, known::Memory, observation::Observation};
use crate::{
    okta::{
        AccessToken, AuthorizationServer, Claims, Failure, KEYS_API, OAuthClient, OneOrMany,
        SecretSource, Session, TokenKind, claim,
    },
    probe::{ask::Ask, kind::ProbeResult},
    units::{OktaTime, Secret, is_hidden},
};

/// What the requests to introspect are called.
pub(super) const API: &str = "introspect";

/// Watches one token.
#[derive(Debug, Clone)]
pub struct Probe {
    pub(super) token: SecretSource,
    pub(super) server: Option<AuthorizationServer>,
    pub(super) introspect: Option<OAuthClient>,
    pub(super) expect: Expect,
}

/// Introspection's answer. An inactive token's holds nothing but `active`.
#[derive(Debug, Default, Deserialize)]
struct Introspected {
    active: bool,
    #[serde(default, deserialize_with = "claim")]
    scope: Option<String>,
    #[serde(default, deserialize_with = "claim")]
    exp: Option<f64>,
    #[serde(default, deserialize_with = "claim")]
    iat: Option<f64>,
    #[serde(default, deserialize_with = "claim")]
    nbf: Option<f64>,
    #[serde(default, deserialize_with = "claim")]
    iss: Option<String>,
    #[serde(default, deserialize_with = "claim")]
    aud: Option<OneOrMany>,
}

impl Probe {
    /// What the token says of itself, without asking; `None` where it cannot be read.
    pub async fn decode(&self, okta: &Session<'_>) -> Option<AccessToken> {
        let token = okta.token(&self.token, TokenKind::Access).await.ok()?;
        AccessToken::decode(token.expose_secret()).ok()
    }

    /// True if Okta is asked about it.
    pub fn introspects(&self) -> bool {
        self.introspect.is_some()
    }

    /// What a run asks: as far as the configuration tells which server minted the token, else as if
    /// the org's own had.
    pub(super) fn requests(&self) -> Vec<Ask<'_>> {
        let server = self.server.clone().or_else(|| self.expected_server());
        let server = server.unwrap_or_else(AuthorizationServer::org);
        let introspects = self
            .introspect
            .iter()
            .map(|client| Ask::get(API, server.path("introspect")).post_by(&client.id));
        let looks_for_key = server
            .is_custom()
            .then(|| Ask::get(KEYS_API, server.path("keys")));
        introspects.chain(looks_for_key).collect()
    }

    /// The server that is expected to have minted the token.
    fn expected_server(&self) -> Option<AuthorizationServer> {
        let mut expected = self.expect.issuer.iter();
        expected.find_map(|issuer| AuthorizationServer::of_issuer(issuer, |_| true))
    }

    /// What can be known of the token now, and why no more.
    pub(super) async fn inspect(
        &self,
        okta: &Session<'_>,
        known: &Memory,
    ) -> ProbeResult<Observation> {
        let mut observation = Observation {
            required: Arc::clone(&self.expect.scopes),
            ..Observation::default()
        };
        let failure = self.fill(okta, known, &mut observation).await.err();
        observation.at = okta.oktas_time();
        ProbeResult {
            observation: Some(observation),
            failure,
        }
    }

    /// Fills in what can be known, in the order of its cost; the first failure ends it.
    async fn fill(
        &self,
        okta: &Session<'_>,
        known: &Memory,
        seen: &mut Observation,
    ) -> Result<(), Failure> {
        let token = okta.token(&self.token, TokenKind::Access).await?;
        let fingerprint = Fingerprint::of(&token);
        seen.token = Some(fingerprint);
        seen.key_missed = known.of(fingerprint).and_then(|known| known.key_missed);
        let claims = match AccessToken::decode(token.expose_secret()) {
            Ok(AccessToken::Jwt(claims)) => Some(claims),
            _ => None,
        };
        if let Some(claims) = &claims {
            self.expect.judge(claims, true, seen);
        }
        let is_told = claims.is_some() || self.introspects();
        seen.is_unjudged = !is_told && self.expect.is_any();
        let server = self.minting_server(okta, claims.as_deref()).await?;
        let issuer = claims.as_ref().and_then(|claims| claims.iss.as_deref());
        seen.server = issuer.and_then(|issuer| self.server_of(issuer, okta));
        let server = server.unwrap_or_else(AuthorizationServer::org);
        if let Some(client) = &self.introspect {
            let found = introspect(okta, &server, client, &token).await?;
            seen.active = Some(found.active);
            let found = found.into_claims();
            match &claims {
                Some(claims) => {
                    let told = Claims::clone(claims).or(found);
                    self.expect.judge(&told, true, seen);
                }
                None => self.expect.judge(&found, false, seen),
            }
        }
        // The org server's access tokens are signed with keys that Okta does not publish: nothing
        // can be said of their signature, nor of their key.
        if let Some(claims) = claims.filter(|_| server.is_custom()) {
            let answer = server.keys(okta, seen.key_missed.is_some()).await?;
            seen.verify(&claims, &answer, token.expose_secret());
            // A node that lags would say so of a key that is new: another is asked at once.
            if seen.is_key_in_doubt() {
                let answer = server.keys(okta, true).await?;
                seen.verify(&claims, &answer, token.expose_secret());
            }
        }
        Ok(())
    }

    /// The server to ask: the configured one, or the one that the token says it is from, or that is
    /// expected of one that cannot be read; `None` where nobody names one. Okta calls a token inactive
    /// when any other server is asked.
    async fn minting_server(
        &self,
        okta: &Session<'_>,
        claims: Option<&Claims>,
    ) -> Result<Option<AuthorizationServer>, Failure> {
        if let Some(server) = &self.server {
            return Ok(Some(server.clone()));
        }
        let Some(claims) = claims else {
            return Ok(self.expected_server());
        };
        let Some(issuer) = claims.iss.as_deref() else {
            return Ok(None);
        };
        if let Some(server) = self.server_of(issuer, okta) {
            return Ok(Some(server));
        }
        // The org may go by another name as well.
        okta.learn_origins().await?;
        self.server_of(issuer, okta).map(Some).ok_or_else(|| {
            let issuer: String = issuer.chars().filter(|c| !is_hidden(*c)).take(200).collect();
            Failure::Mismatch(format!(
                "the token's issuer `{issuer}` is no authorization server of this org: it cannot be asked about \
                 here; watch the token under the org that minted it, or, if that is this one by another name, \
                 write the issuer as `expect.issuer`"
            ))
        })
    }

    /// The server that an issuer names, where the org is one by the URL that is asked, by what it says
    /// itself, or by what is expected.
    fn server_of(&self, issuer: &str, okta: &Session<'_>) -> Option<AuthorizationServer> {
        let expected = self.expect.issuer.iter();
        let mut expected = expected.filter_map(|issuer| Url::parse(issuer).ok());
        let is_the_orgs = |url: &Url| {
            okta.origins().hold(url) || expected.any(|own| own.origin() == url.origin())
        };
        AuthorizationServer::of_issuer(issuer, is_the_orgs)
    }
}

async fn introspect(
    okta: &Session<'_>,
    server: &AuthorizationServer,
    client: &OAuthClient,
    token: &Secret,
) -> Result<Introspected, Failure> {
    let fields = [("token_type_hint", "access_token")];
    let path = server.path("introspect");
    let answer = client.post(okta, (API, path), ("token", token), &fields);
    answer.await?.json().await
}

impl Introspected {
    /// The same facts in the form of a token's claims; so an opaque token is judged like any other.
    fn into_claims(self) -> Claims {
        let at = |seconds: Option<f64>| seconds.and_then(OktaTime::from_seconds);
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(second: i32) -> Option<OktaTime> {
        OktaTime::from_seconds(second.into())
    }

    fn probe(token: &str) -> Probe {
        Probe {
            token: SecretSource::Given(token.into()),
            server: None,
            introspect: None,
            expect: Expect::default(),
        }
    }

    #[test]
    fn what_introspection_says_is_judged_like_a_tokens_own_claims() {
        let said = json!({
            "active": true, "exp": 30, "iat": 10, "nbf": 20, "iss": "https://acme.okta.com",
            "aud": "api://default", "scope": "okta.users.read okta.logs.read", "username": "jane",
        });
        let said: Introspected = serde_json::from_value(said).unwrap();
        assert!(said.active);
        let scopes = ["okta.logs.read", "okta.users.read"].map(str::to_owned);
        let expected = Claims {
            exp: at(30),
            iat: at(10),
            nbf: at(20),
            iss: Some("https://acme.okta.com".to_owned()),
            aud: vec!["api://default".to_owned()],
            scopes: Some(scopes.into()),
            ..Claims::default()
        };
        assert_eq!(said.into_claims(), expected);
        let inactive: Introspected = serde_json::from_value(json!({"active": false})).unwrap();
        assert_eq!(inactive.into_claims(), Claims::default());
    }

    #[test]
    fn a_token_is_decoded_without_asking() {
        use crate::okta::{Client, ClientAuth, Proxies, TlsSetup};
        use futures_util::FutureExt;

        let nowhere = "https://acme.okta.com".parse().unwrap();
        let (tls, proxies) = (TlsSetup::new(None).unwrap(), Proxies::default());
        let client = Client::new(&nowhere, &tls, &proxies).unwrap();
        let okta = Session::new(&client, std::time::Duration::from_secs(1));
        let decoded = |token| probe(token).decode(&okta).now_or_never().unwrap();
        assert_eq!(decoded("opaque"), Some(AccessToken::Opaque));
        assert_eq!(decoded("a.b.c"), None);
        let mut introspecting = probe("opaque");
        assert!(!introspecting.introspects());
        introspecting.introspect = Some(OAuthClient {
            id: "0oa1".to_owned(),
            auth: ClientAuth::Public,
        });
        assert!(introspecting.introspects());
    }
}
