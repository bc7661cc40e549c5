//! A token's claims against what is expected of them. Pure.

use std::sync::Arc;

use super::{compared::Compared, observation::Observation};
use crate::okta::Claims;

/// What a token is expected to say.
#[derive(Debug, Clone, Default)]
pub(super) struct Expect {
    /// Any of these may have issued it.
    pub(super) issuer: Arc<[String]>,
    /// It must be for one of these.
    pub(super) audience: Arc<[String]>,
    /// The scopes that its user needs.
    pub(super) scopes: Arc<[String]>,
}

impl Expect {
    /// True if anything is expected.
    pub(super) fn is_any(&self) -> bool {
        let expected = [&self.issuer, &self.audience, &self.scopes];
        expected.iter().any(|expected| !expected.is_empty())
    }

    /// Notes what the claims say, and how it compares. Of a token that was `read` what is not there is
    /// not unknown.
    pub(super) fn judge(&self, claims: &Claims, read: bool, observation: &mut Observation) {
        observation.was_read = read;
        observation.is_id_token = claims.is_id_token;
        observation.expires = claims.exp;
        observation.issued = claims.iat;
        observation.not_before = claims.nbf;
        observation.scopes.clone_from(&claims.scopes);
        let compared = |expected: &Arc<[String]>, told: Vec<String>| {
            let is_known = read || !told.is_empty();
            (is_known && !expected.is_empty()).then(|| Compared::new(told, expected))
        };
        observation.issuer = compared(&self.issuer, claims.iss.iter().cloned().collect());
        observation.audience = compared(&self.audience, claims.aud.clone());
    }
}

#[cfg(test)]
mod tests;
