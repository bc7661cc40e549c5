//! The time of day, for what is shown. How long something takes is told by [`Moment`], since a time
//! of day may be set. Everything that shows it asks a [`WallClock`], so that a test can let days pass
//! in a moment, or set it: then it goes with the runtime's own time, which a paused clock lets jump.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::Moment;

/// Tells the time of day. All clones show the same.
#[derive(Debug, Clone, Default)]
pub struct WallClock {
    /// What the clock showed, and when; `None` asks the system.
    shown: Option<Arc<Mutex<(Timestamp, Moment)>>>,
}

impl WallClock {
    /// A clock that shows `start` now and goes on with the runtime's own time.
    pub fn of_the_runtime(start: Timestamp) -> Self {
        Self {
            shown: Some(Arc::new(Mutex::new((start, Moment::now())))),
        }
    }

    /// The time of day, in UTC.
    pub fn now(&self) -> Timestamp {
        let Some(shown) = &self.shown else {
            return Timestamp::now();
        };
        let (start, since) = *shown.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = Moment::now().since(since);
        start.saturating_add(elapsed).unwrap_or(start)
    }

    /// Sets a clock of the runtime so much forward, or back. The system's stays as it is.
    pub fn step(&self, by: SignedDuration) {
        let now = self.now();
        if let Some(shown) = &self.shown {
            let stepped = (now.saturating_add(by).unwrap_or(now), Moment::now());
            *shown.lock().unwrap_or_else(PoisonError::into_inner) = stepped;
        }
    }

    /// What it shows at a moment, unless it is set in between.
    pub fn at(&self, moment: Moment) -> Timestamp {
        let now = self.now();
        let by = SignedDuration::from_millis(moment.millis_since(Moment::now()));
        now.saturating_add(by).unwrap_or(now)
    }

    /// The moment at which it shows this, as it goes now.
    pub fn moment(&self, shown: Timestamp) -> Moment {
        let by = shown.duration_since(self.now()).as_millis();
        Moment::now().after_millis(i64::try_from(by).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_clock_of_the_runtime_goes_where_its_time_goes() {
        let clock = WallClock::of_the_runtime(Timestamp::UNIX_EPOCH);
        tokio::time::sleep(Duration::from_hours(24)).await;
        assert_eq!(clock.now().as_second(), 86_400);
        let later = Timestamp::from_second(86_410).unwrap();
        let moment = clock.moment(later);
        assert_eq!(moment, Moment::now().after(Duration::from_secs(10)));
        assert_eq!(clock.at(moment), later);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_shows_another_time_of_day_to_all_who_ask_it() {
        let clock = WallClock::of_the_runtime(Timestamp::UNIX_EPOCH);
        let other = clock.clone();
        clock.step(SignedDuration::from_hours(-1));
        assert_eq!(other.now().as_second(), -3_600);
        tokio::time::sleep(Duration::from_mins(1)).await;
        other.step(SignedDuration::from_hours(24));
        assert_eq!(clock.now().as_second(), -3_600 + 60 + 86_400);
    }
}
