//! A token's fingerprint, by which what is known of it is kept in place of the token.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use secrecy::ExposeSecret;

use crate::units::Secret;

/// Tells one token from another, and nothing else of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(super) fn of(token: &Secret) -> Self {
        let hash = digest(&SHA256, token.expose_secret().as_bytes());
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(hash.as_ref());
        Self(fingerprint)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_tokens_apart_and_shows_nothing() {
        let of = |token: &str| Fingerprint::of(&token.into());
        assert_eq!(of("one"), of("one"));
        assert_ne!(of("one"), of("other"));
        assert_eq!(format!("{:?}", of("one")), "Fingerprint");
    }
}
