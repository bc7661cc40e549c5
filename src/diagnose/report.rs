//! What is reported, as programs read it. For people it is written in [`super::text()`].

use serde::Serialize;

use super::{
    check::{Check, Verdict},
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
