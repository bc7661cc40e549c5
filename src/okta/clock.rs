//! Okta's clock, as its answers tell it: what is signed here is dated by it, so that a wrong clock
//! on this machine does no harm.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::SignedDuration;

use crate::units::{Name, Timestamp};

/// Half of the second that `Date` is cut to.
const CUT: f64 = 0.5;
/// How much earlier than the earliest that it may be at Okta something is dated: whole seconds are
/// written, and what was issued in the future is refused.
const SAFE: f64 = 1.0;
/// The most that an answer's slowness makes unsure: so much that a date still serves.
const MOST_UNSURE: f64 = 60.0;
/// From which difference on, in seconds, it may be why Okta refuses.
const NOTABLE: f64 = 60.0;

/// Local time minus Okta's, as the answers of a host show it. All clones know the same.
#[derive(Clone, Debug, Default)]
pub(super) struct OktaClock(Arc<Mutex<Option<Difference>>>);

/// In seconds, and how far from the truth that may be.
#[derive(Clone, Copy, Debug)]
struct Difference {
    skew: f64,
    unsure: f64,
}

impl OktaClock {
    /// Notes the difference that an answer showed, which was waited for so long. A slow answer
    /// tells less than a quick one: it counts only where the clock must have moved.
    pub(super) fn learn(&self, skew: f64, wait: Duration) {
        let seen = Difference {
            skew,
            unsure: (wait.as_secs_f64() / 2.0 + CUT).min(MOST_UNSURE),
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let keep = known.is_some_and(|known| {
            known.unsure < seen.unsure
                && (known.skew - seen.skew).abs() <= known.unsure + seen.unsure
        });
        if !keep {
            *known = Some(seen);
        }
    }

    fn known(&self) -> Option<Difference> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Local time minus Okta's, in seconds; `None` before the first answer.
    pub(super) fn skew(&self) -> Option<f64> {
        self.known().map(|known| known.skew)
    }

    /// What time it is at Okta, as far as it is known.
    pub(super) fn now(&self) -> Timestamp {
        earlier(self.skew().unwrap_or_default())
    }

    /// A moment that is past at Okta for sure, and not long ago.
    pub(super) fn past(&self) -> Timestamp {
        let known = self.known().unwrap_or(Difference {
            skew: 0.0,
            unsure: SAFE,
        });
        earlier(known.skew + known.unsure + SAFE)
    }

    /// True if the difference has turned out to be another than it was held to be, by so much.
    pub(super) fn has_moved(&self, held: Option<f64>, by: Duration) -> bool {
        let moved = self.skew().unwrap_or_default() - held.unwrap_or_default();
        moved.abs() > by.as_secs_f64()
    }

    /// By how much the clocks differ, where that may be why Okta refuses.
    pub(super) fn note(&self) -> Option<String> {
        let skew = self.skew().filter(|skew| skew.abs() >= NOTABLE)?;
        let way = if skew > 0.0 { "ahead of" } else { "behind" };
        let seconds = skew.abs().round();
        Some(format!(
            "this machine's clock is {seconds} s {way} Okta's: synchronise it (NTP)"
        ))
    }

    /// Logs that a request is made once more since the clock was wrong.
    pub(super) fn tell(&self, credential: &Name) {
        let clock_skew_seconds = self.skew();
        let credential = credential.as_str();
        tracing::warn!(
            credential,
            clock_skew_seconds,
            next = "synchronise this machine's clock (NTP)",
            "Okta refused what was dated by a wrong clock; Okta's own clock is followed from now on"
        );
    }
}

/// The local time, less so many seconds.
fn earlier(seconds: f64) -> Timestamp {
    let now = Timestamp::now();
    let by = SignedDuration::try_from_secs_f64(seconds).unwrap_or_default();
    now.checked_sub(by).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(100);
    const SLOW: Duration = Duration::from_secs(20);

    fn behind(moment: Timestamp) -> f64 {
        Timestamp::now().duration_since(moment).as_secs_f64()
    }

    #[test]
    fn the_time_at_okta_is_ours_without_the_difference() {
        let clock = OktaClock::default();
        assert!(behind(clock.now()).abs() < 60.0);
        assert!(behind(clock.past()) >= 2.0);
        clock.clone().learn(600.0, QUICK);
        assert!((behind(clock.now()) - 600.0).abs() < 60.0);
        assert!(behind(clock.past()) >= 601.5);
        let minute = Duration::from_mins(1);
        assert!(clock.has_moved(None, minute));
        assert!(!clock.has_moved(Some(590.0), minute));
        for strange in [f64::NAN, f64::INFINITY, f64::MAX] {
            clock.learn(strange, QUICK);
            clock.now();
            clock.past();
        }
    }

    #[test]
    fn a_slow_answer_moves_the_clock_only_where_it_must_have_moved() {
        let clock = OktaClock::default();
        clock.learn(0.1, QUICK);
        clock.learn(-9.0, SLOW);
        assert_eq!(clock.skew(), Some(0.1));
        clock.learn(0.3, QUICK);
        assert_eq!(clock.skew(), Some(0.3), "as good as the one before");
        clock.learn(600.0, SLOW);
        assert_eq!(clock.skew(), Some(600.0));
        clock.learn(601.0, QUICK);
        assert_eq!(clock.skew(), Some(601.0), "better");
    }

    #[test]
    fn a_difference_is_told_where_it_matters_and_in_which_way() {
        let clock = OktaClock::default();
        assert_eq!(clock.note(), None);
        clock.learn(2.0, QUICK);
        assert_eq!(clock.note(), None);
        clock.learn(-600.2, QUICK);
        assert!(clock.note().unwrap().contains("600 s behind Okta's"));
        clock.learn(90.0, QUICK);
        assert!(clock.note().unwrap().contains("90 s ahead of Okta's"));
    }
}
