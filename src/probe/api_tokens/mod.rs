//! The org's API tokens: when each ends, when it was last used, from where it may be, and which are
//! gone. A token ends thirty days after its last use, so that those that nobody uses end, and what
//! lives on them once a month breaks. Also, as far as a list of last uses tells, which tokens were
//! active while a limit of the org ran out: never more than that.

mod draw;
mod families;
mod findings;
mod list;
mod memory;
mod read;
mod suspects;

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    candidate::Candidate,
    end::End,
    kind::{Access, Kind, Known, Next, Place, ProbeResult, Scope},
    plan::PlanContext,
    problem::Problem,
    reader::{Reader, ReaderSettings, withheld},
    round::{Ending, Learned, Round},
    unfamiliar::Unfamiliar,
};
use crate::{
    guide::Finding,
    metrics::{Family, Page},
    okta::{AuthMethod, Credential, PrincipalKind, Session},
    units::{Interval, Name, OktaTime},
};
use list::List;
pub use memory::Memory;
use read::{Entry, Token};

/// What is read.
const PATHS: &[&str] = &["/api/v1/api-tokens"];
/// The most pages read. Okta sends all on one.
const PAGES: usize = 5;
/// What may be written under `probes.api_tokens`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Settings(ReaderSettings);

impl super::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Once;
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
            credentials: context.credentials.values().cloned().collect(),
        })
    }
}

/// Who reads, and whose tokens are this exporter's own.
#[derive(Debug, Clone)]
pub struct Probe {
    reader: Reader,
    credentials: Vec<Arc<Credential>>,
}

/// What one run saw.
#[derive(Debug, Clone)]
pub struct Observation {
    list: Learned<List>,
    /// The credentials whose tokens' ids are configured.
    ours: Vec<(Name, String)>,
    /// The reader, where it is an API token of which nobody wrote the id.
    unnamed: Option<Name>,
    withheld: Option<String>,
}

impl Kind for Probe {
    const KIND: &'static str = "api_tokens";
    const FAMILIES: &'static [&'static Family] = families::ALL;

    type Observation = Observation;
    type Memory = Memory;

    fn asks_when_exhausted(&self) -> bool {
        true
    }

    fn credentials(&self) -> Vec<&Credential> {
        vec![&self.reader.credential]
    }

    /// It marks the token of each.
    fn refers_to(&self) -> Vec<&Credential> {
        self.credentials.iter().map(Arc::as_ref).collect()
    }

    /// One for the org.
    fn memory_id(&self) -> Option<&str> {
        Some("")
    }

    async fn run(&self, okta: &Session<'_>, known: &Memory) -> ProbeResult<Observation> {
        let mut round = Round::new(okta, &self.reader.credential);
        let listed = round.list(Self::KIND, PATHS.concat(), PAGES).await;
        let list = listed.and_then(|listing| {
            let mut unfamiliar = Unfamiliar::default();
            let all = listing.entries.len();
            let tokens = listing.entries.into_iter();
            let tokens: BTreeMap<String, Token> = tokens
                .filter_map(|entry: Entry| entry.token(&mut unfamiliar))
                .collect();
            unfamiliar.tell(&known.unfamiliar, "an API token's network");
            Some(List {
                is_complete: listing.is_complete && listing.unreadable == 0 && tokens.len() == all,
                tokens,
                at: okta.oktas_time(),
                windows: okta.exhausted(),
                unfamiliar,
            })
        });
        let is_unnamed = matches!(self.reader.credential.method, AuthMethod::ApiToken(_))
            && self.reader.credential.principal_id.is_none();
        let Ending { failure, withheld } = round.end(self.reader.is_optional);
        let observation = Observation {
            list,
            ours: self.ours(),
            unnamed: is_unnamed.then(|| self.reader.credential.name.clone()),
            withheld,
        };
        ProbeResult {
            observation: Some(observation),
            failure,
        }
    }

    fn learn(memory: Memory, observation: &Observation) -> Memory {
        let Learned::Known(list) = &observation.list else {
            return memory;
        };
        Memory {
            tokens: memory.tokens.learn(list),
            suspects: memory.suspects.learn(list),
            unfamiliar: list.unfamiliar.clone().and(memory.unfamiliar),
        }
    }

    fn next(memory: &Memory) -> Next {
        if memory.tokens.is_unsettled() {
            Next::Soon
        } else {
            Next::AtInterval
        }
    }

    fn findings(known: &Known<'_, Self>, now: OktaTime) -> Vec<Finding> {
        let Some(own) = known.own() else {
            let why = known.observation.and_then(|seen| seen.withheld.as_ref());
            return withheld(why).into_iter().collect();
        };
        findings::findings(&known.memory, &own, now)
    }

    fn ends(known: &Known<'_, Self>, now: OktaTime) -> Vec<End> {
        let ends = |own| findings::ends(&known.memory, &own, now);
        known.own().map(ends).unwrap_or_default()
    }

    fn dropped(known: &Known<'_, Self>) -> usize {
        let Some(own) = known.own() else { return 0 };
        draw::dropped(&known.memory, &own)
    }

    /// Nothing before this program's own first answer: what was remembered may be over by then.
    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        if let Some(own) = known.own() {
            draw::draw(&known.memory, &own, scope, page);
        }
    }
}

impl Probe {
    /// The API tokens whose ids are configured.
    fn ours(&self) -> Vec<(Name, String)> {
        let tokens = self.credentials.iter();
        let tokens = tokens.filter(|one| matches!(one.method, AuthMethod::ApiToken(_)));
        let principals = tokens.filter_map(|one| Some((one.name.clone(), one.principal()?)));
        principals
            .filter(|(_, principal)| principal.kind == PrincipalKind::ApiToken)
            .map(|(name, principal)| (name, principal.id))
            .collect()
    }
}

impl Known<'_, Probe> {
    /// The exporter's own tokens by id, each with its credential; `None` where no list was read yet,
    /// or this credential may not read it.
    fn own(&self) -> Option<BTreeMap<&str, &Name>> {
        let seen = self.observation?;
        if seen.list == Learned::Unknown {
            return None;
        }
        let ours = seen.ours.iter().map(|(name, id)| (id.as_str(), name));
        let mut own: BTreeMap<&str, &Name> = ours.collect();
        let unnamed = self
            .memory
            .tokens
            .only_one_in_use()
            .zip(seen.unnamed.as_ref());
        if let Some((id, name)) = unnamed {
            own.entry(id).or_insert(name);
        }
        Some(own)
    }
}
