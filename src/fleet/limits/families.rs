//! The families of rate limits: what windows grant, what became of them, what this exporter spends.

use crate::metrics::Family;

const SAMPLE: &[&str] = &["org", "credential", "bucket", "api"];
const BUCKET: &[&str] = &["org", "credential", "bucket"];

pub(super) const LIMIT: Family = Family::gauge(
    "okta_rate_limit_limit",
    "Requests that one window grants this credential, by the last answer; absent once its window is over.",
    SAMPLE,
);
pub(super) const REMAINING: Family = Family::gauge(
    "okta_rate_limit_remaining",
    "Requests left to this credential in the window, by the last answer; absent once its window is over.",
    SAMPLE,
);
pub(super) const RESET: Family = Family::gauge(
    "okta_rate_limit_reset_timestamp_seconds",
    "When the window ends, by Okta's clock.",
    SAMPLE,
);
pub(super) const USAGE: Family = Family::gauge(
    "okta_rate_limit_usage_ratio",
    "Share of the window's limit that is used.",
    SAMPLE,
);
pub(super) const WINDOW_USAGE: Family = Family::gauge(
    "okta_rate_limit_window_usage_ratio",
    "Share of the limit that was used in the last window that is over, by its best sample; alerts need no other.",
    SAMPLE,
);
pub(super) const WINDOW_PHASE: Family = Family::gauge(
    "okta_rate_limit_window_phase_ratio",
    "Where in that window the sample lay: 1 is its very end, and what came later was not seen.",
    SAMPLE,
);
pub(super) const WINDOWS: Family = Family::counter(
    "okta_rate_limit_windows_total",
    "Windows that were seen and are over.",
    SAMPLE,
);
pub(super) const EXHAUSTED: Family = Family::counter(
    "okta_rate_limit_windows_exhausted_total",
    "Of them, those that ended with nothing left.",
    SAMPLE,
);
pub(super) const CONSUMED: Family = Family::counter(
    "okta_rate_limit_consumed_requests_total",
    "Requests used in these windows, each by its best sample: a lower bound of the credential's use.",
    SAMPLE,
);
pub(super) const TO_EXHAUSTION: Family = Family::gauge(
    "okta_rate_limit_time_to_exhaustion_seconds",
    "How long until the open window has nothing left, at the pace seen; absent where it ends first.",
    SAMPLE,
);
pub(super) const MISSED: Family = Family::counter(
    "okta_rate_limit_windows_missed_total",
    "Samples meant for a window's end that came after it.",
    BUCKET,
);
pub(super) const GUARD: Family = Family::gauge(
    "okta_rate_limit_guard_seconds",
    "How long before a window's end its sample is requested: latency, the clocks' doubt and a margin, as learned.",
    BUCKET,
);
pub(super) const OWN: Family = Family::counter(
    "okta_rate_limit_own_requests_total",
    "This exporter's own requests to the bucket.",
    BUCKET,
);
pub(super) const BUDGET: Family = Family::gauge(
    "okta_exporter_budget_ratio",
    "This exporter's own requests in the window, as a share of those it allows itself.",
    BUCKET,
);
pub(super) const EXCEEDED: Family = Family::counter(
    "okta_rate_limit_exceeded_total",
    "429 answers by kind: limit, concurrency or unknown.",
    &["org", "credential", "api", "kind"],
);

pub(super) const MISMATCH: Family = Family::gauge(
    "okta_rate_limit_bucket_mismatch",
    "Always 1; two endpoints that share a bucket though their paths are taken for two (shared), or do not though they are taken for one (apart).",
    &["org", "credential", "api", "other", "found"],
);

/// Every family drawn here.
pub(in crate::fleet) const FAMILIES: [&Family; 16] = [
    &LIMIT,
    &REMAINING,
    &RESET,
    &USAGE,
    &WINDOW_USAGE,
    &WINDOW_PHASE,
    &WINDOWS,
    &EXHAUSTED,
    &CONSUMED,
    &TO_EXHAUSTION,
    &MISSED,
    &GUARD,
    &OWN,
    &BUDGET,
    &EXCEEDED,
    &MISMATCH,
];
