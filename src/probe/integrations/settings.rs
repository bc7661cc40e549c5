//! What may be written under `probes.integrations`, and what stands there where nobody writes any.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{PATHS, Probe};
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

/// What may be written under `probes.integrations`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Settings(ReaderSettings);

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
        ReaderSettings::by_default(credentials, PATHS)
    }

    fn plan(&self, _name: &str, context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        Ok(Probe {
            reader: self.0.plan(context, PATHS)?,
        })
    }
}
