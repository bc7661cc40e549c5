//! When the keys of custom authorization servers rotate, and who rotates them: what the Management API
//! says of each server. Which keys are published is seen without a credential by
//! [`jwks`](super::jwks), a next key among them, so that none is asked for one by one.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    candidate::Candidate,
    cap::{Capped, cap},
    kind::{Access, Kind, Known, Place, ProbeResult, Scope},
    label::{moment, name, plain_word},
    listing::Listing,
    plan::PlanContext,
    problem::Problem,
    round::{Ending, Learned, Round},
    unfamiliar::Unfamiliar,
};
use crate::{
    guide::{Fact, Finding},
    metrics::{Family, Page},
    okta::{Credential, Object, Session, claim},
    units::{Interval, OktaTime, closed_list},
};

const SERVER: &[&str] = &["org", "authorization_server"];
const LAST_ROTATED: Family = Family::gauge(
    "okta_signing_key_last_rotated_timestamp_seconds",
    "When the custom authorization server came to sign with its present key.",
    SERVER,
);
const NEXT_ROTATION: Family = Family::gauge(
    "okta_signing_key_next_rotation_timestamp_seconds",
    "When Okta means to rotate the key next; absent where it is rotated by hand.",
    SERVER,
);
const AUTOMATIC: Family = Family::gauge(
    "okta_signing_key_rotation_automatic",
    "1 where Okta rotates the key, 0 where somebody must.",
    SERVER,
);
const STATUS: Family = Family::gauge(
    "okta_authorization_server_status",
    "1 for the status in force.",
    &["org", "authorization_server", "status"],
);

const PATHS: &[&str] = &["/api/v1/authorizationServers"];
/// The most that Okta puts on a page.
const PAGE: usize = 200;
/// The most pages read.
const PAGES: usize = 5;
/// The most servers that get series of their own.
const MOST: usize = 100;
/// A key that nobody has rotated by hand for so long stands out.
const LONG_AGO: SignedDuration = SignedDuration::from_hours(365 * 24);

closed_list! {
    /// What became of an authorization server.
    pub enum Status {
        /// It answers.
        Active = "active",
        /// It was deactivated.
        Inactive = "inactive",
        /// What is not known here.
        Other = "other",
    }
}

/// What may be written under `probes.authorization_servers`.
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
    /// Rotations are months apart, and are planned a while ahead.
    const INTERVAL: Interval = Interval::seconds(60 * 60);
    const ACCESS: Access = Access::Read {
        paths: PATHS,
        role: "Read-Only Administrator",
    };

    fn by_default(credentials: &[Candidate<'_>]) -> Option<Value> {
        let reader = Candidate::reader(credentials, PATHS)?;
        Some(json!({ "credential": reader.name, "optional": true }))
    }

    fn plan(&self, _name: &str, context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let reader = context.reader(self.credential.as_deref(), PATHS);
        Ok(Probe {
            reader: reader.map_err(|problem| vec![problem])?,
            is_optional: self.optional,
        })
    }
}

/// Asks for an org's custom authorization servers.
#[derive(Debug, Clone)]
pub struct Probe {
    reader: Arc<Credential>,
    is_optional: bool,
}

/// One server, as the list has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    #[serde(deserialize_with = "claim")]
    id: Option<String>,
    #[serde(deserialize_with = "claim")]
    name: Option<String>,
    #[serde(deserialize_with = "claim")]
    status: Option<String>,
    #[serde(deserialize_with = "claim")]
    issuer: Option<String>,
    credentials: Object<Credentials>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Credentials {
    signing: Object<Signing>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Signing {
    #[serde(deserialize_with = "claim")]
    rotation_mode: Option<String>,
    #[serde(deserialize_with = "claim")]
    last_rotated: Option<String>,
    #[serde(deserialize_with = "claim")]
    next_rotation: Option<String>,
}

/// What is known of one server; each may be unsaid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    name: String,
    status: Option<Status>,
    automatic: Option<bool>,
    last_rotated: Option<OktaTime>,
    next_rotation: Option<OktaTime>,
}

/// What one run saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The servers by their labels, and whether these are all.
    servers: Learned<(BTreeMap<String, Server>, bool)>,
    unfamiliar: Unfamiliar,
    withheld: Option<String>,
}

/// What is known: what a disturbance kept from being read is as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    servers: BTreeMap<String, Server>,
    unfamiliar: Unfamiliar,
}

impl Entry {
    /// The server by its label, the one that an issuer names it by: its id, or `default`. One without
    /// an id is nobody.
    fn read(
        self,
        taken: &BTreeSet<String>,
        unfamiliar: &mut Unfamiliar,
    ) -> Option<(String, Server)> {
        let id = plain_word(self.id.as_deref()?)?;
        let is_default = match &self.issuer {
            Some(issuer) => issuer.ends_with("/oauth2/default"),
            None => self.name.as_deref() == Some("default"),
        };
        let label = if is_default && !taken.contains("default") {
            "default"
        } else {
            id
        };
        let signing = self.credentials.0.unwrap_or_default().signing.0;
        let signing = signing.unwrap_or_default();
        let mode = |mode: &str| match mode {
            "auto" => Some(true),
            "manual" => Some(false),
            _ => None,
        };
        let known = Status::named;
        let status = self.status.as_deref();
        let automatic = signing.rotation_mode.as_deref();
        let at = |text: Option<String>| moment(&text?).map(OktaTime::written);
        let server = Server {
            name: name(self.name.as_deref().unwrap_or_default()),
            status: status.map(|word| unfamiliar.or_note(word, known).unwrap_or(Status::Other)),
            automatic: automatic.and_then(|word| unfamiliar.or_note(word, mode)),
            last_rotated: at(signing.last_rotated),
            next_rotation: at(signing.next_rotation),
        };
        Some((label.to_owned(), server))
    }
}

impl Observation {
    fn read(listing: Learned<Listing<Entry>>) -> Self {
        let mut unfamiliar = Unfamiliar::default();
        let servers = listing.and_then(|listing| {
            let (mut servers, mut labels) = (BTreeMap::new(), BTreeSet::new());
            for entry in listing.entries {
                if let Some((label, server)) = entry.read(&labels, &mut unfamiliar) {
                    labels.insert(label.clone());
                    servers.insert(label, server);
                }
            }
            Some((servers, listing.is_complete))
        });
        Self {
            servers,
            unfamiliar,
            withheld: None,
        }
    }
}

impl Server {
    /// True where the key is rotated by hand and was not for a year.
    fn is_overdue(&self, now: OktaTime) -> bool {
        let is_manual = self.automatic == Some(false) && self.status != Some(Status::Inactive);
        is_manual
            && self
                .last_rotated
                .is_some_and(|last| now.since(last) > LONG_AGO)
    }
}

impl Kind for Probe {
    const KIND: &'static str = "authorization_servers";
    const FAMILIES: &'static [&'static Family] =
        &[&LAST_ROTATED, &NEXT_ROTATION, &AUTOMATIC, &STATUS];

    type Observation = Observation;
    type Memory = Memory;

    fn credentials(&self) -> Vec<&Credential> {
        vec![&self.reader]
    }

    /// One for the org.
    fn memory_id(&self) -> Option<&str> {
        Some("")
    }

    async fn run(&self, okta: &Session<'_>, known: &Memory) -> ProbeResult<Observation> {
        let mut round = Round::new(okta, &self.reader);
        let path = format!("/api/v1/authorizationServers?limit={PAGE}");
        let mut seen = Observation::read(round.list(Self::KIND, path, PAGES).await);
        seen.unfamiliar.tell(
            &known.unfamiliar,
            "an authorization server's status or rotation",
        );
        let Ending { failure, withheld } = round.end(self.is_optional);
        seen.withheld = withheld;
        ProbeResult {
            observation: Some(seen),
            failure,
        }
    }

    fn learn(memory: Memory, seen: &Observation) -> Memory {
        let servers = match seen.servers.clone() {
            Learned::Known((servers, true)) => servers,
            // Of those on pages that were not read, nothing new is known.
            Learned::Known((servers, false)) => {
                let mut known = memory.servers;
                known.extend(servers);
                known
            }
            Learned::Unknown => BTreeMap::new(),
            Learned::Missed => memory.servers,
        };
        Memory {
            servers,
            unfamiliar: seen.unfamiliar.clone().and(memory.unfamiliar),
        }
    }

    fn findings(known: &Known<'_, Self>, now: OktaTime) -> Vec<Finding> {
        let Some(seen) = known.observation else {
            return Vec::new();
        };
        let withheld = seen.withheld.as_ref();
        let withheld = withheld.map(|why| Finding::new(Fact::Withheld, why));
        let servers = known.memory.servers.iter();
        let overdue = servers.filter(|(_, server)| server.is_overdue(now));
        let finding = |(label, server): (&String, &Server)| {
            let last = server.last_rotated.unwrap_or_default();
            let (name, ago) = (&server.name, now.since(last).as_hours() / 24);
            let what = format!(
                "the key of the authorization server `{name}` ({label}) is rotated by hand, and was last rotated {ago} days ago"
            );
            Finding::new(Fact::SigningKeyNotRotated, what).about(label)
        };
        overdue.map(finding).chain(withheld).collect()
    }

    fn dropped(known: &Known<'_, Self>) -> usize {
        drawn(&known.memory).dropped
    }

    /// Nothing before this program's own first answer: what was remembered may be over by then.
    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        if known.observation.is_none() {
            return;
        }
        for (label, server) in drawn(&known.memory).kept {
            let labels = [scope.org, label];
            let (last, next) = (server.last_rotated, server.next_rotation);
            page.push_some(&LAST_ROTATED, &labels, last.map(OktaTime::seconds));
            page.push_some(&NEXT_ROTATION, &labels, next.map(OktaTime::seconds));
            page.push_some(&AUTOMATIC, &labels, server.automatic.map(f64::from));
            if let Some(status) = server.status {
                page.push(&STATUS, &[scope.org, label, status.as_str()], 1.0);
            }
        }
    }
}

/// The servers that get series of their own; of too many, those that nobody rotates, the longest first.
fn drawn(memory: &Memory) -> Capped<(&str, &Server)> {
    let servers = memory.servers.iter();
    let servers = servers.map(|(label, server)| (label.as_str(), server));
    cap(servers, MOST, |(_, server)| {
        (
            server.automatic == Some(false),
            Reverse(server.last_rotated),
        )
    })
}

#[cfg(test)]
mod tests;
