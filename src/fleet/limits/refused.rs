//! Why a request must wait, and until when, as the budget has it.

use std::{fmt, time::Duration};

use crate::units::Moment;

/// Why a request must wait, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Another request is about to tell what the limit is.
    Unknown,
    /// Requests under way are all that may be sent; what becomes of them is known soon.
    UnderWay {
        /// Requests that a window grants this exporter.
        allowed: u64,
    },
    /// The share is spent.
    Spent {
        /// Requests that a window grants this exporter.
        allowed: u64,
        /// When one of them is over.
        until: Moment,
    },
    /// What may be sent is for those who have waited longer.
    Queued {
        /// Requests that a window grants this exporter.
        allowed: u64,
    },
    /// The one request is kept for the end of the next window.
    Kept {
        /// When that is over.
        until: Moment,
    },
    /// Nearly nothing is left, and others need it.
    Low {
        /// What is left.
        remaining: u64,
        /// The window's end.
        until: Moment,
    },
}

impl Refused {
    /// How long to wait, where that is known.
    pub(super) fn wait(self, now: Moment) -> Option<Duration> {
        match self {
            Self::Unknown | Self::UnderWay { .. } | Self::Queued { .. } => None,
            Self::Spent { until, .. } | Self::Kept { until } | Self::Low { until, .. } => {
                Some(until.since(now))
            }
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("another request is about to tell the limit"),
            Self::UnderWay { allowed: 1 } => {
                f.write_str("the one request that the budget allows in a window is under way")
            }
            Self::UnderWay { allowed } => write!(
                f,
                "the {allowed} requests that the budget allows in a window are under way"
            ),
            Self::Spent { allowed: 1, .. } => {
                f.write_str("the one request that the budget allows in a window is spent")
            }
            Self::Spent { allowed, .. } => write!(
                f,
                "the {allowed} requests that the budget allows in a window are spent"
            ),
            Self::Queued { allowed: 1 } => f.write_str(
                "the one request that the budget allows in a window is for a probe that waits longer",
            ),
            Self::Queued { allowed } => write!(
                f,
                "of the {allowed} requests that the budget allows in a window the next is for a probe that waits longer"
            ),
            Self::Kept { .. } => f.write_str(
                "the one request that the budget allows in a window is kept for the end of one",
            ),
            Self::Low { remaining, .. } => write!(
                f,
                "only {remaining} requests are left to all in this window"
            ),
        }
    }
}
