//! Which cell the org lives on: what incidents are matched against. Public, in a huge bucket.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ask::Ask,
    candidate::Candidate,
    kind::{Access, Kind, Known, Place, ProbeResult, Scope},
    label::plain_word,
    plan::PlanContext,
    problem::Problem,
};
use crate::{
    metrics::{Family, Page},
    okta::{ORGANIZATION_API, ORGANIZATION_PATH, Organization, Session},
    units::{Cell, Interval},
};

const INFO: Family = Family::gauge(
    "okta_org_info",
    "Always 1; the labels tell the org's cell and pipeline.",
    &["org", "cell", "pipeline"],
);

/// What may be written under `probes.organization`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {}

impl super::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Once;
    /// It changes when an org moves house.
    const INTERVAL: Interval = Interval::seconds(60 * 60);
    const ACCESS: Access = Access::Public;

    fn by_default(_credentials: &[Candidate<'_>]) -> Option<Value> {
        Some(json!({}))
    }

    fn plan(&self, _name: &str, _context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        Ok(Probe)
    }
}

/// Asks for the organization document.
#[derive(Debug, Clone, Copy)]
pub struct Probe;

/// What the organization document says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observation(Organization);

impl From<Organization> for Observation {
    fn from(document: Organization) -> Self {
        Self(document)
    }
}

impl Observation {
    /// The cell as the document calls it, which may be no name that is known here.
    pub fn told(&self) -> Option<&str> {
        self.0.cell.as_deref().and_then(plain_word)
    }

    /// The cell, as the status page spells it.
    pub fn cell(&self) -> Option<Cell> {
        Cell::from_organization(self.0.cell.as_deref()?)
    }
}

impl Kind for Probe {
    const KIND: &'static str = ORGANIZATION_API;
    const FAMILIES: &'static [&'static Family] = &[&INFO];

    type Observation = Observation;
    type Memory = ();

    fn asks(&self, _access: Access) -> Vec<Ask<'_>> {
        vec![Ask::get(Self::KIND, ORGANIZATION_PATH)]
    }

    async fn run(&self, okta: &Session<'_>, (): &()) -> ProbeResult<Observation> {
        let read = okta.organization().await;
        read.map(Observation).into()
    }

    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        let Some(seen) = known.observation else {
            return;
        };
        let word = |text: &'_ Option<String>| {
            let plain = text.as_deref().and_then(plain_word);
            plain.unwrap_or_default().to_owned()
        };
        let labels = [scope.org, &word(&seen.0.cell), &word(&seen.0.pipeline)];
        page.push(&INFO, &labels, 1.0);
    }
}
