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

#[test]
fn a_window_that_somebody_elses_answer_shows_again_is_the_one_that_was_looked_at() {
    let mut bucket = Bucket::new(50, 60, steady(2_000));
    let mut prober = Prober::new(60);
    prober.sample(&mut bucket);
    let (_, seen, _) = last(&prober);
    overhear(&mut prober, &mut bucket, 5);
    prober.sample(&mut bucket);
    let (why, ..) = last(&prober);
    let second = Why::SecondSample { reset: seen };
    assert_eq!(why, second, "{}", prober.timeline());
}

#[test]
fn a_window_is_forgotten_after_some_answers_that_show_none_and_no_sooner() {
    let mut bucket = Bucket::new(50, 60, steady(2_000));
    let mut prober = Prober::new(60);
    samples(&mut prober, &mut bucket, 3);
    for blind in 1..=BLIND {
        let next = NextSample {
            at: moment(prober.now),
            why: Why::Interval,
        };
        prober.aim.scheduled = Some(next);
        prober.learn(&answer((prober.now, 0), prober.now, None));
        assert_eq!(prober.aim.sees_windows(), blind < BLIND, "{blind}");
    }
}

#[test]
fn a_look_within_the_last_second_of_a_window_that_opened_late_was_not_too_late() {
    let mut aim = Aim::default();
    let following = NextSample {
        at: moment(0),
        why: Why::Following {
            reset: 1_000,
            windows: 1,
        },
    };
    let mut widens = |reset, date, opened| {
        aim.guard = GuardTime::default();
        let lead = aim.guard.lead();
        aim.judge(Some(following), reset, (date, opened));
        aim.guard.lead() > lead
    };
    assert!(!widens(1_061, 1_061, false), "it opened a second later");
    assert!(!widens(1_120, 1_060, false), "not after the soonest end");
    assert!(!widens(1_121, 1_061, true), "it opened the next one");
    assert!(widens(1_121, 1_061, false));
}

#[test]
fn windows_are_too_short_to_aim_at_where_the_lead_takes_half_of_them() {
    let mut bucket = Bucket::new(50, 60, []);
    let mut prober = Prober::new(60);
    prober.sample(&mut bucket);
    let mut kinds = [0, 0];
    for length in 1..=20 {
        let mut aim = prober.aim.clone();
        aim.length = Length::default();
        aim.length.learn(length, Some(length), false);
        assert_eq!(aim.length.guess(), length);
        let now = moment(prober.now);
        let window = aim.window.unwrap();
        let edge = aim.edge(prober.clock.reading(now).unwrap(), window.reset);
        let gap = edge.reset - edge.send;
        assert!(gap > 500, "the clock is known to the second only: {gap}");
        let request = SampleRequest {
            now,
            last: Some(now),
            interval: prober.interval,
            not_before: None,
            spare: true,
        };
        let is_short = aim.decide(&prober.clock, &request).why == Why::TooShort;
        assert_eq!(is_short, length * 1_000 <= gap + gap, "{length}: {gap}");
        kinds[usize::from(is_short)] += 1;
    }
    assert!(kinds[0] > 0 && kinds[1] > 1, "{kinds:?}");
}

#[test]
fn just_after_a_reset_one_request_learns_the_length_and_no_second_does_at_once() {
    let mut bucket = Bucket::new(50, 60, steady(1_400));
    let mut prober = Prober::new(60);
    prober.sample(&mut bucket);
    assert!(!prober.aim.length.is_known());
    let reset = prober.aim.window.unwrap().reset;
    let over = |now| {
        let okta = prober.clock.reading(moment(now)).unwrap();
        prober.aim.edge(okta, reset).over
    };
    let over = prober.now + over(prober.now);
    let why = |last: i64| {
        let request = SampleRequest {
            now: moment(over + 200),
            last: Some(moment(last)),
            interval: prober.interval,
            not_before: None,
            spare: true,
        };
        prober.aim.decide(&prober.clock, &request).why
    };
    assert_eq!(why(over - 500), Why::Length);
    assert_ne!(why(over - 50), Why::Length);
}

#[test]
fn what_was_learned_of_a_bucket_elsewhere_is_taken_over_where_nothing_is_known() {
    let mut bucket = Bucket::new(50, 30, []);
    let mut prober = Prober::new(60);
    prober.sample(&mut bucket);
    let learned = |missed| Aim {
        missed,
        ..prober.aim.clone()
    };
    let mut nothing = Aim {
        missed: 2,
        ..Aim::default()
    };
    assert!(!nothing.sees_windows() && prober.aim.sees_windows());
    assert_eq!(nothing.longest(), LONGEST_WINDOW);
    nothing.absorb(learned(3));
    assert!(nothing.sees_windows());
    assert_eq!(
        (nothing.missed(), nothing.longest()),
        (5, Duration::from_secs(30))
    );
    let mut known = learned(2);
    known.absorb(Aim {
        missed: 3,
        ..Aim::default()
    });
    assert!(known.sees_windows());
    assert_eq!(known.missed(), 5);
}

#[test]
fn an_old_answer_that_comes_late_shows_no_window_that_is_open() {
    let mut bucket = Bucket::new(50, 60, steady(2_000));
    let mut prober = Prober::new(60);
    samples(&mut prober, &mut bucket, 3);
    let (_, newest, _) = last(&prober);
    let (_, old) = prober.samples[0];
    assert!(old.rate_limit.reset.as_second() < newest);
    prober.aim.learn(&old);
    assert_eq!(prober.aim.window.unwrap().reset, newest);
}
