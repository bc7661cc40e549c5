//! What is known of an org's limits, as series.

use super::{
    memory::Memory,
    read::{ClientMode, PrincipalShare},
};
use crate::{
    metrics::{Family, Page},
    probe::kind::Scope,
    units::Name,
};

const RATIO: Family = Family::gauge(
    "okta_rate_limit_principal_ratio",
    "The credential's ceiling as a share of the org's bucket, by the principal rate limits.",
    &["org", "credential"],
);
const CONCURRENCY: Family = Family::gauge(
    "okta_rate_limit_principal_concurrency_ratio",
    "The credential's share of the org's concurrent requests, by the principal rate limits.",
    &["org", "credential"],
);
const THRESHOLD: Family = Family::gauge(
    "okta_rate_limit_warning_threshold_ratio",
    "Share of an org's bucket from which on Okta itself warns.",
    &["org"],
);
const MODE: Family = Family::gauge(
    "okta_rate_limit_client_mode",
    "1 for the mode in force of limits by single client, 0 for the others.",
    &["org", "mode"],
);

const NOTIFICATIONS: Family = Family::gauge(
    "okta_rate_limit_admin_notifications",
    "1 if administrators get Okta's mails about rate limits at all, 0 if that is switched off.",
    &["org"],
);
const LAST_CHANGE: Family = Family::gauge(
    "okta_rate_limit_settings_last_change_timestamp_seconds",
    "When this exporter saw a setting change: warning_threshold, client_mode, admin_notifications, or the principal_ceiling of a credential.",
    &["org", "setting"],
);

pub(super) const FAMILIES: &[&Family] = &[
    &RATIO,
    &CONCURRENCY,
    &THRESHOLD,
    &MODE,
    &NOTIFICATIONS,
    &LAST_CHANGE,
];

pub(super) fn draw<'a>(
    known: &Memory,
    shares: impl Iterator<Item = (&'a Name, PrincipalShare)>,
    scope: Scope<'_>,
    page: &mut Page,
) {
    for (name, share) in shares {
        let credential = [scope.org, name.as_str()];
        page.push_some(&RATIO, &credential, share.requests);
        page.push_some(&CONCURRENCY, &credential, share.concurrency);
    }
    page.push_some(&THRESHOLD, &[scope.org], known.warning_threshold);
    let notifications = known.admin_notifications.map(f64::from);
    page.push_some(&NOTIFICATIONS, &[scope.org], notifications);
    for (setting, change) in known.changes.all() {
        let labels = [scope.org, setting.as_str()];
        page.push(&LAST_CHANGE, &labels, change.at.seconds());
    }
    if let Some(current) = known.client_mode {
        for mode in ClientMode::ALL {
            let holds = f64::from(mode == current);
            page.push(&MODE, &[scope.org, mode.as_str()], holds);
        }
    }
}
