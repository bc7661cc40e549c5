//! What this exporter may spend of one limit, and what it has spent: in every window of a bucket no
//! more than its share of the limit, yet at least one request. Pure.

use std::{collections::VecDeque, fmt, time::Duration};

use crate::{
    okta::RateLimit,
    units::{Share, Timestamp},
};

/// When so little of a limit is left, requests that need not be made now are not made.
const FLOOR: f64 = 0.1;
/// A request of which nobody has heard for so long was admitted before its bucket was split.
const LOST: Duration = Duration::from_mins(5);

/// Why a request must wait, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Another request is about to tell what the limit is.
    Unknown,
    /// The share is spent.
    Spent {
        /// Requests that a window grants this exporter.
        allowed: u64,
        /// When one of them is over.
        until: Timestamp,
    },
    /// Nearly nothing is left, and others need it.
    Low {
        /// What is left.
        remaining: u64,
        /// The window's end.
        until: Timestamp,
    },
}

impl Refused {
    /// How long to wait, where that is known.
    pub(super) fn wait(self, now: Timestamp) -> Option<Duration> {
        let (Self::Spent { until, .. } | Self::Low { until, .. }) = self else {
            return None;
        };
        Duration::try_from(until.duration_since(now)).ok()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("another request is about to tell the limit"),
            Self::Spent { allowed: 1, .. } => {
                f.write_str("the one request that the budget allows in a window is spent")
            }
            Self::Spent { allowed, .. } => {
                write!(
                    f,
                    "the {allowed} requests that the budget allows in a window are spent"
                )
            }
            Self::Low { remaining, .. } => {
                write!(
                    f,
                    "only {remaining} requests are left to all in this window"
                )
            }
        }
    }
}

/// What is spent of one credential's limit in one bucket.
#[derive(Debug, Default)]
pub(super) struct Spending {
    limit: Option<u64>,
    /// When each request under way was sent.
    under_way: VecDeque<Timestamp>,
    /// When the window that each answered request fell into is certainly over.
    spent: VecDeque<Timestamp>,
    low: Option<(u64, Timestamp)>,
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
    pub(super) fn spent(&self, now: Timestamp) -> u64 {
        let open = self.spent.iter().filter(|&&until| now < until).count();
        (open + self.under_way.len()) as u64
    }

    /// Lets a request be sent. One that was aimed at a window's end goes even where little is left:
    /// it is made to see that; so `aimed` ones keep one request of the share to themselves.
    pub(super) fn admit(
        &mut self,
        now: Timestamp,
        share: Share,
        aimed: Aimed,
    ) -> Result<(), Refused> {
        self.under_way
            .retain(|&sent| now < sent.saturating_add(LOST).unwrap_or(now));
        self.spent.retain(|&until| now < until);
        let Some(allowed) = self.allowed(share) else {
            if !self.under_way.is_empty() {
                return Err(Refused::Unknown);
            }
            self.under_way.push_back(now);
            return Ok(());
        };
        if let (Aimed::Not { .. }, Some((remaining, until))) = (aimed, self.low)
            && now < until
        {
            return Err(Refused::Low { remaining, until });
        }
        let kept = u64::from(allowed > 1 && matches!(aimed, Aimed::Not { others: true }));
        if self.spent(now) >= allowed - kept {
            let soonest = self.spent.iter().min().copied();
            let until = soonest.unwrap_or_else(|| now.saturating_add(LOST).unwrap_or(now));
            return Err(Refused::Spent { allowed, until });
        }
        self.under_way.push_back(now);
        Ok(())
    }

    /// True where no request is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.is_empty()
    }

    /// What was spent in another bucket was spent in this one.
    pub(super) fn absorb(&mut self, other: Self) {
        self.limit = self.limit.or(other.limit);
        self.under_way.extend(other.under_way);
        self.spent.extend(other.spent);
        self.low = self.low.or(other.low);
    }

    /// Nothing will be heard of a request: either it was not sent, or it is spent until then.
    pub(super) fn abandon(&mut self, over: Option<Timestamp>) {
        self.under_way.pop_front();
        self.spent.extend(over);
    }

    /// Learns how a request ended: what its answer said of the limit, and when the window that it
    /// fell into is certainly over.
    pub(super) fn settle(&mut self, read: Option<RateLimit>, over: Timestamp) {
        self.under_way.pop_front();
        self.spent.push_back(over);
        let Some(read) = read else { return };
        self.limit = Some(read.limit);
        let low = read.remaining as f64 <= read.limit as f64 * FLOOR;
        self.low = low.then_some((read.remaining, over));
    }
}

/// Whether a request was aimed at the end of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aimed {
    /// It was.
    AtTheEnd,
    /// It was not.
    Not {
        /// Other probes aim in this bucket.
        others: bool,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TWENTIETH: Share = Share::TWENTIETH;
    const PLAIN: Aimed = Aimed::Not { others: false };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn half() -> Share {
        0.5.try_into().unwrap()
    }

    fn read(limit: u64, remaining: u64) -> RateLimit {
        RateLimit {
            limit,
            remaining,
            reset: at(60),
        }
    }

    #[test]
    fn a_share_of_each_window_and_at_least_one_request() {
        let mut spending = Spending::default();
        assert_eq!(spending.admit(at(0), TWENTIETH, PLAIN), Ok(()));
        assert_eq!(
            spending.admit(at(0), TWENTIETH, PLAIN),
            Err(Refused::Unknown)
        );
        spending.settle(Some(read(50, 49)), at(61));
        assert_eq!(spending.admit(at(1), TWENTIETH, PLAIN), Ok(()));
        let spent = Err(Refused::Spent {
            allowed: 2,
            until: at(61),
        });
        assert_eq!(spending.admit(at(2), TWENTIETH, PLAIN), spent);
        spending.settle(Some(read(50, 48)), at(61));
        assert_eq!(spending.admit(at(60), TWENTIETH, PLAIN), spent);
        assert_eq!(spending.admit(at(61), TWENTIETH, PLAIN), Ok(()));
        spending.settle(Some(read(10, 9)), at(121));
        assert_eq!(spending.allowed(TWENTIETH), Some(1));
    }

    #[test]
    fn where_little_is_left_only_samples_at_a_windows_end_go_on() {
        let mut spending = Spending::default();
        spending.admit(at(0), half(), PLAIN).unwrap();
        spending.settle(Some(read(50, 5)), at(61));
        let low = Err(Refused::Low {
            remaining: 5,
            until: at(61),
        });
        assert_eq!(spending.admit(at(1), half(), PLAIN), low);
        assert_eq!(spending.admit(at(1), half(), Aimed::AtTheEnd), Ok(()));
        spending.settle(Some(read(50, 4)), at(61));
        assert_eq!(spending.admit(at(61), half(), PLAIN), Ok(()));
    }

    #[test]
    fn one_request_of_the_share_is_kept_for_the_aim() {
        let mut spending = Spending::default();
        let beside = Aimed::Not { others: true };
        spending.admit(at(0), TWENTIETH, beside).unwrap();
        spending.settle(Some(read(50, 49)), at(61));
        assert!(spending.admit(at(1), TWENTIETH, beside).is_err());
        assert_eq!(spending.admit(at(59), TWENTIETH, Aimed::AtTheEnd), Ok(()));
    }

    #[test]
    fn a_request_that_was_not_sent_is_not_spent_and_one_that_may_have_been_is() {
        let mut spending = Spending {
            limit: Some(20),
            ..Spending::default()
        };
        spending.admit(at(0), TWENTIETH, PLAIN).unwrap();
        spending.abandon(None);
        spending.admit(at(0), TWENTIETH, PLAIN).unwrap();
        spending.abandon(Some(at(61)));
        assert!(spending.admit(at(60), TWENTIETH, PLAIN).is_err());
        assert_eq!(spending.admit(at(61), TWENTIETH, PLAIN), Ok(()));
    }

    proptest! {
        /// Whoever asks whenever, and however long answers take, no window holds more than the share.
        #[test]
        fn no_window_holds_more_than_the_share(
            limit in 1_u64..200,
            asks in proptest::collection::vec((0_i64..40, 0_i64..8, any::<bool>()), 1..200),
        ) {
            let allowed = (limit / 20).max(1);
            let mut spending = Spending { limit: Some(limit), ..Spending::default() };
            let (mut now, mut opened, mut own) = (0, -1_000, 0);
            for (wait, took, aimed) in asks {
                now += wait;
                let aimed = if aimed { Aimed::AtTheEnd } else { PLAIN };
                if spending.admit(at(now), TWENTIETH, aimed).is_err() {
                    continue;
                }
                if now - opened >= 60 {
                    (opened, own) = (now, 0);
                }
                own += 1;
                prop_assert!(own <= allowed, "{own} of {allowed}");
                now += took;
                spending.settle(Some(read(limit, limit)), at(opened + 61));
            }
        }
    }
}
