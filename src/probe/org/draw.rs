//! What is known of the org, as series.

use super::{
    memory::Memory,
    words::{Notification, OrgStatus, ThreatAction},
};
use crate::{
    metrics::{Family, Page},
    probe::{kind::Scope, label::seconds},
};

const STATUS: Family = Family::gauge(
    "okta_org_status",
    "1 for the status of the org that is in force: active, inactive, other.",
    &["org", "status"],
);
const EXPIRY: Family = Family::gauge(
    "okta_org_expiry_timestamp_seconds",
    "When the org expires; absent where it does not, as one that is paid for.",
    &["org"],
);
const SUPPORT: Family = Family::gauge(
    "okta_org_support_access",
    "1 while Okta Support may sign in to the org, else 0.",
    &["org"],
);
const SUPPORT_EXPIRY: Family = Family::gauge(
    "okta_org_support_access_expiry_timestamp_seconds",
    "Until when Okta Support may sign in to the org; absent where it may not.",
    &["org"],
);
const THREATS: Family = Family::gauge(
    "okta_org_threat_insight_action",
    "1 for what ThreatInsight does about suspicious addresses: none, audit, block, other.",
    &["org", "action"],
);
const THREATS_CHANGED: Family = Family::gauge(
    "okta_org_threat_insight_last_change_timestamp_seconds",
    "When somebody last changed ThreatInsight's settings.",
    &["org"],
);
const SUBSCRIBERS: Family = Family::gauge(
    "okta_notification_subscribers",
    "How many of four admin roles (super, org, app, read-only) get Okta's own mails of this kind; looked at once a day.",
    &["org", "notification"],
);

pub(super) const FAMILIES: &[&Family] = &[
    &STATUS,
    &EXPIRY,
    &SUPPORT,
    &SUPPORT_EXPIRY,
    &THREATS,
    &THREATS_CHANGED,
    &SUBSCRIBERS,
];

pub(super) fn draw(known: &Memory, scope: Scope<'_>, page: &mut Page) {
    let org = [scope.org];
    if let Some(lifetime) = known.lifetime {
        if let Some(status) = lifetime.status.map(OrgStatus::as_str) {
            page.push(&STATUS, &[scope.org, status], 1.0);
        }
        page.push_some(&EXPIRY, &org, lifetime.expires.map(seconds));
    }
    if let Some(support) = known.support {
        let is_open = support.is_open_at(scope.at_okta);
        page.push(&SUPPORT, &org, f64::from(is_open));
        let end = support.expires.filter(|_| is_open);
        page.push_some(&SUPPORT_EXPIRY, &org, end.map(seconds));
    }
    if let Some(threats) = known.threats {
        let action = ThreatAction::as_str(threats.action);
        page.push(&THREATS, &[scope.org, action], 1.0);
        page.push_some(&THREATS_CHANGED, &org, threats.changed.map(seconds));
    }
    let roles = known.subscribers.iter().flat_map(|known| &known.roles);
    for (notification, roles) in roles {
        let notification = Notification::as_str(*notification);
        page.push(&SUBSCRIBERS, &[scope.org, notification], f64::from(*roles));
    }
}
