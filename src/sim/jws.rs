//! Signed JWTs that clients send (assertions, proofs) and the public keys they are checked with.
//! What must stand in them is decided elsewhere; what the org itself signs is [`super::keys`].

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};
use serde_json::{Value, json};

/// A JWT in its compact form, taken apart and not believed yet.
pub(super) struct Jws {
    pub(super) header: Value,
    pub(super) claims: Value,
    message: String,
    signature: Vec<u8>,
}

impl Jws {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (message, signature) = text.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let json = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        Some(Self {
            header: json(header)?,
            claims: json(claims)?,
            message: message.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    pub(super) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    /// A claim that counts seconds.
    pub(super) fn second(&self, claim: &str) -> Option<i64> {
        self.claims.get(claim)?.as_i64()
    }

    /// Whether this key signed it, with one of the algorithms that Okta takes.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        let message = self.message.as_bytes();
        let alg = self.header("alg").unwrap_or_default();
        match key {
            PublicKey::Spki(bytes) => algorithm(alg).is_some_and(|algorithm| {
                let key = UnparsedPublicKey::new(algorithm, bytes);
                key.verify(message, &self.signature).is_ok()
            }),
            PublicKey::Jwk(jwk) => verify(jwk, alg, (message, &self.signature)).unwrap_or(false),
        }
    }
}

/// A public key that an app registered, or that stands in a proof.
#[derive(Clone, Debug)]
pub(super) enum PublicKey {
    Jwk(Value),
    Spki(Vec<u8>),
}

impl PublicKey {
    /// From `-----BEGIN PUBLIC KEY-----`, or from a JWK; `None` for anything else, and for a JWK
    /// that holds a private key.
    pub(super) fn read(text: &str) -> Option<Self> {
        if let Ok(key) = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()) {
            return Some(Self::Spki(key.as_ref().to_vec()));
        }
        let jwk: Value = serde_json::from_str(text).ok()?;
        (jwk.get("kty").is_some() && jwk.get("d").is_none()).then_some(Self::Jwk(jwk))
    }
}

/// The thumbprint of a public JWK (RFC 7638), which a bound token carries as `cnf.jkt`.
pub(super) fn thumbprint(jwk: &Value) -> Option<String> {
    let member = |name: &str| jwk.get(name)?.as_str();
    // serde_json writes members in the order of the alphabet, without white space: as is wanted.
    let required = match member("kty")? {
        "EC" => json!({ "crv": member("crv")?, "kty": "EC", "x": member("x")?, "y": member("y")? }),
        "RSA" => json!({ "e": member("e")?, "kty": "RSA", "n": member("n")? }),
        _ => return None,
    };
    Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, required.to_string().as_bytes())))
}

fn algorithm(alg: &str) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match alg {
        "RS256" | "RS384" | "RS512" => rsa(alg)?,
        "ES256" => &ECDSA_P256_SHA256_FIXED,
        "ES384" => &ECDSA_P384_SHA384_FIXED,
        "ES512" => &ECDSA_P521_SHA512_FIXED,
        _ => return None,
    })
}

fn rsa(alg: &str) -> Option<&'static RsaParameters> {
    Some(match alg {
        "RS256" => &RSA_PKCS1_2048_8192_SHA256,
        "RS384" => &RSA_PKCS1_2048_8192_SHA384,
        "RS512" => &RSA_PKCS1_2048_8192_SHA512,
        _ => return None,
    })
}

fn verify(jwk: &Value, alg: &str, (message, signature): (&[u8], &[u8])) -> Option<bool> {
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok();
    let verified = match jwk.get("kty")?.as_str()? {
        "RSA" => {
            let (n, e) = (bytes("n")?, bytes("e")?);
            RsaPublicKeyComponents { n, e }.verify(rsa(alg)?, message, signature)
        }
        "EC" => {
            let point = [vec![4], bytes("x")?, bytes("y")?].concat();
            UnparsedPublicKey::new(algorithm(alg)?, point).verify(message, signature)
        }
        _ => return None,
    };
    Some(verified.is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_is_that_of_the_rfc() {
        // RFC 7638, section 3.1.
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let jwk = json!({ "kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29" });
        assert_eq!(
            thumbprint(&jwk).as_deref(),
            Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        );
        assert_eq!(thumbprint(&json!({ "kty": "oct", "k": "AA" })), None);
    }

    #[test]
    fn a_proof_of_the_rfc_verifies_and_a_changed_one_does_not() {
        // RFC 9449, section 4.1 (figure 2); its key's thumbprint from section 6.1.
        let proof = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
        let jws = Jws::parse(proof).unwrap();
        let key = PublicKey::Jwk(jws.header["jwk"].clone());
        assert!(jws.is_signed_by(&key));
        assert_eq!(jws.text("htu"), Some("https://server.example.com/token"));
        assert_eq!(
            thumbprint(&jws.header["jwk"]).as_deref(),
            Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
        );
        let changed = proof.replacen(".eyJqdGki", ".eyJqdGkj", 1);
        assert!(Jws::parse(&changed).is_none_or(|jws| !jws.is_signed_by(&key)));
    }
}
