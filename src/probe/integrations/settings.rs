//! What may be written under `probes.integrations`, and what stands there where nobody writes any.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{PATHS, Probe};
use crate::{
    probe::{
        candidate::Candidate,
        kind::{Access, Place},
        plan::PlanContext,
        problem::Problem,
    },
    units::Interval,
};

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

impl crate::probe::kind::Settings for Settings {
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
