//! The families of serving itself.

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

pub(super) const ALL: [&Family; 2] = [&REQUESTS, &SCRAPE];
