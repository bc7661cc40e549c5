//! A moment by Okta's clock. A moment of this machine's, a [`Timestamp`], cannot be taken from it:
//! the two clocks may be hours apart.

use std::{fmt, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A moment by Okta's clock: what its answers and tokens say, or what time it is there.
///
/// ```
/// # use okta_exporter::units::{OktaTime, Timestamp};
/// let expires = OktaTime::from_seconds(3600.0).unwrap();
/// assert_eq!(expires.since(OktaTime::written(Timestamp::UNIX_EPOCH)).as_hours(), 1);
/// ```
///
/// A moment of this machine's is another type:
///
/// ```compile_fail,E0308
/// # use okta_exporter::units::{OktaTime, Timestamp};
/// let expires = OktaTime::from_seconds(3600.0).unwrap();
/// expires.since(Timestamp::now());
/// ```
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct OktaTime(Timestamp);

impl OktaTime {
    /// A moment that Okta wrote.
    pub fn written(at: Timestamp) -> Self {
        Self(at)
    }

    /// A NumericDate: seconds since 1970, possibly with a fraction. What lies beyond the last moment
    /// that can be told is that moment: it never comes either way. `None` where it is no number.
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        if seconds >= Timestamp::MAX.as_second() as f64 {
            return Some(Self(Timestamp::MAX));
        }
        let since_1970 = SignedDuration::try_from_secs_f64(seconds).ok()?;
        Timestamp::from_duration(since_1970).ok().map(Self)
    }

    /// How long after another moment it is; negative where it is before.
    pub fn since(self, earlier: Self) -> SignedDuration {
        self.0.duration_since(earlier.0)
    }

    /// How long after another moment it is; nothing where it is before.
    pub fn left_at(self, now: Self) -> Duration {
        Duration::try_from(self.since(now)).unwrap_or_default()
    }

    /// So much later; the last moment that can be told where that lies beyond it.
    #[must_use]
    pub fn plus(self, length: Duration) -> Self {
        Self(self.0.saturating_add(length).unwrap_or(Timestamp::MAX))
    }

    /// So much earlier.
    #[must_use]
    pub fn minus(self, length: Duration) -> Self {
        Self(self.0.saturating_sub(length).unwrap_or(Timestamp::MIN))
    }

    /// Whole seconds since 1970.
    pub fn as_second(self) -> i64 {
        self.0.as_second()
    }

    /// Seconds since 1970, as Prometheus counts.
    pub fn seconds(self) -> f64 {
        self.0.as_millisecond() as f64 / 1e3
    }
}

impl fmt::Display for OktaTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_that_stands_for_no_end_is_the_last_that_can_be_told() {
        // RFC 5280 has 9999-12-31T23:59:59Z for it, which is beyond what a `Timestamp` holds.
        let never = OktaTime::from_seconds(253_402_300_799.0);
        assert_eq!(never, Some(OktaTime(Timestamp::MAX)));
        assert_eq!(OktaTime::from_seconds(f64::INFINITY), never);
        assert_eq!(OktaTime::from_seconds(1e300), never);
        assert_eq!(OktaTime::from_seconds(f64::NAN), None);
        assert_eq!(OktaTime::from_seconds(-1e300), None);
        let last = OktaTime(Timestamp::MAX);
        assert_eq!(last.plus(Duration::MAX), last);
    }

    #[test]
    fn what_is_left_is_nothing_once_the_moment_is_past() {
        let at = |seconds| OktaTime::from_seconds(seconds).unwrap();
        assert_eq!(at(10.5).left_at(at(10.0)), Duration::from_millis(500));
        assert_eq!(at(10.0).left_at(at(10.5)), Duration::ZERO);
        assert_eq!(at(10.0).since(at(10.5)), SignedDuration::from_millis(-500));
    }

    #[test]
    fn a_moment_is_told_in_seconds_and_their_parts() {
        let shown = OktaTime::from_seconds(2.5).unwrap().seconds().to_string();
        assert_eq!(shown, "2.5");
        assert_eq!(OktaTime::from_seconds(2.5).unwrap().as_second(), 2);
    }
}
