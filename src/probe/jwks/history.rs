//! What is remembered of a key set: its keys with what was promised of them, and what changed since
//! the first answer. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::observation::{KeyFacts, Observation};
use crate::{probe::missed::Missed, units::OktaTime};

/// How long after a key was withdrawn early the wrong caches are worth a word.
const WRONG_CACHES: SignedDuration = SignedDuration::from_hours(1);
/// Okta's time is known to a second or so, and nobody is accused for that.
const TOLERANCE: Duration = Duration::from_secs(5);
/// An answer this much later that may be cached until the same moment was not given for so long from
/// when it came: its `max-age` counts down.
const COUNTS_DOWN: SignedDuration = SignedDuration::from_secs(15);
/// The most early removals that are kept.
const MOST_EARLY: usize = 20;

/// The set as it stands, and what became of it since it was first seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// What counts as published, by `kid`; other material under the same one is another key.
    #[serde(deserialize_with = "one_or_several")]
    pub(super) keys: BTreeMap<String, Vec<RememberedKey>>,
    /// The ids that the last answer held and nobody could read.
    doubtful: BTreeSet<String>,
    pub(super) added: u64,
    pub(super) removed: u64,
    pub(super) rotations: u64,
    pub(super) early_removals: u64,
    /// The keys that were last withdrawn early, the oldest first.
    early: Vec<EarlyRemoval>,
    /// It has changed, and whether that is all of the change is not settled.
    changing: bool,
    pub(super) last_change: Option<OktaTime>,
    countdown: Option<Countdown>,
}

/// Until when answers may be cached, be it a fixed moment or one that moves on with each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Countdown {
    to: OktaTime,
    /// When an answer first named this moment.
    since: OktaTime,
}

/// One key that counts as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RememberedKey {
    pub(super) facts: KeyFacts,
    pub(super) first_seen: OktaTime,
    /// Until when somebody who cached an answer that held the key may rely on it.
    promised_until: Option<OktaTime>,
    /// What there is of answers that lacked it, where the last did.
    #[serde(default, deserialize_with = "as_now_written")]
    missed: Option<Missed>,
}

/// A key that was withdrawn while somebody could rely on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EarlyRemoval {
    /// When an answer first lacked it.
    pub(super) at: OktaTime,
    pub(super) kid: String,
}

/// One that was written in a form of earlier is forgotten.
fn as_now_written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Missed>, D::Error> {
    Value::deserialize(deserializer).map(|written| serde_json::from_value(written).ok())
}

impl RememberedKey {
    fn new(facts: &KeyFacts, seen: &Observation) -> Self {
        Self {
            facts: facts.clone(),
            first_seen: seen.at,
            promised_until: seen.promised_until,
            missed: None,
        }
    }

    /// It was published in one answer more.
    fn seen_again(self, seen: &Observation) -> Self {
        Self {
            // A shorter promise made later does not reach the caches filled before it.
            promised_until: seen.promised_until.max(self.promised_until),
            missed: None,
            ..self
        }
    }
}

impl History {
    /// The first answer: nothing has changed yet.
    pub(super) fn begin(seen: &Observation) -> Self {
        let begun = Self::default().learn(seen);
        Self {
            added: 0,
            rotations: 0,
            last_change: None,
            ..begun
        }
    }

    /// The history with one more answer.
    pub(super) fn learn(mut self, seen: &Observation) -> Self {
        let mut earlier = std::mem::take(&mut self.keys);
        for (kid, facts) in seen.keys() {
            let known = earlier.get_mut(kid).and_then(|keys| {
                let same = |key: &RememberedKey| key.facts.thumbprint == facts.thumbprint;
                let place = keys.iter().position(same)?;
                Some(keys.remove(place))
            });
            let key = known.map_or_else(
                || {
                    // What could not be read before may have been this very key.
                    if !self.doubtful.contains(kid) {
                        self.added += 1;
                        self.change(seen.at);
                    }
                    RememberedKey::new(facts, seen)
                },
                |known| RememberedKey {
                    facts: facts.clone(),
                    ..known.seen_again(seen)
                },
            );
            self.keys.entry(kid.to_owned()).or_default().push(key);
        }
        for (kid, keys) in earlier {
            for key in keys {
                self.keep_or_remove(&kid, key, seen);
            }
        }
        if self.changing && !self.is_unsettled() {
            self.changing = false;
            self.rotations += 1;
        }
        self.doubtful.clone_from(&seen.doubtful);
        self.count_down(seen);
        self
    }

    /// The ids of the keys that one more answer adds, and of those that it settles to be gone.
    pub(super) fn changed_by(&self, seen: &Observation) -> (Vec<String>, Vec<String>) {
        let after = self.clone().learn(seen);
        let is_doubtful = |kid: &String| self.doubtful.contains(kid);
        let added = after.keys_beside(self).into_iter();
        let added = added.filter(|kid| !is_doubtful(kid)).collect();
        (added, self.keys_beside(&after))
    }

    /// The ids of the keys that the other has not, by what they are.
    fn keys_beside(&self, other: &Self) -> Vec<String> {
        let has = |kid: &String, key: &RememberedKey| {
            let mut keys = other.keys.get(kid).into_iter().flatten();
            keys.any(|known| known.facts.thumbprint == key.facts.thumbprint)
        };
        let kids = self.keys.iter();
        let kids = kids.filter(|(kid, keys)| keys.iter().any(|key| !has(kid, key)));
        kids.map(|(kid, _)| kid.clone()).collect()
    }

    fn count_down(&mut self, seen: &Observation) {
        let is_same =
            |earlier: &Countdown, to: OktaTime| to.since(earlier.to).unsigned_abs() <= TOLERANCE;
        self.countdown = seen.expires().map(|to| match self.countdown.take() {
            Some(earlier) if is_same(&earlier, to) => earlier,
            _ => Countdown { to, since: seen.at },
        });
    }

    /// The moment that the `max-age` of the answers counts down to: until then the keys are as they are.
    pub(super) fn next_change(&self, seen: &Observation) -> Option<OktaTime> {
        let countdown = self.countdown.as_ref()?;
        let is_fixed = seen.at.since(countdown.since) >= COUNTS_DOWN;
        is_fixed.then_some(countdown.to)
    }

    /// An answer did not hold a key, as far as it could be read.
    fn keep_or_remove(&mut self, kid: &str, key: RememberedKey, seen: &Observation) {
        let kept = if seen.doubtful.contains(kid) {
            key.seen_again(seen)
        } else {
            let missed = Missed::once_more(key.missed, seen.at, seen.new_connection);
            if missed.is_settled() {
                return self.remove(kid, &key, missed.first);
            }
            RememberedKey {
                missed: Some(missed),
                ..key
            }
        };
        self.keys.entry(kid.to_owned()).or_default().push(kept);
    }

    /// Counts a key that is published no more; too early while somebody may rely on it.
    fn remove(&mut self, kid: &str, key: &RememberedKey, at: OktaTime) {
        self.removed += 1;
        self.change(at);
        if key
            .promised_until
            .is_some_and(|until| at.plus(TOLERANCE) < until)
        {
            self.early_removals += 1;
            if self.early.len() == MOST_EARLY {
                self.early.remove(0);
            }
            let kid = kid.to_owned();
            self.early.push(EarlyRemoval { at, kid });
        }
    }

    fn change(&mut self, at: OktaTime) {
        self.changing = true;
        self.last_change = self.last_change.max(Some(at));
    }

    /// True where another answer would tell whether a key is gone.
    pub(super) fn is_unsettled(&self) -> bool {
        let mut keys = self.keys.values().flatten();
        keys.any(|key| key.missed.is_some())
    }

    /// True if the set holds keys, and every one of them could be read.
    pub(super) fn is_published(&self, seen: &Observation) -> bool {
        !self.keys.is_empty() && seen.unreadable == 0
    }

    /// The keys that were withdrawn early and that caches are still likely to hold.
    pub(super) fn recently_early(&self, now: OktaTime) -> impl Iterator<Item = &EarlyRemoval> {
        let is_recent = move |early: &&EarlyRemoval| now.since(early.at) < WRONG_CACHES;
        self.early.iter().filter(is_recent)
    }

    /// Of each `kid` the key that came last.
    pub(super) fn newest(&self) -> impl Iterator<Item = (&str, &RememberedKey)> {
        self.keys.iter().filter_map(|(kid, keys)| {
            let newest = keys.iter().max_by_key(|key| key.first_seen);
            Some((kid.as_str(), newest?))
        })
    }
}

/// Before a `kid` could stand for several keys, each was written as one.
fn one_or_several<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Vec<RememberedKey>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Keys {
        Several(Vec<RememberedKey>),
        One(Box<RememberedKey>),
    }
    let keys = BTreeMap::<String, Keys>::deserialize(deserializer)?;
    let several = |keys| match keys {
        Keys::Several(keys) => keys,
        Keys::One(key) => vec![*key],
    };
    Ok(keys
        .into_iter()
        .map(|(kid, keys)| (kid, several(keys)))
        .collect())
}
