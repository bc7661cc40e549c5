//! What this exporter may spend of one limit, and what it has spent: in every window of a bucket no
//! more than its share of the limit, yet at least one request. Who comes first is kept in
//! [`claims`](super::claims). Pure.

use std::collections::{BTreeMap, VecDeque};

use super::{
    asker::{Asker, Purpose},
    bucket_mismatch::BucketApi,
    claims::Claims,
    refused::Refused,
};
use crate::{
    okta::{RateLimit, Ticket},
    units::{Moment, Share},
};

/// When so little of a limit is left, requests that need not be made now are not made.
const FLOOR: f64 = 0.1;
/// By so much, as one in so many, what is waited is spread.
const SPREAD: u32 = 10;

/// What is spent of one credential's limit in one bucket.
#[derive(Debug, Default)]
pub(super) struct Spending {
    limit: Option<u64>,
    /// What each request under way asks.
    under_way: BTreeMap<Ticket, BucketApi>,
    /// When the window that each answered request fell into is certainly over.
    spent: VecDeque<Moment>,
    low: Option<(u64, Moment)>,
    claims: Claims,
}

impl Spending {
    /// What a window grants this exporter; `None` before any answer told the limit.
    pub(super) fn allowed(&self, share: Share) -> Option<u64> {
        // A share of a limit is far below what a float holds exactly.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "floored, and not negative"
        )]
        self.limit
            .map(|limit| ((limit as f64 * share.get()).floor() as u64).max(1))
    }

    /// What was spent in windows that may still be open, requests under way included.
    pub(super) fn spent(&self, now: Moment) -> u64 {
        let open = self.spent.iter().filter(|&&until| now < until).count();
        (open + self.under_way.len()) as u64
    }

    /// May a request be sent? One is kept for those who aim at windows' ends, where more than one
    /// may be; where it is one, they take turns with the others.
    pub(super) fn admit(
        &mut self,
        now: Moment,
        share: Share,
        asker: Asker<'_>,
    ) -> Result<(), Refused> {
        self.spent.retain(|&until| now < until);
        self.claims.close(now);
        let Some(allowed) = self.allowed(share) else {
            return if self.under_way.is_empty() {
                Ok(())
            } else {
                Err(Refused::Unknown)
            };
        };
        if let (Purpose::Interval | Purpose::Late, Some((remaining, until))) =
            (asker.purpose, self.low)
            && now < until
        {
            return Err(Refused::Low { remaining, until });
        }
        let refused = match self.free(now, allowed, asker) {
            0 => match self.spent.iter().min() {
                Some(&until) => Refused::Spent { allowed, until },
                None => Refused::UnderWay { allowed },
            },
            free => match self.claims.before(allowed, asker, free) {
                Some(until) => Refused::Claimed { allowed, until },
                None => {
                    self.claims.admit(asker);
                    return Ok(());
                }
            },
        };
        let wait = refused.wait(now).unwrap_or_default();
        self.claims
            .refuse(asker, now, now.after(wait + wait / SPREAD));
        Err(refused)
    }

    /// When the next request may be sent to see a window's end, where none may now.
    pub(super) fn free_at(&self, now: Moment, share: Share) -> Option<Moment> {
        let allowed = self.allowed(share)?;
        let soonest = self.spent.iter().filter(|&&until| now < until).min();
        soonest.copied().filter(|_| self.spent(now) >= allowed)
    }

    /// The end of a window is to be seen at this moment. Where that had to be put off, and one
    /// request is all that may be sent, that one is kept until then.
    pub(super) fn keep_for_window_end(&mut self, now: Moment, share: Share, at: Moment) {
        let put_off = self.free_at(now, share).is_some();
        if self.allowed(share) == Some(1) && (put_off || self.claims.has_window_end()) {
            self.claims.keep_for_window_end(now, at);
        }
    }

    /// A request that was admitted is under way.
    pub(super) fn begin(&mut self, ticket: Ticket, api: BucketApi) {
        self.under_way.insert(ticket, api);
    }

    /// It is no longer, if it was.
    pub(super) fn end(&mut self, ticket: Ticket) -> Option<BucketApi> {
        self.under_way.remove(&ticket)
    }

    /// True where no request is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.is_empty()
    }

    /// What was spent in another bucket was spent in this one.
    pub(super) fn absorb(&mut self, other: Self) {
        let Self {
            limit,
            under_way,
            spent,
            low,
            claims,
        } = other;
        self.limit = self.limit.or(limit);
        self.under_way.extend(under_way);
        self.spent.extend(spent);
        self.low = self.low.or(low);
        self.claims.absorb(claims);
    }

    /// Takes out what is under way and who waits of one endpoint after the other, to be counted
    /// where each is counted now.
    pub(super) fn part(&mut self) -> Vec<(BucketApi, Self)> {
        let under_way = std::mem::take(&mut self.under_way).into_iter();
        let under_way = under_way.map(|(ticket, api)| {
            let moved = Self {
                under_way: BTreeMap::from([(ticket, api.clone())]),
                ..Self::default()
            };
            (api, moved)
        });
        let claims = self.claims.part().into_iter();
        let claims = claims.map(|(api, claims)| {
            let moved = Self {
                claims,
                ..Self::default()
            };
            (api, moved)
        });
        under_way.chain(claims).collect()
    }

    /// A request may have been sent, and is held to be spent until then.
    pub(super) fn spend(&mut self, over: Moment) {
        self.spent.push_back(over);
    }

    /// Learns what an answer said of the limit, and when the window that it fell into is certainly
    /// over.
    pub(super) fn learn(&mut self, read: RateLimit, over: Moment) {
        self.limit = Some(read.limit);
        let low = read.remaining as f64 <= read.limit as f64 * FLOOR;
        self.low = low.then_some((read.remaining, over));
    }

    /// How many more this one may send, were nobody waiting.
    fn free(&self, now: Moment, allowed: u64, asker: Asker<'_>) -> u64 {
        let beside = matches!(asker.purpose, Purpose::Interval | Purpose::Late);
        let for_others = beside && asker.others_aim && allowed > 1;
        (allowed - u64::from(for_others)).saturating_sub(self.spent(now))
    }
}

#[cfg(test)]
mod tests {
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
            let api = api(probe);
            let asker = Asker {
                probe,
                purpose,
                others_aim: probe == "beside",
                api: &api,
            };
            self.admit(at(second), share, asker)?;
            let last = self.under_way.last_key_value();
            let ticket = Ticket(last.map_or(0, |(last, _)| last.0 + 1));
            self.begin(ticket, api);
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
    fn who_was_refused_comes_before_who_asks_later_if_it_comes_back() {
        let mut spending = Spending::of(20);
        spending.ask(0, TWENTIETH, PLAIN).unwrap();
        spending.settle(read(20, 19), at(61));
        assert!(spending.ask(1, TWENTIETH, BESIDE).is_err());
        let claimed = spending.ask(61, TWENTIETH, PLAIN);
        assert!(
            matches!(claimed, Err(Refused::Claimed { until, .. }) if until < at(75)),
            "{claimed:?}"
        );
        assert_eq!(spending.ask(62, TWENTIETH, BESIDE), Ok(()));
        spending.settle(read(20, 19), at(122));
        assert!(spending.ask(63, TWENTIETH, PLAIN).is_err());
        assert!(spending.ask(63, TWENTIETH, BESIDE).is_err());
        assert!(spending.ask(122, TWENTIETH, BESIDE).is_err());
        assert_eq!(spending.ask(122, TWENTIETH, PLAIN), Ok(()), "it was first");
        spending.settle(read(20, 19), at(183));
        assert_eq!(spending.ask(300, TWENTIETH, PLAIN), Ok(()), "nobody came");
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
}
