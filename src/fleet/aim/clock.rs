//! Okta's clock by ours. Each answer bounds the difference; over many answers the bounds close to
//! well under a second, although `Date` is cut to whole ones. Nothing here waits.

use super::Look;
use crate::units::Timestamp;

/// How fast two clocks may drift apart, as one in so many: 100 ppm, twice what quartz does.
const DRIFT: i64 = 10_000;
/// How far the clocks of Okta's own servers may differ, in milliseconds.
const SERVERS: i64 = 25;

/// How far Okta's clock is ahead of ours.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    ahead: Option<Ahead>,
}

/// Bounds in milliseconds, as of a moment of ours.
#[derive(Debug, Clone, Copy)]
struct Ahead {
    least: i64,
    most: i64,
    at: i64,
}

impl Clock {
    /// Learns from an answer: Okta wrote `Date` at some moment between our sending and its arrival,
    /// and within the second that it names. Bounds that contradict are a clock that was set: then
    /// only the newest count.
    pub fn learn(&mut self, look: &Look) {
        let Some(date) = look.date.map(Timestamp::as_millisecond) else {
            return;
        };
        let (sent, answered) = (
            look.sent.as_millisecond(),
            look.answered
                .as_millisecond()
                .max(look.sent.as_millisecond()),
        );
        let seen = Ahead {
            least: date - answered - SERVERS,
            most: date + 1000 - sent + SERVERS,
            at: answered,
        };
        let both = self.ahead.map(|known| {
            let drift = (answered - known.at).abs() / DRIFT;
            Ahead {
                least: seen.least.max(known.least - drift),
                most: seen.most.min(known.most + drift),
                at: answered,
            }
        });
        self.ahead = Some(both.filter(|both| both.least <= both.most).unwrap_or(seen));
    }

    /// The time by Okta's clock when ours shows `ours`, as well as it is known.
    pub fn okta(&self, ours: Timestamp) -> Option<Timestamp> {
        Timestamp::from_millisecond(ours.as_millisecond() + self.middle()?).ok()
    }

    /// When ours shows, at the latest, that a second of Okta's clock is over.
    pub fn surely_past(&self, okta: Timestamp) -> Option<Timestamp> {
        let ours = self.latest(okta.as_millisecond() + 1000)?;
        Timestamp::from_millisecond(ours).ok()
    }

    /// How far the difference may lie on either side of the best guess, in milliseconds.
    pub(super) fn doubt(&self) -> Option<i64> {
        self.ahead.map(|ahead| (ahead.most - ahead.least) / 2)
    }

    /// When ours shows, at the soonest, what Okta's clock shows as `okta`; both in milliseconds.
    pub(super) fn soonest(&self, okta: i64) -> Option<i64> {
        self.ahead.map(|ahead| okta - ahead.most)
    }

    /// When ours shows, at the latest, what Okta's clock shows as `okta`.
    pub(super) fn latest(&self, okta: i64) -> Option<i64> {
        self.ahead.map(|ahead| okta - ahead.least)
    }

    /// When ours shows what Okta's clock shows as `okta`, as well as it is known.
    pub(super) fn about(&self, okta: i64) -> Option<i64> {
        self.middle().map(|ahead| okta - ahead)
    }

    fn middle(&self) -> Option<i64> {
        self.ahead
            .map(|ahead| i64::midpoint(ahead.least, ahead.most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer of a server that is `ahead` of us, sent at `sent`, half of `took` on either way.
    fn look(sent: i64, took: i64, ahead: i64) -> Look {
        let moment = |ms| Timestamp::from_millisecond(ms).unwrap();
        let wrote = sent + took / 2 + ahead;
        Look {
            sent: moment(sent),
            answered: moment(sent + took),
            date: Some(moment(wrote.div_euclid(1000) * 1000)),
            rate_limit: None,
        }
    }

    #[test]
    fn answers_at_different_moments_of_the_second_close_the_bounds() {
        let mut clock = Clock::default();
        assert!(clock.okta(Timestamp::UNIX_EPOCH).is_none());
        for n in 0..20 {
            clock.learn(&look(1_000_000 + n * 7_310, 80, -1_700));
            let ahead = clock.ahead.unwrap();
            assert!(ahead.least <= -1_700 && -1_700 <= ahead.most, "{ahead:?}");
        }
        assert!(clock.doubt().unwrap() < 120, "{clock:?}");
        let ours = Timestamp::from_second(2_000).unwrap();
        let off = clock.okta(ours).unwrap().as_millisecond() - (2_000_000 - 1_700);
        assert!(off.abs() < 120, "{off}");
    }

    #[test]
    fn a_clock_that_was_set_is_learned_anew() {
        let mut clock = Clock::default();
        for n in 0..20 {
            clock.learn(&look(1_000_000 + n * 7_310, 80, 0));
        }
        clock.learn(&look(2_000_000, 80, 30_000));
        let off = clock.middle().unwrap() - 30_000;
        assert!(off.abs() <= 600, "{off}");
    }

    #[test]
    fn an_answer_without_a_date_teaches_nothing() {
        let mut clock = Clock::default();
        clock.learn(&Look {
            date: None,
            ..look(1_000_000, 80, 0)
        });
        assert!(clock.doubt().is_none());
    }
}
