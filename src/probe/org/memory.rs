//! What one run learned of the org, and what is known of it since. Pure.

use serde::{Deserialize, Serialize};

use super::{
    known::{Lifetime, SupportAccess, ThreatInsight},
    subscribers::Subscribers,
};
use crate::probe::{round::Learned, unfamiliar::Unfamiliar};

/// What one run learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pub(super) lifetime: Learned<Lifetime>,
    pub(super) support: Learned<SupportAccess>,
    pub(super) threats: Learned<ThreatInsight>,
    pub(super) subscribers: Learned<Subscribers>,
    pub(super) words: Unfamiliar,
    pub(super) withheld: Option<String>,
}

/// What is known: what a disturbance kept from being read is as it was, what is withheld is unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub(super) lifetime: Option<Lifetime>,
    pub(super) support: Option<SupportAccess>,
    pub(super) threats: Option<ThreatInsight>,
    pub(super) subscribers: Option<Subscribers>,
    pub(super) words: Unfamiliar,
}

impl Memory {
    /// What is known after one more run.
    pub(super) fn learn(self, seen: &Observation) -> Self {
        Self {
            lifetime: seen.lifetime.clone().after(self.lifetime),
            support: seen.support.clone().after(self.support),
            threats: seen.threats.clone().after(self.threats),
            subscribers: seen.subscribers.clone().after(self.subscribers),
            words: seen.words.clone().and(self.words),
        }
    }
}
