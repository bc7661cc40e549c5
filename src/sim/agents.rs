//! Pools of agents on the premises, and agents that drop out of them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::id;

/// An agent that runs beside a directory.
#[derive(Debug)]
struct Agent {
    name: &'static str,
    is_newest: bool,
    /// When it last connected; while it is connected, nothing.
    dropped: Option<Timestamp>,
}

/// Agents that stand in for each other.
#[derive(Debug)]
struct Pool {
    name: &'static str,
    kind: &'static str,
    agents: Vec<Agent>,
}

/// The pools of one org.
#[derive(Debug)]
pub(super) struct AgentPools(Vec<Pool>);

impl AgentPools {
    /// Two domain controllers, and an LDAP directory whose agent is not the newest.
    pub(super) fn new() -> Self {
        let agent = |name, is_newest| Agent {
            name,
            is_newest,
            dropped: None,
        };
        let pool = |name, kind, agents| Pool { name, kind, agents };
        Self(vec![
            pool(
                "example.com",
                "AD",
                vec![agent("dc1", true), agent("dc2", true)],
            ),
            pool("ldap.example.com", "LDAP", vec![agent("ldap1", false)]),
        ])
    }

    /// As the Management API lists them.
    pub(super) fn list(&self, now: Timestamp) -> Value {
        let pools = self.0.iter().enumerate();
        pools
            .map(|(number, pool)| pool.entity(number, now))
            .collect()
    }

    pub(super) fn drop_agent(&mut self, name: &str, now: Timestamp) {
        if let Some(agent) = self.agent(name) {
            agent.dropped.get_or_insert(now);
        }
    }

    pub(super) fn return_agent(&mut self, name: &str) {
        if let Some(agent) = self.agent(name) {
            agent.dropped = None;
        }
    }

    fn agent(&mut self, name: &str) -> Option<&mut Agent> {
        let mut agents = self.0.iter_mut().flat_map(|pool| &mut pool.agents);
        agents.find(|agent| agent.name == name)
    }
}

impl Pool {
    fn entity(&self, number: usize, now: Timestamp) -> Value {
        let pool_id = id("0oa", 90 + number);
        let down = self
            .agents
            .iter()
            .filter(|agent| agent.dropped.is_some())
            .count();
        let status = match down {
            0 => "OPERATIONAL",
            all if all == self.agents.len() => "DISRUPTED",
            _ => "DEGRADED",
        };
        let agent = |(n, agent): (usize, &Agent)| {
            json!({
                "id": id("a53", number * 10 + n),
                "name": agent.name,
                "poolId": pool_id,
                "type": self.kind,
                "operationalStatus": if agent.dropped.is_some() { "DISRUPTED" } else { "OPERATIONAL" },
                "updateStatus": "Success",
                "lastConnection": agent.dropped.unwrap_or(now).as_millisecond(),
                "version": if agent.is_newest { "3.19.0" } else { "3.18.0" },
                "isLatestGAedVersion": agent.is_newest,
                "latestGAedVersion": "3.19.0",
                "isHidden": false,
            })
        };
        let agents: Vec<Value> = self.agents.iter().enumerate().map(agent).collect();
        json!({
            "id": pool_id,
            "name": self.name,
            "type": self.kind,
            "operationalStatus": status,
            "disruptedAgents": down,
            "inactiveAgents": 0,
            "agents": agents,
        })
    }
}
