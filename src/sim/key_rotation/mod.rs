//! Who rotates the keys of custom authorization servers, as the Management API tells; the keys
//! themselves are in [`super::keys`].

mod controls;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

/// How long the keys of a new org have been in use.
const AGE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What administrators have set.
#[derive(Debug, Default)]
pub(super) struct KeyRotation {
    /// The servers whose keys are rotated by hand, with when they last were.
    pub(super) by_hand: BTreeMap<String, Timestamp>,
    /// The statuses that are not `ACTIVE`.
    pub(super) statuses: BTreeMap<String, String>,
}

/// When the keys of an org that is opened now came to sign.
pub(super) fn began(now: Timestamp) -> Timestamp {
    now.saturating_sub(AGE).unwrap_or(Timestamp::MIN)
}
