//! The life of an API token: each use puts off its end by thirty days, and one that nobody uses ends.

use std::time::Duration;

use jiff::Timestamp;

use super::clock::after;

/// How long a token lives that nobody uses.
const LIFE: Duration = Duration::from_hours(30 * 24);

/// What a token's entry tells beside its name.
#[derive(Clone, Debug)]
pub(super) struct Life {
    /// How long nobody had used it when the org began.
    pub(super) unused_for: Duration,
    pub(super) last_used: Timestamp,
    pub(super) connection: String,
}

impl Default for Life {
    fn default() -> Self {
        Self {
            unused_for: Duration::ZERO,
            last_used: Timestamp::UNIX_EPOCH,
            connection: "ANYWHERE".to_owned(),
        }
    }
}

impl Life {
    /// The org begins.
    pub(super) fn begin(&mut self, now: Timestamp) {
        self.last_used = now.checked_sub(self.unused_for).unwrap_or(now);
    }

    /// When it ends if nobody uses it until then.
    pub(super) fn end(&self) -> Timestamp {
        after(self.last_used, LIFE)
    }
}
