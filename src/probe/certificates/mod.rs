//! Certificates that end: those that identity providers are trusted by and that this org signs with
//! towards them, those of custom domains, and, where somebody wants them, those that SAML applications are
//! signed for with. Okta lists old ones for ever; told are only those that are in use.
//!
//! What costs a request for each application or provider is read by a walk, one step a run: `ask`.

mod ask;
mod draw;
mod memory;
mod read;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ask::Ask,
    candidate::Candidate,
    kind::{Access, Kind, Known, Next, Place, ProbeResult, Scope},
    plan::PlanContext,
    problem::Problem,
    round::{Ending, Round},
};
use crate::{
    guide::Finding,
    metrics::{Family, Page},
    okta::{Credential, Session},
    units::{Interval, OktaTime},
};

pub use self::ask::Probe;
use self::ask::{APPS, APPS_API, DOMAINS, IDP_KEYS, IDPS, IDPS_API, INTERVAL, KIND};
pub use memory::{Memory, Observation};

/// What is read unless the settings say otherwise.
const PATHS: &[&str] = &[IDPS, IDP_KEYS, DOMAINS];

/// What may be written under `probes.certificates`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing that is read or not, or told or not, as people write it"
)]
pub struct Settings {
    /// The name of the credential that reads; left out, the org's first that may read all.
    credential: Option<String>,
    /// Those of SAML applications: a request for each that has a new one, from a small bucket.
    apps: bool,
    /// Those of identity providers.
    idps: bool,
    /// Those of custom domains.
    domains: bool,
    /// What may not be read is absent, and no failure.
    optional: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            credential: None,
            apps: false,
            idps: true,
            domains: true,
            optional: false,
        }
    }
}

impl super::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Once;
    /// Their ends are months away.
    const INTERVAL: Interval = INTERVAL;
    const ACCESS: Access = Access::Read {
        paths: PATHS,
        role: "Read-Only Administrator",
    };

    /// Only where nothing would be withheld, and without applications.
    fn by_default(credentials: &[Candidate<'_>]) -> Option<Value> {
        let reader = Candidate::reader(credentials, PATHS)?;
        let reads_all = PATHS.iter().all(|path| reader.may_read(path));
        reads_all.then(|| json!({ "credential": reader.name, "optional": true }))
    }

    fn plan(&self, _name: &str, context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let wanted = [
            (self.idps, IDPS),
            (self.idps, IDP_KEYS),
            (self.domains, DOMAINS),
            (self.apps, APPS),
        ];
        let wanted = wanted.into_iter().filter(|(is_wanted, _)| *is_wanted);
        let paths: Vec<&str> = wanted.map(|(_, path)| path).collect();
        if paths.is_empty() {
            let fix = "nothing is left to watch: let one of `apps`, `idps` and `domains` be true";
            return Err(vec![Problem::new("", fix)]);
        }
        let reader = context.reader(self.credential.as_deref(), &paths);
        Ok(Probe {
            reader: reader.map_err(|problem| vec![problem])?,
            apps: self.apps,
            idps: self.idps,
            domains: self.domains,
            is_optional: self.optional,
        })
    }
}

impl Kind for Probe {
    const KIND: &'static str = KIND;
    const FAMILIES: &'static [&'static Family] = draw::FAMILIES;
    const APIS: &'static [&'static str] = &[KIND, IDPS_API, APPS_API];

    type Observation = Observation;
    type Memory = Memory;

    fn credentials(&self) -> Vec<&Credential> {
        vec![&self.reader]
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
        let ask = |(_, api, path)| Ask::get(api, path).with(Some(&*self.reader));
        wanted.map(ask).collect()
    }

    /// One for the org.
    fn memory_id(&self) -> Option<&str> {
        Some("")
    }

    /// A walk that is under way goes on by a step; everything else is read once in an interval.
    async fn run(&self, okta: &Session<'_>, known: &Memory) -> ProbeResult<Observation> {
        let mut round = Round::new(okta, &self.reader);
        let mut seen = if known.is_walking(okta.oktas_time()) {
            ask::step(&mut round, known).await
        } else {
            self.look(&mut round).await
        };
        seen.words
            .tell(&known.words, "identity providers or domains");
        let Ending { failure, withheld } = round.end(self.is_optional);
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
            return Next::Within(ask::PACE);
        }
        Next::AtInterval
    }

    fn findings(known: &Known<'_, Self>, now: OktaTime) -> Vec<Finding> {
        let findings = |seen| draw::findings(&known.memory, seen, now);
        known.observation.map(findings).unwrap_or_default()
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
