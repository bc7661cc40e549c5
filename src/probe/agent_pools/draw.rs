//! Pools and agents as series. Of very many, those that do worst.

use std::cmp::Reverse;

use super::read::{Agent, Pool, PoolKind, Status};
use crate::{
    metrics::{Family, Page},
    probe::{
        cap::{Capped, cap},
        kind::Scope,
        label::seconds,
    },
};

/// The most pools that get series.
const MOST_POOLS: usize = 100;
/// The most agents of all pools together.
const MOST_AGENTS: usize = 300;

const POOL_STATUS: Family = Family::gauge(
    "okta_agent_pool_status",
    "1 for the status of a pool of agents that is in force: operational, degraded, disrupted, inactive, other.",
    &["org", "pool", "pool_id", "kind", "status"],
);
const DISRUPTED: Family = Family::gauge(
    "okta_agent_pool_disrupted_agents",
    "Agents of a pool that do not work, as Okta counts them.",
    &["org", "pool", "pool_id", "kind"],
);
const INACTIVE: Family = Family::gauge(
    "okta_agent_pool_inactive_agents",
    "Agents of a pool that were switched off, as Okta counts them.",
    &["org", "pool", "pool_id", "kind"],
);
const AGENT_STATUS: Family = Family::gauge(
    "okta_agent_status",
    "1 for the status of an agent that is in force: operational, degraded, disrupted, inactive, other.",
    &["org", "pool", "pool_id", "agent", "agent_id", "status"],
);
const LAST_CONNECTION: Family = Family::gauge(
    "okta_agent_last_connection_timestamp_seconds",
    "When an agent last connected to Okta.",
    &["org", "pool", "pool_id", "agent", "agent_id"],
);
const BEHIND: Family = Family::gauge(
    "okta_agent_version_behind",
    "1 where a newer version of an agent is generally available, 0 where it has the newest.",
    &["org", "pool", "pool_id", "agent", "agent_id"],
);

pub(super) const FAMILIES: &[&Family] = &[
    &POOL_STATUS,
    &DISRUPTED,
    &INACTIVE,
    &AGENT_STATUS,
    &LAST_CONNECTION,
    &BEHIND,
];

/// The pools that get series, and the agents, each with its pool.
fn kept(pools: &[Pool]) -> (Capped<&Pool>, Capped<(&Pool, &Agent)>) {
    let agents = pools.iter();
    let agents = agents.flat_map(|pool| pool.agents.iter().map(move |agent| (pool, agent)));
    // Of those that do alike, the one that was longest silent.
    let badness = |(_, agent): &(&Pool, &Agent)| (agent.status, Reverse(agent.last_connection));
    (
        cap(pools, MOST_POOLS, |pool| pool.status),
        cap(agents, MOST_AGENTS, badness),
    )
}

/// How many pools and agents get no series.
pub(super) fn dropped(pools: &[Pool]) -> usize {
    let (pools, agents) = kept(pools);
    pools.dropped + agents.dropped
}

pub(super) fn draw(pools: &[Pool], scope: Scope<'_>, page: &mut Page) {
    let (pools, agents) = kept(pools);
    for pool in pools.kept {
        let kind = pool.kind.map_or("", PoolKind::as_str);
        let labels = [scope.org, &pool.name, &pool.id, kind];
        if let Some(status) = pool.status.map(Status::as_str) {
            page.push(
                &POOL_STATUS,
                &[scope.org, &pool.name, &pool.id, kind, status],
                1.0,
            );
        }
        page.push_some(&DISRUPTED, &labels, pool.disrupted);
        page.push_some(&INACTIVE, &labels, pool.inactive);
    }
    for (pool, agent) in agents.kept {
        let labels = [scope.org, &pool.name, &pool.id, &agent.name, &agent.id];
        if let Some(status) = agent.status.map(Status::as_str) {
            let [org, pool, pool_id, agent, agent_id] = labels;
            page.push(
                &AGENT_STATUS,
                &[org, pool, pool_id, agent, agent_id, status],
                1.0,
            );
        }
        page.push_some(
            &LAST_CONNECTION,
            &labels,
            agent.last_connection.map(seconds),
        );
        page.push_some(&BEHIND, &labels, agent.is_behind.map(f64::from));
    }
}
