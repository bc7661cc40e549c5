//! A private key and what it signs: JWTs in their compact form. How a key is written is in
//! [`key_text`]; what stands in the JWTs is said by [`assertion`](crate::okta::oauth::assertion) and
//! [`dpop`](crate::okta::oauth::dpop). No error shows anything of a key.

use std::fmt;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::{
    algorithm::{Algorithm, BadKey, Pair, curve_of},
    key_text::{self, Written},
};
use crate::units::Secret;

/// A private key and the algorithm that it signs with.
pub struct PrivateKey {
    pair: Pair,
    pub(super) algorithm: Algorithm,
    kid: Option<String>,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pair: _,
            algorithm,
            kid,
        } = self;
        let mut told = f.debug_struct("PrivateKey");
        told.field("algorithm", algorithm).field("kid", kid);
        told.finish_non_exhaustive()
    }
}

impl PrivateKey {
    /// Reads PEM (PKCS#1, PKCS#8, SEC1) or a private JWK. Without an algorithm the key's own
    /// holds: what a JWK names, RS256 for RSA, and for EC the one of its curve.
    pub fn read(text: &Secret, algorithm: Option<Algorithm>) -> Result<Self, BadKey> {
        let Written { pair, alg, kid } = key_text::read(text.expose_secret().trim())?;
        Self::new(pair, algorithm.or(alg), kid)
    }

    /// A new EC key on P-256, known to nobody else.
    pub fn ephemeral() -> Result<Self, BadKey> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Self::new(Pair::Ec(pair.map_err(|_| BadKey::Unusable)?), None, None)
    }

    fn new(pair: Pair, algorithm: Option<Algorithm>, kid: Option<String>) -> Result<Self, BadKey> {
        let own = match &pair {
            Pair::Rsa(_) => Algorithm::RS256,
            Pair::Ec(pair) => curve_of(pair).ok_or(BadKey::Unusable)?.1,
        };
        let algorithm = algorithm.unwrap_or(own);
        let able = match &pair {
            Pair::Rsa(_) => algorithm.rsa().is_some(),
            Pair::Ec(_) => algorithm == own,
        };
        if !able {
            return Err(BadKey::Algorithm(algorithm));
        }
        Ok(Self {
            pair,
            algorithm,
            kid,
        })
    }

    /// The id that a JWK brought along.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The public half of an EC key as a JWK; RSA keys are not asked for theirs.
    pub(in crate::okta) fn public_jwk(&self) -> Option<Value> {
        let Pair::Ec(pair) = &self.pair else {
            return None;
        };
        let (name, ..) = curve_of(pair)?;
        let point = pair.public_key().as_ref().strip_prefix(&[4])?;
        let (x, y) = point.split_at_checked(point.len() / 2)?;
        let (x, y) = (BASE64URL.encode(x), BASE64URL.encode(y));
        Some(json!({ "kty": "EC", "crv": name, "x": x, "y": y }))
    }

    /// A JWT of these claims in its compact form; `alg` is added to the header.
    pub(in crate::okta) fn jwt(
        &self,
        mut header: Map<String, Value>,
        claims: &Value,
    ) -> Result<String, BadKey> {
        header.insert("alg".to_owned(), json!(format!("{:?}", self.algorithm)));
        let part = |value: &Value| BASE64URL.encode(value.to_string());
        let message = format!("{}.{}", part(&Value::Object(header)), part(claims));
        let signature = BASE64URL.encode(self.sign(message.as_bytes())?);
        Ok(format!("{message}.{signature}"))
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, BadKey> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ec(pair) => {
                let signature = pair.sign(&random, message);
                Ok(signature.map_err(|_| BadKey::Signing)?.as_ref().to_vec())
            }
            Pair::Rsa(pair) => {
                let encoding = self.algorithm.rsa().ok_or(BadKey::Signing)?;
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, message, &mut signature)
                    .map_err(|_| BadKey::Signing)?;
                Ok(signature)
            }
        }
    }
}

/// An id that nobody has used before: 128 random bits.
pub(in crate::okta) fn random_id() -> Result<String, BadKey> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| BadKey::Signing)?;
    Ok(BASE64URL.encode(bytes))
}
