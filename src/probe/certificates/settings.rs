//! What people write, and what is planned of it.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::ask::{APPS, DOMAINS, IDP_KEYS, IDPS, INTERVAL, Probe};
use crate::{
    probe::{
        candidate::Candidate,
        kind::{self, Access, Place},
        plan::PlanContext,
        problem::Problem,
        reader::{Reader, ReaderSettings},
    },
    units::Interval,
};

/// What is read unless the settings say otherwise.
const PATHS: &[&str] = &[IDPS, IDP_KEYS, DOMAINS];

/// What may be written under `probes.certificates`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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

impl kind::Settings for Settings {
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
        ReaderSettings::by_default(credentials, PATHS)
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
        let name = self.credential.as_deref();
        Ok(Probe {
            reader: Reader::named(name, self.optional, context, &paths)?,
            apps: self.apps,
            idps: self.idps,
            domains: self.domains,
        })
    }
}
