//! What is known of the org itself.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::words::{OrgStatus, ThreatAction};
use crate::units::{OktaTime, Timestamp};

/// Whether the org is in use, and until when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Lifetime {
    pub(super) status: Option<OrgStatus>,
    /// When it ends; an org that is paid for does not.
    pub(super) expires: Option<Timestamp>,
}

/// Whether Okta Support may sign in, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct SupportAccess {
    pub(super) is_enabled: bool,
    pub(super) expires: Option<Timestamp>,
}

/// What ThreatInsight does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct ThreatInsight {
    pub(super) action: ThreatAction,
    /// When somebody last changed it.
    pub(super) changed: Option<Timestamp>,
}

impl SupportAccess {
    /// True while it may sign in.
    pub(super) fn is_open_at(&self, now: OktaTime) -> bool {
        self.is_enabled && self.expires.is_none_or(|end| OktaTime::written(end) > now)
    }
}

impl fmt::Display for SupportAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expires {
            Some(end) => write!(f, "Okta Support may sign in until {end}"),
            None => f.write_str("Okta Support may sign in, and no end is told"),
        }
    }
}
