//! A token's claims against what is expected of them. Pure.

use std::sync::Arc;

use super::observation::Observation;
use crate::okta::Claims;

/// What a token is expected to say.
#[derive(Debug, Clone, Default)]
pub(super) struct Expect {
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
    /// The scopes that its user needs.
    pub(super) scopes: Arc<[String]>,
}

impl Expect {
    /// Notes what the claims say, and how it compares.
    pub(super) fn judge(&self, claims: &Claims, observation: &mut Observation) {
        observation.expires = claims.exp;
        observation.issued = claims.iat;
        observation.not_before = claims.nbf;
        observation.scopes.clone_from(&claims.scopes);
        observation.issuer_matches = match (&self.issuer, &claims.iss) {
            (Some(expected), Some(issuer)) => Some(expected == issuer),
            _ => None,
        };
        observation.audience_matches = match &self.audience {
            Some(expected) if !claims.aud.is_empty() => Some(claims.aud.contains(expected)),
            _ => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(expect: &Expect, claims: &Claims) -> Observation {
        let mut seen = Observation {
            required: Arc::clone(&expect.scopes),
            ..Observation::default()
        };
        expect.judge(claims, &mut seen);
        seen
    }

    #[test]
    fn a_missing_scope_is_named_and_unknown_scopes_claim_nothing() {
        let expect = Expect {
            scopes: Arc::from(["okta.users.read".to_owned(), "okta.logs.read".to_owned()]),
            ..Expect::default()
        };
        let granted = Claims {
            scopes: Some(["okta.users.read".to_owned()].into()),
            ..Claims::default()
        };
        let missing: Vec<_> = judged(&expect, &granted)
            .missing()
            .into_iter()
            .map(|(s, m)| (s.to_owned(), m))
            .collect();
        assert_eq!(
            missing,
            [
                ("okta.logs.read".to_owned(), true),
                ("okta.users.read".to_owned(), false)
            ]
        );
        assert!(judged(&expect, &Claims::default()).missing().is_empty());
    }

    #[test]
    fn issuer_and_audience_are_compared_only_where_both_sides_are_known() {
        let expect = Expect {
            issuer: Some("https://a".into()),
            audience: Some("api".into()),
            ..Expect::default()
        };
        let claims = Claims {
            iss: Some("https://b".into()),
            aud: vec!["x".into(), "api".into()],
            ..Claims::default()
        };
        let seen = judged(&expect, &claims);
        assert_eq!(
            (seen.issuer_matches, seen.audience_matches),
            (Some(false), Some(true))
        );
        let seen = judged(&Expect::default(), &claims);
        assert_eq!((seen.issuer_matches, seen.audience_matches), (None, None));
        let seen = judged(&expect, &Claims::default());
        assert_eq!((seen.issuer_matches, seen.audience_matches), (None, None));
    }
}
