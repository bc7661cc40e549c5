//! Okta's clock, as an org's answers tell it. There is one for an org: what is signed here is dated
//! by it, so that a wrong clock on this machine does no harm; the ends of windows are aimed at by it;
//! and how far this machine's clock is off is told by it. It goes with elapsed time, so that nobody
//! sets it who sets this machine's.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::SignedDuration;

use super::{
    Exchange,
    clock_bounds::{ClockBounds, ClockReading},
};
use crate::units::{Moment, Name, OktaTime, Timestamp, WallClock};

/// How much earlier than the earliest that it may be at Okta something is dated: whole seconds are
/// written, and what was issued in the future is refused. In milliseconds, as all numbers here.
const SAFE: i64 = 1_000;
/// The most that doubt makes a date earlier: so much that it still serves.
const MOST_DOUBT: i64 = 60_000;
/// From which difference on, in seconds, it may be why Okta refuses.
const NOTABLE: f64 = 60.0;

/// Okta's clock. All clones know the same.
#[derive(Clone, Debug, Default)]
pub struct OktaClock {
    bounds: Arc<Mutex<Option<ClockBounds>>>,
    /// What it is compared with, and what stands in for it before the first answer.
    ours: WallClock,
}

impl OktaClock {
    /// One that is compared with another clock than the system's.
    pub fn beside(ours: WallClock) -> Self {
        Self {
            bounds: Arc::default(),
            ours,
        }
    }

    /// The same clock, compared with another from now on.
    #[must_use]
    pub(super) fn compared_with(self, ours: &WallClock) -> Self {
        let ours = ours.clone();
        Self { ours, ..self }
    }

    /// What time it is here.
    pub fn here(&self) -> Timestamp {
        self.ours.now()
    }

    /// Learns from an exchange, once: whoever settles it says so. What a cache kept, or what another
    /// than Okta answered, has no [`date`](crate::okta::ResponseMeta::date).
    pub fn learn(&self, exchange: &Exchange) {
        let answer = exchange.answer.as_ref().ok();
        let Some(date) = answer.and_then(|answer| answer.date) else {
            return;
        };
        let seen = ClockBounds::seen(date, exchange.sent, exchange.answered_at());
        let mut known = self.bounds.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(known.map_or(seen, |known| known.narrowed(seen)));
    }

    /// What it shows at a moment, as far as that is known; `None` before the first answer.
    pub fn reading(&self, moment: Moment) -> Option<ClockReading> {
        let bounds = *self.bounds.lock().unwrap_or_else(PoisonError::into_inner);
        bounds.map(|bounds| bounds.at(moment))
    }

    /// Local time minus Okta's, in seconds; `None` before the first answer.
    pub fn skew(&self) -> Option<f64> {
        let okta = self.reading(Moment::now())?;
        Some((self.ours.now().as_millisecond() - okta.about()) as f64 / 1e3)
    }

    /// What time it is at Okta, as far as it is known.
    pub(in crate::okta) fn now(&self) -> OktaTime {
        self.at(self.ours.now())
    }

    /// What time it is at Okta at this moment here, as far as it is known.
    pub fn at(&self, here: Timestamp) -> OktaTime {
        let reading = self.reading(self.ours.moment(here));
        let okta = reading.and_then(|reading| Timestamp::from_millisecond(reading.about()).ok());
        OktaTime::written(okta.unwrap_or(here))
    }

    /// A moment that is past at Okta for sure, and not long ago: where nothing is known yet, for any
    /// clock that is not ahead by more than a minute.
    pub(super) fn past(&self) -> Timestamp {
        let reading = self.reading(Moment::now());
        let doubt = reading.map_or(MOST_DOUBT, |reading| reading.doubt().min(MOST_DOUBT));
        let about = reading.and_then(|reading| Timestamp::from_millisecond(reading.about()).ok());
        earlier(about.unwrap_or_else(|| self.ours.now()), doubt + SAFE)
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
    pub(super) fn tell(&self, org: &str, credential: &Name) {
        let clock_skew_seconds = self.skew();
        let credential = credential.as_str();
        tracing::warn!(
            org,
            credential,
            clock_skew_seconds,
            next = "synchronise this machine's clock (NTP)",
            "Okta refused what was dated by a wrong clock; Okta's own clock is followed from now on"
        );
    }
}

/// So many milliseconds earlier.
fn earlier(time: Timestamp, by: i64) -> Timestamp {
    let by = SignedDuration::from_millis(by);
    time.checked_sub(by).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::okta::{Phases, ResponseMeta};

    const QUICK: Duration = Duration::from_millis(100);
    const SLOW: Duration = Duration::from_secs(20);

    /// An answer just now, of a server so many milliseconds behind this machine.
    fn answer(skew: i64, took: Duration) -> Exchange {
        let at = Timestamp::now();
        let wrote = earlier(at, skew - i64::try_from(took.as_millis()).unwrap() / 2);
        Exchange {
            api: "org".into(),
            path: "/".to_owned(),
            credential: None,
            bucket: None,
            at,
            sent: Moment::now(),
            took,
            phases: Phases::default(),
            answer: Ok(ResponseMeta {
                status: 200,
                request_id: None,
                error_code: None,
                date: Timestamp::from_second(wrote.as_second()).ok(),
                rate_limit: None,
                limited: None,
                chain: None,
            }),
        }
    }

    fn behind(moment: Timestamp) -> f64 {
        Timestamp::now().duration_since(moment).as_secs_f64()
    }

    fn ahead(clock: &OktaClock) -> f64 {
        clock
            .now()
            .since(OktaTime::written(Timestamp::now()))
            .as_secs_f64()
    }

    fn is_about(clock: &OktaClock, seconds: f64) -> bool {
        (clock.skew().unwrap() - seconds).abs() <= 0.7
    }

    #[test]
    fn the_time_at_okta_is_ours_without_the_difference() {
        let clock = OktaClock::default();
        assert!(ahead(&clock).abs() < 60.0);
        assert!(behind(clock.past()) >= 60.0, "ours may be ahead");
        assert!(behind(clock.past()) < 70.0);
        clock.clone().learn(&answer(600_000, QUICK));
        assert!((ahead(&clock) + 600.0).abs() < 60.0);
        assert!(behind(clock.past()) >= 601.0);
        let minute = Duration::from_mins(1);
        assert!(clock.has_moved(None, minute));
        assert!(!clock.has_moved(Some(590.0), minute));
        for strange in [Timestamp::MIN, Timestamp::MAX] {
            let mut strange_answer = answer(0, QUICK);
            if let Ok(answer) = &mut strange_answer.answer {
                answer.date = Some(strange);
            }
            clock.learn(&strange_answer);
            clock.now();
            clock.past();
        }
    }

    #[test]
    fn a_clock_of_ours_that_is_set_changes_what_is_shown_and_not_oktas_time() {
        let ours = WallClock::of_the_runtime(Timestamp::now());
        let clock = OktaClock::beside(ours.clone());
        clock.learn(&answer(0, QUICK));
        for hours in [1, -1, 24, -24] {
            ours.step(SignedDuration::from_hours(hours));
            let skew = clock.skew().unwrap() / 3_600.0;
            assert!((skew - hours as f64).abs() < 0.01, "{hours}: {skew}");
            assert!(ahead(&clock).abs() < 60.0 && behind(clock.past()) < 60.0);
            ours.step(SignedDuration::from_hours(-hours));
        }
    }

    #[test]
    fn a_slow_answer_moves_the_clock_only_where_it_must_have_moved() {
        let clock = OktaClock::default();
        clock.learn(&answer(100, QUICK));
        let known = clock.skew();
        clock.learn(&answer(-9_000, SLOW));
        assert!(is_about(&clock, 0.1), "{:?} after {known:?}", clock.skew());
        clock.learn(&answer(600_000, SLOW));
        assert!((clock.skew().unwrap() - 600.0).abs() < 11.0);
        clock.learn(&answer(601_000, QUICK));
        assert!(is_about(&clock, 601.0), "better: {:?}", clock.skew());
    }

    #[test]
    fn an_answer_that_nobody_dated_or_a_cache_kept_teaches_nothing() {
        let clock = OktaClock::default();
        let mut undated = answer(600_000, QUICK);
        if let Ok(answer) = &mut undated.answer {
            answer.date = None;
        }
        clock.learn(&undated);
        undated.answer = Err("timeout");
        clock.learn(&undated);
        assert_eq!(clock.skew(), None);
    }

    #[test]
    fn a_difference_is_told_where_it_matters_and_in_which_way() {
        let clock = OktaClock::default();
        assert_eq!(clock.note(), None);
        clock.learn(&answer(2_000, QUICK));
        assert_eq!(clock.note(), None);
        clock.learn(&answer(-600_000, QUICK));
        let told = clock.note().unwrap();
        assert!(told.contains("s behind Okta's"), "{told}");
        clock.learn(&answer(90_000, QUICK));
        let told = clock.note().unwrap();
        assert!(told.contains("s ahead of Okta's"), "{told}");
    }
}
