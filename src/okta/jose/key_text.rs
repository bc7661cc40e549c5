//! Private keys as people have them: PEM (PKCS#1, PKCS#8, SEC1) or JWK, RSA or EC. What they sign
//! is in [`private_key`](super::private_key). No error shows anything of a key.

use aws_lc_rs::{rsa::KeyPair as RsaKeyPair, signature::EcdsaKeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use secrecy::{
    ExposeSecret,
    zeroize::{Zeroize, Zeroizing},
};
use serde::Deserialize;
use serde_json::Value;
use x509_cert::der::{Encode, asn1::UintRef};

use super::algorithm::{Algorithm, BadKey, CURVES, Pair};
use crate::units::Secret;

/// What a key's text says.
pub(super) struct Written {
    pub(super) pair: Pair,
    /// What a JWK says it signs with.
    pub(super) alg: Option<Algorithm>,
    /// The id that a JWK brings along.
    pub(super) kid: Option<String>,
}

/// Reads a key in any of its forms.
pub(super) fn read(text: &str) -> Result<Written, BadKey> {
    if text.starts_with('{') {
        return from_jwk(text);
    }
    // In variables line breaks are often written as `\n`.
    let unescaped = Zeroizing::new(text.replace("\\n", "\n"));
    Ok(Written {
        pair: from_pem(&unescaped)?,
        alg: None,
        kid: None,
    })
}

fn from_jwk(text: &str) -> Result<Written, BadKey> {
    let jwk: Jwk = serde_json::from_str(text).map_err(|_| BadKey::DamagedJwk)?;
    let pair = match (jwk.kty.as_str(), &jwk.d) {
        ("RSA" | "EC", None) => return Err(BadKey::Public),
        ("RSA", _) => Pair::Rsa(Box::new(jwk.rsa()?)),
        ("EC", _) => Pair::Ec(jwk.ec()?),
        _ => return Err(BadKey::Unusable),
    };
    let alg = jwk
        .alg
        .map(|alg| serde_json::from_value(Value::String(alg)));
    Ok(Written {
        pair,
        alg: alg.transpose().map_err(|_| BadKey::Unusable)?,
        kid: jwk.kid,
    })
}

fn from_pem(text: &str) -> Result<Pair, BadKey> {
    let label = |word: &str| text.contains(&format!("-----BEGIN {word}-----"));
    if label("ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(BadKey::Encrypted);
    }
    let Ok(mut der) = PrivateKeyDer::from_pem_slice(text.as_bytes()) else {
        return Err(match text.contains("-----BEGIN ") {
            false => BadKey::Neither,
            true if label("CERTIFICATE") => BadKey::Certificate,
            true if label("PUBLIC KEY") || label("RSA PUBLIC KEY") => BadKey::Public,
            true => BadKey::DamagedPem,
        });
    };
    let bytes = der.secret_der();
    let rsa = match &der {
        PrivateKeyDer::Pkcs1(_) => RsaKeyPair::from_der(bytes),
        _ => RsaKeyPair::from_pkcs8(bytes),
    };
    let pair = match rsa {
        Ok(pair) => Some(Pair::Rsa(Box::new(pair))),
        // Which curve it lies on is known by trying: there are three.
        Err(_) => CURVES.iter().find_map(|(.., curve)| {
            let pair = EcdsaKeyPair::from_private_key_der(curve, bytes);
            pair.ok().map(Pair::Ec)
        }),
    };
    der.zeroize();
    pair.ok_or(BadKey::Unusable)
}

/// A private key as JSON (RFC 7518). Its members are zeroed when it goes.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<Secret>,
    p: Option<Secret>,
    q: Option<Secret>,
    dp: Option<Secret>,
    dq: Option<Secret>,
    qi: Option<Secret>,
}

impl Jwk {
    fn ec(&self) -> Result<EcdsaKeyPair, BadKey> {
        let name = self.crv.as_deref().ok_or(BadKey::DamagedJwk)?;
        let known = CURVES.iter().find(|(known, ..)| *known == name);
        let (.., curve) = known.ok_or(BadKey::Unusable)?;
        let (x, y) = (public(self.x.as_ref())?, public(self.y.as_ref())?);
        let point = [&[4], x.as_slice(), y.as_slice()].concat();
        EcdsaKeyPair::from_private_key_and_public_key(curve, &private(self.d.as_ref())?, &point)
            .map_err(|_| BadKey::DamagedJwk)
    }

    /// By way of PKCS#1, the only form in which the library takes the parts of an RSA key.
    fn rsa(&self) -> Result<RsaKeyPair, BadKey> {
        let (n, e) = (public(self.n.as_ref())?, public(self.e.as_ref())?);
        let members = [&self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi];
        let members: Vec<_> = members
            .into_iter()
            .map(|member| private(member.as_ref()))
            .collect::<Result<_, _>>()?;
        let version: &[u8] = &[0];
        let integers = [version, &n, &e]
            .into_iter()
            .chain(members.iter().map(|member| member.as_slice()))
            .map(UintRef::new)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| BadKey::DamagedJwk)?;
        let der = Zeroizing::new(integers.to_der().map_err(|_| BadKey::DamagedJwk)?);
        RsaKeyPair::from_der(&der).map_err(|_| BadKey::Unusable)
    }
}

fn public(member: Option<&String>) -> Result<Vec<u8>, BadKey> {
    let text = member.ok_or(BadKey::DamagedJwk)?;
    BASE64URL.decode(text).map_err(|_| BadKey::DamagedJwk)
}

fn private(member: Option<&Secret>) -> Result<Zeroizing<Vec<u8>>, BadKey> {
    let text = member.ok_or(BadKey::DamagedJwk)?.expose_secret();
    let bytes = BASE64URL.decode(text).map_err(|_| BadKey::DamagedJwk)?;
    Ok(Zeroizing::new(bytes))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        encoding::{AsDer, EcPrivateKeyRfc5915Der, Pkcs8V1Der},
        rsa::KeySize,
    };
    use proptest::prelude::*;
    use x509_cert::der::Decode;

    use serde_json::{Map, json};

    use super::*;
    use crate::okta::PrivateKey;

    fn pem(label: &str, der: &[u8]) -> String {
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        let lines: Vec<&str> = (0..text.len())
            .step_by(64)
            .map(|at| &text[at..text.len().min(at + 64)])
            .collect();
        let body = lines.join("\n");
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    }

    fn key(text: &str) -> Result<PrivateKey, BadKey> {
        PrivateKey::read(&text.into(), None)
    }

    fn algorithm(text: &str) -> Algorithm {
        let key = key(text).unwrap_or_else(|e| panic!("{e}"));
        key.jwt(Map::new(), &json!({})).unwrap();
        key.algorithm
    }

    /// An RSA key in its three forms: PKCS#8, PKCS#1, JWK.
    fn rsa() -> [String; 3] {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let pkcs8 = pkcs8.as_ref();
        // The PKCS#1 form is what PKCS#8 wraps, behind a header of fixed length.
        let pkcs1 = &pkcs8[26..];
        let integers = Vec::<UintRef<'_>>::from_der(pkcs1).unwrap();
        let member = |at: usize| BASE64URL.encode(integers[at].as_bytes());
        let jwk = json!({
            "kty": "RSA", "kid": "k1", "n": member(1), "e": member(2), "d": member(3),
            "p": member(4), "q": member(5), "dp": member(6), "dq": member(7), "qi": member(8),
        });
        let (pkcs8, pkcs1) = (pem("PRIVATE KEY", pkcs8), pem("RSA PRIVATE KEY", pkcs1));
        [pkcs8, pkcs1, jwk.to_string()]
    }

    #[test]
    fn rsa_keys_are_read_in_every_form() {
        let [pkcs8, pkcs1, jwk] = rsa();
        for text in [&pkcs8, &pkcs1, &jwk, &pkcs8.replace('\n', "\\n")] {
            assert_eq!(algorithm(text), Algorithm::RS256, "{text}");
        }
        assert_eq!(key(&jwk).unwrap().kid(), Some("k1"));
        let named = jwk.replacen('{', r#"{"alg":"RS512","#, 1);
        assert_eq!(algorithm(&named), Algorithm::RS512);
        let given = PrivateKey::read(&named.into(), Some(Algorithm::RS384)).unwrap();
        assert_eq!(given.algorithm, Algorithm::RS384);
        let wrong = PrivateKey::read(&pkcs8.into(), Some(Algorithm::ES256));
        assert_eq!(wrong.unwrap_err(), BadKey::Algorithm(Algorithm::ES256));
    }

    #[test]
    fn ec_keys_are_read_in_every_form_and_their_curve_tells_the_algorithm() {
        for (name, expected, curve) in CURVES {
            let pair = EcdsaKeyPair::generate(curve).unwrap();
            let pkcs8 = pair.to_pkcs8v1().unwrap();
            let private = pair.private_key();
            let sec1: EcPrivateKeyRfc5915Der<'_> = private.as_der().unwrap();
            let d: aws_lc_rs::encoding::EcPrivateKeyBin<'_> =
                aws_lc_rs::encoding::AsBigEndian::as_be_bytes(&private).unwrap();
            let public = key(&pem("PRIVATE KEY", pkcs8.as_ref()))
                .unwrap()
                .public_jwk()
                .unwrap();
            assert_eq!(public["crv"], name);
            let mut jwk = public.clone();
            jwk["d"] = json!(BASE64URL.encode(d.as_ref()));
            for text in [
                pem("PRIVATE KEY", pkcs8.as_ref()),
                pem("EC PRIVATE KEY", sec1.as_ref()),
                jwk.to_string(),
            ] {
                assert_eq!(algorithm(&text), expected, "{name}");
            }
            assert_eq!(key(&public.to_string()).unwrap_err(), BadKey::Public);
            assert_eq!(
                PrivateKey::read(&jwk.to_string().into(), Some(Algorithm::RS256)).unwrap_err(),
                BadKey::Algorithm(Algorithm::RS256)
            );
        }
    }

    #[test]
    fn what_is_no_private_key_is_told_apart_and_never_shown() {
        let [pkcs8, ..] = rsa();
        let half = &pkcs8[..pkcs8.len() / 2];
        for (text, why) in [
            ("s3cr3t", BadKey::Neither),
            ("", BadKey::Neither),
            (
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
                BadKey::Public,
            ),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
                BadKey::Certificate,
            ),
            (
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
                BadKey::Encrypted,
            ),
            (half, BadKey::DamagedPem),
            (
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
                BadKey::Unusable,
            ),
            ("{", BadKey::DamagedJwk),
            (r#"{"kty":"oct","k":"s3cr3t"}"#, BadKey::Unusable),
            (r#"{"kty":"RSA","n":"AA","e":"AQAB"}"#, BadKey::Public),
            (
                r#"{"kty":"RSA","n":"AA","e":"AQAB","d":"AA"}"#,
                BadKey::DamagedJwk,
            ),
            (
                r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"s3cr3t"}"#,
                BadKey::DamagedJwk,
            ),
        ] {
            let told = key(text).unwrap_err();
            assert_eq!(told, why, "{text}");
            assert!(!told.to_string().contains("s3cr3t"));
        }
        let key = key(&pkcs8).unwrap();
        assert_eq!(
            format!("{key:?}"),
            "PrivateKey { algorithm: RS256, kid: None, .. }"
        );
    }

    proptest! {
        #[test]
        fn nothing_panics(text in any::<String>(), members in proptest::collection::vec("[A-Za-z0-9_-]{0,8}", 6)) {
            drop(key(&text));
            drop(key(&format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----")));
            let [n, e, d, p, q, dp] = &members[..] else { unreachable!() };
            for kty in ["RSA", "EC"] {
                drop(key(&json!({
                    "kty": kty, "crv": "P-256", "x": n, "y": e, "n": n, "e": e, "d": d, "p": p,
                    "q": q, "dp": dp, "dq": dp, "qi": q,
                }).to_string()));
            }
        }
    }
}
