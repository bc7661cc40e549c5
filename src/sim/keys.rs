//! Signing keys of one authorization server: made, published, rotated, withdrawn.
//! What is signed with them stands in `tokens`.

use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::Error;
use super::answer::random;
use super::clock::after;

/// How long a published set may be cached when no rotation is near: 45 days.
const SAFE: Duration = Duration::from_hours(45 * 24);

/// A key pair with its name.
#[derive(Clone)]
pub(super) struct SigningKey {
    pub(super) kid: String,
    pub(super) private: EncodingKey,
    public: Value,
}

impl SigningKey {
    pub(super) fn generate() -> Result<Self, Error> {
        let size = rcgen::RsaKeySize::_2048;
        let pair = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size)?;
        let private = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes())?;
        let mut jwk = Jwk::from_encoding_key(&private, Algorithm::RS256)?;
        let kid = random(43);
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self {
            kid,
            private,
            public: serde_json::to_value(jwk)?,
        })
    }
}

/// The keys of one authorization server over time.
pub(super) struct KeySet {
    /// Oldest first; the signer is among them unless it was removed early.
    published: Vec<SigningKey>,
    signer: SigningKey,
    next: Option<Due>,
    /// When a set that was read now may no longer be relied on; renewed once it has passed.
    expires: Timestamp,
    lagging: Option<Lag>,
}

/// A published key that will sign from `at` on.
struct Due {
    key: SigningKey,
    at: Timestamp,
}

/// Some edge nodes still serve the set as it was.
struct Lag {
    before: Vec<Value>,
    until: Timestamp,
    asked: u64,
}

impl KeySet {
    pub(super) fn new(now: Timestamp) -> Result<Self, Error> {
        let signer = SigningKey::generate()?;
        let published = vec![signer.clone()];
        Ok(Self {
            published,
            signer,
            next: None,
            expires: after(now, SAFE),
            lagging: None,
        })
    }

    pub(super) fn signer(&mut self, now: Timestamp) -> &SigningKey {
        self.settle(now);
        &self.signer
    }

    /// The body of `/v1/keys` and how long it may be cached.
    pub(super) fn read(&mut self, now: Timestamp) -> (Value, Duration, Timestamp) {
        self.settle(now);
        let fresh = Duration::try_from(self.expires.duration_since(now)).unwrap_or_default();
        let fresh = Duration::from_secs(fresh.as_secs());
        let keys = match &mut self.lagging {
            Some(lag) => {
                lag.asked += 1;
                if lag.asked.is_multiple_of(2) {
                    lag.before.clone()
                } else {
                    public(&self.published)
                }
            }
            None => public(&self.published),
        };
        (json!({ "keys": keys }), fresh, self.expires)
    }

    /// Signs with a new key at once; the key before stays published, older ones go.
    pub(super) fn rotate(&mut self, now: Timestamp) -> Result<(), Error> {
        self.settle(now);
        let key = SigningKey::generate()?;
        self.published.push(key.clone());
        self.sign_with(key, now);
        Ok(())
    }

    /// Publishes the next key now and signs with it from `lead` on. The set may be cached only
    /// until then.
    pub(super) fn schedule(&mut self, lead: Duration, now: Timestamp) -> Result<(), Error> {
        self.settle(now);
        let key = SigningKey::generate()?;
        let at = after(now, lead);
        // A next key that never came to sign is replaced, not queued.
        if let Some(due) = self.next.take() {
            self.published
                .retain(|published| published.kid != due.key.kid);
        }
        self.published.push(key.clone());
        self.next = Some(Due { key, at });
        self.expires = self.expires.min(at);
        Ok(())
    }

    /// Withdraws the signing key, whatever caches were promised.
    pub(super) fn remove_early(&mut self, now: Timestamp) -> String {
        self.settle(now);
        self.published.retain(|key| key.kid != self.signer.kid);
        self.signer.kid.clone()
    }

    /// From now on every second answer is the set as it is at this moment.
    pub(super) fn lag(&mut self, lasting: Duration, now: Timestamp) {
        self.settle(now);
        let before = public(&self.published);
        self.lagging = Some(Lag {
            before,
            until: after(now, lasting),
            asked: 0,
        });
    }

    /// Lets everything happen that was due by `now`.
    fn settle(&mut self, now: Timestamp) {
        if let Some(due) = self.next.take_if(|due| due.at <= now) {
            self.sign_with(due.key, due.at);
        }
        if self.expires <= now {
            self.expires = after(now, SAFE);
        }
        self.lagging.take_if(|lag| lag.until <= now);
    }

    fn sign_with(&mut self, key: SigningKey, now: Timestamp) {
        let before = std::mem::replace(&mut self.signer, key);
        let next = self.next.as_ref().map(|due| due.key.kid.clone());
        let keep = [Some(before.kid), Some(self.signer.kid.clone()), next];
        self.published
            .retain(|key| keep.iter().flatten().any(|kid| *kid == key.kid));
        if self.next.is_none() {
            self.expires = after(now, SAFE);
        }
    }
}

fn public(keys: &[SigningKey]) -> Vec<Value> {
    keys.iter().map(|key| key.public.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kids(set: &mut KeySet, now: Timestamp) -> Vec<String> {
        let (body, ..) = set.read(now);
        let keys = body["keys"].as_array().unwrap().clone();
        keys.iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn the_max_age_counts_down_to_a_fixed_moment() {
        let start = Timestamp::UNIX_EPOCH;
        let mut set = KeySet::new(start).unwrap();
        let (_, first, expires) = set.read(start);
        let (_, later, same) = set.read(after(start, Duration::from_secs(40)));
        assert_eq!(first.saturating_sub(later), Duration::from_secs(40));
        assert_eq!(expires, same);
    }

    #[test]
    fn a_scheduled_key_is_published_first_and_signs_later() {
        let start = Timestamp::UNIX_EPOCH;
        let mut set = KeySet::new(start).unwrap();
        let old = set.signer(start).kid.clone();
        set.schedule(Duration::from_mins(1), start).unwrap();
        assert_eq!(kids(&mut set, start).len(), 2);
        assert_eq!(set.signer(start).kid, old);
        assert_eq!(set.read(start).1, Duration::from_mins(1));
        let due = after(start, Duration::from_mins(1));
        assert_ne!(set.signer(due).kid, old);
        assert!(kids(&mut set, due).contains(&old));
        set.rotate(due).unwrap();
        assert!(!kids(&mut set, due).contains(&old));
    }

    #[test]
    fn a_key_removed_early_is_gone_while_caches_may_hold_it() {
        let now = Timestamp::UNIX_EPOCH;
        let mut set = KeySet::new(now).unwrap();
        set.rotate(now).unwrap();
        let gone = set.remove_early(now);
        assert!(!kids(&mut set, now).contains(&gone));
    }

    #[test]
    fn a_lagging_set_answers_old_and_new_by_turns() {
        let now = Timestamp::UNIX_EPOCH;
        let mut set = KeySet::new(now).unwrap();
        set.lag(Duration::from_secs(10), now);
        set.rotate(now).unwrap();
        assert_eq!(kids(&mut set, now).len(), 2);
        assert_eq!(kids(&mut set, now).len(), 1);
        assert_eq!(kids(&mut set, after(now, Duration::from_secs(10))).len(), 2);
    }
}
