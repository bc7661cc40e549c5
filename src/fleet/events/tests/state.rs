use super::*;
use crate::fleet::events::{
    authentication,
    keys::{LimitKey, LogKey, OTHER},
};

#[test]
fn what_is_told_again_counts_once_whoever_tells_it() {
    let mut told = Teller::default();
    told.log(&[sign_in(1), sign_in(2)]);
    told.log(&[sign_in(2), sign_in(3), sign_in(3)]);
    assert_eq!(told.sums(), (3, 0, 0));
    assert_eq!(told.counts().duplicates, 2);

    told.hook(&[limit(4, "violation", "/a")]);
    told.hook(&[limit(4, "violation", "/a"), limit(5, "violation", "/a")]);
    told.log(&[limit(4, "violation", "/a"), limit(6, "violation", "/a")]);
    told.hook(&[limit(6, "violation", "/a")]);
    assert_eq!(told.sums(), (5, 3, 3), "three limits were met");
    let offenders = told.counts().offenders.iter().count();
    assert_eq!(offenders, 3);
}

#[test]
fn a_hook_s_lead_is_told_either_way_and_only_where_both_were_told_in_this_life() {
    let mut told = Teller::default();
    told.hook(&[
        sign_in(1),
        limit(2, "warning", "/a"),
        limit(7, "warning", "/a"),
    ]);
    told.wait(Duration::from_secs(40));
    told.log(&[
        sign_in(1),
        limit(2, "warning", "/a"),
        limit(3, "warning", "/a"),
    ]);
    told.wait(Duration::from_secs(5));
    told.hook(&[limit(3, "warning", "/a")]);
    let lead = &told.state.lead;
    assert_eq!(lead.count(), 3);
    assert!((lead.sum() - 75.0).abs() < 0.1, "{}", lead.sum());

    let mut next = Teller {
        state: later(&told.state),
        ..told
    };
    next.log(&[limit(7, "warning", "/a")]);
    assert_eq!(next.sums().2, 3, "known from the earlier life");
    assert_eq!(next.state.lead.count(), 0);
}

#[test]
fn what_was_meant_for_our_hook_and_never_came_is_counted_after_five_minutes() {
    let mut told = Teller::default();
    told.log(&[meant(1)]);
    told.hook(&[sign_in(100)]);
    // From here on it is known which hook is ours.
    told.log(&[meant(2), meant(3), sign_in(4), meant(5)]);
    told.hook(&[meant(2)]);
    told.wait(MINUTE * 4);
    told.hook(&[meant(3)]);
    told.log(&[]);
    assert_eq!(told.counts().missed, 0);
    told.wait(MINUTE);
    told.log(&[]);
    assert_eq!(told.counts().missed, 1);
    told.hook(&[meant(5)]);
    told.wait(MINUTE * 10);
    told.log(&[]);
    assert_eq!(told.counts().missed, 1, "each is looked at once");

    // One that was under way when the process ended has its time again.
    told.log(&[meant(6)]);
    let mut next = Teller {
        state: later(&told.state),
        seconds: 0,
    };
    next.wait(MINUTE * 4);
    next.log(&[]);
    assert_eq!(next.counts().missed, 1);
    next.wait(MINUTE);
    next.log(&[]);
    assert_eq!(next.counts().missed, 2);
}

#[test]
fn types_that_nobody_lists_are_counted_together() {
    let mut told = Teller::default();
    let events: Vec<String> = (0..1_000)
        .map(|number| event(number, &format!(r#","eventType":"some.type.{number}""#)))
        .collect();
    told.log(&events);
    told.hook(&events);
    let types = told.counts().log.iter();
    let types: Vec<&LogKey> = types.map(|(key, _)| key).collect();
    assert!(
        matches!(&types[..], [one] if &*one.event_type == OTHER),
        "{types:?}"
    );
    assert_eq!(told.sums(), (1_000, 1_000, 0));
}

#[test]
fn of_many_buckets_the_worst_and_latest_stay_and_the_sum_is_right() {
    let mut told = Teller::default();
    told.log(&[limit(1, "violation", "/first")]);
    for number in 0..500 {
        told.log(&[limit(1_000 + number, "warning", &format!("/{number}"))]);
    }
    let limits = &told.counts().limits;
    let has = |bucket: &str| limits.iter().any(|(key, _)| &*key.bucket == bucket);
    assert!(has("/first") && has("/499") && has(OTHER) && !has("/0"));
    assert!(limits.iter().count() <= 151);
    assert_eq!(told.sums().2, 501);
    assert_eq!(limits.dropped(), 351);
    let rest = limits
        .iter()
        .find(|(key, _)| &*key.bucket == OTHER)
        .unwrap();
    assert!(rest.1.last.is_some(), "when the last of them happened");
    let LimitKey { event, .. } = rest.0;
    assert_eq!(event.as_str(), "warning");
}

#[test]
fn of_many_offenders_those_that_offend_most_stay() {
    let mut told = Teller::default();
    let violation = |number: u64, token: u64| {
        event(
            number,
            &format!(
                r#","eventType":"system.operation.rate_limit.violation","transaction":{{"detail":{{"requestApiTokenId":"00T{token}"}}}}"#
            ),
        )
    };
    for number in 0..1_000 {
        // Every second is of one, the others are of ever others.
        let token = if number % 2 == 0 { 7_777 } else { number };
        told.log(&[violation(number, token)]);
    }
    let offenders = &told.counts().offenders;
    let all = offenders
        .iter()
        .map(|(key, counted)| (counted.count, &*key.principal));
    let all: Vec<(u64, &str)> = all.collect();
    let worst = all.iter().filter(|(_, who)| *who != OTHER).max();
    assert_eq!(worst, Some(&(500, "00T7777")));
    assert_eq!(all.iter().map(|(count, _)| count).sum::<u64>(), 1_000);
    assert!(offenders.iter().count() <= 51);
}

#[test]
fn a_warning_names_a_token_and_calls_it_no_offender() {
    let mut told = Teller::default();
    told.log(&[limit(1, "warning", "/a"), limit(2, "burst", "/a")]);
    assert_eq!(told.counts().offenders.iter().count(), 0);
}

#[test]
fn refused_grants_are_authentications_that_failed_and_a_request_for_a_nonce_is_none() {
    let failed = |kind: &str, result: &str, reason: &str| {
        let more = format!(
            r#","eventType":"{kind}","outcome":{{"result":"{result}","reason":"{reason}"}}"#
        );
        authentication::failed(&page(&[event(1, &more)])[0])
    };
    for (kind, result, reason, counted) in [
        (
            "user.session.start",
            "FAILURE",
            "INVALID_CREDENTIALS",
            Some("user.session.start"),
        ),
        ("user.session.start", "SUCCESS", "", None),
        (
            "app.oauth2.as.token.grant",
            "FAILURE",
            "invalid_grant",
            Some("app.oauth2.as.token.grant"),
        ),
        (
            "app.oauth2.as.token.grant.of.next.year",
            "FAILURE",
            "invalid_grant",
            Some(OTHER),
        ),
        (
            "app.oauth2.token.grant",
            "CHALLENGE",
            "use_dpop_nonce",
            None,
        ),
        ("app.oauth2.token.grant", "FAILURE", "use_dpop_nonce", None),
        ("app.oauth2.token.revoke", "FAILURE", "", None),
        ("group.user_membership.add", "FAILURE", "", None),
        (
            "user.authentication.auth_via_AD_agent",
            "FAILURE",
            "",
            Some("user.authentication.auth_via_AD_agent"),
        ),
    ] {
        assert_eq!(
            failed(kind, result, reason),
            counted,
            "{kind} {result} {reason}"
        );
    }
    assert!(authentication::TYPES.is_sorted());
}
