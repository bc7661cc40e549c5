//! The past, as people read it.

use std::num::NonZeroU32;

use serde::Serialize;

use super::spans::{Runs, Used, begin_of};
use crate::units::Timestamp;

/// How a probe's runs went in a quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PastSpan {
    /// When it began.
    pub at: Timestamp,
    /// How many ended, or were left out.
    pub runs: u32,
    /// How many of them failed.
    pub failures: u32,
    /// How long the longest took; absent where all were left out.
    pub slowest_seconds: Option<f32>,
}

/// How much of a limit was used in a quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PastUsage {
    /// When it began.
    pub at: Timestamp,
    /// The highest share that was seen.
    pub used_ratio: f32,
}

impl PastSpan {
    pub(super) fn of((span, noted): (u32, Runs)) -> Self {
        let slowest = noted.slowest.map(NonZeroU32::get);
        Self {
            at: begin_of(span),
            runs: noted.all.into(),
            failures: noted.failures.into(),
            slowest_seconds: slowest.map(|millis| millis as f32 / 1e3),
        }
    }
}

impl PastUsage {
    pub(super) fn of((span, Used(parts)): (u32, Used)) -> Self {
        Self {
            at: begin_of(span),
            used_ratio: f32::from(parts) / 1e4,
        }
    }
}
