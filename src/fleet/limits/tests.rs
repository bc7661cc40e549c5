//! What an org's limits make of exchanges, from admission to what is scheduled next.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::{EndedRun, Limits};
use crate::{
    okta::{Charge, Exchange, Failure, Gate, Phases, RateLimit, ResponseMeta},
    units::{Share, Timestamp, WallClock},
};

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

/// A run that began then.
fn run(name: &str, at: Timestamp) -> EndedRun<'_> {
    EndedRun {
        probe: name,
        api: name,
        at,
        interval: Duration::from_mins(1),
        not_before: None,
    }
}

#[test]
fn a_bucket_that_two_endpoints_turn_out_to_share_is_sampled_once() {
    let limits = Limits::default();
    let mut found = Vec::new();
    for minute in 0..10 {
        for (name, later) in [("a", 0_i64), ("b", 1)] {
            let (second, left) = (60 * minute + 57 + later, 500 - later.unsigned_abs());
            let exchange = exchange(name, (second, left, 60 * (minute + 1)));
            limits.settle(&exchange);
            found.extend(limits.take_found());
            assert!(limits.ended(run(name, exchange.at)));
        }
        let scheduled = ["a", "b"].map(|name| limits.scheduled(name).is_some());
        let expected = usize::from(found.is_empty()) + 1;
        let count = scheduled.into_iter().filter(|scheduled| *scheduled).count();
        assert_eq!(count, expected, "in minute {minute}: {scheduled:?}");
    }
    assert_eq!(found.len(), 1);
}

fn charge(name: &'static str) -> Charge {
    exchange(name, (0, 0, 0)).charge().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_budget_and_the_turns_go_by_a_clock_that_a_test_lets_jump() {
    let start = Timestamp::from_second(1_000).unwrap();
    let clock = WallClock::of_the_runtime(start);
    let limits = Arc::new(Limits::with_clock(Share::TWENTIETH, clock));
    let gate = limits.gate(false);
    gate.admit(charge("a")).await.unwrap();
    let mut first = exchange("a", (1_000, 9, 1_060));
    if let Ok(answer) = &mut first.answer {
        let read = answer.rate_limit.as_mut().unwrap();
        (read.limit, read.remaining) = (10, 9);
    }
    gate.settle(&first);
    assert!(limits.ended(run("a", clock.now())));
    let refused = limits.gate(false).admit(charge("a")).await;
    assert!(
        matches!(refused, Err(Failure::Budget { .. })),
        "{refused:?}"
    );
    // The run that has begun waits for the next window.
    gate.admit(charge("a")).await.unwrap();
    let waited = clock.now().as_second() - 1_000;
    assert!((60..=62).contains(&waited), "{waited}");
    gate.abandon(&charge("a"), false);
    limits.gate(false).admit(charge("a")).await.unwrap();

    let next = limits.scheduled("a").unwrap().at;
    limits.turn("a").await;
    assert!(next <= clock.now(), "{next} {}", clock.now());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_settles_stands_in_the_way_of_none() {
    let limits = Arc::new(Limits::with_clock(
        Share::TWENTIETH,
        WallClock::of_the_runtime(Timestamp::UNIX_EPOCH),
    ));
    let gate = limits.gate(false);
    gate.admit(charge("a")).await.unwrap();
    // Until the first answer nobody knows the limit, so that nobody else may ask.
    let other = limits.gate(false);
    let mut waiting = std::pin::pin!(other.admit(charge("a")));
    let soon = Instant::now() + Duration::from_millis(100);
    tokio::select! {
        biased;
        admitted = &mut waiting => panic!("{admitted:?}"),
        () = sleep_until(soon) => {}
    }
    gate.abandon(&charge("a"), false);
    waiting.await.unwrap();
    assert_eq!(Instant::now(), soon);
}
