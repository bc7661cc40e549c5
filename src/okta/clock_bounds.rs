//! Bounds of how far Okta's clock is ahead of ours. Each answer bounds the difference; over many
//! answers the bounds close to well under a second, although `Date` is cut to whole ones. Pure; who
//! learns, and what is dated by it, is in [`clock`](super::clock).

use crate::units::Timestamp;

/// How fast two clocks may drift apart, as one in so many: 100 ppm, twice what quartz does.
const DRIFT: i64 = 10_000;
/// How far the clocks of Okta's own servers may differ, in milliseconds.
const SERVERS: i64 = 25;

/// How far Okta's clock is ahead of ours: bounds in milliseconds, as of a moment of ours.
#[derive(Debug, Clone, Copy)]
pub struct ClockBounds {
    least: i64,
    most: i64,
    at: i64,
}

impl ClockBounds {
    /// What one answer shows: Okta wrote `date` at some moment between our sending and the answer's
    /// arrival, and within the second that it names.
    pub(super) fn seen(date: Timestamp, sent: Timestamp, answered: Timestamp) -> Self {
        let (date, sent) = (date.as_millisecond(), sent.as_millisecond());
        let answered = answered.as_millisecond().max(sent);
        Self {
            least: date - answered - SERVERS,
            most: date + 1000 - sent + SERVERS,
            at: answered,
        }
    }

    /// What these bounds and newer ones say together. A slow answer's bounds are wide, so that it
    /// teaches little. Bounds that contradict are a clock that was set: then only the newest count.
    pub(super) fn narrowed(self, seen: Self) -> Self {
        let known = self.drifted_to(seen.at);
        let both = Self {
            least: seen.least.max(known.least),
            most: seen.most.min(known.most),
            at: seen.at,
        };
        if both.least <= both.most { both } else { seen }
    }

    /// What they say at this moment of ours: clocks drift.
    pub(super) fn as_of(self, ours: Timestamp) -> Self {
        self.drifted_to(ours.as_millisecond())
    }

    fn drifted_to(self, at: i64) -> Self {
        let drift = (at - self.at).abs() / DRIFT;
        Self {
            least: self.least - drift,
            most: self.most + drift,
            at,
        }
    }

    /// The best guess, in milliseconds.
    pub fn ahead(self) -> i64 {
        i64::midpoint(self.least, self.most)
    }

    /// How far the difference may lie on either side of the best guess, in milliseconds.
    pub fn doubt(self) -> i64 {
        (self.most - self.least) / 2
    }

    /// When ours shows, at the soonest, what Okta's clock shows as `okta`; both in milliseconds.
    pub fn soonest(self, okta: i64) -> i64 {
        okta - self.most
    }

    /// When ours shows, at the latest, what Okta's clock shows as `okta`.
    pub fn latest(self, okta: i64) -> i64 {
        okta - self.least
    }

    /// When ours shows what Okta's clock shows as `okta`, as well as it is known.
    pub fn about(self, okta: i64) -> i64 {
        okta - self.ahead()
    }

    /// When ours shows, at the latest, that a second of Okta's clock is over.
    pub fn surely_past(self, okta: Timestamp) -> Option<Timestamp> {
        let ours = self.latest(okta.as_millisecond() + 1000);
        Timestamp::from_millisecond(ours).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an answer of a server that is `ahead` of us shows, sent at `sent`, half of `took` on
    /// either way.
    fn seen(sent: i64, took: i64, ahead: i64) -> ClockBounds {
        let moment = |ms| Timestamp::from_millisecond(ms).unwrap();
        let wrote = sent + took / 2 + ahead;
        let date = moment(wrote.div_euclid(1000) * 1000);
        ClockBounds::seen(date, moment(sent), moment(sent + took))
    }

    #[test]
    fn answers_at_different_moments_of_the_second_close_the_bounds() {
        let mut known = seen(1_000_000, 80, -1_700);
        for n in 1..20 {
            known = known.narrowed(seen(1_000_000 + n * 7_310, 80, -1_700));
            assert!(known.least <= -1_700 && -1_700 <= known.most, "{known:?}");
        }
        assert!(known.doubt() < 120, "{known:?}");
        assert!((known.ahead() + 1_700).abs() < 120, "{known:?}");
        let day = Timestamp::from_second(86_400).unwrap();
        assert!(known.as_of(day).doubt() > 8_000, "it is not known for ever");
    }

    #[test]
    fn a_clock_that_was_set_is_learned_anew() {
        let mut known = seen(1_000_000, 80, 0);
        for n in 1..20 {
            known = known.narrowed(seen(1_000_000 + n * 7_310, 80, 0));
        }
        let known = known.narrowed(seen(2_000_000, 80, 30_000));
        assert!((known.ahead() - 30_000).abs() <= 600, "{known:?}");
    }
}
