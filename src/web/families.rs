//! The families of serving itself, and of the process that serves.

use crate::metrics::Family;

pub(super) const REQUESTS: Family = Family::counter(
    "okta_exporter_http_requests_total",
    "Requests that this exporter answered.",
    &["handler", "code"],
);
pub(super) const SCRAPE: Family = Family::histogram(
    "okta_exporter_scrape_duration_seconds",
    "How long drawing the metrics took, earlier scrapes only.",
    &[],
);
pub(super) const SECRET_RELOADS: Family = Family::counter(
    "okta_exporter_secret_reloads_total",
    "Times a secret file was found to hold something new.",
    &[],
);
pub(super) const DISPLACED: Family = Family::counter(
    "okta_exporter_http_connections_displaced_total",
    "Connections of clients that were closed to make room for others: those that were silent for longest.",
    &[],
);
pub(super) const DROPPED_LINES: Family = Family::counter(
    "okta_exporter_log_lines_dropped_total",
    "Log lines that were dropped since whoever reads standard error did not keep up.",
    &[],
);

pub(super) const ALL: [&Family; 5] = [
    &REQUESTS,
    &SCRAPE,
    &SECRET_RELOADS,
    &DISPLACED,
    &DROPPED_LINES,
];
