//! Signing keys of one authorization server: made, published, rotated, withdrawn.
//! What is signed with them stands in [`super::tokens`].

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::answer::random;
use super::clock::after;
use super::error::Error;
use crate::listener::ConnectionNumber;

/// Okta shows one to three keys.
const MOST: usize = 3;
/// The most answers in a row that a node gives before a connection leads to another.
const LONGEST_RUN: u32 = 8;
/// Enough connections to keep the nodes of.
const MOST_NODES: usize = 64;
/// Each run of the simulation lags in the same way.
const SEED: u64 = 7;

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

/// The keys of one authorization server over time. A key that signs no more stays published until
/// every `max-age` that was promised has passed; only an early removal, or too many rotations in
/// a row, break that promise.
pub(super) struct KeySet {
    /// Oldest first; the signer is among them unless it was removed early.
    published: Vec<Published>,
    signer: SigningKey,
    /// When it came to sign.
    rotated: Timestamp,
    next: Option<Due>,
    fresh_for: Duration,
    /// When a set that is read now may no longer be relied on; renewed once it has passed.
    expires: Timestamp,
    /// The latest `expires` there ever was.
    promised: Timestamp,
    lagging: Option<Lag>,
}

/// A published key, and when it goes if it no longer signs.
struct Published {
    key: SigningKey,
    leaves: Option<Timestamp>,
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
    /// The nodes that connections lead to; the oldest are forgotten.
    nodes: BTreeMap<ConnectionNumber, Node>,
    rng: Rng,
}

/// A node of the edge that a connection leads to, for so many answers more.
struct Node {
    lags: bool,
    answers: u32,
}

impl Lag {
    /// True if the next answer over this connection shows the set as it was.
    fn shows(&mut self, connection: ConnectionNumber) -> bool {
        let mut node = self.nodes.remove(&connection).unwrap_or(Node {
            lags: false,
            answers: 0,
        });
        if node.answers == 0 {
            node = Node {
                lags: self.rng.bool(),
                answers: self.rng.u32(1..=LONGEST_RUN),
            };
        }
        node.answers -= 1;
        let lags = node.lags;
        if self.nodes.len() == MOST_NODES {
            self.nodes.pop_first();
        }
        self.nodes.insert(connection, node);
        lags
    }
}

impl KeySet {
    /// One key, in a set that may be cached for so long when no change is near.
    pub(super) fn new(fresh_for: Duration, now: Timestamp) -> Result<Self, Error> {
        let signer = SigningKey::generate()?;
        let published = vec![Published {
            key: signer.clone(),
            leaves: None,
        }];
        let expires = after(now, fresh_for);
        let promised = expires;
        Ok(Self {
            published,
            signer,
            rotated: now,
            next: None,
            fresh_for,
            expires,
            promised,
            lagging: None,
        })
    }

    /// The same, its key in use for longer.
    pub(super) fn in_use_since(self, rotated: Timestamp) -> Self {
        Self { rotated, ..self }
    }

    pub(super) fn signer(&mut self, now: Timestamp) -> &SigningKey {
        self.settle(now);
        &self.signer
    }

    /// When the signer came to sign, and when the next key will, where one is published.
    pub(super) fn rotations(&mut self, now: Timestamp) -> (Timestamp, Option<Timestamp>) {
        self.settle(now);
        (self.rotated, self.next.as_ref().map(|due| due.at))
    }

    /// The body of `/v1/keys`, how long it may be cached, and until when.
    pub(super) fn read(
        &mut self,
        connection: ConnectionNumber,
        now: Timestamp,
    ) -> (Value, Duration, Timestamp) {
        self.settle(now);
        let fresh = Duration::try_from(self.expires.duration_since(now)).unwrap_or_default();
        let fresh = Duration::from_secs(fresh.as_secs());
        let lagging = self.lagging.as_mut();
        let before = lagging.and_then(|lag| lag.shows(connection).then(|| lag.before.clone()));
        let keys = before.unwrap_or_else(|| public(&self.published));
        (json!({ "keys": keys }), fresh, self.expires)
    }

    /// Signs with the next key at once; with a new one where none is announced.
    pub(super) fn rotate(&mut self, now: Timestamp) -> Result<(), Error> {
        self.settle(now);
        let key = match self.next.take() {
            Some(due) => due.key,
            None => self.publish()?,
        };
        self.sign_with(key, now);
        Ok(())
    }

    /// Publishes the next key now and signs with it from `lead` on.
    pub(super) fn schedule(&mut self, lead: Duration, now: Timestamp) -> Result<(), Error> {
        self.settle(now);
        // A next key that never came to sign is replaced, not queued.
        if let Some(due) = self.next.take() {
            self.published
                .retain(|published| published.key.kid != due.key.kid);
        }
        let key = self.publish()?;
        self.next = Some(Due {
            key,
            at: after(now, lead),
        });
        Ok(())
    }

    /// Withdraws the signing key, whatever caches were promised.
    pub(super) fn remove_early(&mut self, now: Timestamp) -> String {
        self.settle(now);
        self.published
            .retain(|published| published.key.kid != self.signer.kid);
        self.signer.kid.clone()
    }

    /// For a while some nodes answer with the set as it is at this moment. A connection stays with
    /// a node for a few answers.
    pub(super) fn lag(&mut self, lasting: Duration, now: Timestamp) {
        self.settle(now);
        let before = public(&self.published);
        self.lagging = Some(Lag {
            before,
            until: after(now, lasting),
            nodes: BTreeMap::new(),
            rng: Rng::with_seed(SEED),
        });
    }

    /// Lets everything happen that was due by `now`.
    fn settle(&mut self, now: Timestamp) {
        if let Some(due) = self.next.take_if(|due| due.at <= now) {
            self.sign_with(due.key, due.at);
        }
        self.published
            .retain(|published| published.leaves.is_none_or(|at| now < at));
        if self.expires <= now {
            // The time to cache shortens towards the next change.
            let changes = self
                .published
                .iter()
                .filter_map(|published| published.leaves);
            let changes = changes.chain(self.next.as_ref().map(|due| due.at));
            self.expires = changes.fold(after(now, self.fresh_for), Timestamp::min);
            self.promised = self.promised.max(self.expires);
        }
        self.lagging.take_if(|lag| lag.until <= now);
    }

    fn publish(&mut self) -> Result<SigningKey, Error> {
        let key = SigningKey::generate()?;
        self.published.push(Published {
            key: key.clone(),
            leaves: None,
        });
        if self.published.len() > MOST {
            let oldest = self
                .published
                .iter()
                .position(|published| published.leaves.is_some());
            oldest.map(|oldest| self.published.remove(oldest));
        }
        Ok(key)
    }

    fn sign_with(&mut self, key: SigningKey, at: Timestamp) {
        let before = std::mem::replace(&mut self.signer, key).kid;
        self.rotated = at;
        let mut published = self.published.iter_mut();
        if let Some(before) = published.find(|published| published.key.kid == before) {
            before.leaves = Some(self.promised.max(at));
        }
    }
}

fn public(keys: &[Published]) -> Vec<Value> {
    keys.iter()
        .map(|published| published.key.public.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);
    const START: Timestamp = Timestamp::UNIX_EPOCH;

    fn set() -> KeySet {
        KeySet::new(HOUR, START).unwrap()
    }

    fn kids(set: &mut KeySet, now: Timestamp) -> Vec<String> {
        let (body, ..) = set.read(ConnectionNumber(1), now);
        let keys = body["keys"].as_array().unwrap().clone();
        keys.iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn the_max_age_counts_down_to_a_fixed_moment() {
        let mut set = set();
        let (_, first, expires) = set.read(ConnectionNumber(1), START);
        let (_, later, same) = set.read(ConnectionNumber(1), after(START, Duration::from_secs(40)));
        assert_eq!((first, expires), (HOUR, after(START, HOUR)));
        assert_eq!(first.saturating_sub(later), Duration::from_secs(40));
        assert_eq!(expires, same);
        assert_eq!(set.read(ConnectionNumber(1), expires).1, HOUR);
    }

    #[test]
    fn a_scheduled_key_is_published_first_and_signs_later() {
        let mut set = set();
        let old = set.signer(START).kid.clone();
        set.schedule(HOUR / 2, START).unwrap();
        assert_eq!(kids(&mut set, START).len(), 2);
        assert_eq!(set.signer(START).kid, old);
        assert_ne!(set.signer(after(START, HOUR / 2)).kid, old);
    }

    #[test]
    fn a_key_that_signs_no_more_stays_as_long_as_caches_were_promised() {
        let mut set = set();
        let old = set.signer(START).kid.clone();
        set.rotate(after(START, HOUR / 2)).unwrap();
        let last = after(START, HOUR.saturating_sub(Duration::from_secs(1)));
        assert!(kids(&mut set, last).contains(&old));
        assert!(!kids(&mut set, after(START, HOUR)).contains(&old));
    }

    #[test]
    fn there_are_never_more_than_three_keys() {
        let mut set = set();
        for _ in 0..4 {
            set.rotate(START).unwrap();
        }
        assert_eq!(kids(&mut set, START).len(), MOST);
    }

    #[test]
    fn a_key_removed_early_is_gone_while_caches_may_hold_it() {
        let mut set = set();
        set.rotate(START).unwrap();
        let gone = set.remove_early(START);
        assert!(!kids(&mut set, START).contains(&gone));
    }

    /// How many keys each of so many answers shows, one over each of these connections.
    fn shown(set: &mut KeySet, connections: impl Iterator<Item = u64>) -> Vec<usize> {
        let mut shown = |connection| {
            let (body, ..) = set.read(ConnectionNumber(connection), START);
            body["keys"].as_array().unwrap().len()
        };
        connections.map(&mut shown).collect()
    }

    #[test]
    fn a_lagging_set_is_old_or_new_by_connection_and_for_several_answers_in_a_row() {
        let mut set = set();
        set.lag(Duration::from_secs(10), START);
        set.rotate(START).unwrap();
        let one = shown(&mut set, std::iter::repeat_n(1, 100));
        let runs = one.chunk_by(|a, b| a == b).count();
        assert!((2..50).contains(&runs), "{one:?}");
        let each = shown(&mut set, 100..200);
        assert!(each.contains(&1) && each.contains(&2), "{each:?}");
        let over = after(START, Duration::from_secs(10));
        assert_eq!(kids(&mut set, over).len(), 2);
    }
}
