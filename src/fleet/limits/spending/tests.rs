//! Who may send a request when, second by second.

use proptest::prelude::*;

use super::*;
use crate::units::Timestamp;

const TWENTIETH: Share = Share::TWENTIETH;
const PLAIN: Ask = ("plain", Purpose::Interval);
const BESIDE: Ask = ("beside", Purpose::Interval);
const AIMED: Ask = ("aimed", Purpose::EndOfWindow);

/// Which probe asks, and what for.
type Ask = (&'static str, Purpose);

fn at(second: i64) -> Moment {
    Moment::test_seconds(second)
}

fn api(name: &'static str) -> BucketApi {
    BucketApi {
        bucket: "/api/v1*".into(),
        name: name.into(),
    }
}

impl Spending {
    fn of(limit: u64) -> Self {
        Self {
            limit: Some(limit),
            ..Self::default()
        }
    }

    /// Asks at a second. Only `beside` knows of others who aim.
    fn ask(&mut self, second: i64, share: Share, (probe, purpose): Ask) -> Result<(), Refused> {
        let asker = Asker {
            purpose,
            others_aim: probe == "beside",
            place: None,
        };
        self.admit(at(second), share, asker)?;
        let last = self.under_way.last_key_value();
        let ticket = Ticket(last.map_or(0, |(last, _)| last.0 + 1));
        self.begin(ticket, api(probe));
        Ok(())
    }

    /// The oldest request under way is answered.
    fn settle(&mut self, read: RateLimit, over: Moment) {
        self.under_way.pop_first();
        self.spend(over);
        self.learn(read, over);
    }
}

fn half() -> Share {
    0.5.try_into().unwrap()
}

fn read(limit: u64, remaining: u64) -> RateLimit {
    RateLimit {
        limit,
        remaining,
        reset: Timestamp::from_second(60).unwrap(),
    }
}

#[test]
fn a_share_of_each_window_and_at_least_one_request() {
    let mut spending = Spending::default();
    assert_eq!(spending.ask(0, TWENTIETH, PLAIN), Ok(()));
    assert_eq!(spending.ask(0, TWENTIETH, PLAIN), Err(Refused::Unknown));
    spending.settle(read(50, 49), at(61));
    assert_eq!(spending.ask(1, TWENTIETH, PLAIN), Ok(()));
    let spent = Err(Refused::Spent {
        allowed: 2,
        until: at(61),
    });
    assert_eq!(spending.ask(2, TWENTIETH, PLAIN), spent);
    spending.settle(read(50, 48), at(61));
    assert_eq!(spending.ask(60, TWENTIETH, PLAIN), spent);
    assert_eq!(spending.ask(61, TWENTIETH, PLAIN), Ok(()));
    spending.settle(read(10, 9), at(121));
    assert_eq!(spending.allowed(TWENTIETH), Some(1));
}

#[test]
fn where_little_is_left_only_samples_at_a_windows_end_go_on() {
    let mut spending = Spending::default();
    spending.ask(0, half(), PLAIN).unwrap();
    spending.settle(read(50, 5), at(61));
    let low = Err(Refused::Low {
        remaining: 5,
        until: at(61),
    });
    assert_eq!(spending.ask(1, half(), PLAIN), low);
    assert_eq!(spending.ask(1, half(), AIMED), Ok(()));
    spending.settle(read(50, 4), at(61));
    assert_eq!(spending.ask(61, half(), PLAIN), Ok(()));
}

#[test]
fn one_request_of_the_share_is_kept_for_the_aim() {
    let mut spending = Spending::default();
    spending.ask(0, TWENTIETH, BESIDE).unwrap();
    spending.settle(read(50, 49), at(61));
    assert!(spending.ask(1, TWENTIETH, BESIDE).is_err());
    assert_eq!(spending.ask(59, TWENTIETH, AIMED), Ok(()));
}

#[test]
fn a_request_that_may_have_been_sent_is_spent() {
    let mut spending = Spending::of(20);
    spending.ask(0, TWENTIETH, PLAIN).unwrap();
    assert_eq!(
        spending.ask(0, TWENTIETH, BESIDE),
        Err(Refused::UnderWay { allowed: 1 })
    );
    assert!(spending.end(Ticket(0)).is_some() && spending.is_idle());
    assert_eq!(spending.end(Ticket(0)), None, "once");
    spending.ask(4, TWENTIETH, BESIDE).unwrap();
    spending.end(Ticket(0));
    spending.spend(at(61));
    assert!(spending.ask(60, TWENTIETH, PLAIN).is_err());
    assert_eq!(spending.ask(61, TWENTIETH, PLAIN), Ok(()));
}

#[test]
fn who_waits_longest_comes_first_and_who_gives_up_stands_in_no_ones_way() {
    let mut spending = Spending::of(20);
    let ask = |spending: &mut Spending, second, place| {
        let asker = Asker {
            purpose: Purpose::Interval,
            others_aim: false,
            place: Some(Place(place)),
        };
        spending.admit(at(second), TWENTIETH, asker)
    };
    for place in 1..=3 {
        spending.wait(Place(place), Purpose::Interval, api("plain"));
    }
    let queued = Err(Refused::Queued { allowed: 1 });
    assert_eq!(spending.ask(0, TWENTIETH, PLAIN), queued);
    assert_eq!(ask(&mut spending, 0, 2), queued);
    assert!(spending.give_up(Place(1)) && !spending.give_up(Place(1)));
    assert_eq!(ask(&mut spending, 0, 3), queued);
    assert_eq!(ask(&mut spending, 0, 2), Ok(()));
    spending.spend(at(61));
    assert!(matches!(
        ask(&mut spending, 1, 3),
        Err(Refused::Spent { .. })
    ));
    assert_eq!(ask(&mut spending, 61, 3), Ok(()));
}

#[test]
fn the_one_request_is_kept_for_the_end_of_every_other_window_once() {
    let mut spending = Spending::of(20);
    spending.ask(0, TWENTIETH, PLAIN).unwrap();
    spending.settle(read(20, 19), at(61));
    spending.keep_for_window_end(TWENTIETH, at(122));
    spending.keep_for_window_end(TWENTIETH, at(600));
    let kept = Err(Refused::Kept { until: at(122) });
    assert_eq!(spending.ask(61, TWENTIETH, PLAIN), kept);
    assert_eq!(spending.ask(119, TWENTIETH, AIMED), Ok(()));
    spending.settle(read(20, 19), at(121));
    spending.keep_for_window_end(TWENTIETH, at(183));
    assert_eq!(spending.ask(121, TWENTIETH, PLAIN), Ok(()), "by turns");
    spending.settle(read(20, 19), at(182));
    spending.keep_for_window_end(TWENTIETH, at(243));
    assert_eq!(spending.ask(243, TWENTIETH, PLAIN), Ok(()), "nobody came");
}

#[test]
fn who_waits_longer_does_not_come_before_whom_the_one_request_is_kept_for() {
    let mut spending = Spending::of(20);
    spending.ask(0, TWENTIETH, PLAIN).unwrap();
    spending.settle(read(20, 19), at(61));
    spending.keep_for_window_end(TWENTIETH, at(122));
    spending.wait(Place(1), Purpose::Interval, api("plain"));
    spending.wait(Place(2), Purpose::Late, api("late"));
    assert_eq!(spending.ask(119, TWENTIETH, AIMED), Ok(()));
    spending.settle(read(20, 19), at(121));
    let queued = Err(Refused::Queued { allowed: 1 });
    assert_eq!(spending.ask(122, TWENTIETH, AIMED), queued, "by turns");
}

#[test]
fn nothing_is_kept_from_a_trial_but_what_is_spent() {
    let trial = ("beside", Purpose::Trial);
    let mut spending = Spending::of(50);
    spending.ask(0, TWENTIETH, PLAIN).unwrap();
    spending.settle(read(50, 4), at(61));
    assert!(spending.ask(1, TWENTIETH, BESIDE).is_err());
    assert_eq!(spending.ask(1, TWENTIETH, trial), Ok(()));
    assert!(spending.ask(1, TWENTIETH, trial).is_err());
}

proptest! {
    /// Whoever asks whenever, and however long answers take, no window holds more than the share.
    #[test]
    fn no_window_holds_more_than_the_share(
        limit in 1_u64..200,
        asks in proptest::collection::vec((0_i64..40, 0_i64..8, any::<bool>()), 1..200),
    ) {
        let allowed = (limit / 20).max(1);
        let mut spending = Spending::of(limit);
        let (mut now, mut opened, mut own) = (0, -1_000, 0);
        for (wait, took, aimed) in asks {
            now += wait;
            let aimed = if aimed { AIMED } else { PLAIN };
            if spending.ask(now, TWENTIETH, aimed).is_err() {
                continue;
            }
            if now - opened >= 60 {
                (opened, own) = (now, 0);
            }
            own += 1;
            prop_assert!(own <= allowed, "{own} of {allowed}");
            now += took;
            spending.settle(read(limit, limit), at(opened + 61));
        }
    }
}

#[test]
fn a_limit_at_the_end_of_numbers_is_spent_within_bounds() {
    for (limit, remaining) in [(u64::MAX, 0), (u64::MAX, u64::MAX), (u64::MAX, 1), (1, 1)] {
        for share in [TWENTIETH, Share::try_from(1.0).unwrap()] {
            let mut spending = Spending::default();
            let reset = Timestamp::MAX;
            let read = RateLimit {
                limit,
                remaining,
                reset,
            };
            spending.learn(read, at(i64::MAX / 2_000_000_000));
            let allowed = spending.allowed(share);
            assert!(allowed >= Some(1) && allowed <= Some(limit), "{allowed:?}");
            let _asked = spending.ask(1, share, AIMED);
            let _asked = spending.ask(1, share, BESIDE);
            assert!(spending.spent(at(1)) <= 2);
        }
    }
}
