//! The org itself: whether it is active and until when, whether Okta Support may sign in, what
//! ThreatInsight does about suspicious addresses, and which admin roles get Okta's own mails. Its cell
//! is told by [`organization`](super::organization).

mod draw;
mod known;
mod memory;
mod read;
mod subscribers;
#[cfg(test)]
mod tests;
mod words;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    ask::{Ask, HowOften},
    candidate::Candidate,
    end::{End, Notice},
    kind::{Access, Kind, Known, Place, ProbeResult, Scope},
    plan::PlanContext,
    problem::Problem,
    reader::{Reader, ReaderSettings, withheld},
    round::{Ending, Learned, Round},
    unfamiliar::Unfamiliar,
};
use crate::{
    guide::{Fact, Finding},
    metrics::{Family, Page},
    okta::{Credential, Session},
    units::{Interval, OktaTime},
};
pub use memory::{Memory, Observation};
use read::{ListedOrg, ListedSupport, ListedThreats};
use subscribers::{ROLES, SUBSCRIPTIONS_API, SUBSCRIPTIONS_EVERY, subscribers, subscriptions_of};
use words::Notification;

/// What the requests for its documents are called: an endpoint of one's own may well be called `org`.
const API: &str = "org_settings";

const ORG: &str = "/api/v1/org";
const SUPPORT: &str = "/api/v1/org/privacy/oktaSupport";
const THREATS: &str = "/api/v1/threats/configuration";
/// The paths, of the roles the first.
const PATHS: &[&str] = &[
    ORG,
    SUPPORT,
    THREATS,
    "/api/v1/roles/SUPER_ADMIN/subscriptions",
];

/// How long before its end an org is told of.
const NOTICE: Notice = Notice::days(30, 7);

/// What may be written under `probes.org`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Settings(ReaderSettings);

impl super::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Once;
    const INTERVAL: Interval = Interval::seconds(6 * 60 * 60);
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

/// Who reads.
#[derive(Debug, Clone)]
pub struct Probe {
    reader: Reader,
}

impl Kind for Probe {
    const KIND: &'static str = "org";
    const FAMILIES: &'static [&'static Family] = draw::FAMILIES;
    const APIS: &'static [&'static str] = &[API, SUBSCRIPTIONS_API];

    type Observation = Observation;
    type Memory = Memory;

    fn credentials(&self) -> Vec<&Credential> {
        vec![&self.reader.credential]
    }

    fn asks(&self, _access: Access) -> Vec<Ask<'_>> {
        let documents = [ORG, SUPPORT, THREATS].map(|path| Ask::get(API, path));
        let subscriptions = ROLES.map(|role| {
            let ask = Ask::get(SUBSCRIPTIONS_API, subscriptions_of(role));
            ask.asked(HowOften::Every(SUBSCRIPTIONS_EVERY))
        });
        let all = documents.into_iter().chain(subscriptions);
        all.map(|ask| ask.with(Some(&*self.reader.credential)))
            .collect()
    }

    /// One for the org.
    fn memory_id(&self) -> Option<&str> {
        Some("")
    }

    async fn run(&self, okta: &Session<'_>, known: &Memory) -> ProbeResult<Observation> {
        let mut round = Round::new(okta, &self.reader.credential);
        let mut words = Unfamiliar::default();
        let listed: Learned<ListedOrg> = round.document(API, ORG).await;
        let lifetime = listed.and_then(|org| Some(org.read(&mut words)));
        let listed: Learned<ListedSupport> = round.document(API, SUPPORT).await;
        let support = listed.and_then(|support| support.read(&mut words));
        let listed: Learned<ListedThreats> = round.document(API, THREATS).await;
        let threats = listed.and_then(|threats| threats.read(&mut words));
        let subscribers = subscribers(&mut round, known.subscribers.as_ref(), &mut words).await;
        words.tell(&known.words, "the org");
        let Ending { failure, withheld } = round.end(self.reader.is_optional);
        ProbeResult {
            observation: Some(Observation {
                lifetime,
                support,
                threats,
                subscribers,
                words,
                withheld,
            }),
            failure,
        }
    }

    fn learn(memory: Memory, seen: &Observation) -> Memory {
        memory.learn(seen)
    }

    fn findings(known: &Known<'_, Self>, now: OktaTime) -> Vec<Finding> {
        let Some(seen) = known.observation else {
            return Vec::new();
        };
        let memory = &known.memory;
        let expires = memory.lifetime.and_then(|lifetime| lifetime.expires);
        let ending = expires.map(OktaTime::written).and_then(|end| {
            let severity = NOTICE.severity(end.since(now))?;
            let found = Finding::new(Fact::OrgExpiring, format!("the org expires at {end}"));
            Some(found.as_bad_as(Some(severity)))
        });
        let open = memory.support.filter(|support| support.is_open_at(now));
        let open = open.map(|support| Finding::new(Fact::SupportAccessOpen, support.to_string()));
        let silent = memory
            .subscribers
            .as_ref()
            .filter(|subscribers| subscribers.roles.get(&Notification::RateLimit) == Some(&0));
        let silent = silent.map(|_| {
            let roles = ROLES.join(", ");
            Finding::new(
                Fact::NobodySubscribed,
                format!("none of the roles {roles} gets Okta's mails about rate limits"),
            )
        });
        let withheld = withheld(seen.withheld.as_ref());
        [ending, open, silent, withheld]
            .into_iter()
            .flatten()
            .collect()
    }

    fn ends(known: &Known<'_, Self>, now: OktaTime) -> Vec<End> {
        if known.observation.is_none() {
            return Vec::new();
        }
        let lifetime = known.memory.lifetime;
        let expires = lifetime.and_then(|lifetime| lifetime.expires);
        let org =
            expires.map(|end| End::new("org", "", OktaTime::written(end)).judged(NOTICE, now));
        let open = known
            .memory
            .support
            .filter(|support| support.is_open_at(now));
        let closes = open.and_then(|support| support.expires);
        let support =
            closes.map(|end| End::new("Okta Support's access", "", OktaTime::written(end)));
        [org, support].into_iter().flatten().collect()
    }

    /// Nothing before this program's own first answer: what was remembered may be over by then.
    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        if known.observation.is_some() {
            draw::draw(&known.memory, scope, page);
        }
    }
}
