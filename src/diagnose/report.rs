//! What is reported, as programs read it. For people it is written in [`super::text()`].

use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    check::{Check, Section, Verdict},
    ticket::Ticket,
};
use crate::{fleet::OrgVerdict, units::Timestamp};

/// Everything that was found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// This program's own.
    pub version: &'static str,
    /// When the last probe had run.
    pub at: Timestamp,
    /// The worst of all.
    pub verdict: Verdict,
    /// Where the configuration was read.
    pub(super) source: String,
    /// What is worth saying about it.
    pub(super) warnings: Vec<String>,
    /// By name.
    pub orgs: Vec<OrgReport>,
}

/// What was found of one org.
#[derive(Debug, Clone, Serialize)]
pub struct OrgReport {
    pub(super) name: String,
    /// As it is asked, without a path.
    pub url: String,
    /// As configured, else as its organization document says.
    pub(super) cell: Option<String>,
    /// How it is in one word, as the exporter would say, and why.
    #[serde(rename = "org_verdict")]
    pub(super) is: OrgVerdict,
    /// The worst of its checks.
    pub verdict: Verdict,
    /// What was checked, in reading order.
    pub checks: Vec<Check>,
    /// What Okta's support asks for, a line for each refusal.
    pub support: Vec<Ticket>,
}

impl Report {
    /// What it tells in these sections, and what follows from that alone.
    #[must_use]
    pub fn of_sections(mut self, sections: &BTreeSet<Section>) -> Self {
        for org in &mut self.orgs {
            org.checks.retain(|check| sections.contains(&check.section));
            org.verdict = Verdict::worst(org.checks.iter().map(|check| check.verdict));
        }
        self.verdict = Verdict::worst(self.orgs.iter().map(|org| org.verdict));
        self
    }

    /// The same with links to the guide that an exporter serves at this URL.
    #[must_use]
    pub fn linked_to(mut self, url: &str) -> Self {
        let checks = self.orgs.iter_mut().flat_map(|org| &mut org.checks);
        for check in checks {
            let case = check.advice.as_ref().map(|advice| advice.case);
            check.help = case.map(|case| format!("{}/guide/{case}", url.trim_end_matches('/')));
        }
        self
    }
}
