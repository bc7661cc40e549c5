//! How long a probe waits before its next run.

use super::*;
use crate::okta::{ApiError, LimitKind, NoToken, Refusal};

/// No token could be minted, since the token endpoint limits.
fn limited(remembered: bool) -> Failure {
    let refusal = Refusal {
        status: 429,
        path: "/oauth2/v1/token".to_owned(),
        anonymous: false,
        error: ApiError::Unexplained(None),
        request_id: None,
        date: None,
        limited: Some(LimitKind::Limit),
        back_off: Some(Duration::from_secs(40)),
    };
    Failure::NoToken(Box::new(NoToken {
        credential: "billing".parse().unwrap(),
        cause: Failure::Refused(Box::new(refusal)),
        note: None,
        remembered,
    }))
}

#[test]
fn who_remembers_that_no_token_came_runs_at_its_interval_and_who_asked_stays_away() {
    let minute = Duration::from_mins(1);
    let asked = stay_away(&limited(false), minute, 1.0);
    assert_eq!(asked, Some(Duration::from_secs(44)));
    assert_eq!(stay_away(&limited(true), minute, 1.0), None);
}

#[test]
fn an_org_is_asked_within_a_second_and_a_thousand_within_half_a_minute() {
    let last = |counts: &[usize]| {
        let count = u32::try_from(*counts.last().unwrap()).unwrap();
        *starts(counts).last().unwrap() + APART * (count - 1)
    };
    assert!(last(&[15]) <= Duration::from_millis(700));
    let thousand = vec![15; 1_000];
    assert!(last(&thousand) < Duration::from_secs(27));
    assert!(starts(&[]).is_empty());
}

#[test]
fn never_do_more_than_six_hundred_probes_begin_in_a_second() {
    let counts: Vec<usize> = (0..400).map(|org| org % 23).collect();
    let mut runs = Vec::new();
    for (start, count) in starts(&counts).into_iter().zip(&counts) {
        runs.extend((0..u32::try_from(*count).unwrap()).map(|index| start + APART * index));
    }
    runs.sort_unstable();
    for (index, run) in runs.iter().enumerate() {
        let within = runs[index..].partition_point(|later| *later < *run + Duration::from_secs(1));
        assert!(within <= 600, "{within} within a second of {run:?}");
    }
}

#[test]
fn only_okta_slows_down_who_asks_with_a_credential() {
    let minute = Duration::from_mins(1);
    let refused = |request_id: Option<&str>, anonymous| {
        let refusal = Refusal {
            status: 403,
            path: "/api/v1/users".to_owned(),
            anonymous,
            error: ApiError::Edge(None),
            request_id: request_id.map(str::to_owned),
            date: None,
            limited: None,
            back_off: None,
        };
        stay_away(&Failure::Refused(Box::new(refusal)), minute, 0.0)
    };
    assert_eq!(refused(Some("id"), false), Some(10 * minute));
    assert_eq!(refused(None, false), None, "an edge");
    assert_eq!(refused(Some("id"), true), None, "a public document");
}
