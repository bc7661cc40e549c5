use super::*;
use crate::okta::event::{Event, EventPage};

fn read(event: &str) -> RateLimitEvent {
    let page = EventPage::read(format!("[{event}]").as_bytes()).unwrap();
    let [
        Event {
            rate_limit: Some(read),
            ..
        },
    ] = &page.events[..]
    else {
        panic!("{page:?}");
    };
    read.as_ref().clone()
}

#[test]
fn an_org_s_warning_names_its_bucket_and_the_token_whose_request_it_was() {
    let event = read(include_str!(
        "../../../../tests/fixtures/events/org-warning.json"
    ));
    assert_eq!(event.kind, RateLimitEventKind::Warning);
    assert_eq!(event.scope, RateLimitScope::Org);
    assert_eq!(event.bucket.as_deref(), Some("/api/v1/logs"));
    assert_eq!(event.resets_in, Some(Duration::from_secs(17)));
    let offender = event.offender.unwrap();
    assert_eq!(
        (offender.kind, &*offender.id),
        (OffenderKind::ApiToken, "00Tsynthetic0000001")
    );
}

#[test]
fn the_bucket_is_among_the_targets_or_under_one_of_three_names_or_unknown() {
    let kind = r#""eventType":"system.org.rate_limit.violation""#;
    for (more, bucket) in [
        (
            r#""target":[{"type":"Bucket Uuid","id":"b1"},{"type":"URL Pattern","id":"/a"}],"debugContext":{"debugData":{"urlPattern":"/b"}}"#,
            Some("/a"),
        ),
        (
            r#""target":null,"debugContext":{"debugData":{"urlPattern":"/b","rateLimitBucket":"/c"}}"#,
            Some("/b"),
        ),
        (
            r#""debugContext":{"debugData":{"burstRateLimitUrlPattern":"/b"}}"#,
            Some("/b"),
        ),
        (
            r#""debugContext":{"debugData":{"rateLimitBucket":"/c?limit=1"}}"#,
            Some("/c"),
        ),
        (r#""target":[{"type":"Bucket Uuid","id":"b1"}]"#, None),
        (r#""target":{"type":"URL Pattern","id":"/a"}"#, None),
        (
            r#""target":[{"type":"URL Pattern","id":"no path"}],"debugContext":{"debugData":{"urlPattern":{"a":1}}}"#,
            None,
        ),
    ] {
        assert_eq!(
            read(&format!("{{{kind},{more}}}")).bucket.as_deref(),
            bucket,
            "{more}"
        );
    }
}

#[test]
fn the_scope_is_what_the_event_says_in_whatever_case_or_its_type_s() {
    let scope = |kind: &str, told: &str| {
        let data = format!(r#""debugContext":{{"debugData":{{{told}}}}}"#);
        read(&format!(r#"{{"eventType":"{kind}",{data}}}"#)).scope
    };
    assert_eq!(
        scope("system.org.rate_limit.warning", ""),
        RateLimitScope::Org
    );
    assert_eq!(
        scope(
            "system.org.rate_limit.warning",
            r#""rateLimitScopeType":"USER""#
        ),
        RateLimitScope::User
    );
    assert_eq!(
        scope(
            "system.operation.rate_limit.violation",
            r#""operationRateLimitScopeType":"User""#
        ),
        RateLimitScope::User
    );
    assert_eq!(
        scope(
            "system.operation.rate_limit.violation",
            r#""operationRateLimitScopeType":"new""#
        ),
        RateLimitScope::Principal
    );
    assert_eq!(
        scope("system.client.rate_limit.violation", ""),
        RateLimitScope::Client
    );
}

#[test]
fn an_oauth_client_is_named_before_its_token_and_odd_ids_are_none() {
    let offender = |detail: &str| {
        let transaction = format!(r#""transaction":{{"detail":{detail}}}"#);
        let kind = r#""eventType":"system.operation.rate_limit.violation""#;
        let offender = read(&format!("{{{kind},{transaction}}}")).offender?;
        Some((offender.kind, offender.id.into_string()))
    };
    let client = r#"{"requestApiTokenId":"AT.abc","requestApiTokenClientId":"0oa1","rootApiTokenId":"AT.x"}"#;
    assert_eq!(
        offender(client),
        Some((OffenderKind::OAuthClient, "0oa1".to_owned()))
    );
    assert_eq!(
        offender(r#"{"requestApiTokenId":"00T1"}"#),
        Some((OffenderKind::ApiToken, "00T1".to_owned()))
    );
    for none in [
        "null",
        "{}",
        r#"{"requestApiTokenId":"AT.abc"}"#,
        r#"{"requestApiTokenId":"00T \n"}"#,
        r#"{"requestApiTokenId":["00T1"]}"#,
    ] {
        assert_eq!(offender(none), None, "{none}");
    }
}

#[test]
fn every_published_type_about_a_limit_is_one() {
    let types = [
        "app.oauth2.client_id_rate_limit_warning",
        "application.integration.rate_limit_exceeded",
        "core.concurrency.org.limit.violation",
        "system.client.concurrency_rate_limit.notification",
        "system.client.concurrency_rate_limit.violation",
        "system.client.rate_limit.notification",
        "system.client.rate_limit.violation",
        "system.operation.concurrency_limit.violation",
        "system.operation.rate_limit.violation",
        "system.operation.rate_limit.warning",
        "system.org.rate_limit.burst",
        "system.org.rate_limit.expiration.warning",
        "system.org.rate_limit.violation",
        "system.org.rate_limit.warning",
    ];
    let mut kinds: Vec<_> = types
        .map(RateLimitEventKind::of)
        .into_iter()
        .flatten()
        .collect();
    kinds.sort();
    assert_eq!(kinds, RateLimitEventKind::ALL);
    // Somebody changed a limit: none was met.
    assert_eq!(
        RateLimitEventKind::of("system.rate_limit.configuration.update"),
        None
    );
}

#[test]
fn every_kind_is_read_from_an_event_of_its_shape() {
    let events = include_str!("../../../../tests/fixtures/events/rate-limits.jsonl");
    let told = events.lines().map(|event| {
        let read = read(event);
        let bucket = read.bucket.as_deref().unwrap_or("-");
        let offender = read
            .offender
            .map(|who| format!("{}={}", who.kind.as_str(), who.id));
        let offender = offender.as_deref().unwrap_or("-");
        format!(
            "{} {} {bucket} {offender}",
            read.kind.as_str(),
            read.scope.as_str()
        )
    });
    let told: Vec<String> = told.collect();
    assert_eq!(
        told,
        [
            "warning org /api/v1/users api_token=00Tsynthetic0000001",
            "burst org /api/v1/authn -",
            "violation org /api/v1/users oauth_client=0oasynthetic0000001",
            "expiration_warning org /oauth2/v1 -",
            "concurrency_violation org - api_token=00Tsynthetic0000001",
            "client_violation client - oauth_client=0oasynthetic0000002",
            "client_notification client - oauth_client=0oasynthetic0000002",
            "client_concurrency_violation client - oauth_client=0oasynthetic0000002",
            "client_concurrency_notification client - oauth_client=0oasynthetic0000002",
            "operation_warning user /api/v1/groups api_token=00Tsynthetic0000001",
            "operation_violation user /api/v1/groups oauth_client=0oasynthetic0000001",
            "operation_concurrency_violation principal - api_token=00Tsynthetic0000001",
            "client_id_warning client /oauth2/v1/token oauth_client=0oasynthetic0000003",
            "integration_violation principal - -",
        ]
    );
    assert_eq!(told.len(), RateLimitEventKind::ALL.len());
}
