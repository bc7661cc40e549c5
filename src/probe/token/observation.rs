//! What is known of a token after one run, and what that means for its required scopes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{compared::Compared, fingerprint::Fingerprint};
use crate::{
    okta::{AuthorizationServer, Claims, ServedKeys, Signature},
    probe::missed::Missed,
    units::OktaTime,
};

/// What one run saw of a token. A field that is not known is absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observation {
    /// Which token it was; `None` where none could be read.
    pub(super) token: Option<Fingerprint>,
    /// When it was looked at.
    pub(super) at: OktaTime,
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
    /// It could be read: what it does not say is not there.
    pub(super) was_read: bool,
    /// Something is expected of it, it cannot be read, and nobody is asked what it says.
    pub(super) is_unjudged: bool,
    /// It is an ID token.
    pub is_id_token: bool,
    /// The server of this org that its issuer names.
    pub server: Option<AuthorizationServer>,
    /// `iss`, beside what is expected.
    pub(super) issuer: Option<Compared>,
    /// `aud`, beside what is expected.
    pub(super) audience: Option<Compared>,
    /// The signature verifies with the published key.
    pub signature_valid: Option<bool>,
    /// The key that signed it is published; `None` as well while answers that lack it may be those
    /// of nodes that lag.
    pub key_published: Option<bool>,
    /// What there is of answers that lacked the key, where the last did.
    pub(super) key_missed: Option<Missed>,
}

impl Observation {
    /// Notes what one answer with the published keys says of the key and the signature.
    pub(super) fn verify(&mut self, claims: &Claims, served: &ServedKeys, token: &str) {
        let unsigned = |alg: &String| alg.eq_ignore_ascii_case("none");
        if claims.alg.as_ref().is_some_and(unsigned) {
            self.signature_valid = Some(false);
            return;
        }
        let Some(kid) = &claims.kid else { return };
        if !served.set.publishes(kid) {
            let missed = Missed::once_more(self.key_missed, served.at, served.new_connection);
            self.key_missed = Some(missed);
            self.key_published = missed.is_settled().then_some(false);
            self.signature_valid = None;
            return;
        }
        self.key_missed = None;
        self.key_published = Some(true);
        self.signature_valid = match served.set.verify(token) {
            Signature::Valid => Some(true),
            Signature::Invalid => Some(false),
            Signature::KeyNotPublished | Signature::CannotTell => None,
        };
    }

    /// How many answers in a row lacked the key that signed it, while it is not settled that it is
    /// gone.
    pub fn answers_without_key(&self) -> Option<u32> {
        let missed = self.key_missed.filter(|missed| !missed.is_settled())?;
        Some(missed.answers)
    }

    /// True where another node of Okta's edge may say better of its key.
    pub(super) fn is_key_in_doubt(&self) -> bool {
        self.key_missed.is_some() || self.signature_valid == Some(false)
    }

    /// True where something was found out about its key.
    pub(super) fn tells_of_key(&self) -> bool {
        self.key_published.is_some() || self.signature_valid.is_some()
    }

    /// Whether `iss` is as expected.
    pub fn issuer_matches(&self) -> Option<bool> {
        self.issuer.as_ref().map(Compared::matches)
    }

    /// Whether `aud` is as expected.
    pub fn audience_matches(&self) -> Option<bool> {
        self.audience.as_ref().map(Compared::matches)
    }

    /// Each required scope, and whether the token lacks it; nothing where the scopes are not known.
    pub(super) fn missing(&self) -> BTreeMap<&str, bool> {
        let none = BTreeSet::new();
        let granted = match &self.scopes {
            Some(granted) => granted,
            None if self.was_read => &none,
            None => return BTreeMap::new(),
        };
        self.required
            .iter()
            .map(|scope| (scope.as_str(), !granted.contains(scope)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::okta::KeySet;

    fn served(kids: &[&str], second: i32, new_connection: bool) -> ServedKeys {
        let key = |kid: &&str| json!({"kty": "RSA", "kid": kid, "n": "sXchRw", "e": "AQAB"});
        let keys: Vec<_> = kids.iter().map(key).collect();
        ServedKeys {
            set: KeySet::read(json!({ "keys": keys }).to_string().as_bytes()).unwrap(),
            max_age: None,
            at: OktaTime::from_seconds(second.into()).unwrap(),
            new_connection,
        }
    }

    /// What these answers say of a token signed with `new`.
    fn looked(answers: &[ServedKeys]) -> Observation {
        let claims = Claims {
            kid: Some("new".to_owned()),
            ..Claims::default()
        };
        let mut seen = Observation::default();
        for answer in answers {
            seen.verify(&claims, answer, "a.b.c");
        }
        seen
    }

    #[test]
    fn a_key_that_one_node_lacks_is_not_called_unpublished() {
        let lags = |second, new| served(&["old"], second, new);
        let knows = |second| served(&["old", "new"], second, true);
        assert_eq!(looked(&[lags(0, false)]).key_published, None);
        assert_eq!(looked(&[lags(0, false), lags(1, true)]).key_published, None);
        let over_one = [lags(0, false), lags(100, false), lags(200, false)];
        assert_eq!(looked(&over_one).key_published, None);
        let found = looked(&[lags(0, false), lags(100, true), knows(101)]);
        assert_eq!(found.key_published, Some(true));
        assert_eq!(found.answers_without_key(), None);
        let gone = looked(&[lags(0, false), lags(100, true), lags(200, true)]);
        assert_eq!(gone.key_published, Some(false));
        assert_eq!(gone.answers_without_key(), None, "settled");
    }

    #[test]
    fn a_key_is_in_doubt_where_another_node_may_say_better() {
        let seen = |key_missed, signature_valid| Observation {
            signature_valid,
            key_missed,
            ..Observation::default()
        };
        let missed = Some(Missed::once_more(None, OktaTime::default(), false));
        for (missed, valid, in_doubt) in [
            (None, None, false),
            (None, Some(true), false),
            (None, Some(false), true),
            (missed, None, true),
            (missed, Some(true), true),
        ] {
            let is_in_doubt = seen(missed, valid).is_key_in_doubt();
            assert_eq!(is_in_doubt, in_doubt, "{missed:?} {valid:?}");
        }
    }
}
