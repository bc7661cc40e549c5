//! How full each bucket is: principal ceilings nested in the org's buckets. How one counter lives
//! stands in [`super::rate_limit_bucket`], which path belongs to which bucket in
//! [`super::bucket_patterns`].

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::bucket_patterns::BucketPatterns;
use super::credentials::Principal;
use super::rate_limit_bucket::{RateLimitBucket, RateLimitHeaders};

/// Whether a request may pass, and what its answer's headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Pass(RateLimitHeaders),
    Refuse(RateLimitHeaders),
}

/// A bucket's counter: the org's own, or that of one principal inside it.
type CounterKey = (String, Option<String>);

/// All counters of an org.
#[derive(Debug)]
pub(super) struct Counters {
    buckets: BucketPatterns,
    length: Duration,
    known: HashMap<CounterKey, RateLimitBucket>,
}

impl Counters {
    pub(super) fn new(buckets: BucketPatterns, length: Duration) -> Self {
        Self {
            buckets,
            length,
            known: HashMap::new(),
        }
    }

    /// Counts one request. A refused one counts nothing: recordings show `remaining` at 0 and the
    /// same reset however often one asks.
    pub(super) fn take(&mut self, path: &str, who: Option<&Principal>, now: Timestamp) -> Verdict {
        let org = self.reading(path, None, now);
        let shown = who.map_or(org, |who| self.reading(path, Some(who), now));
        if shown.remaining == 0 {
            return Verdict::Refuse(shown);
        }
        if org.remaining == 0 {
            // Undocumented which numbers Okta shows here; these are the ones that are exhausted.
            return Verdict::Refuse(org);
        }
        self.count(path, None, now);
        if who.is_some() {
            self.count(path, who, now);
        }
        Verdict::Pass(self.reading(path, who, now))
    }

    /// What the headers would say, without counting anything.
    pub(super) fn reading(
        &self,
        path: &str,
        who: Option<&Principal>,
        now: Timestamp,
    ) -> RateLimitHeaders {
        let (counter, limit) = self.counter(path, who);
        match self.known.get(&counter) {
            Some(bucket) => bucket.reading(now),
            None => RateLimitBucket::new(limit, self.length).reading(now),
        }
    }

    fn count(&mut self, path: &str, who: Option<&Principal>, now: Timestamp) {
        let (counter, limit) = self.counter(path, who);
        let unused = RateLimitBucket::new(limit, self.length);
        self.known.entry(counter).or_insert(unused).count(now);
    }

    fn counter(&self, path: &str, who: Option<&Principal>) -> (CounterKey, u32) {
        let (pattern, limit) = self.buckets.of(path).map_or_else(
            || (path.to_owned(), u32::MAX),
            |b| (b.pattern.clone(), b.limit),
        );
        let limit = who.map_or(limit, |who| who.ceiling(limit));
        ((pattern, who.map(|who| who.name.clone())), limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOLS: &str = "/api/v1/agentPools";

    fn counters() -> Counters {
        Counters::new(BucketPatterns::integrator_free(), Duration::from_mins(1))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_window_lives_as_the_recorded_one_did() {
        let (mut counters, who) = (counters(), Principal::new("exporter"));
        for used in 1..=10 {
            let verdict = counters.take(POOLS, Some(&who), at(1000 + used));
            let remaining = u32::try_from(10 - used).unwrap();
            assert_eq!(
                verdict,
                Verdict::Pass(RateLimitHeaders {
                    limit: 10,
                    remaining,
                    reset: 1061
                })
            );
        }
        let refused = Verdict::Refuse(RateLimitHeaders {
            limit: 10,
            remaining: 0,
            reset: 1061,
        });
        assert_eq!(counters.take(POOLS, Some(&who), at(1012)), refused);
        assert_eq!(counters.take(POOLS, Some(&who), at(1013)), refused);
        let reopened = Verdict::Pass(RateLimitHeaders {
            limit: 10,
            remaining: 9,
            reset: 1130,
        });
        assert_eq!(counters.take(POOLS, Some(&who), at(1070)), reopened);
    }

    #[test]
    fn a_principal_and_the_org_both_lose_one() {
        let (mut counters, who) = (counters(), Principal::new("exporter"));
        counters.take(POOLS, Some(&who), at(0));
        assert_eq!(counters.reading(POOLS, Some(&who), at(1)).remaining, 9);
        assert_eq!(counters.reading(POOLS, None, at(1)).remaining, 19);
        assert_eq!(
            counters
                .reading(POOLS, Some(&Principal::new("other")), at(1))
                .remaining,
            10
        );
    }

    #[test]
    fn an_exhausted_org_refuses_a_principal_that_has_some_left() {
        let mut counters = counters();
        for _ in 0..20 {
            counters.take(POOLS, None, at(0));
        }
        let verdict = counters.take(POOLS, Some(&Principal::new("exporter")), at(1));
        assert_eq!(
            verdict,
            Verdict::Refuse(RateLimitHeaders {
                limit: 20,
                remaining: 0,
                reset: 60
            })
        );
    }
}
