//! The families of an org's API tokens, and of who was active while a limit ran out.

use crate::metrics::Family;

pub(super) const EXPIRY: Family = Family::gauge(
    "okta_api_token_expiry_timestamp_seconds",
    "When an API token ends unless it is used before: 30 days after its last use, so that one in use never does.",
    &["org", "token_id", "token_name"],
);
pub(super) const LAST_USED: Family = Family::gauge(
    "okta_api_token_last_used_timestamp_seconds",
    "When an API token was last used, to about half a minute; absent where it never was.",
    &["org", "token_id", "token_name"],
);
pub(super) const UNRESTRICTED: Family = Family::gauge(
    "okta_api_token_unrestricted_network",
    "1 if an API token may be used from any address, 0 if only from some network zones.",
    &["org", "token_id", "token_name"],
);
pub(super) const OWN: Family = Family::gauge(
    "okta_api_token_own",
    "1 for each API token that this exporter itself uses, by the `principal_id` of the credential; for one that has none and reads the list, by its being the only one in use at each reading.",
    &["org", "token_id", "token_name", "credential"],
);
pub(super) const TOKENS: Family = Family::gauge(
    "okta_api_tokens",
    "API tokens that the org has; absent where not all of them could be read.",
    &["org"],
);
pub(super) const DISAPPEARED: Family = Family::counter(
    "okta_api_tokens_disappeared_total",
    "API tokens that were revoked, ended, or went with their owner.",
    &["org"],
);
pub(super) const DISAPPEARED_AT: Family = Family::gauge(
    "okta_api_token_disappeared_timestamp_seconds",
    "When an API token was first missed that is gone; absent again after a day.",
    &["org", "token_id", "token_name"],
);
pub(super) const EXAMINED: Family = Family::gauge(
    "okta_rate_limit_examined_windows",
    "Of the last 24 hours, the last windows (at most 10) in which this limit ran out and of which the last uses of API tokens were read.",
    &["org", "bucket"],
);
pub(super) const SUSPECT: Family = Family::gauge(
    "okta_rate_limit_suspect_windows",
    "Of the examined windows, those in which this API token was active: never more than that. The exporter's own are left out.",
    &["org", "bucket", "token_id", "token_name"],
);

/// Every family drawn here.
pub(super) const ALL: &[&Family] = &[
    &EXPIRY,
    &LAST_USED,
    &UNRESTRICTED,
    &OWN,
    &TOKENS,
    &DISAPPEARED,
    &DISAPPEARED_AT,
    &EXAMINED,
    &SUSPECT,
];
