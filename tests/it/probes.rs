use std::time::Duration;

use okta_exporter::sim::{ApiToken, Fault, LogEvent, Org, Principal, Tls};

use crate::support::{API_TOKEN, Exporter, endpoint};

fn org() -> Org {
    Org::new("acme").api_token(ApiToken::new("monitor", API_TOKEN))
}

#[tokio::test]
async fn discovery_tells_that_an_org_is_up_its_clock_and_its_certificate() {
    let okta = org()
        .tls(Tls::new().lasting(Duration::from_hours(240)))
        .start()
        .await
        .unwrap();
    let files = tempfile::tempdir().unwrap();
    let ca = files.path().join("ca.pem");
    std::fs::write(&ca, okta.ca_pem().unwrap()).unwrap();
    let url = okta.url();
    let exporter = Exporter::start(&format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{url}', ca_file: '{}', probes: {{ discovery: {{}} }} }} }}",
        ca.display()
    ))
    .await;
    let page = exporter.first_round().await;
    assert_eq!(page.value(r#"okta_org_up{org="acme"}"#), 1.0);
    assert_eq!(
        page.value(r#"okta_probe_success{org="acme",probe="discovery"}"#),
        1.0
    );
    let skew = page.value(r#"okta_clock_skew_seconds{org="acme"}"#);
    assert!(skew.abs() < 5.0, "{skew}");
    let now = jiff::Timestamp::now().as_second() as f64;
    let left = page.value(r#"okta_tls_certificate_expiry_timestamp_seconds{org="acme"}"#) - now;
    assert!((9.9 * 86400.0..10.1 * 86400.0).contains(&left), "{left}");
    let connected = r#"okta_request_phase_seconds{org="acme",api="discovery",phase="connect"}"#;
    assert!(page.value(connected) > 0.0);
    // A new client's way: this connection is made anew each time, over HTTP/2 where that is offered.
    let came_by = okta.controls().requests()[0].version;
    assert_eq!(came_by, http::Version::HTTP_2);
}

#[tokio::test]
async fn an_issuer_that_is_not_the_orgs_is_not_up() {
    let okta = org()
        .issuer("https://login.acme.example")
        .start()
        .await
        .unwrap();
    let exporter = Exporter::watch(&okta, "{ discovery: {} }").await;
    let page = exporter.first_round().await;
    assert_eq!(page.value("okta_org_up"), 0.0);
    assert_eq!(
        page.value(r#"okta_probe_failures_total{reason="config"}"#),
        1.0
    );

    let named = "{ discovery: { issuer: 'https://login.acme.example' } }";
    let page = Exporter::watch(&okta, named).await.first_round().await;
    assert_eq!(page.value("okta_org_up"), 1.0);
}

#[tokio::test]
async fn the_organization_document_tells_cell_and_pipeline() {
    let okta = org().cell("op3").pipeline("v1").start().await.unwrap();
    let page = Exporter::watch(&okta, "{ organization: {} }")
        .await
        .first_round()
        .await;
    assert_eq!(
        page.value(r#"okta_org_info{org="acme",cell="op3",pipeline="v1"}"#),
        1.0
    );
}

#[tokio::test]
async fn an_endpoint_tells_status_latency_and_the_rate_limit_of_its_credential() {
    let okta = org().limit("/api/v1/users", 200).start().await.unwrap();
    let exporter = Exporter::watch(
        &okta,
        &format!("{{ endpoint: {{ {} }} }}", endpoint("users")),
    )
    .await;
    let asked = r#"okta_requests_total{org="acme",api="users",code="200"}"#;
    let page = exporter.until(|page| page.get(asked) >= Some(3.0)).await;
    // An API token's ceiling is half of the org's bucket.
    let labels = r#"{org="acme",credential="monitor",api="users"}"#;
    let of = |name: &str| page.value(&format!("{name}{labels}"));
    assert_eq!(of("okta_rate_limit_limit"), 100.0);
    let remaining = of("okta_rate_limit_remaining");
    assert!((90.0..=97.0).contains(&remaining), "{remaining}");
    assert_eq!(
        of("okta_rate_limit_usage_ratio"),
        (100.0 - remaining) / 100.0
    );
    let now = jiff::Timestamp::now().as_second() as f64;
    let reset = of("okta_rate_limit_reset_timestamp_seconds") - now;
    assert!((0.0..=61.0).contains(&reset), "{reset}");
    assert!(page.value(r#"okta_request_duration_seconds_count{api="users"}"#) >= 3.0);
    assert!(page.value("okta_rate_limit_own_requests_total") >= 3.0);
    // Known counters start at 0.
    assert_eq!(
        page.value(r#"okta_rate_limit_exceeded_total{kind="limit"}"#),
        0.0
    );
}

#[tokio::test]
async fn the_system_log_tells_that_it_is_read_to_its_end() {
    let okta = org().start().await.unwrap();
    let probes = "{ system_log: { credential: monitor, interval: 1s, timeout: 1s } }";
    let exporter = Exporter::watch(&okta, probes).await;
    exporter.first_round().await;
    okta.controls().log(&LogEvent::sign_in());
    let page = exporter
        .until(|page| page.get("okta_log_polls_total") >= Some(2.0))
        .await;
    let org = r#"{org="acme"}"#;
    assert_eq!(page.value(&format!("okta_log_lag_seconds{org}")), 0.0);
    let now = jiff::Timestamp::now().as_second() as f64;
    let cursor = page.value(&format!("okta_log_cursor_timestamp_seconds{org}")) - now;
    assert!((-60.0..=1.0).contains(&cursor), "{cursor}");
    for counter in ["gaps", "gap_seconds", "unreadable_events"] {
        assert_eq!(page.value(&format!("okta_log_{counter}_total{org}")), 0.0);
    }
    // Read over an hour ago, nobody knows what came since.
    let later = exporter.scrape_later(Duration::from_hours(1));
    assert!(later.value("okta_log_lag_seconds") >= 3500.0, "{later}");
}

#[tokio::test]
async fn what_was_seen_of_a_window_is_gone_when_the_window_is_and_what_is_silent_is_overdue() {
    let okta = org().start().await.unwrap();
    let probes = "{ endpoint: { users: { path: /api/v1/users, credential: monitor } } }";
    let exporter = Exporter::watch(&okta, probes).await;
    let overdue = r#"okta_probe_overdue{probe="endpoint/users"}"#;
    let page = exporter.first_round().await;
    assert!(page.has_any("okta_rate_limit_remaining"), "{page}");
    assert_eq!(page.value(overdue), 0.0);
    let within = exporter.scrape_later(Duration::from_secs(50));
    assert!(within.has_any("okta_rate_limit_remaining"), "{within}");
    // A minute is the window, and a little more the grace for a scrape that comes after it.
    let over = exporter.scrape_later(Duration::from_secs(90));
    for family in [
        "limit",
        "remaining",
        "reset_timestamp_seconds",
        "usage_ratio",
    ] {
        let family = format!("okta_rate_limit_{family}{{");
        assert!(!over.to_string().contains(&family), "{over}");
    }
    assert_eq!(over.value(overdue), 0.0);
    // Its turn is at the end of this window or the next, and two intervals later it is overdue.
    let silent = exporter.scrape_later(Duration::from_mins(5));
    assert_eq!(silent.value(overdue), 1.0);
}

#[tokio::test]
async fn the_time_of_a_request_is_told_by_phase() {
    let okta = org().start().await.unwrap();
    let path = "/.well-known/okta-organization";
    okta.controls()
        .fault(path, Fault::stall(Duration::from_millis(300)));
    // A name, so that there is one to look up.
    let url = okta.url().replace("127.0.0.1", "localhost");
    let page = Exporter::start(&format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{url}', probes: {{ organization: {{}} }} }} }}"
    ))
    .await
    .first_round()
    .await;
    let of = |phase: &str| {
        page.value(&format!(
            r#"okta_request_phase_seconds{{api="organization",phase="{phase}"}}"#
        ))
    };
    assert!(of("first_byte") >= 0.3, "{page}");
    let parts = of("dns") + of("connect") + of("first_byte") + of("body");
    let whole = page.value(r#"okta_request_duration_seconds_sum{api="organization"}"#);
    assert!(parts <= whole, "{parts} of {whole}");
}

#[tokio::test]
async fn a_bearer_token_without_the_scope_is_told_apart_from_a_wrong_one() {
    let okta = org()
        .bearer("00bearer", ["okta.users.read"])
        .start()
        .await
        .unwrap();
    let url = okta.url();
    let ask = |name: &str, path: &str, credential: &str| {
        format!("{name}: {{ path: '{path}', credential: {credential} }}")
    };
    let exporter = Exporter::start(&format!(
        "status_pages: {{}}\norgs:\n  acme:\n    url: '{url}'\n    credentials: {{ right: {{ bearer_token: 00bearer }}, wrong: {{ bearer_token: 00other }} }}\n    probes: {{ endpoint: {{ {}, {}, {} }} }}\n",
        ask("users", "/api/v1/users", "right"),
        ask("groups", "/api/v1/groups", "right"),
        ask("stranger", "/api/v1/users", "wrong"),
    ))
    .await;
    let page = exporter.first_round().await;
    assert_eq!(
        page.value(r#"okta_probe_success{probe="endpoint/users"}"#),
        1.0
    );
    assert_eq!(
        page.value(r#"okta_probe_failures_total{probe="endpoint/groups",reason="forbidden"}"#),
        1.0
    );
    assert_eq!(
        page.value(
            r#"okta_api_errors_total{api="groups",code="403",error_code="insufficient_scope"}"#
        ),
        1.0
    );
    assert_eq!(
        page.value(r#"okta_probe_failures_total{probe="endpoint/stranger",reason="unauthorized"}"#),
        1.0
    );
}

#[tokio::test]
async fn a_limit_that_runs_out_is_seen_and_left_alone_until_its_window_is_over() {
    let window = Duration::from_hours(1);
    let okta = org()
        .limit("/api/v1/users", 4)
        .window(window)
        .start()
        .await
        .unwrap();
    // An application of the same credential was there before.
    let application = Principal::new("monitor");
    assert_eq!(okta.controls().spend("/api/v1/users", &application, 9), 2);
    let probes = format!(
        "{{ endpoint: {{ {}, {} }} }}",
        endpoint("users"),
        endpoint("groups")
    );
    let exporter = Exporter::watch(&okta, &probes).await;
    let refused =
        r#"okta_rate_limit_exceeded_total{credential="monitor",api="users",kind="limit"}"#;
    let page = exporter.until(|page| page.get(refused) >= Some(1.0)).await;
    assert_eq!(page.value(r#"okta_rate_limit_remaining{api="users"}"#), 0.0);
    assert_eq!(
        page.value(r#"okta_rate_limit_usage_ratio{api="users"}"#),
        1.0
    );
    let of_groups = r#"okta_probe_runs_total{probe="endpoint/groups"}"#;
    let enough = page.value(of_groups) + 8.0;
    let page = exporter.until(|page| page.value(of_groups) >= enough).await;
    assert_eq!(
        page.value(r#"okta_probe_failures_total{probe="endpoint/users",reason="rate_limited"}"#),
        1.0
    );
    // One refusal, and nobody asks for more.
    let asked = okta.controls().requests();
    let of_users = asked.iter().filter(|r| r.path == "/api/v1/users").count();
    assert_eq!(of_users, 1);
}

#[tokio::test]
async fn a_feature_the_org_lacks_is_forbidden_and_not_a_bad_token() {
    let okta = org()
        .without_feature("/api/v1/groups")
        .start()
        .await
        .unwrap();
    let probes = format!("{{ endpoint: {{ {} }} }}", endpoint("groups"));
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    assert_eq!(
        page.value(r#"okta_probe_failures_total{reason="forbidden"}"#),
        1.0
    );
    assert_eq!(
        page.value(r#"okta_probe_failures_total{reason="unauthorized"}"#),
        0.0
    );
    assert_eq!(
        page.value(r#"okta_api_errors_total{code="401",error_code="E0000015"}"#),
        1.0
    );
}

#[tokio::test]
async fn headers_that_make_no_sense_leave_the_limit_unknown() {
    let okta = org().start().await.unwrap();
    okta.controls().fault(
        "/api/v1/users",
        Fault::headers([
            ("x-rate-limit-limit", "many"),
            ("x-rate-limit-remaining", "-1"),
        ]),
    );
    let probes = format!("{{ endpoint: {{ {} }} }}", endpoint("users"));
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    assert_eq!(page.value("okta_probe_success"), 1.0);
    assert!(!page.has_any("okta_rate_limit_remaining"), "{page}");
    assert!(!page.has_any("okta_rate_limit_limit"), "{page}");
}
