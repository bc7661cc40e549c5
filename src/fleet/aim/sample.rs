//! One answer's rate-limit numbers with the times around it: what aiming, windows, bucket
//! correlation and the budget all learn from.

use std::time::Duration;

use jiff::SignedDuration;

use crate::{
    okta::{Exchange, RateLimit},
    units::Timestamp,
};

/// The longest that a window is believed to last. A reset far ahead is a header to be shown, and no
/// reason to believe its sample for ever.
const LONGEST_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// What one answer told of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitSample {
    /// When the request left, by our clock.
    pub sent: Timestamp,
    /// When its answer began to arrive, by our clock.
    pub answered: Timestamp,
    /// Okta's `Date`.
    pub date: Option<Timestamp>,
    /// The rate-limit headers.
    pub rate_limit: RateLimit,
}

impl RateLimitSample {
    /// What an exchange told; `None` where no answer came, or without headers that make sense.
    pub fn of(exchange: &Exchange) -> Option<Self> {
        let answer = exchange.answer.as_ref().ok()?;
        Some(Self {
            sent: exchange.at,
            answered: exchange.answered_at(),
            date: answer.date,
            rate_limit: answer.rate_limit?,
        })
    }

    /// How long the window had yet to last when the answer came: reset and `Date` are both by Okta's
    /// clock, so that ours does not matter.
    pub fn left(&self) -> Duration {
        let left = self.rate_limit.reset.duration_since(self.dated());
        Duration::try_from(left.min(LONGEST_WINDOW)).unwrap_or_default()
    }

    /// When the answer was written, by Okta's clock; by ours where it does not say.
    pub fn dated(&self) -> Timestamp {
        self.date.unwrap_or(self.answered)
    }

    /// Requests that were used in the window.
    pub fn used(&self) -> u64 {
        self.rate_limit.limit - self.rate_limit.remaining
    }
}
