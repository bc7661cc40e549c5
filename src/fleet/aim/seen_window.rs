//! The last window that was seen in a bucket, and how far our own samples reached into it.

use crate::{okta::RateLimit, units::Moment};

/// The last window that was seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeenWindow {
    pub(super) read: RateLimit,
    /// Seconds since the epoch, both.
    pub(super) reset: i64,
    pub(super) date: i64,
    /// When its answer came.
    pub(super) answered: Moment,
    pub(super) visited: Visited,
}

/// How far scheduled samples reached into a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Visited {
    Never,
    Somewhere,
    AtItsEnd,
}

impl SeenWindow {
    /// Seconds that it had yet to last.
    pub(super) fn left(&self) -> i64 {
        self.reset - self.date
    }
}
