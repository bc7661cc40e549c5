//! One answer's rate-limit numbers with the times around it: what aiming, windows, bucket
//! correlation and the budget all learn from.

use std::time::Duration;

use jiff::SignedDuration;

use crate::{
    okta::{Exchange, RateLimit},
    units::{Moment, Timestamp},
};

/// The longest window there is (Okta's for one-time passwords). A reset that lies further ahead is a
/// mistake: it is shown, and nothing is decided by it.
pub const LONGEST_WINDOW: Duration = Duration::from_mins(5);

/// How far this machine's clock may be off where it has to do for Okta's.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_hours(1);

/// What one answer told of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitSample {
    /// When the request left.
    pub sent: Moment,
    /// When its answer began to arrive.
    pub answered: Moment,
    /// Okta's `Date`.
    pub date: Option<Timestamp>,
    /// The rate-limit headers.
    pub rate_limit: RateLimit,
}

impl RateLimitSample {
    /// What an exchange told; `None` where no answer came, or without headers that make sense. A reset
    /// that is past tells of a window that is over: by the answer's `Date` that is judged later, by
    /// this machine's clock, where there is none, only of what is long past.
    pub fn of(exchange: &Exchange) -> Option<Self> {
        let answer = exchange.answer.as_ref().ok()?;
        let rate_limit = answer.rate_limit?;
        let ended = exchange.at.duration_since(rate_limit.reset);
        if answer.date.is_none() && ended > CLOCKS_DIFFER {
            return None;
        }
        Some(Self {
            sent: exchange.sent,
            answered: exchange.answered_at(),
            date: answer.date,
            rate_limit,
        })
    }

    /// How long the window had yet to last when the answer was written: reset and `Date` are both by
    /// Okta's clock, so that ours does not matter. Both are cut to whole seconds, so that nothing is
    /// left in the last. `None` where the answer does not say, or says what cannot be.
    pub fn window_left(&self) -> Option<Duration> {
        let left = self.rate_limit.reset.duration_since(self.date?);
        Duration::try_from(left)
            .ok()
            .filter(|left| *left <= LONGEST_WINDOW)
    }

    /// How long its window had been over when the answer was written; zero where it had not, or where
    /// the answer does not say.
    pub fn over_for(&self) -> Duration {
        let reset = self.rate_limit.reset;
        let over = self.date.map(|date| date.duration_since(reset));
        over.and_then(|over| Duration::try_from(over).ok())
            .unwrap_or_default()
    }

    /// Requests that were used in the window.
    pub fn used(&self) -> u64 {
        self.rate_limit.limit - self.rate_limit.remaining
    }
}
