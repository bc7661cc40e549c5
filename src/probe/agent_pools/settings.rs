//! What may be written under `probes.agent_pools`, and what stands there where nobody writes any.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{PATH, Probe};
use crate::{
    probe::{
        candidate::Candidate,
        kind::{Access, Place},
        plan::PlanContext,
        problem::Problem,
    },
    units::Interval,
};

/// What may be written under `probes.agent_pools`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The name of the credential that reads; left out, the org's first that may.
    credential: Option<String>,
    /// What may not be read is absent, and no failure.
    optional: bool,
}

impl crate::probe::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Once;
    const INTERVAL: Interval = Interval::seconds(20 * 60);
    const ACCESS: Access = Access::Read {
        paths: &[PATH],
        role: "Read-Only Administrator",
    };

    fn by_default(credentials: &[Candidate<'_>]) -> Option<Value> {
        let reader = credentials.iter().find(|one| one.may_read(PATH))?;
        Some(json!({ "credential": reader.name, "optional": true }))
    }

    fn plan(&self, _name: &str, context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let reader = context.reader(self.credential.as_deref(), &[PATH]);
        Ok(Probe {
            reader: reader.map_err(|problem| vec![problem])?,
            is_optional: self.optional,
        })
    }
}
