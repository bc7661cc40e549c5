//! Which cell the org lives on: what incidents are matched against. Public, in a huge bucket.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    candidate::Candidate,
    kind::{Access, Kind, Known, Place, ProbeResult, Scope},
    label::plain_word,
    plan::PlanContext,
    problem::Problem,
};
use crate::{
    metrics::{Family, Page},
    okta::{Failure, Request, Session, claim},
    units::{Cell, Interval},
};

const INFO: Family = Family::gauge(
    "okta_org_info",
    "Always 1; the labels tell the org's cell and pipeline.",
    &["org", "cell", "pipeline"],
);

/// What may be written under `probes.organization`.
#[derive(Debug, Clone, Default, Deserialize)]
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

/// What the organization document says. Okta does not promise the field `cell`, so it may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Observation {
    #[serde(deserialize_with = "claim")]
    cell: Option<String>,
    #[serde(deserialize_with = "claim")]
    pipeline: Option<String>,
}

impl Observation {
    /// The cell, as the status page spells it.
    pub fn cell(&self) -> Option<Cell> {
        Cell::from_organization(self.cell.as_deref()?)
    }
}

impl Kind for Probe {
    const KIND: &'static str = "organization";
    const FAMILIES: &'static [&'static Family] = &[&INFO];

    type Observation = Observation;
    type Memory = ();

    async fn run(&self, okta: &Session<'_>, (): &()) -> ProbeResult<Observation> {
        read(okta).await.into()
    }

    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        let Some(seen) = known.observation else {
            return;
        };
        let word = |text: &'_ Option<String>| {
            let plain = text.as_deref().and_then(plain_word);
            plain.unwrap_or_default().to_owned()
        };
        let labels = [scope.org, &word(&seen.cell), &word(&seen.pipeline)];
        page.push(&INFO, &labels, 1.0);
    }
}

async fn read(okta: &Session<'_>) -> Result<Observation, Failure> {
    okta.ask(Request::get(Probe::KIND, "/.well-known/okta-organization"))
        .await?
        .json()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_of_a_strange_type_does_not_lose_the_others() {
        for (document, cell, pipeline) in [
            (r#"{"cell":"ok7","pipeline":1}"#, Some("ok7"), None),
            (r#"{"cell":{"id":7},"pipeline":"idx"}"#, None, Some("idx")),
            (r#"{"cell":null,"pipeline":["v1"],"id":5}"#, None, None),
        ] {
            let seen: Observation = serde_json::from_str(document).unwrap();
            let told = (seen.cell.as_deref(), seen.pipeline.as_deref());
            assert_eq!(told, (cell, pipeline), "{document}");
        }
        let nothing: Result<Observation, _> = serde_json::from_str("\"Welcome\"");
        assert!(nothing.is_err());
    }
}
