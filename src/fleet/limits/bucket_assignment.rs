//! Where each endpoint's requests are counted: in the bucket that its path is taken for, until what
//! is seen says otherwise. Pure; what is seen is compared in [`bucket_correlation`](super::bucket_correlation).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    BucketLimit, LimitKey, LimitsState,
    bucket_correlation::{BucketApi, BucketCorrelation, Relation, Sight},
    label,
};
use crate::{fleet::aim::Look, okta::Charge};

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

/// A difference between what is seen and what paths are taken for, shown by two endpoints.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BucketMismatch {
    /// What was found.
    pub relation: Relation,
    /// One of the two that show it.
    pub one: BucketApi,
    /// The other.
    pub other: BucketApi,
}

impl BucketAssignment {
    /// Learns from an answer; returns what was found by it, once each.
    pub(super) fn learn(&mut self, endpoint: &BucketApi, sight: Sight) -> Vec<BucketMismatch> {
        self.hidden.remove(&*endpoint.name);
        self.correlation.learn(endpoint, sight);
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
            self.part();
        }
        new
    }

    /// The name under which an endpoint's requests are counted.
    pub(super) fn bucket<'a>(&'a self, endpoint: &'a BucketApi) -> &'a str {
        let merged = || self.merged.get(&*endpoint.bucket).map(String::as_str);
        let apart = self.apart.get(endpoint).map(String::as_str);
        apart.or_else(merged).unwrap_or(&endpoint.bucket)
    }

    /// The name under which what belongs to a bucket as a whole is counted.
    pub(super) fn home<'a>(&'a self, bucket: &'a str) -> &'a str {
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
    fn part(&mut self) {
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

impl LimitsState {
    /// Where a request is counted: in the bucket of its path, unless what was seen says otherwise.
    pub(super) fn key(&self, charge: &Charge) -> LimitKey {
        let credential = label(charge.credential.as_ref());
        let bucket = self.assignments.get(&credential).map_or_else(
            || charge.bucket.to_string(),
            |assignment| assignment.bucket(&charge.into()).to_owned(),
        );
        LimitKey { credential, bucket }
    }

    /// Compares what an answer shows with what others showed. What is found moves what is counted.
    pub(super) fn compare(&mut self, charge: &Charge, look: &Look) -> Vec<BucketMismatch> {
        let (Some(read), Some(date)) = (look.rate_limit, look.date) else {
            return Vec::new();
        };
        let sight = Sight {
            date: date.as_second(),
            limit: read.limit,
            remaining: read.remaining,
            reset: read.reset.as_second(),
        };
        let credential = label(charge.credential.as_ref());
        let assignment = self.assignments.entry(credential.clone()).or_default();
        let found = assignment.learn(&charge.into(), sight);
        if !found.is_empty() {
            self.reassign(&credential);
        }
        found
    }

    /// Counts everything of a credential where it is counted from now on.
    fn reassign(&mut self, credential: &str) {
        let Some(assignment) = self.assignments.get(credential) else {
            return;
        };
        let (moving, staying) = std::mem::take(&mut self.buckets)
            .into_iter()
            .partition(|(key, _)| key.credential == credential);
        self.buckets = staying;
        let moving: BTreeMap<LimitKey, BucketLimit> = moving;
        for (key, mut bucket) in moving {
            let at = |bucket: &str| LimitKey {
                credential: key.credential.clone(),
                bucket: bucket.to_owned(),
            };
            for (name, endpoint) in std::mem::take(&mut bucket.endpoints) {
                let who = BucketApi {
                    bucket: endpoint.taken_for.clone(),
                    name: name.clone(),
                };
                let home = self.buckets.entry(at(assignment.bucket(&who))).or_default();
                home.endpoints.insert(name, endpoint);
            }
            let home = self.buckets.entry(at(assignment.home(&key.bucket)));
            home.or_default().absorb(bucket);
        }
    }
}

impl From<&Charge> for BucketApi {
    fn from(charge: &Charge) -> Self {
        Self {
            bucket: charge.bucket.clone(),
            name: charge.api.clone(),
        }
    }
}

impl BucketMismatch {
    /// What to write under `orgs.ORG.buckets`, for people.
    pub(in crate::fleet) fn setting(&self) -> String {
        let (one, other) = (&self.one, &self.other);
        match self.relation {
            Relation::One => {
                // A pattern wins over the published ones, so that the narrower one must be written.
                let width = |endpoint: &BucketApi| (endpoint.bucket.len(), endpoint.bucket.clone());
                let (wide, narrow) = if width(one) <= width(other) {
                    (one, other)
                } else {
                    (other, one)
                };
                let wide = &wide.bucket;
                match &*narrow.bucket {
                    pattern if pattern.starts_with('/') => format!("'{pattern}': '{wide}'"),
                    _ => format!("'PATH OF {}': '{wide}'", narrow.name),
                }
            }
            Relation::Two => format!("'PATH OF {}': {}", other.name, other.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        fleet::limits::{Limits, Run},
        okta::{Exchange, Phases, RateLimit, ResponseMeta},
        units::Timestamp,
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
        assignment.part();
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
            assert_eq!(assignment.bucket(one), "/api/v1*");
        }
        assert_eq!(assignment.bucket(&d), "/api/v1/devices");
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
        let counted = [&a, &b, &c, &d].map(|endpoint| assignment.bucket(endpoint));
        assert_eq!(counted, ["/api/v1*", "b", "/api/v1*", "b"]);
    }

    #[test]
    fn a_difference_is_told_once() {
        let (a, b) = (endpoint("a", "/a"), endpoint("b", "/b"));
        let mut assignment = BucketAssignment::default();
        let mut told = Vec::new();
        for minute in 0..20 {
            for (n, endpoint) in [&a, &b].into_iter().enumerate() {
                let sight = Sight {
                    date: minute * 60 + 50,
                    limit: 600,
                    remaining: 500 - n as u64,
                    reset: minute * 60 + 60,
                };
                told.extend(assignment.learn(endpoint, sight));
            }
        }
        assert_eq!(told.len(), 1);
        assert_eq!(assignment.bucket(&b), "/a");
        assert_eq!(told[0].setting(), "'/b': '/a'");
    }

    /// An answer to a request for `name`, at this second of Okta's clock and of ours.
    fn exchange(name: &'static str, (second, remaining, reset): (i64, u64, i64)) -> Exchange {
        let at = |second| Timestamp::from_second(second).unwrap();
        Exchange {
            api: name.into(),
            path: format!("/{name}"),
            credential: Some("monitor".parse().unwrap()),
            bucket: Some(format!("/{name}").into()),
            at: at(second),
            took: Duration::ZERO,
            phases: Phases::default(),
            answer: Ok(ResponseMeta {
                status: 200,
                error_code: None,
                date: Some(at(second)),
                rate_limit: Some(RateLimit {
                    limit: 600,
                    remaining,
                    reset: at(reset),
                }),
                limited: None,
                certificate_not_after: None,
                request_id: None,
            }),
        }
    }

    #[test]
    fn a_bucket_that_two_endpoints_turn_out_to_share_is_looked_at_once() {
        let limits = Limits::default();
        let mut found = Vec::new();
        for minute in 0..10 {
            for (name, later) in [("a", 0_i64), ("b", 1)] {
                let (second, left) = (60 * minute + 57 + later, 500 - later.unsigned_abs());
                let exchange = exchange(name, (second, left, 60 * (minute + 1)));
                let now = exchange.at;
                found.extend(limits.enter(&exchange, now));
                let run = Run {
                    at: now,
                    interval: Duration::from_mins(1),
                    not_before: None,
                };
                assert!(limits.ended(name, exchange.charge().as_ref(), run, now));
            }
            let scheduled = ["a", "b"].map(|name| limits.scheduled(name).is_some());
            let expected = usize::from(found.is_empty()) + 1;
            let count = scheduled.into_iter().filter(|scheduled| *scheduled).count();
            assert_eq!(count, expected, "in minute {minute}: {scheduled:?}");
        }
        assert_eq!(found.len(), 1);
    }
}
