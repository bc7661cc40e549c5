//! The rules that decide about single answers: which of them count, which are compared, and when a
//! probe comes to its next turn.

use super::*;
use crate::{
    fleet::{aim::RateLimitSample, limits::bucket_limit::BucketLimit},
    okta::LimitKind,
};

#[tokio::test(start_paused = true)]
async fn what_never_came_back_is_no_request_of_ours() {
    let (org, users) = (Org::new(), charge("users", "/api/v1/users"));
    let own = "okta_rate_limit_own_requests_total";
    let ticket = org.ask(&users, Interval);
    assert!(ticket.is_some());
    assert_eq!(org.value(own), None);
    org.limits
        .settle(ticket, &org.answer(&users, (600, 599, 60)));
    assert_eq!(org.value(own), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn what_a_refusal_shows_is_not_compared_since_it_may_be_the_orgs_counter() {
    for (limited, expected) in [(None, 1), (Some(LimitKind::Limit), 0)] {
        let (org, mut found) = (Org::new(), 0);
        sleep(57 * SECOND).await;
        for _ in 0..10 {
            for (name, bucket, later) in [("a", "/a", 0), ("b", "/b", 1)] {
                let left = 3 - i64::try_from(later).unwrap();
                let charge = charge(name, bucket);
                let mut answer = org.answer(&charge, (600, 500 - later, left));
                answer.answer.as_mut().unwrap().limited = limited;
                org.limits.settle(None, &answer);
                found += org.limits.take_found().len();
                sleep(SECOND).await;
            }
            sleep(58 * SECOND).await;
        }
        assert_eq!(found, expected, "{limited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_show_no_limit_end_the_aim_and_requests_without_answer_do_not() {
    for (is_answered, aims) in [(true, false), (false, true)] {
        let (org, users) = (Org::new(), charge("users", "/api/v1/users"));
        sleep(57 * SECOND).await;
        let seen = org.answer(&users, (600, 500, 3));
        org.limits.settle(None, &seen);
        assert!(org.ended("users", seen.sent));
        let guard = "okta_rate_limit_guard_seconds";
        assert!(org.value(guard).is_some());
        for _ in 0..4 {
            org.limits.turn("users").await;
            org.limits.begin("users", false);
            let mut exchange = org.answer(&users, (600, 500, 3));
            match &mut exchange.answer {
                Ok(answer) if is_answered => answer.rate_limit = None,
                answer => *answer = Err("timeout"),
            }
            org.limits.settle(None, &exchange);
            assert!(org.ended("users", exchange.sent));
        }
        assert_eq!(org.value(guard).is_some(), aims, "{is_answered}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_turn_is_known_of_a_probe_that_waits_neither_for_others_nor_for_a_budget() {
    for (limit, is_known) in [(600, true), (20, false)] {
        let (org, users) = (Org::new(), charge("users", "/api/v1/users"));
        sleep(57 * SECOND).await;
        let seen = org.answer(&users, (limit, limit - 10, 3));
        org.limits.settle(None, &seen);
        assert_eq!(org.limits.next_turn("users"), None, "it does not aim yet");
        assert!(org.ended("users", seen.sent));
        let scheduled = org.limits.scheduled("users").unwrap().at;
        let latest = is_known.then_some(scheduled.after(MINUTE));
        assert_eq!(org.limits.next_turn("users"), latest, "{limit}");
        assert_eq!(org.limits.next_turn("groups"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_window_is_over_when_oktas_clock_says_so_if_that_is_sooner() {
    let (org, users) = (Org::new(), charge("users", "/api/v1/users"));
    let seen = org.answer(&users, (600, 500, 30));
    let sample = RateLimitSample::of(&seen).unwrap();
    let over = |clock: &OktaClock| {
        let over = BucketLimit::over(seen.sent, &sample, clock).unwrap();
        over.since(seen.sent)
    };
    assert_eq!(
        over(&OktaClock::default()),
        32 * SECOND,
        "by the dates alone"
    );
    org.limits.settle(None, &seen);
    let by_clock = over(org.limits.okta_clock());
    assert!(
        (30 * SECOND..32 * SECOND).contains(&by_clock),
        "{by_clock:?}"
    );
}
