//! What went wrong, explained: a failure, or what is wrong though nothing failed.

use serde::Serialize;

use crate::{
    guide::{self, Advice, Finding, Severity},
    okta::Failure,
    probe::{self, Kind, status_page},
    units::Timestamp,
};

/// A failure, explained.
#[derive(Debug, Clone, Serialize)]
pub struct Trouble {
    /// When.
    pub at: Timestamp,
    /// The reason, as in the metrics.
    pub reason: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What happened.
    pub what: String,
    /// What it means, and what fixes it.
    #[serde(flatten)]
    pub advice: Advice,
    /// Where the guide tells it, from the page at `/`.
    pub help: String,
    /// The scope and the role that were wanting, where that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub takes_permission: Option<String>,
    /// What Okta's support asks for.
    pub request_id: Option<String>,
}

/// Something that is wrong though no request failed, explained.
#[derive(Debug, Clone, Serialize)]
pub struct Noted {
    /// What was found.
    pub what: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it means, and what fixes it.
    #[serde(flatten)]
    pub advice: Advice,
    /// Where the guide tells it, from the page at `/`.
    pub help: String,
}

impl Trouble {
    /// A failure of a probe of this kind.
    pub(super) fn of(at: Timestamp, failure: &Failure, kind: &str) -> Self {
        let case = guide::explain(failure, kind);
        let severity = guide::severity_of(failure);
        Self {
            at,
            reason: failure.reason().as_str(),
            severity: if kind == status_page::Probe::KIND {
                // Nothing is known of Okta thereby.
                severity.max(Severity::Warning)
            } else {
                severity
            },
            what: failure.to_string(),
            advice: case.into(),
            help: case.help(),
            takes_permission: probe::lacking(failure, kind).map(|needed| needed.to_string()),
            request_id: failure
                .refusal()
                .and_then(|refusal| refusal.request_id.clone()),
        }
    }
}

impl From<Finding> for Noted {
    fn from(finding: Finding) -> Self {
        let case = finding.fact.case();
        Self {
            what: finding.what,
            severity: finding.severity,
            advice: case.into(),
            help: case.help(),
        }
    }
}

/// What was found, explained.
pub(super) fn noted(findings: Vec<Finding>) -> Vec<Noted> {
    findings.into_iter().map(Noted::from).collect()
}
