//! Bounds of what Okta's clock shows at a moment. Each answer bounds it; over many answers the bounds
//! close to well under a second, although `Date` is cut to whole ones. Our own time of day is not
//! asked, so that it does not matter who sets it. Pure; who learns, and what is dated by it, is in
//! [`clock`](super::clock).

use crate::units::{Moment, Timestamp};

/// How fast two clocks may drift apart, as one in so many: 100 ppm, twice what quartz does.
const DRIFT: i64 = 10_000;
/// How far the clocks of Okta's own servers may differ as a rule, in milliseconds.
const SERVERS: i64 = 25;
/// Answers that contradict each other by no more than this, in milliseconds, come of servers that are
/// further apart; by more, of a clock that was set.
const APART: i64 = 100;

/// What Okta's clock shows at a moment, at least and at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClockBounds {
    least: Bound,
    most: Bound,
}

/// What Okta's clock shows `at` a moment, in milliseconds since the epoch, as one answer bounds it.
#[derive(Debug, Clone, Copy)]
struct Bound {
    okta: i64,
    at: Moment,
}

impl Bound {
    /// The same by no drift, and how much drift there may be since: counted from the answer that
    /// bounds it, as what is cut off the drift between many answers would add up.
    fn later(self, at: Moment) -> (i64, i64) {
        let since = at.millis_since(self.at);
        (self.okta + since, since.abs() / DRIFT)
    }

    fn least(self, at: Moment) -> i64 {
        let (okta, drift) = self.later(at);
        okta - drift
    }

    fn most(self, at: Moment) -> i64 {
        let (okta, drift) = self.later(at);
        okta + drift
    }
}

impl ClockBounds {
    /// What one answer shows: Okta wrote `date` at some moment between our sending and the answer's
    /// arrival, and within the second that it names.
    pub(super) fn seen(date: Timestamp, sent: Moment, answered: Moment) -> Self {
        let (date, at) = (date.as_millisecond(), answered.max(sent));
        let bound = |okta| Bound { okta, at };
        Self {
            least: bound(date - SERVERS),
            most: bound(date + 1000 + at.millis_since(sent) + SERVERS),
        }
    }

    /// What these bounds and newer ones say together. A slow answer's bounds are wide, so that it
    /// teaches little. Bounds that contradict are a clock that was set: then only the newest count.
    pub(super) fn narrowed(self, seen: Self) -> Self {
        let at = seen.least.at;
        let least = if seen.least.okta >= self.least.least(at) {
            seen.least
        } else {
            self.least
        };
        let most = if seen.most.okta <= self.most.most(at) {
            seen.most
        } else {
            self.most
        };
        match least.least(at) - most.most(at) {
            ..=0 => Self { least, most },
            // Between the one server's time and the other's.
            1..=APART => Self {
                least: Bound {
                    okta: most.most(at),
                    at,
                },
                most: Bound {
                    okta: least.least(at),
                    at,
                },
            },
            _ => seen,
        }
    }

    /// What they say at this moment.
    pub(super) fn at(self, moment: Moment) -> ClockReading {
        ClockReading {
            least: self.least.least(moment),
            most: self.most.most(moment),
        }
    }
}

/// What Okta's clock shows at one moment: bounds, in milliseconds since the epoch.
#[derive(Debug, Clone, Copy)]
pub struct ClockReading {
    least: i64,
    most: i64,
}

impl ClockReading {
    /// The best guess, in milliseconds since the epoch.
    pub fn about(self) -> i64 {
        i64::midpoint(self.least, self.most)
    }

    /// How far it may be on either side of the best guess, in milliseconds.
    pub fn doubt(self) -> i64 {
        (self.most - self.least) / 2
    }

    /// How many milliseconds it is until Okta's clock shows this, at the soonest; less than none for
    /// what is past.
    pub fn soonest(self, okta: i64) -> i64 {
        okta - self.most
    }

    /// How many milliseconds it is at the latest.
    pub fn latest(self, okta: i64) -> i64 {
        okta - self.least
    }

    /// How many it is, as well as it is known.
    pub fn until(self, okta: i64) -> i64 {
        okta - self.about()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an answer of a server that is `ahead` of us shows, sent at `sent`, half of `took` on
    /// either way.
    fn seen(sent: i64, took: i64, ahead: i64) -> ClockBounds {
        let wrote = sent + took / 2 + ahead;
        let date = Timestamp::from_millisecond(wrote.div_euclid(1000) * 1000).unwrap();
        let moment = Moment::test_millis;
        ClockBounds::seen(date, moment(sent), moment(sent + took))
    }

    /// How far Okta is ahead then, at least and at most.
    fn ahead(bounds: ClockBounds, at: i64) -> (i64, i64) {
        let then = bounds.at(Moment::test_millis(at));
        (then.least - at, then.most - at)
    }

    #[test]
    fn answers_at_different_moments_of_the_second_close_the_bounds() {
        let mut known = seen(1_000_000, 80, -1_700);
        for n in 1..20 {
            let sent = 1_000_000 + n * 7_310;
            known = known.narrowed(seen(sent, 80, -1_700));
            let (least, most) = ahead(known, sent);
            assert!(least <= -1_700 && -1_700 <= most, "{known:?}");
        }
        let then = known.at(Moment::test_millis(1_200_000));
        assert!(then.doubt() < 120, "{known:?}");
        assert!((then.about() - 1_200_000 + 1_700).abs() < 120, "{known:?}");
        let day = known.at(Moment::test_seconds(86_400));
        assert!(day.doubt() > 8_000, "it is not known for ever");
    }

    #[test]
    fn a_clock_that_was_set_is_learned_anew() {
        let mut known = seen(1_000_000, 80, 0);
        for n in 1..20 {
            known = known.narrowed(seen(1_000_000 + n * 7_310, 80, 0));
        }
        let known = known.narrowed(seen(2_000_000, 80, 30_000));
        let about = known.at(Moment::test_millis(2_000_000)).about();
        assert!((about - 2_030_000).abs() <= 600, "{known:?}");
    }

    /// How often the bounds gave way at once, over so many answers, a quick one each so many
    /// milliseconds, of clocks that drift by 30 ppm, the servers this far apart.
    /// Where these are one, the bounds hold what their clock shows, always.
    fn collapses((every, answers): (i64, i64), apart: i64) -> usize {
        let mut known: Option<ClockBounds> = None;
        let mut doubts = Vec::new();
        for n in 0..answers {
            let sent = n * every;
            let ahead = sent * 30 / 1_000_000 + n % 2 * apart;
            let seen = seen(sent, 80, ahead);
            let narrowed = known.map_or(seen, |known| known.narrowed(seen));
            let (least, most) = self::ahead(narrowed, sent);
            assert!(
                apart > 0 || (least..=most).contains(&ahead),
                "{ahead}: {narrowed:?}"
            );
            doubts.push(narrowed.at(Moment::test_millis(sent)).doubt());
            known = Some(narrowed);
        }
        let doubts = doubts.split_off(300);
        doubts
            .windows(2)
            .filter(|two| two[1] > two[0] + 100)
            .count()
    }

    #[test]
    fn quick_answers_and_a_drifting_clock_leave_what_is_known() {
        assert_eq!(collapses((5_003, 6 * 720), 0), 0);
        assert_eq!(collapses((251, 40_000), 0), 0, "four a second");
        assert_eq!(collapses((60_007, 2_000), 0), 0, "one a minute");
    }

    #[test]
    fn servers_that_are_a_little_apart_leave_what_is_known() {
        assert_eq!(collapses((5_003, 6 * 720), 60), 0);
    }
}
