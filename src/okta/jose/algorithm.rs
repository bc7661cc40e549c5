//! What Okta takes for signing: algorithms, the curves they are bound to, and the pairs of keys that
//! fit them. Keys are read by [`key_text`](super::key_text) and used by
//! [`private_key`](super::private_key).

use aws_lc_rs::{
    rsa::KeyPair as RsaKeyPair,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
        ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, RSA_PKCS1_SHA256,
        RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding,
    },
};
use schemars::JsonSchema;
use serde::Deserialize;

/// The algorithms that Okta takes, for assertions and proofs alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "RFC 7518 names them")]
pub enum Algorithm {
    RS256,
    RS384,
    RS512,
    ES256,
    ES384,
    ES512,
}

/// The three curves, with the algorithm that each is bound to.
pub(super) static CURVES: [(&str, Algorithm, &EcdsaSigningAlgorithm); 3] = [
    ("P-256", Algorithm::ES256, &ECDSA_P256_SHA256_FIXED_SIGNING),
    ("P-384", Algorithm::ES384, &ECDSA_P384_SHA384_FIXED_SIGNING),
    ("P-521", Algorithm::ES512, &ECDSA_P521_SHA512_FIXED_SIGNING),
];

/// What is no usable private key, in words that show nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum BadKey {
    #[error("it is neither PEM (`-----BEGIN PRIVATE KEY-----`) nor a JWK (`{{\"kty\": …}}`)")]
    Neither,
    #[error("it is a public key: the private half is needed")]
    Public,
    #[error("it is a certificate: its private key is needed")]
    Certificate,
    #[error(
        "it is encrypted with a passphrase: decrypt it (`openssl pkey -in … -out …`) and guard the file instead"
    )]
    Encrypted,
    #[error("it is in OpenSSH's own form: convert it (`ssh-keygen -p -m PKCS8 -f …`)")]
    OpenSsh,
    #[error("it is PEM or a JWK in base64 once more: decode it (`base64 -d`)")]
    Encoded,
    #[error(
        "it is the inside of a PEM file: put its first and last line back (`-----BEGIN PRIVATE KEY-----`, \
         `-----END PRIVATE KEY-----`)"
    )]
    Bare,
    #[error("it is a set of several private keys: give the one that is meant")]
    Several,
    #[error("it is a set that holds no key")]
    EmptySet,
    #[error("its PEM is damaged: is a line missing?")]
    DamagedPem,
    #[error("its JWK is damaged: members of the private key are missing or no base64url")]
    DamagedJwk,
    #[error("it is of another kind than RSA (2048 to 8192 bits) or EC (P-256, P-384, P-521)")]
    Unusable,
    #[error("this key cannot sign with {0:?}")]
    Algorithm(Algorithm),
    #[error("signing failed")]
    Signing,
}

/// A private key and its public half.
pub(super) enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
}

impl Algorithm {
    /// How it signs with an RSA key; `None` where it does not.
    pub(super) fn rsa(self) -> Option<&'static dyn RsaEncoding> {
        match self {
            Self::RS256 => Some(&RSA_PKCS1_SHA256),
            Self::RS384 => Some(&RSA_PKCS1_SHA384),
            Self::RS512 => Some(&RSA_PKCS1_SHA512),
            Self::ES256 | Self::ES384 | Self::ES512 => None,
        }
    }
}

/// The curve that a key lies on.
pub(super) fn curve_of(
    pair: &EcdsaKeyPair,
) -> Option<(&'static str, Algorithm, &'static EcdsaSigningAlgorithm)> {
    CURVES
        .into_iter()
        .find(|(.., curve)| pair.algorithm() == *curve)
}
