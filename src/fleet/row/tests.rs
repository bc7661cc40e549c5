//! What a row learns of runs, what it finds wrong, and what it draws.

use serde_json::json;

use super::*;
use crate::{
    okta::{ApiError, LimitKind, NoToken, Refusal},
    probe::{AnyMemory, AnyObservation, endpoint},
};

const MINUTE: Duration = Duration::from_mins(1);

fn begun() -> Moment {
    Moment::test_seconds(0)
}

/// A key set of 25 keys, five more than get series.
fn many_keys() -> AnyMemory {
    let facts = json!({"alg": "RS256", "usage": "sig", "thumbprint": "t"});
    let key = |number: u32| {
        let key = json!({"facts": facts, "first_seen": Timestamp::UNIX_EPOCH});
        (number.to_string(), json!([key]))
    };
    let keys: serde_json::Map<_, _> = (0..25).map(key).collect();
    let history = serde_json::from_value(json!({ "keys": keys })).unwrap();
    AnyMemory::Jwks(Box::new(history))
}

#[test]
fn a_run_that_was_left_out_takes_nothing_away_and_drops_no_series() {
    let now = Timestamp::UNIX_EPOCH;
    let mut row = Row::new("jwks", MINUTE, begun());
    let seen = AnyObservation::Endpoint(Box::new(endpoint::Observation::default()));
    let ran = Outcome {
        at: now,
        took: Some(Duration::ZERO),
        result: Ok(seen).into(),
        memory: Some(many_keys()),
        exchanges: Vec::new(),
    };
    row.record(ran, begun(), begun());
    assert_eq!(row.dropped, 5);
    row.record(Outcome::left_out(now, Failure::Overlap), begun(), begun());
    assert_eq!(row.dropped, 5);
    assert!(row.known.observation.is_some() && row.known.memory.is_some());
}

#[test]
fn what_the_budget_holds_back_is_no_failure_and_what_was_last_seen_stays() {
    let at = Timestamp::UNIX_EPOCH;
    let held = || Failure::Budget {
        why: "spent".to_owned(),
        again_in: MINUTE,
    };
    let mut row = Row::new("endpoint", MINUTE, begun());
    row.record(Outcome::left_out(at, held()), begun(), begun());
    assert!(row.last.is_none() && row.held_back.is_some() && row.has_run());
    let ended = |failure| Outcome {
        took: Some(Duration::ZERO),
        ..Outcome::left_out(at, failure)
    };
    let failed = Failure::Internal(String::new());
    row.record(ended(failed.clone()), begun(), begun());
    assert!(row.held_back.is_none());
    row.record(Outcome::left_out(at, held()), begun(), begun());
    assert_eq!(row.last.and_then(|last| last.failure), Some(failed));
    assert!(row.held_back.is_some());
    assert_eq!(row.failures[&Reason::Budget], 2);
}

/// A run that ended since the token endpoint limits, asked just now or a while ago.
fn limited(remembered: bool) -> Outcome {
    let refusal = Refusal {
        status: 429,
        path: "/oauth2/v1/token".to_owned(),
        anonymous: false,
        error: ApiError::Unexplained(None),
        request_id: None,
        date: None,
        limited: Some(LimitKind::Limit),
        back_off: None,
    };
    let failure = Failure::NoToken(Box::new(NoToken {
        credential: "billing".parse().unwrap(),
        cause: Failure::Refused(Box::new(refusal)),
        note: None,
        remembered,
    }));
    Outcome {
        at: Timestamp::UNIX_EPOCH,
        took: Some(Duration::ZERO),
        exchanges: Vec::new(),
        result: ProbeResult {
            observation: None,
            failure: Some(failure),
        },
        memory: None,
    }
}

#[test]
fn a_limit_that_is_only_remembered_was_not_hit_again() {
    let minute = Duration::from_mins(1);
    let again = |remembered| {
        let mut row = Row::new("endpoint", minute, begun());
        for remembered in [false, remembered, remembered] {
            row.record(limited(remembered), begun(), begun());
        }
        let now = Timestamp::UNIX_EPOCH;
        let findings = row.findings(begun(), OktaTime::written(now));
        findings
            .iter()
            .any(|found| found.fact == Fact::LimitAgainAndAgain)
    };
    assert!(again(false));
    assert!(!again(true));
}

#[test]
fn a_first_run_is_over_when_it_ended_or_is_left_out_on_purpose_not_while_it_hangs() {
    let at = Timestamp::UNIX_EPOCH;
    let minute = Duration::from_mins(1);
    let after = |failure: Failure, took: Option<Duration>| {
        let mut row = Row::new("endpoint", minute, begun());
        let outcome = Outcome {
            took,
            ..Outcome::left_out(at, failure)
        };
        row.record(outcome, begun(), begun());
        row.has_run()
    };
    assert!(!Row::new("endpoint", minute, begun()).has_run());
    assert!(!after(Failure::Overlap, None), "its first run hangs");
    assert!(after(Failure::BreakerOpen, None));
    assert!(after(Failure::Internal(String::new()), Some(minute)));
}

#[test]
fn a_probe_is_overdue_three_intervals_after_its_last_run_or_two_after_the_next_is_due() {
    let at = Moment::test_seconds;
    let overdue = |next, failure: Failure, took: Option<Duration>, then| {
        let mut row = Row::new("endpoint", MINUTE, begun());
        let outcome = Outcome {
            took,
            ..Outcome::left_out(Timestamp::UNIX_EPOCH, failure)
        };
        row.record(outcome, at(60), at(next));
        row.is_overdue(at(then))
    };
    let (took, failed) = (Some(Duration::ZERO), || Failure::Internal(String::new()));
    assert!(!overdue(120, failed(), took, 240) && overdue(120, failed(), took, 241));
    assert!(!overdue(660, failed(), took, 780) && overdue(660, failed(), took, 781));
    assert!(overdue(660, Failure::Overlap, None, 181), "none has ended");
    let budget = Failure::Budget {
        why: String::new(),
        again_in: MINUTE,
    };
    assert!(!overdue(60, budget, None, 240), "it says why");
}

#[test]
fn a_probe_that_is_silent_for_too_long_is_found_unless_it_is_held_back_on_purpose() {
    let at = Moment::test_seconds;
    let found = |failure: Failure, took: Option<Duration>, then| {
        let mut row = Row::new("endpoint", MINUTE, begun());
        let outcome = Outcome {
            took,
            ..Outcome::left_out(Timestamp::UNIX_EPOCH, failure)
        };
        row.record(outcome, at(60), at(120));
        let findings = row.findings(at(then), OktaTime::default());
        findings.iter().any(|found| found.fact == Fact::Overdue)
    };
    let (took, failed) = (Some(Duration::ZERO), || Failure::Internal(String::new()));
    assert!(!found(failed(), took, 240) && found(failed(), took, 241));
    assert!(!found(Failure::BreakerOpen, None, 1_000), "it says why");
}

#[test]
fn three_429s_are_found_for_an_hour() {
    let at = Moment::test_seconds;
    let mut row = Row::new("endpoint", MINUTE, begun());
    for second in [0, 10, 20, 30] {
        row.record(limited(false), at(second), at(second + 60));
    }
    let found = |then| {
        let findings = row.findings(at(then), OktaTime::default());
        findings
            .iter()
            .any(|found| found.fact == Fact::LimitAgainAndAgain)
    };
    assert!(found(30) && found(10 + 3_599));
    assert!(
        !found(10 + 3_600),
        "of the last three, the first is an hour old"
    );
}

#[test]
fn a_row_is_drawn_as_its_runs_went() {
    let id = ProbeId {
        org: Some("acme".parse().unwrap()),
        probe: "endpoint/users".to_owned(),
    };
    let drawn = |row: &Row| {
        let mut page = Page::new();
        let shown = (Timestamp::UNIX_EPOCH, OktaTime::default());
        row.draw(&id, begun(), shown, &mut page);
        let series = page.test_series().into_iter();
        let short = series.map(|line| line.replace(r#"org="acme",probe="endpoint/users""#, ""));
        let is_zero = |line: &String| line.contains("reason=") && line.ends_with(" 0");
        short.filter(|line| !is_zero(line)).collect::<Vec<_>>()
    };
    let mut row = Row::new("endpoint", MINUTE, begun());
    assert_eq!(row.known.interval, MINUTE);
    let seen = AnyObservation::Endpoint(Box::new(endpoint::Observation::default()));
    let ran = Outcome {
        at: Timestamp::from_millisecond(1_500).unwrap(),
        took: Some(MINUTE),
        result: Ok(seen).into(),
        memory: None,
        exchanges: Vec::new(),
    };
    row.record(ran, begun(), begun());
    row.record(limited(false), begun(), begun());
    let expected = [
        "okta_exporter_keeper_breakdowns_total{} 0",
        "okta_exporter_series_dropped_total{} 0",
        "okta_probe_duration_seconds{} 0",
        r#"okta_probe_failures_total{,reason="rate_limited"} 1"#,
        "okta_probe_last_success_timestamp_seconds{} 61.5",
        "okta_probe_overdue{} 0",
        "okta_probe_runs_total{} 2",
        "okta_probe_success{} 0",
    ];
    assert_eq!(drawn(&row), expected);
}
