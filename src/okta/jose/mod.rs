//! Keys and what they sign, as JSON (JOSE, RFC 7515 to 7519).

pub(super) mod algorithm;
pub(super) mod jwks;
pub(super) mod jwt;
pub(super) mod key_text;
pub(super) mod private_key;
pub(super) mod published_key;
pub(super) mod x5c;
