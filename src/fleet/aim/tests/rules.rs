//! The rules that decide about single samples: after a miss, of a window that gets hot, and where
//! somebody else asked in between.

use super::*;

/// The last sample: why it was made, the reset of the window it fell into, and how long before.
fn last(prober: &Prober) -> (Why, i64, i64) {
    let (next, sample) = prober.samples.last().unwrap();
    let reset = sample.rate_limit.reset.as_second();
    (next.why, reset, reset - sample.date.unwrap().as_second())
}

/// Somebody else's answer comes by, so many seconds after the start.
fn overhear(prober: &mut Prober, bucket: &mut Bucket, seconds: i64) {
    let counted = START + seconds * 1000;
    let answer = answer((counted - 50, 100), counted, Some(bucket.ask(counted)));
    prober.clock.learn(&answer);
    prober.aim.learn(&RateLimitSample::of(&answer).unwrap());
    prober.now = prober.now.max(counted + 50);
}

#[test]
fn the_window_into_which_a_look_fell_too_late_is_looked_at_when_it_ends() {
    let mut bucket = Bucket::new(50, 60, steady(1_400));
    let mut prober = Prober::new(60);
    prober.sample(&mut bucket);
    prober.took = |_| 9_000;
    prober.sample(&mut bucket);
    prober.took = |_| 100;
    assert_eq!(prober.aim.missed(), 1, "{}", prober.timeline());
    let (_, fell_into, _) = last(&prober);
    prober.sample(&mut bucket);
    let (_, looked_at, left) = last(&prober);
    assert_eq!(looked_at, fell_into, "{}", prober.timeline());
    assert!(left < 15, "{}", prober.timeline());
}

#[test]
fn a_look_at_a_following_window_that_comes_too_late_widens_the_guard() {
    // Windows without a gap: whoever comes after the end of one is in the next.
    for (late, widens) in [(0, false), (3_000, true)] {
        let mut bucket = Bucket::new(50, 60, steady(500));
        let mut prober = Prober::new(60);
        samples(&mut prober, &mut bucket, 4);
        let lead = prober.aim.lead();
        prober.ahead += late;
        prober.sample(&mut bucket);
        let (why, ..) = last(&prober);
        assert!(matches!(why, Why::Following { windows: 1, .. }), "{why}");
        let widened = prober.aim.lead() > lead;
        assert_eq!(widened, widens, "{late}\n{}", prober.timeline());
    }
}

#[test]
fn a_window_that_gets_hot_at_its_pace_gets_a_second_look() {
    for (every, hot) in [(1_400, true), (2_000, false)] {
        // A window that opens late, so that it has a third yet to last when it is looked at.
        let gap = 119_500..138_000;
        let others = steady(every).filter(|at| !gap.contains(at));
        let mut bucket = Bucket::new(50, 60, others);
        let mut prober = Prober::new(60);
        samples(&mut prober, &mut bucket, 5);
        let (_, seen, left) = last(&prober);
        assert!((7..30).contains(&left), "{}", prober.timeline());
        prober.sample(&mut bucket);
        let (why, reset, _) = last(&prober);
        let second = why == Why::SecondSample { reset: seen } && reset == seen;
        assert_eq!(second, hot, "{}", prober.timeline());
    }
}

#[test]
fn a_window_that_somebody_else_showed_is_looked_at_once_it_is_due() {
    for (seconds, due) in [(130, false), (395, true)] {
        let mut bucket = Bucket::new(50, 60, steady(2_000));
        let mut prober = Prober::new(300);
        samples(&mut prober, &mut bucket, 4);
        overhear(&mut prober, &mut bucket, seconds);
        prober.sample(&mut bucket);
        let (why, ..) = last(&prober);
        let at_its_end = matches!(why, Why::End { .. });
        assert_eq!(at_its_end, due, "{seconds}: {why}\n{}", prober.timeline());
    }
}
