//! Where each endpoint's requests are counted: in the bucket that its path is taken for, until what
//! is seen says otherwise. Pure; what is seen is compared in [`bucket_correlation`](super::bucket_correlation).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    bucket_correlation::BucketCorrelation,
    bucket_mismatch::{BucketApi, BucketMismatch, Relation},
};
use crate::fleet::aim::RateLimitSample;

/// The buckets of one credential, as its endpoints turn out to share them.
#[derive(Debug, Default)]
pub(super) struct BucketAssignment {
    correlation: BucketCorrelation,
    found: BTreeSet<BucketMismatch>,
    /// Of these nobody asks any more.
    hidden: BTreeSet<String>,
    /// Buckets that are counted under another's name.
    merged: BTreeMap<String, String>,
    /// Endpoints that are counted apart from their bucket.
    apart: BTreeMap<BucketApi, String>,
}

impl BucketAssignment {
    /// Learns from an answer; returns what was found by it, once each.
    pub(super) fn learn(
        &mut self,
        endpoint: &BucketApi,
        sample: RateLimitSample,
    ) -> Vec<BucketMismatch> {
        self.hidden.remove(&*endpoint.name);
        self.correlation.learn(endpoint, sample);
        let found = self
            .correlation
            .found()
            .map(|(relation, one, other)| BucketMismatch {
                relation,
                one: one.clone(),
                other: other.clone(),
            });
        // What was found once holds: labels that come and go would be worse than a late mistake.
        let new: Vec<BucketMismatch> = found.filter(|found| !self.found.contains(found)).collect();
        if !new.is_empty() {
            self.found.extend(new.iter().cloned());
            self.merge();
            self.split();
        }
        new
    }

    /// The name under which an endpoint's requests are counted.
    pub(super) fn of_api<'a>(&'a self, endpoint: &'a BucketApi) -> &'a str {
        let merged = || self.merged.get(&*endpoint.bucket).map(String::as_str);
        let apart = self.apart.get(endpoint).map(String::as_str);
        apart.or_else(merged).unwrap_or(&endpoint.bucket)
    }

    /// The name under which what belongs to a bucket as a whole is counted.
    pub(super) fn of_bucket<'a>(&'a self, bucket: &'a str) -> &'a str {
        self.merged.get(bucket).map_or(bucket, String::as_str)
    }

    /// What was found so far.
    pub(super) fn found(&self) -> impl Iterator<Item = &BucketMismatch> {
        let shown = |found: &&BucketMismatch| {
            [&found.one, &found.other]
                .iter()
                .all(|api| !self.hidden.contains(&*api.name))
        };
        self.found.iter().filter(shown)
    }

    /// Shows no longer what is about this one: nobody asks it any more.
    pub(super) fn hide(&mut self, api: &str) {
        self.hidden.insert(api.to_owned());
    }

    fn of(&self, relation: Relation) -> impl Iterator<Item = (&BucketApi, &BucketApi)> {
        let found = self.found.iter();
        found
            .filter(move |found| found.relation == relation)
            .map(|found| (&found.one, &found.other))
    }

    /// Buckets that are one are counted under the shortest name among them: the widest pattern.
    fn merge(&mut self) {
        let mut groups: Vec<BTreeSet<String>> = Vec::new();
        for (one, other) in self.of(Relation::One) {
            let mut group = BTreeSet::from([one.bucket.to_string(), other.bucket.to_string()]);
            groups.retain_mut(|known| {
                let joined = !known.is_disjoint(&group);
                if joined {
                    group.append(known);
                }
                !joined
            });
            groups.push(group);
        }
        self.merged.clear();
        for group in groups {
            let name = group.iter().min_by_key(|name| (name.len(), *name)).cloned();
            for bucket in &group {
                let name = name.clone().filter(|name| name != bucket);
                self.merged.extend(name.map(|name| (bucket.clone(), name)));
            }
        }
    }

    /// Endpoints of one bucket that contradict each other: the first keeps the bucket's name, and
    /// those that agree with it; the next is counted under its own, with those that agree with it.
    fn split(&mut self) {
        let contradict: BTreeSet<(&BucketApi, &BucketApi)> = self.of(Relation::Two).collect();
        let endpoints: BTreeSet<&BucketApi> = contradict
            .iter()
            .flat_map(|(one, other)| [*one, *other])
            .collect();
        let agree = |one: &BucketApi, other: &BucketApi| {
            one.bucket == other.bucket
                && !contradict.contains(&(one, other))
                && !contradict.contains(&(other, one))
        };
        let mut groups: Vec<Vec<&BucketApi>> = Vec::new();
        for endpoint in endpoints {
            let all_agree = |group: &&mut Vec<&BucketApi>| group.iter().all(|e| agree(e, endpoint));
            match groups.iter_mut().find(all_agree) {
                Some(group) => group.push(endpoint),
                None => groups.push(vec![endpoint]),
            }
        }
        let mut apart = BTreeMap::new();
        let mut named = BTreeSet::new();
        for group in groups {
            let Some(first) = group.first() else { continue };
            if !named.insert(&first.bucket) {
                let named = group.iter().map(|e| ((*e).clone(), first.name.to_string()));
                apart.extend(named);
            }
        }
        self.apart = apart;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        okta::RateLimit,
        units::{Moment, Timestamp},
    };

    fn endpoint(name: &'static str, bucket: &'static str) -> BucketApi {
        BucketApi {
            name: name.into(),
            bucket: bucket.into(),
        }
    }

    fn known(found: &[(Relation, &BucketApi, &BucketApi)]) -> BucketAssignment {
        let found = found.iter().map(|(relation, one, other)| BucketMismatch {
            relation: *relation,
            one: (*one).clone(),
            other: (*other).clone(),
        });
        let mut assignment = BucketAssignment {
            found: found.collect(),
            ..BucketAssignment::default()
        };
        assignment.merge();
        assignment.split();
        assignment
    }

    #[test]
    fn buckets_that_are_one_are_counted_under_the_widest_name() {
        let (a, b) = (endpoint("a", "/api/v1*"), endpoint("b", "/api/v1/iam*"));
        let (c, d) = (
            endpoint("c", "/api/v1/logs"),
            endpoint("d", "/api/v1/devices"),
        );
        let assignment = known(&[(Relation::One, &c, &b), (Relation::One, &a, &b)]);
        for one in [&a, &b, &c] {
            assert_eq!(assignment.of_api(one), "/api/v1*");
        }
        assert_eq!(assignment.of_api(&d), "/api/v1/devices");
        let settings: Vec<_> = assignment.found().map(BucketMismatch::setting).collect();
        assert_eq!(
            settings,
            [
                "'/api/v1/iam*': '/api/v1*'",
                "'/api/v1/logs': '/api/v1/iam*'"
            ]
        );
    }

    #[test]
    fn endpoints_that_contradict_each_other_are_counted_apart() {
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| endpoint(name, "/api/v1*"));
        let two = Relation::Two;
        let assignment = known(&[(two, &a, &b), (two, &b, &c), (two, &a, &d), (two, &c, &d)]);
        let counted = [&a, &b, &c, &d].map(|endpoint| assignment.of_api(endpoint));
        assert_eq!(counted, ["/api/v1*", "b", "/api/v1*", "b"]);
    }

    #[test]
    fn a_difference_is_shown_while_both_are_asked() {
        let (a, b) = (endpoint("a", "/a"), endpoint("b", "/b"));
        let mut assignment = known(&[(Relation::One, &a, &b)]);
        assert_eq!(assignment.found().count(), 1);
        assignment.hide("c");
        assert_eq!(assignment.found().count(), 1);
        assignment.hide("b");
        assert_eq!(assignment.found().count(), 0);
        assert_eq!(
            assignment.of_api(&b),
            "/a",
            "what was counted together stays so"
        );
    }

    #[test]
    fn a_difference_is_told_once() {
        let (a, b) = (endpoint("a", "/a"), endpoint("b", "/b"));
        let mut assignment = BucketAssignment::default();
        let mut told = Vec::new();
        for minute in 0..20_i64 {
            for (n, endpoint) in [&a, &b].into_iter().enumerate() {
                let at = |second| Timestamp::from_second(minute * 60 + second).unwrap();
                let sample = RateLimitSample {
                    sent: Moment::test_seconds(minute * 60 + 50),
                    answered: Moment::test_seconds(minute * 60 + 50),
                    date: Some(at(50)),
                    rate_limit: RateLimit {
                        limit: 600,
                        remaining: 500 - n as u64,
                        reset: at(60),
                    },
                };
                told.extend(assignment.learn(endpoint, sample));
            }
        }
        assert_eq!(told.len(), 1);
        assert_eq!(assignment.of_api(&b), "/a");
        assert_eq!(told[0].setting(), "'/b': '/a'");
    }
}
