//! What is remembered of a key set: its keys with what was promised of them, and what changed since
//! the first answer. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::observation::{KeyFacts, Observation};
use crate::units::OktaTime;

/// The set as it stands, and what became of it since it was first seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    pub(super) keys: BTreeMap<String, RememberedKey>,
    pub(super) added: u64,
    pub(super) removed: u64,
    pub(super) rotations: u64,
    pub(super) early_removals: u64,
    pub(super) last_change: Option<OktaTime>,
}

/// One key that counts as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RememberedKey {
    pub(super) facts: KeyFacts,
    pub(super) first_seen: OktaTime,
    /// Until when somebody who cached an answer that held the key may rely on it.
    pub(super) promised_until: Option<OktaTime>,
    /// The last answer lacked it; once more, and it is gone.
    pub(super) missed: bool,
}

impl RememberedKey {
    fn new(facts: &KeyFacts, seen: &Observation) -> Self {
        Self {
            facts: facts.clone(),
            first_seen: seen.at,
            promised_until: seen.promised_until,
            missed: false,
        }
    }
}

impl History {
    /// The first answer: nothing has changed yet.
    pub(super) fn begin(seen: &Observation) -> Self {
        let keys = seen.keys.iter();
        Self {
            keys: keys
                .map(|(kid, facts)| (kid.clone(), RememberedKey::new(facts, seen)))
                .collect(),
            ..Self::default()
        }
    }

    /// The history with one more answer.
    pub(super) fn learn(mut self, seen: &Observation) -> Self {
        let earlier = std::mem::take(&mut self.keys);
        let is_new = |kid: &&String| !earlier.contains_key(*kid);
        let added = seen.keys.keys().filter(is_new).count();
        let mut changed = added > 0;
        self.added += added as u64;
        for (kid, facts) in &seen.keys {
            let key = RememberedKey::new(facts, seen);
            self.keys.insert(kid.clone(), key);
        }
        for (kid, key) in earlier {
            match self.keys.get_mut(&kid) {
                // A key that one answer lacks is forgiven; the second time it is gone.
                None if !key.missed => {
                    self.keys.insert(
                        kid,
                        RememberedKey {
                            missed: true,
                            ..key
                        },
                    );
                }
                None => {
                    self.remove(&key, seen.at);
                    changed = true;
                }
                Some(same) if same.facts.thumbprint == key.facts.thumbprint => {
                    same.first_seen = key.first_seen;
                    // A shorter promise made later does not reach the caches filled before it.
                    same.promised_until = same.promised_until.max(key.promised_until);
                }
                Some(_) => {
                    // Other material under a known kid is a new key, and the old one is gone.
                    self.added += 1;
                    self.remove(&key, seen.at);
                    changed = true;
                }
            }
        }
        if changed {
            self.rotations += 1;
            self.last_change = Some(seen.at);
        }
        self
    }

    /// Counts a key that is published no more; too early while somebody may rely on it.
    fn remove(&mut self, key: &RememberedKey, at: OktaTime) {
        self.removed += 1;
        self.early_removals += u64::from(key.promised_until.is_some_and(|until| at < until));
    }

    /// True where another answer would tell whether a key is gone.
    pub(super) fn is_unsettled(&self) -> bool {
        self.keys.values().any(|key| key.missed)
    }

    /// True if the set holds keys, and every one of them could be read.
    pub(super) fn is_published(&self, seen: &Observation) -> bool {
        !self.keys.is_empty() && seen.unreadable == 0
    }
}
