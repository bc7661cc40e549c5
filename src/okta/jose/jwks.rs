//! A published key set: which keys it holds, and whether one of them signed a token. What changed
//! since the last look is the probe's.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm::{self, ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512},
    DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse, ThumbprintHash},
};
use serde_json::{Map, Value};

/// The longest key id that becomes a label; Okta's have 43 characters.
const LONGEST_KID: usize = 128;

/// A published key set.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    /// The keys that can be read, by `kid`.
    pub keys: BTreeMap<String, PublishedKey>,
    /// How many entries cannot be read: an unknown type, no usable `kid`, a `kid` given twice.
    pub dropped: usize,
    /// The ids that stand in the set, but nobody can say for which key.
    doubtful: BTreeSet<String>,
}

/// One key.
#[derive(Debug, Clone)]
pub struct PublishedKey {
    /// `RS256`, where it says.
    pub alg: Option<String>,
    /// `sig` or `enc`, where it says.
    pub usage: Option<String>,
    /// RFC 7638 thumbprint: other material under the same `kid` is another key.
    pub thumbprint: String,
    /// What it may have signed with; empty where this cannot be checked here.
    algorithms: &'static [Algorithm],
    decoding: DecodingKey,
}

/// A body that is no key set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is not a JSON object with an array `keys` (RFC 7517)")]
pub struct BadKeySet;

/// Whether a key of the set signed a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// It did.
    Valid,
    /// The key that the token names did not.
    Invalid,
    /// The key that the token names is not in the set.
    KeyNotPublished,
    /// The token names no key, or an algorithm that cannot be checked here.
    CannotTell,
}

impl KeySet {
    /// Reads a set. A key that cannot be read is counted and left out; the others still count.
    pub fn read(body: &[u8]) -> Result<Self, BadKeySet> {
        let mut document: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| BadKeySet)?;
        let Some(Value::Array(entries)) = document.remove("keys") else {
            return Err(BadKeySet);
        };
        let mut set = Self::default();
        for entry in entries {
            let kid = kid(&entry);
            let key = PublishedKey::read(entry);
            match (kid, key) {
                (Some(kid), Some(key)) if !set.keys.contains_key(&kid) => {
                    set.keys.insert(kid, key);
                }
                // The same key listed twice is harmless.
                (Some(kid), Some(key)) if set.holds(&kid, &key) => {}
                // Of two keys with one id nobody knows which is meant: the first stays, and the
                // set counts as damaged.
                (kid, _) => {
                    set.dropped += 1;
                    set.doubtful.extend(kid);
                }
            }
        }
        Ok(set)
    }

    /// True if this `kid` is in the set, be its key readable or not.
    pub fn publishes(&self, kid: &str) -> bool {
        self.keys.contains_key(kid) || self.doubtful.contains(kid)
    }

    /// Checks the signature of a JWT, and nothing else of it.
    pub fn verify(&self, token: &str) -> Signature {
        let Ok(header) = jsonwebtoken::decode_header(token) else {
            return Signature::CannotTell;
        };
        let Some(kid) = header.kid else {
            return Signature::CannotTell;
        };
        let doubtful = self.doubtful.contains(&kid);
        match self.keys.get(&kid).map(|key| key.verify(token, header.alg)) {
            // Another key of that id, which could not be kept, may have signed it.
            None | Some(Signature::Invalid) if doubtful => Signature::CannotTell,
            None => Signature::KeyNotPublished,
            Some(known) => known,
        }
    }

    fn holds(&self, kid: &str, key: &PublishedKey) -> bool {
        let known = self.keys.get(kid);
        known.is_some_and(|known| known.thumbprint == key.thumbprint)
    }
}

/// The `kid` of an entry, where it can be a label.
fn kid(entry: &Value) -> Option<String> {
    let kid = entry.get("kid")?.as_str()?;
    let usable = !kid.is_empty() && kid.len() <= LONGEST_KID && !kid.contains(char::is_control);
    usable.then(|| kid.to_owned())
}

impl PublishedKey {
    fn read(entry: Value) -> Option<Self> {
        let alg = entry.get("alg").and_then(Value::as_str).map(str::to_owned);
        let jwk: Jwk = serde_json::from_value(entry).ok()?;
        let usage = jwk.common.public_key_use.as_ref().map(|usage| match usage {
            PublicKeyUse::Signature => "sig".to_owned(),
            PublicKeyUse::Encryption => "enc".to_owned(),
            PublicKeyUse::Other(other) => other.clone(),
        });
        let able = able(&jwk.algorithm)?;
        // The key may narrow down what it is for, and cannot widen it.
        let algorithms = match alg.as_deref().map(str::parse::<Algorithm>) {
            _ if usage.as_deref() == Some("enc") => &[],
            Some(Ok(one)) => {
                let found = able.iter().find(|able| **able == one);
                found.map_or(&[][..], std::slice::from_ref)
            }
            Some(Err(_)) | None => able,
        };
        Some(Self {
            alg,
            usage,
            thumbprint: jwk.thumbprint(ThumbprintHash::SHA256).ok()?,
            algorithms,
            decoding: DecodingKey::from_jwk(&jwk).ok()?,
        })
    }

    fn verify(&self, token: &str, alg: Algorithm) -> Signature {
        if self.algorithms.is_empty() {
            return Signature::CannotTell;
        }
        // The token must not choose how it is checked.
        if !self.algorithms.contains(&alg) {
            return Signature::Invalid;
        }
        let Some((message, signature)) = token.rsplit_once('.') else {
            return Signature::CannotTell;
        };
        match jsonwebtoken::crypto::verify(signature, message.as_bytes(), &self.decoding, alg) {
            Ok(true) => Signature::Valid,
            // An error here is a signature that is not base64url: the key was read before.
            Ok(false) | Err(_) => Signature::Invalid,
        }
    }
}

/// What a key of this material can sign with; empty where this cannot be checked here, `None`
/// where the material is no public key at all.
fn able(material: &AlgorithmParameters) -> Option<&'static [Algorithm]> {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    match material {
        AlgorithmParameters::RSA(key) => {
            let (modulus, exponent) = (bytes(&key.n)?, bytes(&key.e)?);
            let length = modulus.iter().skip_while(|byte| **byte == 0).count();
            match length {
                _ if exponent.is_empty() => None,
                0 => None,
                // The library checks 2048 to 8192 bits, and would call anything else forged.
                256..=1024 => Some(&[RS256, RS384, RS512, PS256, PS384, PS512]),
                _ => Some(&[]),
            }
        }
        AlgorithmParameters::EllipticCurve(key) => {
            let (able, size): (&[Algorithm], _) = match key.curve {
                EllipticCurve::P256 => (&[ES256], 32),
                EllipticCurve::P384 => (&[ES384], 48),
                EllipticCurve::P521 => (&[], 66),
                _ => return None,
            };
            (bytes(&key.x)?.len() == size && bytes(&key.y)?.len() == size).then_some(able)
        }
        AlgorithmParameters::OctetKeyPair(key) => (bytes(&key.x)?.len() == 32).then_some(&[EdDSA]),
        // A symmetric key that is published is no key.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// A published key, and a token that it signed.
    fn signed(kid: &str) -> (Value, String) {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &aws_lc_rs::rand::SystemRandom::new(),
        )
        .unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
        let point = pair.public_key().as_ref();
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid,
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        });
        let header = jsonwebtoken::Header {
            kid: Some(kid.to_owned()),
            ..jsonwebtoken::Header::new(Algorithm::ES256)
        };
        let key = jsonwebtoken::EncodingKey::from_ec_der(pkcs8.as_ref());
        (
            jwk,
            jsonwebtoken::encode(&header, &json!({"sub": "x", "exp": 1}), &key).unwrap(),
        )
    }

    fn read(keys: &Value) -> KeySet {
        KeySet::read(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn only_the_signature_is_checked_and_only_with_the_named_key() {
        let (jwk, token) = signed("k1");
        let (other, _) = signed("k1");
        assert_eq!(
            read(&json!([jwk])).verify(&token),
            Signature::Valid,
            "although it expired long ago"
        );
        assert_eq!(read(&json!([other])).verify(&token), Signature::Invalid);
        assert_eq!(read(&json!([])).verify(&token), Signature::KeyNotPublished);
        assert_eq!(
            read(&json!([jwk])).verify("not.a.token"),
            Signature::CannotTell
        );
        let (body, _) = token.rsplit_once('.').unwrap();
        assert_eq!(
            read(&json!([jwk])).verify(&format!("{body}.AAAA")),
            Signature::Invalid
        );
    }

    #[test]
    fn a_token_cannot_choose_a_weaker_algorithm() {
        let (jwk, _) = signed("k1");
        let header = jsonwebtoken::Header {
            kid: Some("k1".to_owned()),
            ..jsonwebtoken::Header::new(Algorithm::HS256)
        };
        let forged = jsonwebtoken::encode(
            &header,
            &json!({}),
            &jsonwebtoken::EncodingKey::from_secret(b"public"),
        )
        .unwrap();
        assert_eq!(read(&json!([jwk])).verify(&forged), Signature::Invalid);
    }

    #[test]
    fn what_cannot_be_read_is_counted_and_hides_nothing() {
        let (one, _) = signed("k1");
        let (two, _) = signed("k1");
        let set = read(&json!([
            one, one, two,
            {"kty": "LWE", "kid": "k2"},
            {"kty": "oct", "kid": "k3", "k": "AAAA"},
            {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
            "nonsense",
        ]));
        assert_eq!(set.keys.keys().collect::<Vec<_>>(), ["k1"]);
        assert_eq!(
            set.dropped, 5,
            "another key under k1, three unreadable ones, and nonsense"
        );
        assert_eq!(
            (
                set.keys["k1"].alg.as_deref(),
                set.keys["k1"].usage.as_deref()
            ),
            (Some("ES256"), Some("sig"))
        );
    }

    #[test]
    fn an_empty_set_is_a_set_and_anything_else_is_none() {
        assert!(read(&json!([])).keys.is_empty());
        for body in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":["#] {
            assert_eq!(
                KeySet::read(body.as_bytes()).map(|_| ()),
                Err(BadKeySet),
                "{body}"
            );
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(body in any::<Vec<u8>>(), kid in any::<String>(), n in "[A-Za-z0-9_-]{0,20}") {
            drop(KeySet::read(&body));
            let set = read(&json!([{"kty": "RSA", "kid": kid, "n": n, "e": "AQAB"}]));
            set.verify(&format!("{n}.{n}.{n}"));
        }
    }
}
