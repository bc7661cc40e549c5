//! One key of a published set: its material, and what it says it is for. Only the material makes a
//! key another key; however else it is written, it is the same. The set is in [`jwks`](super::jwks).

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{
        DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD,
    },
};
use jsonwebtoken::{
    Algorithm::{self, ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512},
    DecodingKey,
};
use serde_json::Value;

/// Padding and spare bits are no part of a number that is written in base64url.
const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A curve: its name, what is signed with it as far as it can be checked here, and how many bytes a
/// coordinate has.
type Curve = (&'static str, &'static [Algorithm], usize);

/// The curves of `EC` keys.
const CURVES: [Curve; 4] = [
    ("P-256", &[ES256], 32),
    ("P-384", &[ES384], 48),
    ("P-521", &[], 66),
    ("secp256k1", &[], 32),
];
/// Those of `OKP` keys; the ones that begin with an X sign nothing.
const EDWARDS: [Curve; 4] = [
    ("Ed25519", &[EdDSA], 32),
    ("Ed448", &[], 57),
    ("X25519", &[], 32),
    ("X448", &[], 56),
];

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

/// Why an entry of a set is no key that can be used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoKey {
    /// Its type or curve is not known here; to others it may be a good one.
    UnknownKind,
    /// It lacks what a key of its type is made of, or should not be published.
    Damaged,
}

/// What makes a key the key that it is.
struct Material {
    thumbprint: String,
    able: &'static [Algorithm],
    decoding: DecodingKey,
}

impl PublishedKey {
    /// Reads a JWK. A member that is not needed for its material and is of a strange type is left out,
    /// and costs nothing.
    pub(super) fn read(entry: &Value) -> Result<Self, NoKey> {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let needed = |name: &str| text(name).ok_or(NoKey::Damaged);
        let (alg, usage) = (text("alg"), text("use"));
        let material = match needed("kty")? {
            "RSA" => Material::rsa(needed("n")?, needed("e")?),
            "EC" => {
                let curve = curve(&CURVES, needed("crv")?)?;
                Material::ec(curve, needed("x")?, needed("y")?)
            }
            "OKP" => Material::okp(curve(&EDWARDS, needed("crv")?)?, needed("x")?),
            // A symmetric key that is published is no key.
            "oct" => None,
            _ => return Err(NoKey::UnknownKind),
        };
        let material = material.ok_or(NoKey::Damaged)?;
        // The key may narrow down what it is for, and cannot widen it.
        let algorithms = match alg.map(str::parse::<Algorithm>) {
            _ if usage == Some("enc") => &[],
            Some(Ok(one)) => {
                let found = material.able.iter().find(|able| **able == one);
                found.map_or(&[][..], std::slice::from_ref)
            }
            Some(Err(_)) | None => material.able,
        };
        Ok(Self {
            alg: alg.map(str::to_owned),
            usage: usage.map(str::to_owned),
            thumbprint: material.thumbprint,
            algorithms,
            decoding: material.decoding,
        })
    }

    /// Whether it signed this token.
    pub(super) fn verify(&self, token: &str, alg: Algorithm) -> Signature {
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

impl Material {
    fn rsa(n: &str, e: &str) -> Option<Self> {
        let (modulus, exponent) = (number(n)?, number(e)?);
        let (n, e) = (
            URL_SAFE_NO_PAD.encode(&modulus),
            URL_SAFE_NO_PAD.encode(&exponent),
        );
        Some(Self {
            thumbprint: thumbprint(&format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)),
            able: match modulus.len() {
                // The library checks 2048 to 8192 bits, and would call anything else forged.
                256..=1024 => &[RS256, RS384, RS512, PS256, PS384, PS512],
                _ => &[],
            },
            decoding: DecodingKey::from_rsa_raw_components(&modulus, &exponent),
        })
    }

    fn ec((curve, able, size): Curve, x: &str, y: &str) -> Option<Self> {
        let (x, y) = (coordinate(x, size)?, coordinate(y, size)?);
        Some(Self {
            thumbprint: thumbprint(&format!(
                r#"{{"crv":"{curve}","kty":"EC","x":"{x}","y":"{y}"}}"#
            )),
            able,
            decoding: DecodingKey::from_ec_components(&x, &y).ok()?,
        })
    }

    fn okp((curve, able, size): Curve, x: &str) -> Option<Self> {
        let x = coordinate(x, size)?;
        Some(Self {
            thumbprint: thumbprint(&format!(r#"{{"crv":"{curve}","kty":"OKP","x":"{x}"}}"#)),
            able,
            decoding: DecodingKey::from_ed_components(&x).ok()?,
        })
    }
}

fn curve(known: &[Curve], named: &str) -> Result<Curve, NoKey> {
    let found = known.iter().find(|(name, ..)| *name == named);
    found.copied().ok_or(NoKey::UnknownKind)
}

/// A number without the zeros before it; `None` where there is none.
fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = TOLERANT.decode(text).ok()?;
    let number: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    (!number.is_empty()).then_some(number)
}

/// A coordinate of so many bytes, in the one form that a thumbprint is made of.
fn coordinate(text: &str, size: usize) -> Option<String> {
    let bytes = TOLERANT.decode(text).ok()?;
    (bytes.len() == size).then(|| URL_SAFE_NO_PAD.encode(bytes))
}

fn thumbprint(members: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(entry: &Value) -> PublishedKey {
        PublishedKey::read(entry).unwrap()
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638_and_rfc_8037() {
        let rsa = json!({
            "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        });
        assert_eq!(
            read(&rsa).thumbprint,
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
        let okp = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        assert_eq!(
            read(&okp).thumbprint,
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }

    #[test]
    fn the_same_number_written_otherwise_is_the_same_key() {
        let rsa = |n: &str, e: &str| read(&json!({"kty": "RSA", "n": n, "e": e})).thumbprint;
        let plain = rsa("sXchRw", "AQAB");
        assert_eq!(rsa("sXchRw==", "AQAB"), plain, "padding");
        assert_eq!(rsa("sXchRx", "AQAB"), plain, "spare bits");
        assert_eq!(rsa("ALF3IUc", "AAEAAQ"), plain, "zeros before");
        assert_ne!(rsa("tYchRw", "AQAB"), plain);
    }

    #[test]
    fn what_is_not_needed_costs_no_key_whatever_its_type() {
        let plain = json!({"kty": "RSA", "n": "sXchRw", "e": "AQAB", "alg": "RS256", "use": "sig"});
        let strange = json!({
            "alg": 5, "use": ["sig"], "key_ops": "verify", "x5c": "MII", "x5u": 3, "x5t": null, "exp": {},
        });
        for (member, value) in strange.as_object().unwrap() {
            let mut entry = plain.clone();
            entry[member] = value.clone();
            assert_eq!(
                read(&entry).thumbprint,
                read(&plain).thumbprint,
                "{member}: {value}"
            );
        }
    }

    #[test]
    fn a_key_that_signs_nothing_is_a_key_and_material_that_is_missing_is_none() {
        let x25519 = json!({"kty": "OKP", "crv": "X25519", "use": "enc", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        assert_eq!(read(&x25519).usage.as_deref(), Some("enc"));
        for none in [
            json!({"kty": "RSA", "n": "", "e": "AQAB"}),
            json!({"kty": "RSA", "n": "AAAA", "e": "AQAB"}),
            json!({"kty": "RSA", "n": 5, "e": "AQAB"}),
            json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
            json!({"kty": "oct", "k": "AAAA"}),
            json!({"n": "sXchRw", "e": "AQAB"}),
            json!("RSA"),
        ] {
            let read = PublishedKey::read(&none);
            assert_eq!(read.unwrap_err(), NoKey::Damaged, "{none}");
        }
    }

    #[test]
    fn a_type_or_curve_that_is_not_known_here_is_not_damaged() {
        for unknown in [
            json!({"kty": "AKP", "alg": "ML-DSA-65", "pub": "AAAA"}),
            json!({"kty": "EC", "crv": "BP-256", "x": "AA", "y": "AA"}),
            json!({"kty": "OKP", "crv": "Ed25519ph", "x": "AA"}),
        ] {
            let read = PublishedKey::read(&unknown);
            assert_eq!(read.unwrap_err(), NoKey::UnknownKind, "{unknown}");
        }
    }

    #[test]
    fn an_rsa_key_of_a_size_that_the_library_refuses_proves_nothing() {
        for (bytes, is_usable) in [(255, false), (256, true), (1_024, true), (1_025, false)] {
            let n = URL_SAFE_NO_PAD.encode(vec![0xc1; bytes]);
            let key = read(&json!({"kty": "RSA", "n": n, "e": "AQAB"}));
            assert_eq!(!key.algorithms.is_empty(), is_usable, "{bytes} bytes");
        }
    }
}
