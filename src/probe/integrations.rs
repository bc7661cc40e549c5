//! What carries an org's events and decisions away: log streams, event hooks, inline hooks. Okta
//! switches a log stream off by itself after two deliveries that failed, and what it would have
//! carried since is lost to whoever reads it.

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    candidate::Candidate,
    cap::{Capped, cap},
    kind::{Access, Kind, Known, Place, ProbeResult, Scope},
    label,
    plan::PlanContext,
    problem::Problem,
    round::{Ending, Learned, Round},
    unfamiliar::Unfamiliar,
};
use crate::{
    guide::{Fact, Finding},
    metrics::{Family, Page},
    okta::{Credential, Session, claim},
    units::{Interval, OktaTime, closed_list},
};

const LOG_STREAM_ACTIVE: Family = Family::gauge(
    "okta_log_stream_active",
    "1 where a log stream is active, 0 where it is switched off.",
    &["org", "name", "id"],
);
const EVENT_HOOK_ACTIVE: Family = Family::gauge(
    "okta_event_hook_active",
    "1 where an event hook is active, 0 where it is switched off.",
    &["org", "name", "id"],
);
const EVENT_HOOK_VERIFIED: Family = Family::gauge(
    "okta_event_hook_verified",
    "1 where an event hook has proved that its address is its own, else 0: then nothing is delivered.",
    &["org", "name", "id"],
);
const INLINE_HOOK_ACTIVE: Family = Family::gauge(
    "okta_inline_hook_active",
    "1 where an inline hook is active, 0 where it is switched off.",
    &["org", "name", "id"],
);

const LOG_STREAMS: &str = "/api/v1/logStreams";
const EVENT_HOOKS: &str = "/api/v1/eventHooks";
const INLINE_HOOKS: &str = "/api/v1/inlineHooks";
/// Each has a scope of its own, and is withheld by itself.
const PATHS: &[&str] = &[LOG_STREAMS, EVENT_HOOKS, INLINE_HOOKS];
/// The most pages of each list.
const PAGES: usize = 20;
/// The most of each list that get series.
const MOST: usize = 100;

/// What may be written under `probes.integrations`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The name of the credential that reads; left out, the org's first that may read all, else
    /// the first that may read something.
    credential: Option<String>,
    /// What may not be read is absent, and no failure.
    optional: bool,
}

impl super::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Once;
    const INTERVAL: Interval = Interval::seconds(60 * 60);
    const ACCESS: Access = Access::Read {
        paths: PATHS,
        role: "Super Administrator",
    };

    /// Only where a credential may read all of it.
    fn by_default(credentials: &[Candidate<'_>]) -> Option<Value> {
        let reader = Candidate::reader(credentials, PATHS)?;
        let reads_all = PATHS.iter().all(|path| reader.may_read(path));
        reads_all.then(|| json!({ "credential": reader.name, "optional": true }))
    }

    fn plan(&self, _name: &str, context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let reader = context.reader(self.credential.as_deref(), PATHS);
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

closed_list! {
    /// Whether it was switched off.
    enum Status {
        Active = "active",
        Inactive = "inactive",
        /// What is new at Okta.
        Other = "other",
    }
}

closed_list! {
    /// Whether an event hook answered Okta's challenge.
    enum Verification {
        Verified = "verified",
        Unverified = "unverified",
        /// What is new at Okta.
        Other = "other",
    }
}

/// One of a list, as Okta lists it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Listed {
    #[serde(deserialize_with = "claim")]
    id: Option<String>,
    #[serde(deserialize_with = "claim")]
    name: Option<String>,
    #[serde(deserialize_with = "claim")]
    status: Option<String>,
    #[serde(deserialize_with = "claim")]
    verification_status: Option<String>,
}

/// A log stream or a hook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Integration {
    id: String,
    name: String,
    is_active: Option<bool>,
    is_verified: Option<bool>,
}

impl Listed {
    /// What it is, where it has an id. A word that is new tells neither yes nor no.
    fn read(self, words: &mut Unfamiliar) -> Option<Integration> {
        let status = self.status.map(|word| words.or_note(&word, Status::named));
        let verification = self.verification_status;
        let verification = verification.map(|word| words.or_note(&word, Verification::named));
        Some(Integration {
            id: label::plain_word(self.id.as_deref()?)?.to_owned(),
            name: label::name(&self.name.unwrap_or_default()),
            is_active: match status.flatten() {
                Some(Status::Active) => Some(true),
                Some(Status::Inactive) => Some(false),
                Some(Status::Other) | None => None,
            },
            is_verified: match verification.flatten() {
                Some(Verification::Verified) => Some(true),
                Some(Verification::Unverified) => Some(false),
                Some(Verification::Other) | None => None,
            },
        })
    }
}

/// What one run saw of one list.
#[derive(Debug, Clone, PartialEq)]
struct Listing {
    listed: Vec<Integration>,
    /// False where there may be others.
    are_all: bool,
}

/// What one run saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Log streams, event hooks, inline hooks.
    lists: [Learned<Listing>; 3],
    words: Unfamiliar,
    withheld: Option<String>,
}

/// What is known: what a disturbance kept from being read is as it was, what is withheld is unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Log streams, event hooks, inline hooks.
    lists: [Option<Vec<Integration>>; 3],
    words: Unfamiliar,
}

impl Kind for Probe {
    const KIND: &'static str = "integrations";
    const FAMILIES: &'static [&'static Family] = &[
        &LOG_STREAM_ACTIVE,
        &EVENT_HOOK_ACTIVE,
        &EVENT_HOOK_VERIFIED,
        &INLINE_HOOK_ACTIVE,
    ];

    type Observation = Observation;
    type Memory = Memory;

    fn credentials(&self) -> Vec<&Credential> {
        vec![&self.reader]
    }

    async fn run(&self, okta: &Session<'_>, known: &Memory) -> ProbeResult<Observation> {
        let mut round = Round::new(okta, &self.reader);
        let mut words = Unfamiliar::default();
        let mut lists = [const { Learned::Unknown }; 3];
        for (path, list) in PATHS.iter().zip(&mut lists) {
            let listing = round.list(Self::KIND, (*path).to_owned(), PAGES).await;
            *list = listing.and_then(|listing| {
                let entries = listing.entries.into_iter();
                Some(Listing {
                    listed: entries
                        .filter_map(|one: Listed| one.read(&mut words))
                        .collect(),
                    are_all: listing.is_complete,
                })
            });
        }
        words.tell(&known.words, "log streams and hooks");
        let Ending { failure, withheld } = round.end(self.is_optional);
        ProbeResult {
            observation: Some(Observation {
                lists,
                words,
                withheld,
            }),
            failure,
        }
    }

    fn learn(memory: Memory, seen: &Observation) -> Memory {
        let mut lists = memory.lists;
        for (known, seen) in lists.iter_mut().zip(&seen.lists) {
            let earlier = known.take();
            let now = seen
                .clone()
                .and_then(|seen| Some(seen.and(earlier.as_deref())));
            *known = now.after(earlier);
        }
        Memory {
            lists,
            words: seen.words.clone().and(memory.words),
        }
    }

    fn findings(known: &Known<'_, Self>, _now: OktaTime) -> Vec<Finding> {
        let Some(seen) = known.observation else {
            return Vec::new();
        };
        let [streams, hooks, _] = &known.memory.lists;
        let streams = streams
            .iter()
            .flatten()
            .filter(|one| one.is_active == Some(false));
        let streams = streams.map(|Integration { id, name, .. }| {
            let what = format!("the log stream `{name}` ({id}) is switched off");
            Finding::new(Fact::LogStreamOff, what).about(id)
        });
        let is_silent =
            |one: &&Integration| one.is_verified == Some(false) && one.is_active == Some(true);
        let hooks = hooks.iter().flatten().filter(is_silent);
        let hooks = hooks.map(|Integration { id, name, .. }| {
            let what = format!("the event hook `{name}` ({id}) is active, and not verified");
            Finding::new(Fact::EventHookUnverified, what).about(id)
        });
        let withheld = seen.withheld.as_ref();
        let withheld = withheld.map(|why| Finding::new(Fact::Withheld, why));
        streams.chain(hooks).chain(withheld).collect()
    }

    fn dropped(known: &Known<'_, Self>) -> usize {
        let lists = known.observation.iter().flat_map(|_| known.memory.kept());
        lists.map(|list| list.dropped).sum()
    }

    /// Nothing before this program's own first answer: what was remembered may be over by then.
    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        if known.observation.is_none() {
            return;
        }
        let families = [&LOG_STREAM_ACTIVE, &EVENT_HOOK_ACTIVE, &INLINE_HOOK_ACTIVE];
        for (family, Capped { kept, .. }) in families.into_iter().zip(known.memory.kept()) {
            for one in kept {
                let labels = [scope.org, &one.name, &one.id];
                page.push_some(family, &labels, one.is_active.map(f64::from));
                page.push_some(
                    &EVENT_HOOK_VERIFIED,
                    &labels,
                    one.is_verified.map(f64::from),
                );
            }
        }
    }
}

impl Listing {
    /// With what was known earlier, where that may still be there.
    fn and(self, earlier: Option<&[Integration]>) -> Vec<Integration> {
        let Self {
            mut listed,
            are_all,
        } = self;
        let ids: BTreeSet<String> = listed.iter().map(|one| one.id.clone()).collect();
        let others = earlier.unwrap_or_default().iter();
        listed.extend(
            others
                .filter(|one| !are_all && !ids.contains(&one.id))
                .cloned(),
        );
        listed
    }
}

impl Memory {
    /// Of each list those that get series: what is off or not verified before the rest.
    fn kept(&self) -> [Capped<&Integration>; 3] {
        self.lists.each_ref().map(|list| {
            let badness = |one: &&Integration| {
                [one.is_active, one.is_verified].map(|is_well| is_well == Some(false))
            };
            cap(list.iter().flatten(), MOST, badness)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(entry: Value) -> Option<Integration> {
        let listed: Listed = serde_json::from_value(entry).unwrap();
        listed.read(&mut Unfamiliar::default())
    }

    #[test]
    fn what_is_neither_on_nor_off_is_unknown_and_what_has_no_id_is_nothing() {
        let known = |entry: Value| {
            let read = read(entry).unwrap();
            (read.is_active, read.is_verified)
        };
        let hook = json!({"id": "who1", "status": "ACTIVE", "verificationStatus": "UNVERIFIED"});
        assert_eq!(known(hook), (Some(true), Some(false)));
        let stream =
            json!({"id": "0oa1", "name": "x", "status": "INACTIVE", "type": "aws_eventbridge"});
        assert_eq!(known(stream), (Some(false), None));
        for strange in [json!(null), json!("SLEEPING"), json!(1), json!("other")] {
            let entry = json!({"id": "0oa1", "status": strange, "verificationStatus": strange});
            assert_eq!(known(entry), (None, None), "{strange}");
        }
        assert_eq!(read(json!({"status": "ACTIVE"})), None);
    }

    #[test]
    fn what_is_off_is_kept_before_what_works() {
        let one = |n: usize| Integration {
            id: n.to_string(),
            name: String::new(),
            is_active: Some(n != MOST),
            is_verified: (n == MOST + 1).then_some(false),
        };
        let all = (0..MOST + 3).map(one).collect();
        let memory = Memory {
            lists: [Some(all), None, None],
            words: Unfamiliar::default(),
        };
        let [streams, none, _] = memory.kept();
        assert_eq!((streams.dropped, none.dropped), (3, 0));
        let kept: Vec<&str> = streams.kept.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(kept[..3], ["100", "101", "0"]);
    }
}
