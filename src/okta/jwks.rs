//! A published key set: which keys it holds, and whether one of them signed a token. What changed
//! since the last look is the probe's.

use std::collections::BTreeMap;

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse, ThumbprintHash},
};
use serde::Deserialize;

/// The longest key id that becomes a label; Okta's have 43 characters.
const LONGEST_KID: usize = 128;

/// A published key set.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    /// The keys that can be read, by `kid`.
    pub keys: BTreeMap<String, Key>,
    /// How many entries cannot be read: an unknown type, no usable `kid`, a `kid` given twice.
    pub dropped: usize,
}

/// One key.
#[derive(Debug, Clone)]
pub struct Key {
    /// `RS256`, where it says.
    pub alg: Option<String>,
    /// `sig` or `enc`, where it says.
    pub usage: Option<String>,
    /// RFC 7638 thumbprint: other material under the same `kid` is another key.
    pub thumbprint: String,
    jwk: Jwk,
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

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    /// Reads a set. A key that cannot be read is counted and left out; the others still count.
    pub fn read(body: &[u8]) -> Result<Self, BadKeySet> {
        let Document { keys } = serde_json::from_slice(body).map_err(|_| BadKeySet)?;
        let mut set = Self::default();
        for entry in keys {
            match Key::read(entry) {
                Some((kid, key)) if !set.keys.contains_key(&kid) => {
                    set.keys.insert(kid, key);
                }
                // Of two keys with one id nobody knows which is meant: the first stays, and the set
                // counts as damaged. The same key listed twice is harmless.
                Some((kid, key)) => {
                    set.dropped += usize::from(
                        set.keys
                            .get(&kid)
                            .is_none_or(|known| known.thumbprint != key.thumbprint),
                    );
                }
                None => set.dropped += 1,
            }
        }
        Ok(set)
    }

    /// Checks the signature of a JWT, and nothing else of it.
    pub fn verify(&self, token: &str) -> Signature {
        let Ok(header) = jsonwebtoken::decode_header(token) else {
            return Signature::CannotTell;
        };
        let Some(kid) = header.kid else {
            return Signature::CannotTell;
        };
        let Some(key) = self.keys.get(&kid) else {
            return Signature::KeyNotPublished;
        };
        // The token must not choose how it is checked: its algorithm has to be one of the key's type.
        if !key.allows(header.alg) {
            return Signature::Invalid;
        }
        let Ok(decoding) = DecodingKey::from_jwk(&key.jwk) else {
            return Signature::CannotTell;
        };
        let Some((message, signature)) = token.rsplit_once('.') else {
            return Signature::CannotTell;
        };
        match jsonwebtoken::crypto::verify(signature, message.as_bytes(), &decoding, header.alg) {
            Ok(true) => Signature::Valid,
            Ok(false) => Signature::Invalid,
            Err(_) => Signature::CannotTell,
        }
    }
}

impl Key {
    fn read(entry: serde_json::Value) -> Option<(String, Self)> {
        let text = |name: &str| {
            entry
                .get(name)
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned)
        };
        let kid = text("kid").filter(|kid| {
            !kid.is_empty() && kid.len() <= LONGEST_KID && !kid.contains(char::is_control)
        })?;
        let alg = text("alg");
        let jwk: Jwk = serde_json::from_value(entry).ok()?;
        if matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_)) {
            // A symmetric key that is published is no key.
            return None;
        }
        let usage = jwk.common.public_key_use.as_ref().map(|usage| match usage {
            PublicKeyUse::Signature => "sig".to_owned(),
            PublicKeyUse::Encryption => "enc".to_owned(),
            PublicKeyUse::Other(other) => other.clone(),
        });
        let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).ok()?;
        Some((
            kid,
            Self {
                alg,
                usage,
                thumbprint,
                jwk,
            },
        ))
    }

    fn allows(&self, alg: Algorithm) -> bool {
        use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
        match &self.jwk.algorithm {
            AlgorithmParameters::RSA(_) => {
                matches!(alg, RS256 | RS384 | RS512 | PS256 | PS384 | PS512)
            }
            AlgorithmParameters::EllipticCurve(key) => match key.curve {
                EllipticCurve::P256 => alg == ES256,
                EllipticCurve::P384 => alg == ES384,
                _ => false,
            },
            AlgorithmParameters::OctetKeyPair(_) => alg == EdDSA,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use serde_json::{Value, json};

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
