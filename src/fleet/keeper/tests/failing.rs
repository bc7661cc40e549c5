//! How soon a probe comes back that failed, and how long one keeps away that is to.

use super::*;

const HOUR: Duration = Duration::from_hours(1);

fn hourly(world: &World, run: &Scripted, tries: bool) {
    let store: Arc<dyn Store> = Arc::new(InMemory::default());
    let duty = Duty {
        tries,
        speaks: true,
    };
    world.keep_each(HOUR, (&store, "endpoint/users"), run, duty);
}

fn forbidden() -> Failure {
    match limited(Duration::ZERO) {
        Failure::Refused(refusal) => Failure::Refused(Box::new(Refusal {
            status: 403,
            request_id: Some("Z4nq1".to_owned()),
            back_off: None,
            ..*refusal
        })),
        other => other,
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_run_is_repeated_within_a_minute_until_it_goes_well() {
    let failures = [
        refused("reset"),
        Failure::InvalidBody("x".to_owned()),
        Failure::Mismatch("x".to_owned()),
    ];
    let world = World::new();
    let script = failures.map(|failure| (QUICK, Some(failure)));
    let run = Scripted::of(script);
    hourly(&world, &run, true);
    sleep(HOUR * 2).await;
    let begun = run.seconds_since(world.start);
    assert_eq!(begun[..4], [0, 50, 100, 150]);
    assert_eq!(begun[4] - begun[3], 3_600, "it went well: {begun:?}");
}

#[tokio::test(start_paused = true)]
async fn who_is_to_keep_away_is_not_back_within_a_minute() {
    for (failure, away) in [
        (forbidden(), HOUR * 10),
        (limited(MINUTE * 30), MINUTE * 30),
    ] {
        let world = World::new();
        let run = Scripted::of([(QUICK, Some(failure))]);
        hourly(&world, &run, true);
        sleep(HOUR * 12).await;
        let second = run.begun()[1] - world.start;
        assert!(second >= away, "{second:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_was_left_out_for_the_breaker_is_back_a_minute_after_it_closed() {
    let world = World::new();
    for n in 0..3 {
        let failing = Scripted::of([(QUICK, Some(refused("reset")))]);
        let duty = Duty {
            tries: n == 0,
            speaks: n == 0,
        };
        world.keep(&format!("discovery/{n}"), &failing, duty);
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(world.controls.breaker.state().label(), "open");
    let run = Scripted::default();
    hourly(&world, &run, false);
    sleep(MINUTE * 3).await;
    let begun = run.seconds_since(world.start);
    assert_eq!(begun.len(), 1, "{begun:?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_takes_its_time_is_not_hurried_by_those_left_out() {
    let world = World::new();
    let run = Scripted::of([(HOUR * 5 / 2, None)]);
    hourly(&world, &run, true);
    sleep(HOUR * 3 + MINUTE).await;
    assert_eq!(world.failures("endpoint/users", "overlap"), 2);
    assert_eq!(run.begun().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_429_keeps_a_probe_away_as_long_as_it_says_and_little_longer() {
    let world = World::new();
    let away = MINUTE * 3;
    let run = Scripted::of([(QUICK, Some(limited(away)))]);
    world.keep("endpoint/users", &run, Duty::default());
    sleep(MINUTE * 5).await;
    let second = run.begun()[1] - world.start;
    let range = away..away.mul_f64(1.1) + QUICK * 2;
    assert!(range.contains(&second), "{second:?}");
}
