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

pub(super) const RELOAD_SUCCESSFUL: Family = Family::gauge(
    "okta_exporter_config_last_reload_successful",
    "1 if the settings could be read the last time that this was tried, 0 if they stayed as they were.",
    &[],
);
pub(super) const RELOADED_AT: Family = Family::gauge(
    "okta_exporter_config_last_reload_success_timestamp_seconds",
    "When the settings in force were read.",
    &[],
);
pub(super) const CONFIG_HASH: Family = Family::gauge(
    "okta_exporter_config_hash",
    "The settings in force as a number, secrets left out: two exporters that have the same show the same.",
    &[],
);

pub(super) const ALL: [&Family; 8] = [
    &REQUESTS,
    &SCRAPE,
    &SECRET_RELOADS,
    &DISPLACED,
    &DROPPED_LINES,
    &RELOAD_SUCCESSFUL,
    &RELOADED_AT,
    &CONFIG_HASH,
];
