//! What one round learned of log streams and hooks, and what is known of them since. Pure.

use serde::{Deserialize, Serialize};

use super::read::Integration;
use crate::{
    guide::{Fact, Finding},
    probe::{listing::Listing, round::Learned, unfamiliar::Unfamiliar},
};

/// Log streams, event hooks, inline hooks, each as far as it is known.
pub(super) type Lists = [Option<Vec<Integration>>; 3];

/// What one run saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Log streams, event hooks, inline hooks.
    pub(super) lists: [Learned<Listing<Integration>>; 3],
    pub(super) words: Unfamiliar,
    pub(super) withheld: Option<String>,
}

/// What is known: what a disturbance kept from being read is as it was, what is withheld is unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub(super) lists: Lists,
    pub(super) words: Unfamiliar,
}

impl Memory {
    /// What is known after one more round.
    pub(super) fn learn(self, seen: &Observation) -> Self {
        let mut lists = self.lists;
        for (known, seen) in lists.iter_mut().zip(&seen.lists) {
            let earlier = known.take();
            let all = |seen: Listing<Integration>| {
                seen.with(earlier.as_deref().unwrap_or_default(), |one| &one.id)
            };
            let now = seen.clone().and_then(|seen| Some(all(seen)));
            *known = now.after(earlier);
        }
        Self {
            lists,
            words: seen.words.clone().and(self.words),
        }
    }

    /// What does not do what it is there for.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let [streams, hooks, _] = &self.lists;
        let streams = streams
            .iter()
            .flatten()
            .filter(|one| one.is_active == Some(false));
        let streams = streams.map(|Integration { id, name, .. }| {
            let what = format!("the log stream `{name}` ({id}) is switched off");
            Finding::new(Fact::LogStreamOff, what).about(id)
        });
        let is_silent =
            |one: &&Integration| one.is_verified == Some(false) && one.is_active == Some(true);
        let hooks = hooks.iter().flatten().filter(is_silent);
        let hooks = hooks.map(|Integration { id, name, .. }| {
            let what = format!("the event hook `{name}` ({id}) is active, and not verified");
            Finding::new(Fact::EventHookUnverified, what).about(id)
        });
        streams.chain(hooks).collect()
    }
}
