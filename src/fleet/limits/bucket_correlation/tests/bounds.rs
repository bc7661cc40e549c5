//! How far apart two answers may lie, and how many endpoints are compared.

use super::*;

#[test]
fn of_a_busy_counter_answers_a_second_apart_may_lie_far_from_each_other() {
    // 400 requests in 59 seconds; thirty in the second between the two are no more than four times that.
    let found_after = |between: u64| {
        let mut correlation = BucketCorrelation::default();
        let (a, b) = (endpoint("a", "/a"), endpoint("b", "/b"));
        for minute in 0..6 {
            let (end, left) = ((minute + 1) * 60, 200);
            correlation.learn(&a, sample(end - 2, (600, left + between), end));
            correlation.learn(&b, sample(end - 1, (600, left), end));
        }
        found(&correlation).len()
    };
    assert_eq!(found_after(30), 1);
    assert_eq!(found_after(57), 1);
    assert_eq!(found_after(58), 0, "any two counters may lie so far apart");
}

#[test]
fn the_endpoints_that_are_known_learn_on_when_there_are_too_many() {
    let mut correlation = BucketCorrelation::default();
    let names: Vec<String> = (0..MOST + 2).map(|n| format!("/{n:03}")).collect();
    let endpoints: Vec<BucketApi> = names
        .iter()
        .map(|name| BucketApi {
            name: name.clone().into(),
            bucket: name.clone().into(),
        })
        .collect();
    // Each in a window of its own, long before.
    for (at, endpoint) in (0..).zip(&endpoints) {
        let date = -100_000 + 100 * at;
        correlation.learn(endpoint, sample(date, (50, 40), date + 60));
    }
    let (a, b) = (&endpoints[0], &endpoints[1]);
    hour(&mut correlation, (a, b), &mut [Counter::of(600)], 3);
    assert_eq!(found(&correlation), [(Relation::One, "/000", "/001")]);
    let late = &endpoints[MOST + 1];
    hour(&mut correlation, (a, late), &mut [Counter::of(600)], 3);
    assert_eq!(found(&correlation), [(Relation::One, "/000", "/001")]);
}

#[test]
fn an_empty_counter_shows_nothing_and_a_fuller_one_later_is_another() {
    let hint = |first: (i64, u64), second: (i64, u64)| {
        let of = |(date, remaining)| sample(date, (600, remaining), 60);
        hint(of(first), of(second))
    };
    assert_eq!(hint((30, 1), (31, 0)), Hint::Nothing);
    assert_eq!(hint((30, 0), (31, 5)), Hint::Nothing);
    assert_eq!(hint((30, 5), (31, 5)), Hint::Contradiction);
    assert_eq!(hint((30, 5), (31, 6)), Hint::Contradiction);
    assert_eq!(hint((30, 5), (30, 6)), Hint::Nothing, "within one second");
    assert_eq!(hint((30, 500), (31, 499)), Hint::Together);
    // 101 were used in half a minute: in three seconds, 3 and four times as many may come.
    assert_eq!(hint((28, 542), (30, 499)), Hint::Together);
    assert_eq!(hint((28, 543), (30, 499)), Hint::Nothing);
}
