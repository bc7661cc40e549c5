//! Which endpoints draw on one counter, by what their answers show: one counter has one limit and
//! one reset at a time, and each request leaves less. Pure; which bucket a path should draw on is
//! the table's and the configuration's, and who tells about a difference is elsewhere.
//!
//! That two are apart is proved by a contradiction. That they are one can only be made likely: by
//! windows that began in the same second, which of two counters happens once in sixty windows
//! unless somebody opens both at once; and whoever opens two sees nearly all left in both, which
//! of one counter cannot be.

use std::{borrow::Cow, collections::BTreeMap};

use crate::units::closed_list;

/// Windows in which two buckets must have moved together before they count as one.
const TOGETHER: u32 = 5;
/// Each contradiction outweighs so many of them.
const OUTWEIGHS: u32 = 20;
/// Contradictions before two endpoints of one bucket count as apart.
const APART: u32 = 3;
/// Endpoints of one credential that are compared, at most: each is compared with each.
const MOST: usize = 64;

/// An endpoint and the bucket that its path is taken for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BucketApi {
    /// The bucket.
    pub bucket: Cow<'static, str>,
    /// The endpoint's short name.
    pub name: Cow<'static, str>,
}

/// What one answer showed; times in seconds of Okta's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight {
    pub(super) date: i64,
    pub(super) limit: u64,
    pub(super) remaining: u64,
    pub(super) reset: i64,
}

closed_list! {
    /// What was found of two endpoints.
    pub enum Relation {
        /// They are taken for two buckets, and are one.
        One = "shared",
        /// They are taken for one bucket, and are two.
        Two = "apart",
    }
}

/// What is known of the endpoints of one credential.
#[derive(Debug, Default)]
pub(super) struct BucketCorrelation {
    sights: BTreeMap<BucketApi, Sight>,
    /// Two endpoints that are taken for one bucket.
    endpoints: BTreeMap<(BucketApi, BucketApi), Tally>,
    /// Two buckets, and an endpoint of each.
    buckets: BTreeMap<(Name, Name), (Tally, BucketApi, BucketApi)>,
}

type Name = Cow<'static, str>;

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
    pub(super) fn learn(&mut self, endpoint: &BucketApi, sight: Sight) {
        if self.sights.len() >= MOST && !self.sights.contains_key(endpoint) {
            return;
        }
        for (other, seen) in self.sights.iter().filter(|(other, _)| *other != endpoint) {
            let (first, second) = if seen.date <= sight.date {
                (*seen, sight)
            } else {
                (sight, *seen)
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
                let new = || (Tally::default(), a.clone(), b.clone());
                &mut self.buckets.entry(pair).or_insert_with(new).0
            };
            tally.count(second.reset, contradiction);
        }
        self.sights.insert(endpoint.clone(), sight);
    }

    /// What was found, with two endpoints to show it by.
    pub(super) fn found(&self) -> impl Iterator<Item = (Relation, &BucketApi, &BucketApi)> {
        let two = self.endpoints.iter().filter(|(_, tally)| tally.is_two());
        let one = self.buckets.values().filter(|(tally, ..)| tally.is_one());
        two.map(|((a, b), _)| (Relation::Two, a, b))
            .chain(one.map(|(_, a, b)| (Relation::One, a, b)))
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

/// Compares two answers, the first of which is not the later.
fn hint(first: Sight, second: Sight) -> Hint {
    let same = first.reset == second.reset;
    // A second either way: dates and resets are whole, and servers' clocks differ.
    if !same && (second.date + 1 >= first.reset || (second.reset - first.reset).abs() == 1) {
        return Hint::Nothing;
    }
    if same && first.limit == second.limit {
        same_window(first, second)
    } else {
        Hint::Contradiction
    }
}

/// Both requests were counted, so that of one counter the later answer shows less.
fn same_window(first: Sight, second: Sight) -> Hint {
    let (more, less) = (first.remaining, second.remaining);
    if more == 0 || less == 0 {
        // An empty counter stays empty.
        return Hint::Nothing;
    }
    if more == less {
        return Hint::Contradiction;
    }
    let apart = second.date - first.date;
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
fn at_this_pace(second: Sight, apart: i64) -> u64 {
    let used = second.limit.saturating_sub(second.remaining);
    let left = second.reset - second.date;
    let gone = u64::try_from(60 - left).unwrap_or_default().max(1);
    let apart = u64::try_from(apart).unwrap_or_default() + 1;
    3 + 4 * used * apart / gone
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::okta::Buckets;

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

        fn take(&mut self, date: i64) -> Sight {
            if date >= self.reset {
                (self.used, self.reset) = (0, date + 60);
            }
            self.used = (self.used + 1).min(self.limit);
            Sight {
                date,
                limit: self.limit,
                remaining: self.limit - self.used,
                reset: self.reset,
            }
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
            // Within the last second at times, as aimed looks are.
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
    fn recorded() -> Vec<(&'static str, Sight)> {
        let text = include_str!("../../../tests/fixtures/rate-limit-observations.csv");
        let row = |line: &'static str| {
            let columns: Vec<&str> = line.split(',').collect();
            let number = |column: usize| columns[column].parse::<i64>().ok();
            let sight = Sight {
                date: number(0)?,
                limit: number(6)?.unsigned_abs(),
                remaining: number(7)?.unsigned_abs(),
                reset: number(8)?,
            };
            Some((columns[3], sight))
        };
        let lines = text
            .lines()
            .filter(|line| line.contains("integrator_free_A"));
        let mut rows: Vec<_> = lines.filter_map(row).collect();
        rows.sort_by_key(|(_, sight)| (sight.date, std::cmp::Reverse(sight.remaining)));
        rows
    }

    #[test]
    fn what_recorded_answers_show_agrees_with_the_published_patterns() {
        // As if nobody knew any pattern: every path a bucket of its own, and all paths one bucket.
        let (mut own, mut all) = (BucketCorrelation::default(), BucketCorrelation::default());
        for (path, sight) in recorded() {
            own.learn(&endpoint(path, path), sight);
            all.learn(&endpoint(path, "all"), sight);
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
        let sight = |date, remaining, reset| Sight {
            date,
            limit: 10,
            remaining,
            reset,
        };
        for (first, second) in [
            (sight(0, 0, 60), sight(1, 0, 60)),
            (sight(0, 5, 60), sight(59, 9, 119)),
            (sight(0, 5, 60), sight(10, 9, 61)),
            (sight(0, 5, 60), sight(0, 6, 60)),
        ] {
            assert_eq!(hint(first, second), Hint::Nothing, "{first:?} {second:?}");
        }
    }
}
