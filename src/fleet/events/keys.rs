//! What events are counted by. Every part is out of a closed list, but for the types of events,
//! which the configuration lists, and for buckets and offenders, which a cap bounds.

use serde::{Deserialize, Serialize};

use super::tally::{Counted, Key};
use crate::{
    okta::event::{
        EventOutcome, EventReason, EventSeverity, OffenderKind, RateLimitEventKind, RateLimitScope,
    },
    units::OktaTime,
};

/// What is counted together, for want of a name or of room.
pub(super) const OTHER: &str = "other";
/// The bucket of an event that names none.
pub(super) const UNKNOWN: &str = "unknown";

/// Events that the log tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct LogKey {
    pub(super) event_type: Box<str>,
    pub(super) outcome: EventOutcome,
    pub(super) severity: EventSeverity,
}

/// Events that hooks tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct HookKey {
    pub(super) event_type: Box<str>,
    pub(super) outcome: EventOutcome,
}

/// Who was not let in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct FailureKey {
    pub(super) event_type: Box<str>,
    pub(super) reason: EventReason,
}

/// Limits that were met.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct LimitKey {
    pub(super) event: RateLimitEventKind,
    pub(super) scope: RateLimitScope,
    pub(super) bucket: Box<str>,
}

/// Who met them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct OffenderKey {
    pub(super) kind: OffenderKind,
    pub(super) principal: Box<str>,
}

impl Key for LogKey {
    const MOST: usize = 300;

    fn rest(&self) -> Self {
        Self {
            event_type: OTHER.into(),
            ..self.clone()
        }
    }
}

impl Key for HookKey {
    const MOST: usize = 200;

    fn rest(&self) -> Self {
        Self {
            event_type: OTHER.into(),
            ..self.clone()
        }
    }
}

impl Key for FailureKey {
    const MOST: usize = 200;

    fn rest(&self) -> Self {
        Self {
            event_type: OTHER.into(),
            ..self.clone()
        }
    }
}

impl Key for LimitKey {
    const MOST: usize = 150;

    fn rest(&self) -> Self {
        Self {
            bucket: OTHER.into(),
            ..self.clone()
        }
    }

    /// Where requests were refused, and of those the last.
    fn badness(&self, counted: Counted) -> (u64, Option<OktaTime>) {
        (u64::from(self.event.is_violation()), counted.last)
    }
}

impl Key for OffenderKey {
    const MOST: usize = 50;

    fn rest(&self) -> Self {
        Self {
            principal: OTHER.into(),
            ..self.clone()
        }
    }
}
