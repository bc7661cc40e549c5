//! The agents that connect directories and networks on the premises to Okta: Active Directory, LDAP,
//! IWA, RADIUS, RUM, provisioning, MFA. An agent that drops is heard of when people cannot sign in.

mod draw;
mod read;

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    candidate::Candidate,
    kind::{Access, Kind, Known, Place, ProbeResult, Scope},
    plan::PlanContext,
    problem::Problem,
    round::{Ending, Learned, Round},
    unfamiliar::Unfamiliar,
};
use crate::{
    guide::{Fact, Finding},
    metrics::{Family, Page},
    okta::{Credential, Session},
    units::{Interval, OktaTime},
};
use read::ListedPool;
pub use read::{Agent, Pool, PoolKind, Status};

const PATH: &str = "/api/v1/agentPools";
/// Asks for enough: left out, Okta lists five pools of each type.
const FIRST_PAGE: &str = "/api/v1/agentPools?limitPerPoolType=200";
/// The most pages read.
const PAGES: usize = 20;

/// What may be written under `probes.agent_pools`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The name of the credential that reads; left out, the org's first that may.
    credential: Option<String>,
    /// What may not be read is absent, and no failure.
    optional: bool,
}

impl super::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Once;
    const INTERVAL: Interval = Interval::seconds(20 * 60);
    const ACCESS: Access = Access::Read {
        paths: &[PATH],
        role: "Read-Only Administrator",
    };

    fn by_default(credentials: &[Candidate<'_>]) -> Option<Value> {
        let reader = credentials.iter().find(|one| one.may_read(PATH))?;
        Some(json!({ "credential": reader.name, "optional": true }))
    }

    fn plan(&self, _name: &str, context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let reader = context.reader(self.credential.as_deref(), &[PATH]);
        Ok(Probe {
            reader: reader.map_err(|problem| vec![problem])?,
            is_optional: self.optional,
        })
    }
}

/// Who reads.
#[derive(Debug, Clone)]
pub struct Probe {
    reader: Arc<Credential>,
    is_optional: bool,
}

/// What one run saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pools: Learned<Pools>,
    words: Unfamiliar,
    withheld: Option<String>,
}

/// The pools that were listed.
#[derive(Debug, Clone, PartialEq)]
struct Pools {
    listed: Vec<Pool>,
    /// False where there may be others.
    are_all: bool,
}

/// What is known: what a disturbance kept from being read is as it was.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pools: Vec<Pool>,
    words: Unfamiliar,
}

impl Kind for Probe {
    const KIND: &'static str = "agent_pools";
    const FAMILIES: &'static [&'static Family] = draw::FAMILIES;

    type Observation = Observation;
    type Memory = Memory;

    fn credentials(&self) -> Vec<&Credential> {
        vec![&self.reader]
    }

    async fn run(&self, okta: &Session<'_>, known: &Memory) -> ProbeResult<Observation> {
        let mut round = Round::new(okta, &self.reader);
        let mut words = Unfamiliar::default();
        let listed = round.list(Self::KIND, FIRST_PAGE.to_owned(), PAGES).await;
        let pools = listed.and_then(|listing| {
            let entries = listing.entries.into_iter();
            let read = |pool: ListedPool| pool.read(&mut words);
            Some(Pools {
                listed: entries.filter_map(read).collect(),
                are_all: listing.is_complete,
            })
        });
        words.tell(&known.words, "agents");
        let Ending { failure, withheld } = round.end(self.is_optional);
        ProbeResult {
            observation: Some(Observation {
                pools,
                words,
                withheld,
            }),
            failure,
        }
    }

    fn learn(memory: Memory, seen: &Observation) -> Memory {
        let pools = seen.pools.clone().and_then(
            |Pools {
                 mut listed,
                 are_all,
             }| {
                let ids: BTreeSet<String> = listed.iter().map(|pool| pool.id.clone()).collect();
                let others = memory
                    .pools
                    .iter()
                    .filter(|pool| !are_all && !ids.contains(&pool.id));
                listed.extend(others.cloned());
                Some(listed)
            },
        );
        Memory {
            pools: pools.after(Some(memory.pools)).unwrap_or_default(),
            words: seen.words.clone().and(memory.words),
        }
    }

    fn findings(known: &Known<'_, Self>, _now: OktaTime) -> Vec<Finding> {
        let Some(seen) = known.observation else {
            return Vec::new();
        };
        let withheld = seen.withheld.as_ref();
        let withheld = withheld.map(|why| Finding::new(Fact::Withheld, why));
        let down = known.memory.pools.iter().filter(|pool| pool.is_down());
        let down = down.map(|pool| {
            Finding::new(Fact::AgentPoolNotOperational, pool.told()).about(pool.id.as_str())
        });
        down.chain(withheld).collect()
    }

    fn dropped(known: &Known<'_, Self>) -> usize {
        known
            .observation
            .map_or(0, |_| draw::dropped(&known.memory.pools))
    }

    /// Nothing before this program's own first answer: what was remembered may be over by then.
    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        if known.observation.is_some() {
            draw::draw(&known.memory.pools, scope, page);
        }
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
