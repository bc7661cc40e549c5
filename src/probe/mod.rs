//! What is asked of Okta and what its answers mean: one file per kind of probe. A kind's file
//! holds its settings, its run (I/O), its reading (pure), what is remembered, and its metric
//! families; [`kind`] says what it must supply. When to ask is the [`fleet`](crate::fleet)'s;
//! serving the series is the [`web`](crate::web)'s.

mod ask;
mod candidate;
pub(crate) mod cap;
mod end;
pub mod kind;
mod label;
mod listing;
mod missed;
mod permission;
mod plan;
mod problem;
mod reader;
mod round;
mod schema;
mod secrets;
mod settings;
mod table;
mod unfamiliar;

pub mod agent_pools;
pub mod api_tokens;
pub mod authorization_servers;
pub mod certificates;
pub mod control;
pub mod disaster_recovery;
pub mod discovery;
pub mod endpoint;
pub mod integrations;
pub mod jwks;
pub mod org;
pub mod organization;
pub mod rate_limit_settings;
pub mod status_page;
pub mod system_log;
pub mod token;

use std::{borrow::Cow, fmt, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;
use url::Url;

use crate::{
    guide::Finding,
    metrics::{Family, Page},
    okta::{Credential, Failure, KEYS_API, Session, TOKEN_API, event::Event},
    units::{Interval, OktaTime},
};

pub use ask::{Ask, Caller, HowOften};
pub use candidate::Candidate;
pub use end::{End, Notice};
pub use kind::{Access, Kind, Known, Next, Place, ProbeResult, Scope, Settings};
pub use permission::Permission;
pub use plan::PlanContext;
pub use problem::Problem;
pub use secrets::{HeldSecret, SecretContext, Secrets};
pub use settings::{Timed, Timing, WrittenProbe};
pub use table::{BadMemory, KindInfo, MemoryKey};

use table::{KindSeed, kinds};

kinds! {
    /// Connectivity and issuer.
    Discovery: discovery,
    /// The org's cell.
    Organization: organization,
    /// A path of the Management API.
    Endpoint: endpoint,
    /// A signing key set.
    Jwks: jwks,
    /// An access token that somebody uses.
    Token: token,
    /// Whose limit is seen.
    RateLimitSettings: rate_limit_settings,
    /// Directory and on-premises agents.
    AgentPools: agent_pools,
    /// Log streams and hooks.
    Integrations: integrations,
    /// When signing keys rotate.
    AuthorizationServers: authorization_servers,
    /// Certificates that end.
    Certificates: certificates,
    /// Where the org's domains are served from.
    DisasterRecovery: disaster_recovery,
    /// The org itself.
    Org: org,
    /// The org's API tokens.
    ApiTokens: api_tokens,
    /// What happens in the org.
    SystemLog: system_log,
    /// A status page.
    StatusPage: status_page,
    /// A host that is no org here.
    Control: control,
}

/// Every family that some kind of probe draws.
pub fn families() -> Vec<&'static Family> {
    KINDS
        .iter()
        .flat_map(|info| info.families)
        .copied()
        .collect()
}

/// What the program calls the requests to an org that people did not name, in the `api` label.
pub fn own_apis() -> Vec<&'static str> {
    let of_orgs = KINDS.iter().filter(|info| info.place.is_of_org());
    let apis = of_orgs.flat_map(|info| info.apis).copied();
    apis.chain([TOKEN_API, KEYS_API]).collect()
}

/// What reading this path takes, where a probe of this access asks.
pub fn permission(path: &str, access: Access) -> Option<Permission> {
    Permission::to_read(path, access, KINDS.iter().map(|info| info.access))
}

/// What a probe of this kind would have needed, where it failed for want of permission.
pub fn lacking(failure: &Failure, kind: &str) -> Option<Permission> {
    let info = KINDS.iter().find(|info| info.kind == kind)?;
    permission(Permission::refused(failure)?, info.access)
}

/// What is written under an org's `probes`, in the order of the table.
#[derive(Debug, Default)]
pub struct Probes(pub Vec<WrittenProbe<AnySettings>>);

impl<'de> Deserialize<'de> for Probes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ProbesVisitor)
    }
}

impl JsonSchema for Probes {
    fn schema_name() -> Cow<'static, str> {
        "Probes".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schema::of_kinds(KINDS, generator)
    }
}

struct ProbesVisitor;

impl<'de> Visitor<'de> for ProbesVisitor {
    type Value = Probes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("kinds of probes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Probes, A::Error> {
        let mut all = Vec::new();
        while let Some(info) = map.next_key_seed(KindSeed(KINDS))? {
            all.extend(written(info.kind, &mut map)?);
        }
        let place = |kind: &str| KINDS.iter().position(|info| info.kind == kind);
        all.sort_by_key(|probe| place(probe.kind));
        Ok(Probes(all))
    }
}
