//! What is known of a token after one run, and what that means for its required scopes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    okta::{Claims, KeySet, Signature},
    units::OktaTime,
};

/// What is known of a token. A field that is not known is absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observation {
    /// Introspection calls it active.
    pub active: Option<bool>,
    /// `exp`.
    pub expires: Option<OktaTime>,
    /// `iat`.
    pub issued: Option<OktaTime>,
    /// `nbf`.
    pub not_before: Option<OktaTime>,
    /// The scopes granted.
    pub scopes: Option<BTreeSet<String>>,
    /// The scopes that its user needs.
    pub required: Arc<[String]>,
    /// `iss` is as expected.
    pub issuer_matches: Option<bool>,
    /// `aud` is as expected.
    pub audience_matches: Option<bool>,
    /// The signature verifies with the published key.
    pub signature_valid: Option<bool>,
    /// The key that signed it is published.
    pub key_published: Option<bool>,
}

impl Observation {
    /// Notes what the published keys say of the key and the signature.
    pub(super) fn verify(&mut self, claims: &Claims, keys: &KeySet, token: &str) {
        self.key_published = claims.kid.as_ref().map(|kid| keys.publishes(kid));
        let unsigned = |alg: &String| alg.eq_ignore_ascii_case("none");
        if claims.alg.as_ref().is_some_and(unsigned) {
            self.signature_valid = Some(false);
            return;
        }
        self.signature_valid = match keys.verify(token) {
            Signature::Valid => Some(true),
            Signature::Invalid => Some(false),
            Signature::KeyNotPublished | Signature::CannotTell => None,
        };
    }

    /// Each required scope, and whether the token lacks it; nothing where the scopes are not known.
    pub(super) fn missing(&self) -> BTreeMap<&str, bool> {
        let Some(granted) = &self.scopes else {
            return BTreeMap::new();
        };
        self.required
            .iter()
            .map(|scope| (scope.as_str(), !granted.contains(scope)))
            .collect()
    }
}
