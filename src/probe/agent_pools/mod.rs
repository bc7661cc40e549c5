//! The agents that connect directories and networks on the premises to Okta: Active Directory, LDAP,
//! IWA, RADIUS, RUM, provisioning, MFA. An agent that drops is heard of when people cannot sign in.

mod agent_list;
mod draw;
mod memory;
mod read;
mod settings;

use super::{
    kind::{Kind, Known, ProbeResult, Scope},
    reader::{Reader, withheld},
    round::{Ending, Round},
    unfamiliar::Unfamiliar,
};
use crate::{
    guide::Finding,
    metrics::{Family, Page},
    okta::{Credential, Session},
    units::OktaTime,
};
pub use memory::{Memory, Observation};
use read::ListedPool;
pub use read::{Agent, Pool, PoolKind, Status};
pub use settings::Settings;

const PATH: &str = "/api/v1/agentPools";
/// Asks for enough: left out, Okta lists five pools of each type.
const FIRST_PAGE: &str = "/api/v1/agentPools?limitPerPoolType=200";
/// The most pages read.
const PAGES: usize = 20;

/// Who reads.
#[derive(Debug, Clone)]
pub struct Probe {
    reader: Reader,
}

impl Kind for Probe {
    const KIND: &'static str = "agent_pools";
    const FAMILIES: &'static [&'static Family] = draw::FAMILIES;

    type Observation = Observation;
    type Memory = Memory;

    fn credentials(&self) -> Vec<&Credential> {
        vec![&self.reader.credential]
    }

    async fn run(&self, okta: &Session<'_>, known: &Memory) -> ProbeResult<Observation> {
        let mut round = Round::new(okta, &self.reader.credential);
        let mut words = Unfamiliar::default();
        let listed = round.list(Self::KIND, FIRST_PAGE.to_owned(), PAGES).await;
        let pools =
            listed.and_then(|all| Some(all.filter_map(|pool: ListedPool| pool.read(&mut words))));
        words.tell(&known.words, "agents");
        let Ending { failure, withheld } = round.end(self.reader.is_optional);
        ProbeResult {
            observation: Some(Observation {
                pools,
                words,
                withheld,
            }),
            failure,
        }
    }

    fn learn(memory: Memory, observation: &Observation) -> Memory {
        memory.learn(observation)
    }

    fn findings(known: &Known<'_, Self>, _now: OktaTime) -> Vec<Finding> {
        let Some(seen) = known.observation else {
            return Vec::new();
        };
        let mut findings = known.memory.findings();
        findings.extend(withheld(seen.withheld.as_ref()));
        findings
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
