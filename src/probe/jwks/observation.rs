//! What one answer of a key set said. What became of the set since the last one is told by its
//! [`history`](super::history).

use std::{collections::BTreeMap, ops::Range, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{okta::KeySet, units::OktaTime};

/// One answer: the set as it was served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The authorization server, as a label names it.
    pub(super) server: String,
    /// When the answer came.
    pub(super) at: OktaTime,
    /// The keys that could be read, by their ids.
    pub(super) keys: BTreeMap<String, KeyFacts>,
    /// How many could not be read.
    pub(super) unreadable: usize,
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
    pub(super) fn read(
        server: &str,
        set: &KeySet,
        max_age: Option<Duration>,
        under_way: Range<OktaTime>,
    ) -> Self {
        let facts = |key: &crate::okta::PublishedKey| KeyFacts {
            alg: key.alg.clone().unwrap_or_default(),
            usage: key.usage.clone().unwrap_or_default(),
            thumbprint: key.thumbprint.clone(),
        };
        let keys = set.keys.iter();
        Self {
            server: server.to_owned(),
            at: under_way.end,
            keys: keys.map(|(kid, key)| (kid.clone(), facts(key))).collect(),
            unreadable: set.dropped,
            max_age,
            // The age was written after the question left: counted from there it accuses nobody
            // wrongly.
            promised_until: max_age.map(|age| under_way.start.plus(age)),
        }
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
