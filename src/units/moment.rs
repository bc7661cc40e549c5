//! Elapsed time. Whatever means "in so long" or "so long ago" is kept as a [`Moment`], which nobody
//! can set; what people are shown is the time of day, and a [`WallClock`](super::WallClock) tells it.

use std::time::Duration;

use tokio::time::Instant;

/// So far ahead that nobody waits for it: what would lie further is held to be then.
const FAR: Duration = Duration::from_hours(24 * 365 * 100);

/// A moment by a clock that only goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(Instant);

impl Moment {
    /// This moment.
    pub fn now() -> Self {
        Self(Instant::now())
    }

    /// So much later.
    #[must_use]
    pub fn after(self, length: Duration) -> Self {
        let later = self.0.checked_add(length.min(FAR));
        Self(later.unwrap_or(self.0))
    }

    /// So many milliseconds later, or earlier where there are fewer than none; as early as the
    /// machine can tell.
    #[must_use]
    pub fn after_millis(self, millis: i64) -> Self {
        let length = Duration::from_millis(millis.unsigned_abs());
        if millis < 0 {
            Self(self.0.checked_sub(length).unwrap_or(self.0))
        } else {
            self.after(length)
        }
    }

    /// How long after `earlier` it is; nothing where it is before.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// How many milliseconds after `other` it is; less than none where it is before.
    pub fn millis_since(self, other: Self) -> i64 {
        let millis = |length: Duration| i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        millis(self.since(other)) - millis(other.since(self))
    }

    /// For timers.
    pub fn instant(self) -> Instant {
        self.0
    }

    /// A moment of a test's own time, in milliseconds since its beginning.
    #[cfg(test)]
    pub fn test_millis(millis: i64) -> Self {
        static BEGINNING: std::sync::LazyLock<Moment> = std::sync::LazyLock::new(Moment::now);
        BEGINNING.after_millis(millis)
    }

    /// A moment of a test's own time, in seconds since its beginning.
    #[cfg(test)]
    pub fn test_seconds(seconds: i64) -> Self {
        Self::test_millis(seconds * 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_apart_either_way_and_never_too_far() {
        let (one, other) = (Moment::test_seconds(10), Moment::test_seconds(70));
        assert_eq!(other.since(one), Duration::from_mins(1));
        assert_eq!(one.since(other), Duration::ZERO);
        assert_eq!(one.millis_since(other), -60_000);
        assert_eq!(other.after_millis(-60_000), one);
        assert!(one.after(Duration::MAX) > other);
        assert!(one.after_millis(i64::MIN) <= one);
    }
}
