//! Runs that are made because a limit of the org ran out.

use super::*;
use crate::okta::{RateLimit, ResponseMeta};

const HOUR: Duration = Duration::from_hours(1);

/// A limit of the org has nothing left, and its window ends in half a minute.
fn run_out(world: &World) {
    let second = |second| Timestamp::from_second(second).unwrap();
    let answer = ResponseMeta {
        status: 200,
        error_code: None,
        date: Some(second(1_000)),
        rate_limit: Some(RateLimit {
            limit: 50,
            remaining: 0,
            reset: second(1_030),
        }),
        limited: None,
        chain: None,
        request_id: None,
    };
    let exchange = Exchange {
        at: second(1_000),
        bucket: Some("/api/v1/users".into()),
        took: Duration::ZERO,
        answer: Ok(answer),
        ..exchange()
    };
    world.controls.limits.settle(None, &exchange);
}

fn keep(world: &World, run: &Scripted) {
    let store: Arc<dyn Store> = Arc::new(InMemory::default());
    world.keep_each(HOUR, (&store, "api_tokens"), run, Duty::default());
}

#[tokio::test(start_paused = true)]
async fn who_asks_who_was_active_runs_as_a_limit_runs_out_and_an_interval_later() {
    let world = World::new();
    let asking = Scripted {
        asks_when_exhausted: true,
        ..Scripted::default()
    };
    let other = Scripted::default();
    keep(&world, &asking);
    world.keep("endpoint/users", &other, Duty::default());
    sleep(Duration::from_secs(100)).await;
    run_out(&world);
    sleep(2 * HOUR).await;
    assert_eq!(asking.seconds_since(world.start), [0, 128, 3_728]);
    let others = other.seconds_since(world.start);
    assert_eq!(others[..4], [0, 60, 120, 180]);
}

#[tokio::test(start_paused = true)]
async fn who_is_to_keep_away_does_not_run_for_that_either() {
    let world = World::new();
    let asking = Scripted {
        asks_when_exhausted: true,
        ..Scripted::of([(QUICK, Some(limited(3 * HOUR)))])
    };
    keep(&world, &asking);
    sleep(Duration::from_secs(100)).await;
    run_out(&world);
    sleep(HOUR).await;
    assert_eq!(asking.seconds_since(world.start), [0]);
}
