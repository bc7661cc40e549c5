//! DPoP (RFC 9449): proofs that whoever sends a request holds the key that its token is bound to.
//! When a proof is due is decided by [`ask`](super::ask) and [`mint`](super::mint).

use std::sync::{
    Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use http::{HeaderMap, HeaderValue};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::okta::{
    Failure, PrivateKey,
    clock::OktaClock,
    {BadKey, jose::private_key::random_id},
};
use crate::units::{Secret, Timestamp};

/// Longer than any nonce that fits a proof.
const LONGEST_NONCE: usize = 512;

/// When proofs are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dpop {
    /// As soon as Okta asks for them.
    #[default]
    Auto,
    /// From the first request on.
    Always,
    /// Never.
    Never,
}

/// What a credential's proofs are made of, and whether they are wanted.
#[derive(Debug)]
pub(super) struct Proofs {
    on: AtomicBool,
    key: OnceLock<PrivateKey>,
    pub(super) token_nonce: Nonce,
    pub(super) resource_nonce: Nonce,
}

impl Proofs {
    pub(super) fn new(when: Dpop) -> Self {
        Self {
            on: AtomicBool::new(when == Dpop::Always),
            key: OnceLock::new(),
            token_nonce: Nonce::default(),
            resource_nonce: Nonce::default(),
        }
    }

    pub(super) fn are_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    pub(super) fn turn_on(&self) {
        self.on.store(true, Ordering::Relaxed);
    }

    /// The proof that goes to the token endpoint, where one is wanted.
    pub(super) fn at_token_endpoint(
        &self,
        url: &Url,
        clock: &OktaClock,
    ) -> Result<Option<HeaderValue>, Failure> {
        let proof = Proof {
            method: "POST",
            url,
            at: clock.past(),
            nonce: self.token_nonce.get(),
            token: None,
        };
        self.are_on().then(|| self.sign(&proof)).transpose()
    }

    /// The proof that goes along with a bound token.
    pub(super) fn at_resource(
        &self,
        (method, url): (&'static str, &Url),
        token: &Secret,
        clock: &OktaClock,
    ) -> Result<HeaderValue, Failure> {
        self.sign(&Proof {
            method,
            url,
            at: clock.past(),
            nonce: self.resource_nonce.get(),
            token: Some(token),
        })
    }

    fn sign(&self, proof: &Proof<'_>) -> Result<HeaderValue, Failure> {
        let key = if let Some(key) = self.key.get() {
            key
        } else {
            let key = PrivateKey::ephemeral()?;
            self.key.get_or_init(|| key)
        };
        let proof = HeaderValue::try_from(proof.sign(key)?);
        proof.map_err(|_| Failure::Internal("a proof that fits no header".to_owned()))
    }
}

/// What a proof is about.
struct Proof<'a> {
    method: &'static str,
    url: &'a Url,
    at: Timestamp,
    nonce: Option<String>,
    /// The access token that goes with the request; none goes to the token endpoint.
    token: Option<&'a Secret>,
}

impl Proof<'_> {
    /// The value of the `DPoP` header.
    fn sign(&self, key: &PrivateKey) -> Result<String, BadKey> {
        let mut header = Map::new();
        header.insert("typ".to_owned(), json!("dpop+jwt"));
        header.insert("jwk".to_owned(), json!(key.public_jwk()));
        key.jwt(header, &self.claims(&random_id()?))
    }

    fn claims(&self, jti: &str) -> Value {
        let known = [
            ("htm", Some(json!(self.method))),
            ("htu", Some(json!(htu(self.url)))),
            ("iat", Some(json!(self.at.as_second()))),
            ("jti", Some(json!(jti))),
            ("nonce", self.nonce.as_ref().map(|nonce| json!(nonce))),
            ("ath", self.token.map(|token| json!(ath(token)))),
        ];
        let known = known.into_iter();
        let claims: Map<String, Value> = known
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect();
        claims.into()
    }
}

/// The URL of a request as a proof names it: without query and fragment.
fn htu(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

/// The hash of an access token.
fn ath(token: &Secret) -> String {
    BASE64URL.encode(digest(&SHA256, token.expose_secret().as_bytes()))
}

/// The nonce that a server last gave; each server has its own.
#[derive(Debug, Default)]
pub(super) struct Nonce(Mutex<Option<String>>);

impl Nonce {
    pub(super) fn get(&self) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Keeps the nonce of an answer, be it a challenge or not. False if there was none.
    pub(super) fn keep(&self, headers: &HeaderMap) -> bool {
        let Some(nonce) = headers
            .get("dpop-nonce")
            .and_then(|nonce| nonce.to_str().ok())
        else {
            return false;
        };
        let usable = !nonce.is_empty() && nonce.len() <= LONGEST_NONCE;
        if usable {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(nonce.to_owned());
        }
        usable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_names_its_url_without_query_and_fragment() {
        let url = Url::parse("https://acme.okta.com/api/v1/users?limit=1#x").unwrap();
        assert_eq!(htu(&url), "https://acme.okta.com/api/v1/users");
        let port = Url::parse("http://127.0.0.1:8080/oauth2/v1/token").unwrap();
        assert_eq!(htu(&port), "http://127.0.0.1:8080/oauth2/v1/token");
    }

    #[test]
    fn the_hash_of_a_token_is_that_of_the_rfc() {
        // RFC 9449, section 7.1.
        let token = Secret::from("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
        assert_eq!(ath(&token), "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
    }

    #[test]
    fn a_proof_says_no_more_than_it_knows() {
        let url = Url::parse("https://acme.okta.com/oauth2/v1/token").unwrap();
        let proof = Proof {
            method: "POST",
            url: &url,
            at: Timestamp::from_second(1_562_262_616).unwrap(),
            nonce: None,
            token: None,
        };
        let bare = json!({
            "htm": "POST", "htu": "https://acme.okta.com/oauth2/v1/token",
            "iat": 1_562_262_616, "jti": "1",
        });
        assert_eq!(proof.claims("1"), bare);
        let token = Secret::from("t");
        let full = Proof {
            nonce: Some("n".to_owned()),
            token: Some(&token),
            ..proof
        };
        let full = full.claims("1");
        assert_eq!(
            (&full["nonce"], full["ath"].is_string()),
            (&json!("n"), true)
        );
    }

    #[test]
    fn every_proof_has_an_id_of_its_own() {
        let key = PrivateKey::ephemeral().unwrap();
        let url = Url::parse("https://acme.okta.com/").unwrap();
        let proof = Proof {
            method: "GET",
            url: &url,
            at: Timestamp::UNIX_EPOCH,
            nonce: None,
            token: None,
        };
        let part = |jwt: &str, at: usize| -> Value {
            let part = jwt.split('.').nth(at).unwrap();
            serde_json::from_slice(&BASE64URL.decode(part).unwrap()).unwrap()
        };
        let (one, two) = (proof.sign(&key).unwrap(), proof.sign(&key).unwrap());
        assert_ne!(part(&one, 1)["jti"], part(&two, 1)["jti"]);
        let header = part(&one, 0);
        assert_eq!(
            (&header["typ"], &header["alg"]),
            (&json!("dpop+jwt"), &json!("ES256"))
        );
        assert_eq!(header["jwk"], part(&two, 0)["jwk"], "the key stays");
        assert!(header["jwk"].get("d").is_none());
    }

    #[test]
    fn each_credential_has_a_key_of_its_own_and_keeps_it() {
        let url = Url::parse("https://acme.okta.com/oauth2/v1/token").unwrap();
        let clock = OktaClock::default();
        let header = |proofs: &Proofs| {
            let proof = proofs.at_token_endpoint(&url, &clock).unwrap()?;
            proof.to_str().unwrap().split('.').next().map(str::to_owned)
        };
        let (one, two) = (Proofs::new(Dpop::Always), Proofs::new(Dpop::Auto));
        assert_eq!(header(&two), None, "nobody asked for it yet");
        two.turn_on();
        assert_eq!(header(&one), header(&one));
        assert_ne!(header(&one), header(&two));
    }

    #[test]
    fn a_nonce_is_kept_until_the_next_and_what_is_none_changes_nothing() {
        let nonce = Nonce::default();
        let headers = |value: &str| {
            HeaderMap::from_iter([("dpop-nonce".parse().unwrap(), value.parse().unwrap())])
        };
        assert!(!nonce.keep(&HeaderMap::new()));
        assert!(nonce.keep(&headers("one")));
        assert!(!nonce.keep(&headers(&"x".repeat(600))));
        assert_eq!(nonce.get().as_deref(), Some("one"));
        assert!(nonce.keep(&headers("two")));
        assert_eq!(nonce.get().as_deref(), Some("two"));
    }
}
