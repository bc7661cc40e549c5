//! Certificates that end: those that identity providers are trusted by and that this org signs with
//! towards them, those of custom domains, and, where somebody wants them, those that SAML applications are
//! signed for with. Okta lists old ones for ever; told are only those that are in use.
//!
//! What costs a request for each application or provider is read by a walk, one step a run.

mod ask;
mod draw;
mod memory;
mod read;
mod settings;
mod walk;

use super::{
    ask::Ask,
    end::End,
    kind::{Access, Kind, Known, Next, ProbeResult, Scope},
    round::{Ending, Round},
};
use crate::{
    guide::Finding,
    metrics::{Family, Page},
    okta::{Credential, Session},
    units::OktaTime,
};

pub use self::ask::Probe;
use self::ask::{APPS, APPS_API, DOMAINS, IDP_KEYS, IDPS, IDPS_API, KIND};
pub use memory::{Memory, Observation};
pub use settings::Settings;

impl Kind for Probe {
    const KIND: &'static str = KIND;
    const FAMILIES: &'static [&'static Family] = draw::FAMILIES;
    const APIS: &'static [&'static str] = &[KIND, IDPS_API, APPS_API];

    type Observation = Observation;
    type Memory = Memory;

    fn credentials(&self) -> Vec<&Credential> {
        vec![&self.reader.credential]
    }

    /// Of a walk its first page: what follows is asked seldom, of each key once.
    fn asks(&self, _access: Access) -> Vec<Ask<'_>> {
        let all = [
            (self.idps, IDPS_API, IDPS),
            (self.idps, IDPS_API, IDP_KEYS),
            (self.domains, KIND, DOMAINS),
            (self.apps, APPS_API, APPS),
        ];
        let wanted = all.into_iter().filter(|(is_wanted, ..)| *is_wanted);
        let ask = |(_, api, path)| Ask::get(api, path).with(Some(&*self.reader.credential));
        wanted.map(ask).collect()
    }

    /// One for the org.
    fn memory_id(&self) -> Option<&str> {
        Some("")
    }

    /// A walk that is under way goes on by a step; everything else is read once in an interval.
    async fn run(&self, okta: &Session<'_>, known: &Memory) -> ProbeResult<Observation> {
        let mut round = Round::new(okta, &self.reader.credential);
        let mut seen = if known.is_walking(okta.oktas_time()) {
            walk::step(&mut round, known).await
        } else {
            self.look(&mut round).await
        };
        seen.words
            .tell(&known.words, "identity providers or domains");
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

    fn next(memory: &Memory) -> Next {
        if memory.has_steps() {
            return Next::Within(walk::PACE);
        }
        Next::AtInterval
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
        let dropped = |_| draw::dropped(&known.memory);
        known.observation.map_or(0, dropped)
    }

    /// Nothing before this program's own first answer: what was remembered may be over by then.
    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        if known.observation.is_some() {
            draw::draw(&known.memory, scope, page);
        }
    }
}
