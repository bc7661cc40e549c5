//! How full each bucket is: principal ceilings nested in the org's buckets. How one counter lives
//! stands in [`super::rate_limit_bucket`], which path belongs to which bucket in
//! [`super::bucket_patterns`].

use std::collections::HashMap;
use std::time::Duration;

use http::Method;
use jiff::Timestamp;

use super::bucket_patterns::{BucketPattern, BucketPatterns};
use super::credentials::Principal;
use super::rate_limit_bucket::{RateLimitBucket, RateLimitHeaders};

/// Whether a request may pass, and what its answer's headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Pass(RateLimitHeaders),
    Refuse(RateLimitHeaders),
}

/// A request: its method and path.
pub(super) type Asked<'a> = (&'a Method, &'a str);

/// What became of a request, and how the counters stood before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) verdict: Verdict,
    pub(super) org: RateLimitHeaders,
    /// The counter of the principal; absent where nobody is known to ask.
    pub(super) principal: Option<RateLimitHeaders>,
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

    /// Counts one request, in its bucket and in those around it. A refused one counts nothing:
    /// recordings show `remaining` at 0 and the same reset however often one asks. Only its own
    /// bucket refuses: the most specific limit wins.
    pub(super) fn take(
        &mut self,
        asked: Asked<'_>,
        who: Option<&Principal>,
        now: Timestamp,
    ) -> Taken {
        let org = self.reading(asked, None, now);
        let principal = who.map(|who| self.reading(asked, Some(who), now));
        let shown = principal.unwrap_or(org);
        let verdict = if shown.remaining == 0 {
            Verdict::Refuse(shown)
        } else if org.remaining == 0 {
            // Undocumented which numbers Okta shows here; these are the ones that are exhausted.
            Verdict::Refuse(org)
        } else {
            self.count(asked, None, now);
            if who.is_some() {
                self.count(asked, who, now);
            }
            Verdict::Pass(self.reading(asked, who, now))
        };
        Taken {
            verdict,
            org,
            principal,
        }
    }

    /// The pattern of the bucket whose limit a request meets.
    pub(super) fn pattern(&self, asked: Asked<'_>) -> String {
        let bucket = self.buckets.of(asked).into_iter().next();
        bucket.map_or_else(|| asked.1.to_owned(), |bucket| bucket.pattern.clone())
    }

    /// What the headers would say, without counting anything.
    pub(super) fn reading(
        &self,
        asked: Asked<'_>,
        who: Option<&Principal>,
        now: Timestamp,
    ) -> RateLimitHeaders {
        let mut counters = self.counters(asked, who).into_iter();
        let unlimited = || ((asked.1.to_owned(), None), u32::MAX);
        let (counter, limit) = counters.next().unwrap_or_else(unlimited);
        match self.known.get(&counter) {
            Some(bucket) => bucket.reading(now),
            None => RateLimitBucket::new(limit, self.length).reading(now),
        }
    }

    fn count(&mut self, asked: Asked<'_>, who: Option<&Principal>, now: Timestamp) {
        for (counter, limit) in self.counters(asked, who) {
            let unused = RateLimitBucket::new(limit, self.length);
            self.known.entry(counter).or_insert(unused).count(now);
        }
    }

    /// The counters that a request counts in, the one that its headers show first.
    fn counters(&self, asked: Asked<'_>, who: Option<&Principal>) -> Vec<(CounterKey, u32)> {
        let buckets = self.buckets.of(asked).into_iter();
        let counter = |bucket: &BucketPattern| {
            let limit = who.map_or(bucket.limit, |who| who.ceiling(bucket.limit));
            let name = who.map(|who| who.name.clone());
            ((bucket.pattern.clone(), name), limit)
        };
        buckets.map(counter).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOLS: (&Method, &str) = (&Method::GET, "/api/v1/agentPools");

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
            let verdict = counters.take(POOLS, Some(&who), at(1000 + used)).verdict;
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
        assert_eq!(counters.take(POOLS, Some(&who), at(1012)).verdict, refused);
        assert_eq!(counters.take(POOLS, Some(&who), at(1013)).verdict, refused);
        let reopened = Verdict::Pass(RateLimitHeaders {
            limit: 10,
            remaining: 9,
            reset: 1130,
        });
        assert_eq!(counters.take(POOLS, Some(&who), at(1070)).verdict, reopened);
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
        let verdict = counters
            .take(POOLS, Some(&Principal::new("exporter")), at(1))
            .verdict;
        assert_eq!(
            verdict,
            Verdict::Refuse(RateLimitHeaders {
                limit: 20,
                remaining: 0,
                reset: 60
            })
        );
    }

    #[test]
    fn a_request_counts_in_the_buckets_around_its_own_which_refuse_nothing() {
        let (mut counters, who) = (counters(), Principal::new("exporter"));
        let (users, org) = (
            (&Method::GET, "/api/v1/users"),
            (&Method::GET, "/api/v1/org"),
        );
        counters.take(users, Some(&who), at(0));
        assert_eq!(counters.reading(users, Some(&who), at(1)).remaining, 49);
        assert_eq!(counters.reading(org, Some(&who), at(1)).remaining, 49);
        for _ in 0..49 {
            counters.take(org, Some(&who), at(2));
        }
        assert_eq!(counters.reading(org, Some(&who), at(3)).remaining, 0);
        let passed = counters.take(users, Some(&who), at(3)).verdict;
        assert!(matches!(passed, Verdict::Pass(shown) if shown.remaining == 48));
    }

    #[test]
    fn posting_a_domain_has_a_bucket_of_its_own() {
        let (mut counters, who) = (counters(), Principal::new("exporter"));
        let (post, get) = (
            (&Method::POST, "/api/v1/domains"),
            (&Method::GET, "/api/v1/domains"),
        );
        counters.take(post, Some(&who), at(0));
        let shown = counters.reading(post, Some(&who), at(1));
        assert_eq!((shown.limit, shown.remaining), (15, 14));
        let shown = counters.reading(get, Some(&who), at(1));
        assert_eq!(shown.limit, 50);
    }
}
