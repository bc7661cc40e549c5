//! Which endpoints draw on one counter, by what their answers show: one counter has one limit and
//! one reset at a time, and each request leaves less. Pure; which bucket a path should draw on is
//! the table's and the configuration's ([`Buckets`](crate::okta::Buckets)), and what follows from a
//! difference is in [`bucket_assignment`](super::bucket_assignment).
//!
//! That two are apart is proved by a contradiction. That they are one can only be made likely: by
//! windows that began in the same second, which of two counters happens once in sixty windows
//! unless somebody opens both at once; and whoever opens two sees nearly all left in both, which
//! of one counter cannot be.

use std::{borrow::Cow, collections::BTreeMap};

use super::bucket_mismatch::{BucketApi, Relation};
use crate::fleet::aim::RateLimitSample;

/// Windows in which two buckets must have moved together before they count as one.
const TOGETHER: u32 = 5;
/// Each contradiction outweighs so many of them.
const OUTWEIGHS: u32 = 20;
/// Contradictions before two endpoints of one bucket count as apart.
const APART: u32 = 3;
/// Endpoints of one credential that are compared, at most: each is compared with each.
const MOST: usize = 64;

/// What is known of the endpoints of one credential.
#[derive(Debug, Default)]
pub(super) struct BucketCorrelation {
    samples: BTreeMap<BucketApi, RateLimitSample>,
    /// Two endpoints that are taken for one bucket.
    endpoints: BTreeMap<(BucketApi, BucketApi), Tally>,
    /// Two buckets. Nearly all only contradict each other, and each is compared with each.
    buckets: BTreeMap<(Name, Name), (Tally, Option<ShownBy>)>,
}

type Name = Cow<'static, str>;

/// An endpoint of each of two buckets that have moved together.
type ShownBy = Box<(BucketApi, BucketApi)>;

/// In how many windows two moved together, and contradicted each other.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    together: u32,
    contradicted: u32,
    /// The window last counted, and whether as a contradiction: it counts once.
    counted: Option<(i64, bool)>,
}

/// What two answers say about whether one counter wrote both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hint {
    Together,
    Contradiction,
    Nothing,
}

impl BucketCorrelation {
    /// Learns from an answer; one that a limit refused may show another counter, and is not for here.
    pub(super) fn learn(&mut self, endpoint: &BucketApi, sample: RateLimitSample) {
        if self.samples.len() >= MOST && !self.samples.contains_key(endpoint) {
            return;
        }
        for (other, seen) in self.samples.iter().filter(|(other, _)| *other != endpoint) {
            let (first, second) = if date(*seen) <= date(sample) {
                (*seen, sample)
            } else {
                (sample, *seen)
            };
            let contradiction = match hint(first, second) {
                Hint::Together => false,
                Hint::Contradiction => true,
                Hint::Nothing => continue,
            };
            let (a, b) = if *endpoint < *other {
                (endpoint, other)
            } else {
                (other, endpoint)
            };
            let tally = if a.bucket == b.bucket {
                let pair = (a.clone(), b.clone());
                self.endpoints.entry(pair).or_default()
            } else {
                let pair = (a.bucket.clone(), b.bucket.clone());
                let (tally, shown_by) = self.buckets.entry(pair).or_default();
                if shown_by.is_none() && !contradiction {
                    *shown_by = Some(Box::new((a.clone(), b.clone())));
                }
                tally
            };
            tally.count(reset(second), contradiction);
        }
        self.samples.insert(endpoint.clone(), sample);
    }

    /// What was found, with two endpoints to show it by.
    pub(super) fn found(&self) -> impl Iterator<Item = (Relation, &BucketApi, &BucketApi)> {
        let two = self.endpoints.iter().filter(|(_, tally)| tally.is_two());
        let one = self.buckets.values().filter(|(tally, _)| tally.is_one());
        two.map(|((a, b), _)| (Relation::Two, a, b))
            .chain(one.filter_map(|(_, shown_by)| {
                let (a, b) = shown_by.as_deref()?;
                Some((Relation::One, a, b))
            }))
    }
}

impl Tally {
    fn count(&mut self, window: i64, contradiction: bool) {
        match self.counted {
            Some((counted, true)) if counted == window => return,
            Some((counted, false)) if counted == window && !contradiction => return,
            // What spoke for it in the same window was chance.
            Some((counted, false)) if counted == window => {
                self.together = self.together.saturating_sub(1);
            }
            _ => {}
        }
        self.counted = Some((window, contradiction));
        if contradiction {
            self.contradicted = self.contradicted.saturating_add(1);
        } else {
            self.together = self.together.saturating_add(1);
        }
    }

    fn is_one(&self) -> bool {
        let outweighed = self.contradicted.saturating_mul(OUTWEIGHS);
        self.together >= outweighed.saturating_add(TOGETHER)
    }

    fn is_two(&self) -> bool {
        self.contradicted >= APART && self.contradicted >= self.together / OUTWEIGHS
    }
}

/// When an answer was written, in seconds of Okta's clock.
fn date(sample: RateLimitSample) -> i64 {
    sample
        .date
        .map_or(i64::MIN / 2, crate::units::Timestamp::as_second)
}

/// When its window ends, in seconds of Okta's clock.
fn reset(sample: RateLimitSample) -> i64 {
    sample.rate_limit.reset.as_second()
}

/// Compares two answers, the first of which is not the later.
fn hint(first: RateLimitSample, second: RateLimitSample) -> Hint {
    let same = reset(first) == reset(second);
    // A second either way: dates and resets are whole, and servers' clocks differ.
    let close = (reset(second) - reset(first)).abs() == 1;
    if !same && (date(second) + 1 >= reset(first) || close) {
        return Hint::Nothing;
    }
    if same && first.rate_limit.limit == second.rate_limit.limit {
        same_window(first, second)
    } else {
        Hint::Contradiction
    }
}

/// Both requests were counted, so that of one counter the later answer shows less.
fn same_window(first: RateLimitSample, second: RateLimitSample) -> Hint {
    let (more, less) = (first.rate_limit.remaining, second.rate_limit.remaining);
    if more == 0 || less == 0 {
        // An empty counter stays empty.
        return Hint::Nothing;
    }
    if more == less {
        return Hint::Contradiction;
    }
    let apart = date(second) - date(first);
    if more < less {
        // Within a second nobody knows which came first.
        return if apart > 0 {
            Hint::Contradiction
        } else {
            Hint::Nothing
        };
    }
    if more - less <= at_this_pace(second, apart) {
        Hint::Together
    } else {
        Hint::Nothing
    }
}

/// How many requests may have come in between, at four times the pace of the window so far: what
/// lies further apart shows nothing, since any two counters may.
fn at_this_pace(second: RateLimitSample, apart: i64) -> u64 {
    let left = reset(second) - date(second);
    let gone = u64::try_from(60 - left).unwrap_or_default().max(1);
    let apart = u64::try_from(apart).unwrap_or_default() + 1;
    3 + 4 * second.used() * apart / gone
}

#[cfg(test)]
mod tests;
