//! The families of what log and hooks tell. Each says the most series that an org gets from it.

use crate::metrics::Family;

pub(super) const LOG_EVENTS: Family = Family::counter(
    "okta_log_events_total",
    "Events that the System Log told, each once; types that `event_types` does not list are `other`. At most 400 series an org.",
    &["org", "event_type", "outcome", "severity"],
);
pub(super) const LAST_LOG_EVENT: Family = Family::gauge(
    "okta_log_last_event_timestamp_seconds",
    "When the System Log last told an event of this type, by Okta's clock; of listed types only. At most 150 series an org.",
    &["org", "event_type"],
);
pub(super) const FAILURES: Family = Family::counter(
    "okta_log_authentication_failures_total",
    "Sign-ins and token grants that failed, as the System Log tells; a request for a DPoP nonce is none. At most 220 series an org.",
    &["org", "event_type", "reason"],
);
pub(super) const DUPLICATES: Family = Family::counter(
    "okta_log_duplicates_total",
    "Events that the System Log told again, which counted once. One series an org.",
    &["org"],
);
pub(super) const LIMITS: Family = Family::counter(
    "okta_rate_limit_events_total",
    "Limits that were met, as the System Log or an event hook tells, whichever is first; `bucket` is Okta's pattern, `unknown` where the event names none, `other` beyond the cap. At most 220 series an org.",
    &["org", "event", "scope", "bucket"],
);
pub(super) const LAST_LIMIT: Family = Family::gauge(
    "okta_rate_limit_last_event_timestamp_seconds",
    "When such an event last happened, by Okta's clock. At most 160 series an org.",
    &["org", "event", "bucket"],
);
pub(super) const OFFENDERS: Family = Family::counter(
    "okta_rate_limit_offender_events_total",
    "Requests refused by a limit, as events tell, by the token or client that they name; `other` beyond the cap. At most 52 series an org.",
    &["org", "kind", "principal"],
);
pub(super) const LAST_OFFENSE: Family = Family::gauge(
    "okta_rate_limit_offender_last_event_timestamp_seconds",
    "When events last named that token or client as refused by a limit, by Okta's clock. At most 52 series an org.",
    &["org", "kind", "principal"],
);
pub(super) const DELIVERIES: Family = Family::counter(
    "okta_hook_deliveries_total",
    "Deliveries of the org's event hook: accepted (and kept), unauthorized, malformed, or unavailable (Okta may try again). Four series an org.",
    &["org", "result"],
);
pub(super) const HOOK_EVENTS: Family = Family::counter(
    "okta_hook_events_total",
    "Events that event hooks delivered, each once; types that `event_types` does not list are `other`. At most 220 series an org.",
    &["org", "event_type", "outcome"],
);
pub(super) const LEAD: Family = Family::histogram(
    "okta_hook_lead_seconds",
    "How much sooner a hook told what the System Log told, too; below 0 where the log was first, so its sum may fall. 16 series an org.",
    &["org"],
);
pub(super) const MISSED: Family = Family::counter(
    "okta_hook_missed_events_total",
    "Events that the System Log says were meant for this hook and that did not come by it within 5 minutes; absent until it has delivered once. One series an org.",
    &["org"],
);
pub(super) const LAST_DELIVERY: Family = Family::gauge(
    "okta_hook_last_delivery_timestamp_seconds",
    "When the org's event hook last delivered. One series an org.",
    &["org"],
);

/// Every family drawn here.
pub(in crate::fleet) const ALL: [&Family; 13] = [
    &LOG_EVENTS,
    &LAST_LOG_EVENT,
    &FAILURES,
    &DUPLICATES,
    &LIMITS,
    &LAST_LIMIT,
    &OFFENDERS,
    &LAST_OFFENSE,
    &DELIVERIES,
    &HOOK_EVENTS,
    &LEAD,
    &MISSED,
    &LAST_DELIVERY,
];
