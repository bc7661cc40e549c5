//! What carries an org's events and decisions away: log streams, event hooks, inline hooks. Okta
//! switches a log stream off by itself after two deliveries that failed, and what it would have
//! carried since is lost to whoever reads it.

mod draw;
mod memory;
mod read;
mod settings;

use super::{
    kind::{Kind, Known, ProbeResult, Scope},
    reader::{Reader, withheld},
    round::{Ending, Learned, Round},
    unfamiliar::Unfamiliar,
};
use crate::{
    guide::Finding,
    metrics::{Family, Page},
    okta::{Credential, Session},
    units::OktaTime,
};
pub use memory::{Memory, Observation};
use read::Listed;
pub use settings::Settings;

const LOG_STREAMS: &str = "/api/v1/logStreams";
const EVENT_HOOKS: &str = "/api/v1/eventHooks";
const INLINE_HOOKS: &str = "/api/v1/inlineHooks";
/// Each has a scope of its own, and is withheld by itself.
const PATHS: &[&str] = &[LOG_STREAMS, EVENT_HOOKS, INLINE_HOOKS];
/// The most pages of each list.
const PAGES: usize = 20;

/// Who reads.
#[derive(Debug, Clone)]
pub struct Probe {
    reader: Reader,
}

impl Kind for Probe {
    const KIND: &'static str = "integrations";
    const FAMILIES: &'static [&'static Family] = draw::FAMILIES;

    type Observation = Observation;
    type Memory = Memory;

    fn credentials(&self) -> Vec<&Credential> {
        vec![&self.reader.credential]
    }

    async fn run(&self, okta: &Session<'_>, known: &Memory) -> ProbeResult<Observation> {
        let mut round = Round::new(okta, &self.reader.credential);
        let mut words = Unfamiliar::default();
        let mut lists = [const { Learned::Unknown }; 3];
        for (path, list) in PATHS.iter().zip(&mut lists) {
            let listing = round.list(Self::KIND, (*path).to_owned(), PAGES).await;
            *list =
                listing.and_then(|all| Some(all.filter_map(|one: Listed| one.read(&mut words))));
        }
        words.tell(&known.words, "log streams and hooks");
        let Ending { failure, withheld } = round.end(self.reader.is_optional);
        ProbeResult {
            observation: Some(Observation {
                lists,
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
            .map_or(0, |_| draw::dropped(&known.memory.lists))
    }

    /// Nothing before this program's own first answer: what was remembered may be over by then.
    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        if known.observation.is_some() {
            draw::draw(&known.memory.lists, scope, page);
        }
    }
}
