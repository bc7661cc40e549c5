//! What may be written under `probes.agent_pools`, and what stands there where nobody writes any.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{PATH, Probe};
use crate::{
    probe::{
        candidate::Candidate,
        kind::{Access, Place},
        plan::PlanContext,
        problem::Problem,
        reader::ReaderSettings,
    },
    units::Interval,
};

/// What may be written under `probes.agent_pools`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Settings(ReaderSettings);

impl crate::probe::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Once;
    const INTERVAL: Interval = Interval::seconds(20 * 60);
    const ACCESS: Access = Access::Read {
        paths: &[PATH],
        role: "Read-Only Administrator",
    };

    fn by_default(credentials: &[Candidate<'_>]) -> Option<Value> {
        ReaderSettings::by_default(credentials, &[PATH])
    }

    fn plan(&self, _name: &str, context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        Ok(Probe {
            reader: self.0.plan(context, &[PATH])?,
        })
    }
}
