//! What one run learned of pools, and what is known of them since. Pure.

use serde::{Deserialize, Serialize};

use super::read::{Pool, PoolKind, Status};
use crate::{
    guide::{Fact, Finding, Severity},
    probe::{listing::Listing, round::Learned, unfamiliar::Unfamiliar},
};

/// What one run saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pub(super) pools: Learned<Listing<Pool>>,
    pub(super) words: Unfamiliar,
    pub(super) withheld: Option<String>,
}

/// What is known: what a disturbance kept from being read is as it was, what is withheld is unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub(super) pools: Vec<Pool>,
    pub(super) words: Unfamiliar,
}

impl Memory {
    /// What is known after one more run.
    pub(super) fn learn(self, seen: &Observation) -> Self {
        let all = |listing: Listing<Pool>| listing.with(&self.pools, |pool| &pool.id);
        let pools = seen.pools.clone().and_then(|listing| Some(all(listing)));
        Self {
            pools: pools.after(Some(self.pools)).unwrap_or_default(),
            words: seen.words.clone().and(self.words),
        }
    }

    /// Pools that do not work.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let down = self.pools.iter().filter(|pool| pool.is_down());
        let finding = |pool: &Pool| {
            let is_over = pool.status == Some(Status::Disrupted);
            Finding::new(Fact::AgentPoolNotOperational, pool.told())
                .about(pool.id.as_str())
                .as_bad_as(is_over.then_some(Severity::Critical))
        };
        down.map(finding).collect()
    }
}

impl Pool {
    /// True where agents do not work though nobody switched them off.
    fn is_down(&self) -> bool {
        matches!(self.status, Some(Status::Degraded | Status::Disrupted))
    }

    /// How it does, in words.
    fn told(&self) -> String {
        let kind = self.kind.map_or("agent", PoolKind::as_str);
        let status = self.status.map_or("of an unknown status", Status::as_str);
        let down = self
            .agents
            .iter()
            .filter(|agent| agent.status >= Some(Status::Degraded));
        let mut names: Vec<&str> = down.map(|agent| agent.name.as_str()).take(5).collect();
        names.sort_unstable();
        let (name, id) = (&self.name, &self.id);
        let which = match names.as_slice() {
            [] => String::new(),
            names => format!(": {}", names.join(", ")),
        };
        format!("the {kind} pool `{name}` ({id}) is {status}{which}")
    }
}
