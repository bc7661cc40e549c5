//! What time it is in the simulation: the machine's time, or whatever a test's hand says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::lock::hold;

/// A clock that all its clones share: `Date`, `iat`, windows and key lifetimes come from it.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<Hands>>);

#[derive(Debug)]
struct Hands {
    base: Timestamp,
    /// Absent for a clock that only a hand moves.
    running_since: Option<Instant>,
    speed: u32,
    offset: SignedDuration,
}

impl Clock {
    /// A clock that starts at the machine's time and runs by itself.
    pub fn running() -> Self {
        Self::new(Timestamp::now(), Some(Instant::now()))
    }

    /// A clock that starts at the machine's time and runs so many times as fast.
    pub fn fast(speed: u32) -> Self {
        let clock = Self::running();
        hold(&clock.0).speed = speed;
        clock
    }

    /// A clock that stands at `at` until [`Clock::advance`] moves it.
    pub fn by_hand(at: Timestamp) -> Self {
        Self::new(at, None)
    }

    fn new(base: Timestamp, running_since: Option<Instant>) -> Self {
        Self(Arc::new(Mutex::new(Hands {
            base,
            running_since,
            speed: 1,
            offset: SignedDuration::ZERO,
        })))
    }

    /// The simulation's time.
    pub fn now(&self) -> Timestamp {
        let hands = hold(&self.0);
        let elapsed = hands
            .running_since
            .map(|since| since.elapsed())
            .unwrap_or_default();
        let unskewed = after(hands.base, elapsed.saturating_mul(hands.speed));
        unskewed.checked_add(hands.offset).unwrap_or(unskewed)
    }

    /// Moves the clock forward, whether or not it also runs.
    pub fn advance(&self, by: Duration) {
        let mut hands = hold(&self.0);
        hands.base = after(hands.base, by);
    }

    /// Lets the clock be wrong by `offset`; zero sets it right again.
    pub fn set_offset(&self, offset: SignedDuration) {
        hold(&self.0).offset = offset;
    }
}

/// `at` plus `by`, at most the last moment there is.
pub(super) fn after(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_by_hand_stands_until_it_is_moved() {
        let clock = Clock::by_hand(Timestamp::UNIX_EPOCH);
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now().as_second(), 5);
        clock.set_offset(SignedDuration::from_hours(-1));
        assert_eq!(clock.now().as_second(), 5 - 3600);
        clock.set_offset(SignedDuration::ZERO);
        assert_eq!(clock.now().as_second(), 5);
    }
}
