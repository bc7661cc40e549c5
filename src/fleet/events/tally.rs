//! Counts by what they are counted by, under a cap: of too many the worst stay, and what the others
//! came to is counted together, so that the sum is right whatever goes. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::units::OktaTime;

/// What something is counted by.
pub(super) trait Key: Clone + Ord {
    /// The most that are counted apart.
    const MOST: usize;

    /// Under what it is counted together with others. That of such a one is itself.
    fn rest(&self) -> Self;

    /// How bad it is: of too many the least bad goes.
    fn badness(&self, counted: Counted) -> (u64, Option<OktaTime>) {
        (counted.count, counted.last)
    }
}

/// What was counted so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) count: u64,
    /// When the last happened, where that is of interest.
    pub(super) last: Option<OktaTime>,
}

/// Counts, each once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written<K>", into = "Written<K>")]
#[serde(bound(
    serialize = "K: Key + Serialize",
    deserialize = "K: Key + Deserialize<'de>"
))]
pub(super) struct Tally<K: Key> {
    counts: BTreeMap<K, Counted>,
    dropped: u64,
}

/// As it is kept.
#[derive(Serialize, Deserialize)]
struct Written<K> {
    dropped: u64,
    counts: Vec<(K, u64, Option<OktaTime>)>,
}

impl<K: Key> Default for Tally<K> {
    fn default() -> Self {
        Self {
            counts: BTreeMap::new(),
            dropped: 0,
        }
    }
}

impl<K: Key> Tally<K> {
    /// Counts one that happened then.
    pub(super) fn count(&mut self, key: K, at: Option<OktaTime>) {
        let is_full = self.counts.len() >= K::MOST;
        if is_full && !self.counts.contains_key(&key) {
            // Whoever is new comes in, or nobody could ever become bad.
            self.drop_least_bad();
        }
        self.add(key, Counted { count: 1, last: at });
    }

    /// How many were dropped, so far.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// All counts, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, Counted)> {
        self.counts.iter().map(|(key, counted)| (key, *counted))
    }

    fn add(&mut self, key: K, more: Counted) {
        let counted = self.counts.entry(key).or_default();
        counted.count = counted.count.saturating_add(more.count);
        counted.last = counted.last.max(more.last);
    }

    fn drop_least_bad(&mut self) {
        let single = self.counts.iter().filter(|(key, _)| key.rest() != **key);
        let least = single.min_by_key(|(key, counted)| key.badness(**counted));
        if let Some(key) = least.map(|(key, _)| key.clone())
            && let Some(counted) = self.counts.remove(&key)
        {
            self.add(key.rest(), counted);
            self.dropped = self.dropped.saturating_add(1);
        }
    }
}

impl<K: Key> From<Written<K>> for Tally<K> {
    fn from(written: Written<K>) -> Self {
        let mut tally = Self {
            counts: BTreeMap::new(),
            dropped: written.dropped,
        };
        for (key, count, last) in written.counts {
            tally.add(key, Counted { count, last });
        }
        tally
    }
}

impl<K: Key> From<Tally<K>> for Written<K> {
    fn from(tally: Tally<K>) -> Self {
        let counts = tally.counts.into_iter();
        Self {
            dropped: tally.dropped,
            counts: counts
                .map(|(key, counted)| (key, counted.count, counted.last))
                .collect(),
        }
    }
}
