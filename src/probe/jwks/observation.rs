//! What one answer of a key set said. What became of the set since the last one is told by its
//! [`history`](super::history).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{okta::ServedKeys, units::OktaTime};

/// One answer: the set as it was served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The authorization server, as a label names it.
    pub(super) server: String,
    /// When the answer came.
    pub(super) at: OktaTime,
    /// The keys that could be read, by their ids.
    keys: BTreeMap<String, Vec<KeyFacts>>,
    /// The ids of keys that could not be read: they are published all the same.
    pub(super) doubtful: BTreeSet<String>,
    /// How many entries are of no use.
    pub(super) unreadable: usize,
    /// How many are of a kind that is not known here.
    pub(super) unknown: usize,
    /// It came over another connection than the answers before.
    pub(super) new_connection: bool,
    /// How long the answer may be cached.
    pub(super) max_age: Option<Duration>,
    /// Until when somebody who cached the answer may rely on it.
    pub(super) promised_until: Option<OktaTime>,
}

/// What a set says of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeyFacts {
    pub(super) alg: String,
    pub(super) usage: String,
    pub(super) thumbprint: String,
}

impl Observation {
    /// The answer to a question that was under way for this long.
    pub(super) fn read(server: &str, answer: &ServedKeys, under_way: Duration) -> Self {
        let facts = |key: &crate::okta::PublishedKey| KeyFacts {
            alg: key.alg.clone().unwrap_or_default(),
            usage: key.usage.clone().unwrap_or_default(),
            thumbprint: key.thumbprint.clone(),
        };
        let ServedKeys {
            set,
            max_age,
            at,
            new_connection,
        } = answer;
        let keys = set.keys.iter();
        Self {
            server: server.to_owned(),
            at: *at,
            keys: keys
                .map(|(kid, keys)| (kid.clone(), keys.iter().map(facts).collect()))
                .collect(),
            doubtful: set.doubtful().map(str::to_owned).collect(),
            unreadable: set.dropped,
            unknown: set.unknown,
            new_connection: *new_connection,
            max_age: *max_age,
            // The age was written after the question left: counted from there it accuses nobody
            // wrongly.
            promised_until: max_age.map(|age| at.minus(under_way).plus(age)),
        }
    }

    /// Each key that could be read, with its id.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, &KeyFacts)> {
        let keys = self.keys.iter();
        keys.flat_map(|(kid, keys)| keys.iter().map(move |key| (kid.as_str(), key)))
    }

    /// The ids of the keys.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// How long the answer may be cached.
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// Until when the answer may be cached, counted from when it came.
    pub(super) fn expires(&self) -> Option<OktaTime> {
        Some(self.at.plus(self.max_age?))
    }
}
