//! Okta's clock, as its answers tell it: what is signed here is dated by it, so that a wrong clock
//! on this machine does no harm.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::SignedDuration;

use crate::units::Timestamp;

/// Local time minus Okta's, by the last answer of a host. All clones know the same.
#[derive(Clone, Debug, Default)]
pub(super) struct OktaClock(Arc<Mutex<Option<f64>>>);

impl OktaClock {
    /// Notes the difference that an answer showed, in seconds.
    pub(super) fn learn(&self, skew: f64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(skew);
    }

    /// Local time minus Okta's, in seconds; `None` before the first answer.
    pub(super) fn skew(&self) -> Option<f64> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What time it is at Okta, as far as it is known.
    pub(super) fn now(&self) -> Timestamp {
        let skew = SignedDuration::try_from_secs_f64(self.skew().unwrap_or_default());
        let now = Timestamp::now();
        now.checked_sub(skew.unwrap_or_default()).unwrap_or(now)
    }

    /// True if the difference has turned out to be another than it was held to be, by so much.
    pub(super) fn has_moved(&self, held: Option<f64>, by: Duration) -> bool {
        let moved = self.skew().unwrap_or_default() - held.unwrap_or_default();
        moved.abs() > by.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_at_okta_is_ours_without_the_difference() {
        let clock = OktaClock::default();
        let ahead = |clock: &OktaClock| Timestamp::now().duration_since(clock.now()).as_secs_f64();
        assert!(ahead(&clock).abs() < 60.0);
        clock.clone().learn(600.0);
        assert!((ahead(&clock) - 600.0).abs() < 60.0);
        let minute = Duration::from_mins(1);
        assert!(clock.has_moved(None, minute));
        assert!(clock.has_moved(Some(0.5), minute));
        assert!(!clock.has_moved(Some(590.0), minute));
        clock.learn(f64::NAN);
        clock.now();
        clock.learn(f64::MAX);
        clock.now();
    }
}
