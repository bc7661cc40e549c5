//! When the keys of custom authorization servers rotate, and who rotates them: what the Management API
//! says of each server. Which keys are published is seen without a credential by
//! [`jwks`](super::jwks), a next key among them, so that none is asked for one by one.

mod draw;
mod memory;
mod read;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    candidate::Candidate,
    end::End,
    kind::{Access, Kind, Known, Place, ProbeResult, Scope},
    plan::PlanContext,
    problem::Problem,
    reader::{Reader, ReaderSettings},
    round::{Ending, Round},
};
use crate::{
    guide::Finding,
    metrics::{Family, Page},
    okta::{Credential, Session},
    units::{Interval, OktaTime},
};
pub use memory::{Memory, Observation};

const PATHS: &[&str] = &["/api/v1/authorizationServers"];
/// The most that Okta puts on a page.
const PAGE: usize = 200;
/// The most pages read.
const PAGES: usize = 5;
/// What may be written under `probes.authorization_servers`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Settings(ReaderSettings);

impl super::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Once;
    /// Rotations are months apart, and are planned a while ahead.
    const INTERVAL: Interval = Interval::seconds(60 * 60);
    const ACCESS: Access = Access::Read {
        paths: PATHS,
        role: "Read-Only Administrator",
    };

    fn by_default(credentials: &[Candidate<'_>]) -> Option<Value> {
        ReaderSettings::by_default(credentials, PATHS)
    }

    fn plan(&self, _name: &str, context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        Ok(Probe {
            reader: self.0.plan(context, PATHS)?,
        })
    }
}

/// Asks for an org's custom authorization servers.
#[derive(Debug, Clone)]
pub struct Probe {
    reader: Reader,
}

impl Kind for Probe {
    const KIND: &'static str = "authorization_servers";
    const FAMILIES: &'static [&'static Family] = draw::FAMILIES;

    type Observation = Observation;
    type Memory = Memory;

    fn credentials(&self) -> Vec<&Credential> {
        vec![&self.reader.credential]
    }

    /// One for the org.
    fn memory_id(&self) -> Option<&str> {
        Some("")
    }

    async fn run(&self, okta: &Session<'_>, known: &Memory) -> ProbeResult<Observation> {
        let mut round = Round::new(okta, &self.reader.credential);
        let path = format!("/api/v1/authorizationServers?limit={PAGE}");
        let mut seen = Observation::read(round.list(Self::KIND, path, PAGES).await);
        seen.unfamiliar.tell(
            &known.unfamiliar,
            "an authorization server's status or rotation",
        );
        let Ending { failure, withheld } = round.end(self.reader.is_optional);
        seen.withheld = withheld;
        ProbeResult {
            observation: Some(seen),
            failure,
        }
    }

    fn learn(memory: Memory, seen: &Observation) -> Memory {
        memory.learn(seen)
    }

    fn findings(known: &Known<'_, Self>, now: OktaTime) -> Vec<Finding> {
        let findings = |seen| draw::findings(&known.memory, seen, now);
        known.observation.map(findings).unwrap_or_default()
    }

    fn ends(known: &Known<'_, Self>, now: OktaTime) -> Vec<End> {
        let ends = |_| draw::ends(&known.memory, now);
        known.observation.map(ends).unwrap_or_default()
    }

    fn dropped(known: &Known<'_, Self>) -> usize {
        draw::dropped(&known.memory)
    }

    /// Nothing before this program's own first answer: what was remembered may be over by then.
    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        if known.observation.is_some() {
            draw::draw(&known.memory, scope, page);
        }
    }
}

#[cfg(test)]
mod tests;
