//! The time of day. Everything that is decided by it asks a [`WallClock`], so that a test can let
//! days pass in a moment: then it is the runtime's own time, which a paused clock lets jump.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// Tells the time of day.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock {
    /// What the clock showed, and when; `None` asks the system.
    started: Option<(Timestamp, Instant)>,
}

impl WallClock {
    /// A clock that shows `start` now and goes on with the runtime's own time.
    pub fn of_the_runtime(start: Timestamp) -> Self {
        Self {
            started: Some((start, Instant::now())),
        }
    }

    /// The time of day, in UTC.
    pub fn now(self) -> Timestamp {
        let Some((start, since)) = self.started else {
            return Timestamp::now();
        };
        start.saturating_add(since.elapsed()).unwrap_or(start)
    }

    /// How long until then; nothing for what is past.
    pub fn until(self, then: Timestamp) -> Duration {
        Duration::try_from(then.duration_since(self.now())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_clock_of_the_runtime_goes_where_its_time_goes() {
        let clock = WallClock::of_the_runtime(Timestamp::UNIX_EPOCH);
        tokio::time::sleep(Duration::from_hours(24)).await;
        assert_eq!(clock.now().as_second(), 86_400);
        let later = Timestamp::from_second(86_410).unwrap();
        assert_eq!(clock.until(later), Duration::from_secs(10));
        assert_eq!(clock.until(Timestamp::UNIX_EPOCH), Duration::ZERO);
    }
}
