//! A published key set: which keys it holds, and whether one of them signed a token. What changed
//! since the last look is the probe's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::published_key::{NoKey, PublishedKey, Signature};
use crate::okta::document;
use crate::units::is_hidden;

/// The longest key id that becomes a label; Okta's have 43 characters.
const LONGEST_KID: usize = 128;

/// A published key set.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    /// The keys that can be read, by `kid`. It should stand for one; where it does not, they are in
    /// the order of their thumbprints, since that of the document means nothing.
    pub keys: BTreeMap<String, Vec<PublishedKey>>,
    /// How many entries are damaged: material is missing, no usable `kid`, a `kid` given twice.
    pub dropped: usize,
    /// How many are of a type or curve that is not known here. RFC 7517, section 5, has them ignored:
    /// whoever publishes them means others.
    pub unknown: usize,
    /// The ids of entries that cannot be read.
    doubtful: BTreeSet<String>,
}

/// A body that is no key set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is not a JSON object with an array `keys` (RFC 7517)")]
pub struct BadKeySet;

impl KeySet {
    /// Reads a set. A key that cannot be read is counted and left out; the others still count.
    pub fn read(body: &[u8]) -> Result<Self, BadKeySet> {
        let mut document = document::tree(body).map_err(|_| BadKeySet)?;
        let keys = document.get_mut("keys").map(Value::take);
        let Some(Value::Array(entries)) = keys else {
            return Err(BadKeySet);
        };
        let mut set = Self::default();
        for entry in entries {
            let read = match (kid(&entry), PublishedKey::read(&entry)) {
                (Some(kid), Ok(key)) => Ok((kid, key)),
                (_, Err(why)) => Err(why),
                (None, Ok(_)) => Err(NoKey::Damaged),
            };
            let (kid, key) = match read {
                Ok(read) => read,
                Err(why) => {
                    match why {
                        NoKey::UnknownKind => set.unknown += 1,
                        NoKey::Damaged => set.dropped += 1,
                    }
                    set.doubtful.extend(kid(&entry));
                    continue;
                }
            };
            let same = set.keys.entry(kid).or_default();
            match same.binary_search_by(|known| known.thumbprint.cmp(&key.thumbprint)) {
                // The same key listed twice is harmless.
                Ok(_) => {}
                Err(place) => {
                    // Of two keys with one id nobody knows which is meant: the set is damaged.
                    set.dropped += usize::from(!same.is_empty());
                    same.insert(place, key);
                }
            }
        }
        Ok(set)
    }

    /// True if this `kid` is in the set, be its key readable or not.
    pub fn publishes(&self, kid: &str) -> bool {
        self.keys.contains_key(kid) || self.is_doubtful(kid)
    }

    /// True if an entry with this `kid` is in the set that cannot be read.
    pub fn is_doubtful(&self, kid: &str) -> bool {
        self.doubtful.contains(kid)
    }

    /// The ids of entries that cannot be read.
    pub fn doubtful(&self) -> impl Iterator<Item = &str> {
        self.doubtful.iter().map(String::as_str)
    }

    /// Checks the signature of a JWT, and nothing else of it.
    pub fn verify(&self, token: &str) -> Signature {
        let Ok(header) = jsonwebtoken::decode_header(token) else {
            return Signature::CannotTell;
        };
        let Some(kid) = header.kid else {
            return Signature::CannotTell;
        };
        let Some(keys) = self.keys.get(&kid) else {
            return if self.is_doubtful(&kid) {
                Signature::CannotTell
            } else {
                Signature::KeyNotPublished
            };
        };
        let verdicts: Vec<Signature> = keys
            .iter()
            .map(|key| key.verify(token, header.alg))
            .collect();
        let one_is = |verdict| verdicts.contains(&verdict);
        if one_is(Signature::Valid) {
            Signature::Valid
        } else if one_is(Signature::CannotTell) || self.is_doubtful(&kid) {
            // Another key of that id, which cannot be checked, may have signed it.
            Signature::CannotTell
        } else {
            Signature::Invalid
        }
    }
}

/// The `kid` of an entry, where it can be a label.
fn kid(entry: &Value) -> Option<String> {
    let kid = entry.get("kid")?.as_str()?;
    let usable = !kid.is_empty() && kid.len() <= LONGEST_KID && !kid.contains(is_hidden);
    usable.then(|| kid.to_owned())
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use jsonwebtoken::Algorithm;
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
        let told = |kid| (set.publishes(kid), set.is_doubtful(kid));
        assert_eq!(
            ["k1", "k2", "k4"].map(told),
            [(true, false), (true, true), (false, false)]
        );
        assert_eq!(
            (set.dropped, set.unknown),
            (4, 1),
            "another key under k1, two damaged ones, and nonsense; LWE is a kind"
        );
        assert!(set.publishes("k2") && set.publishes("k3"));
        assert_eq!(
            (
                set.keys["k1"][0].alg.as_deref(),
                set.keys["k1"][0].usage.as_deref()
            ),
            (Some("ES256"), Some("sig"))
        );
    }

    #[test]
    fn a_kid_that_stands_for_two_keys_holds_both_in_whatever_order() {
        let ((one, first), (two, second)) = (signed("k1"), signed("k1"));
        let thumbprints = |keys: &Value| -> Vec<String> {
            let keys = read(keys).keys.remove("k1").unwrap();
            keys.into_iter().map(|key| key.thumbprint).collect()
        };
        let set = read(&json!([one, two]));
        assert_eq!(set.dropped, 1);
        assert_eq!(
            (set.verify(&first), set.verify(&second)),
            (Signature::Valid, Signature::Valid)
        );
        assert_eq!(
            thumbprints(&json!([one, two])),
            thumbprints(&json!([two, one]))
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
