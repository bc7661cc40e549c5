//! What is asked of the [`aim`](super): a sample at the end of a window, about once an interval; and
//! what it decides: when, and why then.

use std::{fmt, time::Duration};

use crate::units::Moment;

/// What is asked for: a sample at the end of a window, about once an interval.
#[derive(Debug, Clone, Copy)]
pub struct SampleRequest {
    /// This moment.
    pub now: Moment,
    /// When the last run began; `None` before the first. The next is later, whatever came of it.
    pub last: Option<Moment>,
    /// How often to sample. No window is sampled twice, however short it is.
    pub interval: Duration,
    /// Not before then, whatever else holds.
    pub not_before: Option<Moment>,
    /// One more request than one for each window can be spared.
    pub spare: bool,
}

/// When to sample next, and why then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextSample {
    /// When to send.
    pub at: Moment,
    /// Why then.
    pub why: Why,
}

/// Why a moment was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No window is known, so there is no end to aim at.
    Interval,
    /// Windows are too short for what a request takes.
    TooShort,
    /// The open window ends then, and was not sampled yet.
    End {
        /// Its reset.
        reset: i64,
    },
    /// The open window was sampled too early to know how it ends.
    SecondSample {
        /// Its reset.
        reset: i64,
    },
    /// The window after this one, or a later one, ends no sooner.
    Following {
        /// The reset of the last window that is known.
        reset: i64,
        /// How many lengths later.
        windows: i64,
    },
    /// Just after a reset: what is left of a window that has just begun is its length.
    Length,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interval => f.write_str("by the interval: no window is known"),
            Self::TooShort => f.write_str("by the interval: windows are too short to aim at"),
            Self::End { .. } => f.write_str("at the end of the open window"),
            Self::SecondSample { .. } => {
                f.write_str("once more, at the end of a window that was seen early")
            }
            Self::Following { windows: 1, .. } => {
                f.write_str("at the soonest end of the next window")
            }
            Self::Following { windows, .. } => {
                write!(f, "at the soonest end of a window, {windows} lengths on")
            }
            Self::Length => f.write_str("just after the reset, to learn how long windows are"),
        }
    }
}
