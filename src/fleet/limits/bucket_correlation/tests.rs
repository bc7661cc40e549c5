//! What is found of endpoints, by counters that live as Okta's do, and by recorded answers.

mod bounds;

use fastrand::Rng;

use super::*;
use crate::{
    okta::{Buckets, RateLimit},
    units::{Moment, Timestamp},
};

/// An answer that was written at this second of Okta's clock.
fn sample(date: i64, (limit, remaining): (u64, u64), reset: i64) -> RateLimitSample {
    let at = |second| Timestamp::from_second(second).unwrap();
    RateLimitSample {
        sent: Moment::test_seconds(date),
        answered: Moment::test_seconds(date),
        date: Some(at(date)),
        rate_limit: RateLimit {
            limit,
            remaining,
            reset: at(reset),
        },
    }
}

/// One counter with windows of a minute.
struct Counter {
    limit: u64,
    used: u64,
    reset: i64,
}

impl Counter {
    fn of(limit: u64) -> Self {
        Self {
            limit,
            used: 0,
            reset: 0,
        }
    }

    fn take(&mut self, date: i64) -> RateLimitSample {
        if date >= self.reset {
            (self.used, self.reset) = (0, date + 60);
        }
        self.used = (self.used + 1).min(self.limit);
        sample(date, (self.limit, self.limit - self.used), self.reset)
    }
}

fn endpoint(name: &'static str, bucket: &'static str) -> BucketApi {
    BucketApi {
        name: name.into(),
        bucket: bucket.into(),
    }
}

fn found(correlation: &BucketCorrelation) -> Vec<(Relation, &str, &str)> {
    let found = correlation.found();
    found
        .map(|(relation, a, b)| (relation, &*a.name, &*b.name))
        .collect()
}

/// Two endpoints on these counters, both asked about once a minute for an hour, `busy` requests
/// of others each minute between.
fn hour(
    correlation: &mut BucketCorrelation,
    (a, b): (&BucketApi, &BucketApi),
    counters: &mut [Counter],
    busy: u64,
) {
    let mut rng = Rng::with_seed(7);
    let (first, last) = (0, counters.len() - 1);
    for minute in 0..60 {
        for n in 0..busy {
            let date = minute * 60 + i64::try_from(n * 60 / busy).unwrap();
            counters[rng.usize(..counters.len())].take(date);
        }
        // Within the last second at times, as aimed samples are.
        let date = minute * 60 + rng.i64(55..60);
        correlation.learn(a, counters[first].take(date));
        correlation.learn(b, counters[last].take(date + rng.i64(0..2)));
    }
}

#[test]
fn what_draws_on_one_counter_is_found_to_be_one_idle_or_busy() {
    for busy in [0, 3, 400] {
        let (a, b) = (endpoint("a", "/a"), endpoint("b", "/b"));
        let mut correlation = BucketCorrelation::default();
        hour(&mut correlation, (&a, &b), &mut [Counter::of(600)], busy);
        assert_eq!(found(&correlation), [(Relation::One, "a", "b")], "{busy}");
    }
}

#[test]
fn idle_buckets_that_our_own_runs_open_at_once_are_not_one() {
    let (a, b, c) = (
        endpoint("a", "/a"),
        endpoint("b", "/b"),
        endpoint("c", "/a"),
    );
    let mut correlation = BucketCorrelation::default();
    let mut counters = [Counter::of(600), Counter::of(600)];
    for minute in 0..600 {
        let date = minute * 61;
        // `b` comes between two that share a counter, so that it moves together with the last.
        correlation.learn(&a, counters[0].take(date));
        correlation.learn(&b, counters[1].take(date));
        correlation.learn(&c, counters[0].take(date + 1));
    }
    assert_eq!(found(&correlation), []);
}

#[test]
fn an_application_that_opens_two_buckets_at_once_does_not_make_them_one() {
    for lockstep in [1, 50, 300] {
        let (a, b) = (endpoint("a", "/a"), endpoint("b", "/b"));
        let mut correlation = BucketCorrelation::default();
        let mut counters = [Counter::of(600), Counter::of(600)];
        let mut rng = Rng::with_seed(3);
        for minute in 0..1_440 {
            let start = minute * 60;
            for n in 0..lockstep {
                let date = start + n * 58 / lockstep;
                counters[0].take(date);
                counters[1].take(date + rng.i64(0..2).min(n));
            }
            correlation.learn(&a, counters[0].take(start + 58));
            correlation.learn(&b, counters[1].take(start + 58 + rng.i64(0..2)));
        }
        assert_eq!(found(&correlation), [], "{lockstep}");
    }
}

#[test]
fn what_contradicts_within_one_bucket_is_two() {
    let (a, b) = (endpoint("a", "/a"), endpoint("b", "/a"));
    for (limits, gap) in [((50, 15), 0), ((50, 50), 20), ((50, 50), 0)] {
        let mut correlation = BucketCorrelation::default();
        let mut counters = [Counter::of(limits.0), Counter::of(limits.1)];
        for minute in 0..10 {
            correlation.learn(&a, counters[0].take(minute * 70));
            correlation.learn(&b, counters[1].take(minute * 70 + gap));
        }
        assert_eq!(
            found(&correlation),
            [(Relation::Two, "a", "b")],
            "{limits:?} {gap}"
        );
    }
    let mut correlation = BucketCorrelation::default();
    hour(&mut correlation, (&a, &b), &mut [Counter::of(600)], 300);
    assert_eq!(found(&correlation), [], "one counter contradicts nothing");
}

/// The recorded answers, in the order of time: path and what it showed.
fn recorded() -> Vec<(&'static str, RateLimitSample)> {
    let text = include_str!("../../../../tests/fixtures/rate-limit-observations.csv");
    let row = |line: &'static str| {
        let columns: Vec<&str> = line.split(',').collect();
        let number = |column: usize| columns[column].parse::<i64>().ok();
        let (limit, remaining) = (number(6)?.unsigned_abs(), number(7)?.unsigned_abs());
        let sample = sample(number(0)?, (limit, remaining), number(8)?);
        Some((columns[3], sample))
    };
    let lines = text
        .lines()
        .filter(|line| line.contains("integrator_free_A"));
    let mut rows: Vec<_> = lines.filter_map(row).collect();
    rows.sort_by_key(|(_, sample)| {
        let remaining = sample.rate_limit.remaining;
        (sample.date, std::cmp::Reverse(remaining))
    });
    rows
}

#[test]
fn what_recorded_answers_show_agrees_with_the_published_patterns() {
    // As if nobody knew any pattern: every path a bucket of its own, and all paths one bucket.
    let (mut own, mut all) = (BucketCorrelation::default(), BucketCorrelation::default());
    for (path, sample) in recorded() {
        own.learn(&endpoint(path, path), sample);
        all.learn(&endpoint(path, "all"), sample);
    }
    let published = Buckets::default();
    let of = |endpoint: &BucketApi| published.of("GET", &endpoint.name);
    let found: Vec<_> = own.found().collect();
    assert!(found.len() >= 4, "{found:?}");
    for (relation, a, b) in found {
        assert_eq!(relation, Relation::One);
        assert_eq!(of(a), of(b), "{a:?} {b:?}");
    }
    let found: Vec<_> = all.found().collect();
    assert!(found.len() >= 15, "{found:?}");
    for (relation, a, b) in found {
        assert_eq!(relation, Relation::Two);
        assert_ne!(of(a), of(b), "{a:?} {b:?}");
    }
}

#[test]
fn an_exhausted_counter_and_windows_that_are_over_tell_nothing() {
    let seen = |date, remaining, reset| sample(date, (10, remaining), reset);
    for (first, second) in [
        (seen(0, 0, 60), seen(1, 0, 60)),
        (seen(0, 5, 60), seen(59, 9, 119)),
        (seen(0, 5, 60), seen(10, 9, 61)),
        (seen(0, 5, 60), seen(0, 6, 60)),
    ] {
        assert_eq!(hint(first, second), Hint::Nothing, "{first:?} {second:?}");
    }
}
