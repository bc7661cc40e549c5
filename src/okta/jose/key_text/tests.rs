//! Keys in all the forms that they come in, and what is none.

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
    for text in [&pkcs8, &pkcs1, &jwk] {
        assert_eq!(algorithm(text), Algorithm::RS256, "{text}");
    }
    for pem in [&pkcs8, &pkcs1] {
        for disfigured in [
            pem.replace('\n', "\\n"),
            pem.replace('\n', "\\r\\n"),
            pem.replace('\n', " "),
            pem.replace('\n', ""),
            pem.replace('\n', "\r\n"),
            pem.replace('\n', "\n    "),
            format!("    {}", pem.replace('\n', "\n    ")),
            format!("\"{}\"", pem.replace('\n', "\\n")),
            format!("'{pem}'"),
            format!("\u{feff}{pem}"),
            format!("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{pem}"),
        ] {
            assert_eq!(algorithm(&disfigured), Algorithm::RS256, "{disfigured}");
        }
    }
    let public = r#"{"kty":"RSA","n":"AA","e":"AQAB"}"#;
    for disfigured in [
        format!("'{jwk}'"),
        format!("\"{}\"", jwk.replace('"', "\\\"")),
        format!(r#"{{"keys":[{jwk}]}}"#),
        format!(r#"{{"keys":[{public},{jwk}]}}"#),
    ] {
        assert_eq!(algorithm(&disfigured), Algorithm::RS256, "{disfigured}");
        assert_eq!(key(&disfigured).unwrap().kid(), Some("k1"));
    }
    let two = format!(r#"{{"keys":[{jwk},{jwk}]}}"#);
    assert_eq!(key(&two).unwrap_err(), BadKey::Several);
    let none = format!(r#"{{"keys":[{public}]}}"#);
    assert_eq!(key(&none).unwrap_err(), BadKey::Public);
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
    let inside = pkcs8.lines().filter(|line| !line.contains("-----"));
    let bare = inside.collect::<Vec<_>>().join("\n");
    for (text, why) in [
        ("s3cr3t", BadKey::Neither),
        ("", BadKey::Neither),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----",
            BadKey::OpenSsh,
        ),
        ("LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t", BadKey::Encoded),
        (bare.as_str(), BadKey::Bare),
        (r#"{"keys":[]}"#, BadKey::EmptySet),
        (r#"{"keys":7}"#, BadKey::DamagedJwk),
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
