//! The families that no single probe and no ledger owns: every probe's success, and the fleet's own.

use crate::metrics::Family;

const PROBE: &[&str] = &["org", "probe"];

pub(super) const SUCCESS: Family = Family::gauge(
    "okta_probe_success",
    "1 if the last run ended well, else 0; one that the budget holds back is no run.",
    PROBE,
);
pub(super) const DURATION: Family = Family::gauge(
    "okta_probe_duration_seconds",
    "How long the last run took, all its requests.",
    PROBE,
);
pub(super) const RUNS: Family = Family::counter(
    "okta_probe_runs_total",
    "Runs that were due, those that were left out included.",
    PROBE,
);
pub(super) const FAILURES: Family = Family::counter(
    "okta_probe_failures_total",
    "Runs that failed or were left out, by reason.",
    &["org", "probe", "reason"],
);
pub(super) const LAST_SUCCESS: Family = Family::gauge(
    "okta_probe_last_success_timestamp_seconds",
    "When a run last ended well.",
    PROBE,
);
pub(super) const OVERDUE: Family = Family::gauge(
    "okta_probe_overdue",
    "1 if no run ended for three of the probe's own intervals, else 0.",
    PROBE,
);
pub(super) const DROPPED: Family = Family::counter(
    "okta_exporter_series_dropped_total",
    "Series that a cap kept off the page, summed over runs.",
    PROBE,
);
pub(super) const BREAKDOWNS: Family = Family::counter(
    "okta_exporter_keeper_breakdowns_total",
    "Times that what keeps the probe broke down, a fault in the exporter, and began anew.",
    PROBE,
);
pub(super) const PROBES: Family = Family::gauge(
    "okta_exporter_probes",
    "Configured probes.",
    &["org", "kind"],
);
pub(super) const BREAKER: Family = Family::gauge(
    "okta_exporter_breaker_state",
    "1 for the state that the org's circuit breaker is in, 0 for the others.",
    &["org", "state"],
);
pub(super) const VERDICT: Family = Family::gauge(
    "okta_org_verdict",
    "1 for how the org is, 0 for the others: network (nothing answers), okta (it fails itself), cell (an incident is open there), credential, limit, degraded (something else), unknown, well.",
    &["org", "verdict"],
);
pub(super) const ORG_INCIDENTS: Family = Family::gauge(
    "okta_org_incidents",
    "Open incidents that name this org's cell; absent where the cell or the page is unknown.",
    &["org", "category"],
);

pub(super) const ORG_INCIDENTS_OF_UNKNOWN_REACH: Family = Family::gauge(
    "okta_org_incidents_of_unknown_reach",
    "Open incidents that may be on this org's cell, since they name none, or all, or what cannot be read; absent where the cell or the page is unknown.",
    &["org", "category"],
);

pub(super) const ORG_LIMIT: Family = Family::gauge(
    "okta_rate_limit_org_limit_estimate",
    "The org's limit of the bucket: a credential's ceiling divided by its share, where both are known.",
    &["org", "bucket"],
);

/// Every family of the fleet's own.
pub(super) const FAMILIES_HERE: [&Family; 14] = [
    &SUCCESS,
    &DURATION,
    &RUNS,
    &FAILURES,
    &LAST_SUCCESS,
    &OVERDUE,
    &DROPPED,
    &BREAKDOWNS,
    &PROBES,
    &BREAKER,
    &VERDICT,
    &ORG_INCIDENTS,
    &ORG_INCIDENTS_OF_UNKNOWN_REACH,
    &ORG_LIMIT,
];
