//! Which cell the org lives on: what incidents are matched against. Public, in a huge bucket.

use serde::Deserialize;

use super::{Kind, ProbeResult, Problem, Scope, plain_word};
use crate::{
    metrics::{Family, Page},
    okta::{Failure, Request, Session},
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
pub struct Settings {
    /// How often to ask.
    pub interval: Option<Interval>,
    /// How long a request may take.
    pub timeout: Option<Interval>,
}

/// The probe.
#[derive(Debug, Clone, Copy)]
pub struct Probe;

impl Settings {
    /// From settings to a probe.
    pub fn plan(&self) -> Result<Probe, Vec<Problem>> {
        Ok(Probe)
    }
}

/// What the organization document says. Okta does not promise the field `cell`, so it may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Seen {
    cell: Option<String>,
    pipeline: Option<String>,
}

impl Seen {
    /// The cell, as the status page spells it.
    pub fn cell(&self) -> Option<Cell> {
        Cell::from_organization(self.cell.as_deref()?)
    }
}

impl Kind for Probe {
    const KIND: &'static str = "organization";
    type Seen = Seen;

    async fn run(&self, okta: &Session<'_>) -> ProbeResult<Seen> {
        look(okta).await.into()
    }
}

async fn look(okta: &Session<'_>) -> Result<Seen, Failure> {
    okta.ask(Request::get(Probe::KIND, "/.well-known/okta-organization"))
        .await?
        .json()
}

impl super::Seen for Seen {
    const FAMILIES: &'static [&'static Family] = &[&INFO];

    fn draw(&self, scope: Scope<'_>, page: &mut Page) {
        let word = |text: &Option<String>| {
            text.as_deref()
                .and_then(plain_word)
                .unwrap_or_default()
                .to_owned()
        };
        page.push(
            &INFO,
            &[scope.org, &word(&self.cell), &word(&self.pipeline)],
            1.0,
        );
    }
}
