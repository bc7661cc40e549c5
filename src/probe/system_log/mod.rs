//! What happens in the org: its System Log, followed page after page by Okta's polling rules, a page
//! each run. Where it goes on is remembered (`memory.rs`), so that a restart goes on there. What the
//! events come to is counted by the [`fleet`](crate::fleet), each once.

mod ask;
mod draw;
mod event_types;
mod memory;
mod settings;
#[cfg(test)]
mod tests;

use crate::{
    guide::{Fact, Finding},
    metrics::{Family, Page},
    okta::{Credential, Session, event::Event},
    units::OktaTime,
};

use super::kind::{Kind, Known, Next, ProbeResult, Scope};
pub use ask::Probe;
pub use event_types::EVENT_TYPES;
pub use memory::{Memory, Observation};
pub use settings::Settings;

/// For how many hours a gap is told.
const TOLD_FOR: i64 = 1;

impl Probe {
    /// The types of events that are counted by their names: the usual ones, and those that are
    /// written.
    pub fn event_types(&self) -> impl Iterator<Item = &str> {
        let written = self.event_types.iter().map(String::as_str);
        EVENT_TYPES.iter().copied().chain(written)
    }
}

impl Kind for Probe {
    const KIND: &'static str = ask::KIND;
    const FAMILIES: &'static [&'static Family] = draw::FAMILIES;

    type Observation = Observation;
    type Memory = Memory;

    fn credentials(&self) -> Vec<&Credential> {
        vec![&self.credential]
    }

    /// An org has one log; what another filter shows of it is another.
    fn memory_id(&self) -> Option<&str> {
        Some(&self.filter)
    }

    async fn run(&self, okta: &Session<'_>, known: &Memory) -> ProbeResult<Observation> {
        self.read_on(okta, known).await
    }

    fn learn(memory: Memory, seen: &Observation) -> Memory {
        memory.learn(seen)
    }

    fn events(seen: &Observation) -> &[Event] {
        seen.events()
    }

    fn next(memory: &Memory) -> Next {
        if memory.has_more {
            Next::Now
        } else {
            Next::AtInterval
        }
    }

    fn findings(known: &Known<'_, Self>, now: OktaTime) -> Vec<Finding> {
        let gap = known.memory.last_gap.as_ref();
        let recent = gap.filter(|gap| now.since(gap.at).as_hours() < TOLD_FOR);
        recent
            .map(|gap| Finding::new(Fact::LogGap, gap.to_string()))
            .into_iter()
            .collect()
    }

    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        draw::draw((&known.memory, known.interval), scope, page);
    }
}
