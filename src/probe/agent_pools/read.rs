//! What Okta says of pools and agents: pure, and tolerant of members that are missing, null or new.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::agent_list::AgentList;
use crate::{
    okta::{Claim, Member, claim},
    probe::{label, unfamiliar::Unfamiliar},
    units::{Timestamp, closed_list},
};

closed_list! {
    /// What a pool's agents do.
    #[expect(missing_docs, reason = "Okta's own words")]
    pub enum PoolKind {
        Ad = "ad",
        Iwa = "iwa",
        Ldap = "ldap",
        Mfa = "mfa",
        Opp = "opp",
        Radius = "radius",
        Rum = "rum",
        /// What is new at Okta.
        Other = "other",
    }
}

closed_list! {
    /// How a pool or an agent does, the worst last.
    pub enum Status {
        /// It works.
        Operational = "operational",
        /// What is new at Okta.
        Other = "other",
        /// An administrator switched it off.
        Inactive = "inactive",
        /// Some of it does not work.
        Degraded = "degraded",
        /// It does not work.
        Disrupted = "disrupted",
    }
}

/// A pool of agents, which stand in for each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: Option<PoolKind>,
    pub(super) status: Option<Status>,
    pub(super) disrupted: Option<f64>,
    pub(super) inactive: Option<f64>,
    pub(super) agents: Vec<Agent>,
}

/// One agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: Option<Status>,
    pub(super) last_connection: Option<Timestamp>,
    /// Whether there is a newer version that is generally available.
    pub(super) is_behind: Option<bool>,
}

/// A pool as Okta lists it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ListedPool {
    #[serde(deserialize_with = "claim")]
    id: Option<String>,
    #[serde(deserialize_with = "claim")]
    name: Option<String>,
    #[serde(rename = "type", deserialize_with = "claim")]
    kind: Option<String>,
    #[serde(deserialize_with = "claim")]
    operational_status: Option<String>,
    #[serde(deserialize_with = "claim")]
    disrupted_agents: Option<f64>,
    #[serde(deserialize_with = "claim")]
    inactive_agents: Option<f64>,
    agents: AgentList<ListedAgent>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ListedAgent {
    #[serde(deserialize_with = "claim")]
    id: Option<String>,
    #[serde(deserialize_with = "claim")]
    name: Option<String>,
    #[serde(deserialize_with = "claim")]
    operational_status: Option<String>,
    #[serde(deserialize_with = "claim")]
    last_connection: Option<LastConnection>,
    #[serde(deserialize_with = "claim")]
    version: Option<String>,
    #[serde(rename = "latestGAedVersion", deserialize_with = "claim")]
    latest_version: Option<String>,
    #[serde(rename = "isLatestGAedVersion", deserialize_with = "claim")]
    is_latest: Option<bool>,
    #[serde(deserialize_with = "claim")]
    is_hidden: Option<bool>,
}

impl ListedPool {
    /// The pool, where it has an id; words that are new are noted.
    pub(super) fn read(self, words: &mut Unfamiliar) -> Option<Pool> {
        let kind = |word: String| words.or_note(&word, PoolKind::named);
        let kind = self
            .kind
            .map(kind)
            .map(|kind| kind.unwrap_or(PoolKind::Other));
        let agents = self.agents.0.into_iter();
        Some(Pool {
            id: label::plain_word(self.id.as_deref()?)?.to_owned(),
            name: label::name(&self.name.unwrap_or_default()),
            kind,
            status: self.operational_status.map(|word| status(&word, words)),
            disrupted: count(self.disrupted_agents),
            inactive: count(self.inactive_agents),
            agents: agents.filter_map(|agent| agent.read(words)).collect(),
        })
    }
}

impl ListedAgent {
    /// The agent, unless it has no id, or somebody hid it.
    fn read(self, words: &mut Unfamiliar) -> Option<Agent> {
        let older = |latest: &str| Some(self.version.as_deref()? != latest);
        let is_behind = self.latest_version.as_deref().and_then(older);
        (self.is_hidden != Some(true)).then_some(())?;
        Some(Agent {
            id: label::plain_word(self.id.as_deref()?)?.to_owned(),
            name: label::name(&self.name.unwrap_or_default()),
            status: self.operational_status.map(|word| status(&word, words)),
            last_connection: self.last_connection.map(|LastConnection(at)| at),
            is_behind: self.is_latest.map(|is_latest| !is_latest).or(is_behind),
        })
    }
}

fn status(word: &str, words: &mut Unfamiliar) -> Status {
    words.or_note(word, Status::named).unwrap_or(Status::Other)
}

fn count(told: Option<f64>) -> Option<f64> {
    told.filter(|count| (0.0..1e9).contains(count))
}

/// A moment, in milliseconds since 1970 or as text.
#[derive(Debug)]
struct LastConnection(Timestamp);

impl Claim for LastConnection {
    fn of(member: Member) -> Option<Self> {
        let at = match member {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a moment that is too far is none"
            )]
            Member::Number(millis) => Timestamp::from_millisecond(millis as i64).ok()?,
            Member::Text(text) => Timestamp::from_str(&text).ok()?,
            Member::Truth(_) | Member::Texts(_) | Member::Other => return None,
        };
        // Whoever never connected did not do so in 1970.
        (at > Timestamp::UNIX_EPOCH).then_some(Self(at))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(pool: Value) -> Option<Pool> {
        let listed: ListedPool = serde_json::from_value(pool).unwrap();
        listed.read(&mut Unfamiliar::default())
    }

    fn agent(agent: &Value) -> Agent {
        read(json!({"id": "0oa1", "agents": [agent]}))
            .unwrap()
            .agents
            .remove(0)
    }

    #[test]
    fn a_pool_is_read_with_its_agents_and_hidden_ones_are_left_out() {
        let pool = json!({
            "id": "0oa1", "name": "example.com", "type": "Radius", "operationalStatus": "DEGRADED",
            "disruptedAgents": 1, "inactiveAgents": 0,
            "agents": [
                {"id": "a531", "name": "dc1", "operationalStatus": "OPERATIONAL", "isHidden": false,
                 "lastConnection": 1_757_605_126_123_i64, "version": "3.19.0", "isLatestGAedVersion": true},
                {"id": "a532", "name": "dc2", "isHidden": true},
                "no agent",
            ],
        });
        let pool = read(pool).unwrap();
        assert_eq!(
            (pool.kind, pool.status),
            (Some(PoolKind::Radius), Some(Status::Degraded))
        );
        assert_eq!((pool.disrupted, pool.inactive), (Some(1.0), Some(0.0)));
        let [agent] = pool.agents.as_slice() else {
            panic!("{pool:?}")
        };
        assert_eq!(agent.status, Some(Status::Operational));
        assert_eq!(
            agent.last_connection.unwrap().as_millisecond(),
            1_757_605_126_123
        );
        assert_eq!(agent.is_behind, Some(false));
    }

    #[test]
    fn an_agent_may_stand_in_place_of_the_list_and_nothing_else_may() {
        let pool = read(json!({"id": "0oa1", "agents": {"id": "a531", "name": "dc1"}})).unwrap();
        assert_eq!(pool.agents.len(), 1);
        for none in [
            json!(null),
            json!(7),
            json!(-7),
            json!(1.5),
            json!("a531"),
            json!(true),
            json!({}),
        ] {
            let pool = read(json!({"id": "0oa1", "agents": none})).unwrap();
            assert_eq!(pool.agents, [], "{none}");
        }
    }

    #[test]
    fn what_is_missing_null_or_of_another_type_is_unknown() {
        for id in [
            json!({}),
            json!({"id": null}),
            json!({"id": "two words"}),
            json!({"id": 7}),
        ] {
            assert_eq!(read(id.clone()), None, "{id}");
        }
        let bare =
            read(json!({"id": "0oa1", "type": null, "disruptedAgents": -1, "inactiveAgents": "2"}));
        let bare = bare.unwrap();
        assert_eq!(
            (bare.kind, bare.status, bare.disrupted, bare.inactive),
            (None, None, None, None)
        );
        let unknown =
            agent(&json!({"id": "a531", "lastConnection": 0, "isLatestGAedVersion": "yes"}));
        assert_eq!((unknown.last_connection, unknown.is_behind), (None, None));
    }

    #[test]
    fn a_connection_may_be_told_as_text_and_a_version_by_the_newest() {
        let told = |lacks: &str| {
            agent(
                &json!({"id": "a531", "lastConnection": "2026-09-11T15:38:46.000Z",
                         "version": "3.19.0", "latestGAedVersion": lacks}),
            )
        };
        let behind = told("3.20.0");
        assert_eq!(behind.is_behind, Some(true));
        assert_eq!(
            behind.last_connection,
            Some("2026-09-11T15:38:46Z".parse().unwrap())
        );
        assert_eq!(told("3.19.0").is_behind, Some(false));
        let far = agent(&json!({"id": "a531", "lastConnection": 1e300}));
        assert_eq!(far.last_connection, None);
    }
}
