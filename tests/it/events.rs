use std::time::Duration;

use okta_exporter::sim::{ApiToken, EventHook, Limited, LogEvent, Org, Running};

use crate::support::{API_TOKEN, Exporter, Scrape};

const SECRET: &str = "s3cr3t-of-the-event-hook";

async fn org() -> Running {
    let token = ApiToken::new("monitor", API_TOKEN);
    let org = Org::new("acme").api_token(token);
    org.limit("/api/v1/logs", 100_000).start().await.unwrap()
}

/// An exporter that follows the log of `acme`, from an hour ago on, and takes what its hook delivers.
async fn exporter(okta: &Running) -> Exporter {
    let url = okta.url();
    Exporter::start(&format!(
        "status_pages: {{}}
orgs:
  acme:
    url: '{url}'
    budget: 1
    credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}
    probes: {{ system_log: {{ credential: monitor, interval: 1s, timeout: 1s, look_back: 1h }} }}
    event_hook: {{ authorization: {SECRET} }}
"
    ))
    .await
}

async fn all_counted(exporter: &Exporter, okta: &Running) -> Scrape {
    let all = okta.controls().log_totals().events as f64;
    let counted = |page: &Scrape| page.sum("okta_log_events_total{}");
    exporter.until(|page| counted(page) >= all).await
}

#[tokio::test]
async fn what_log_and_hook_tell_counts_once_by_what_it_is() {
    let okta = org().await;
    let controls = okta.controls();
    controls.log_many(&LogEvent::sign_in(), 1_500);
    let exporter = exporter(&okta).await;
    let hook = EventHook::new(&format!("{}/hooks/okta/acme", exporter.url()))
        .header("Authorization", SECRET)
        .types(["user.session.start", "system.org.rate_limit.warning"])
        .twice_every(3);
    let id = controls.add_hook(hook).await.unwrap();
    let warned = LogEvent::org_limit(Limited::Warned, "/api/v1/users", 600);
    let warnings = controls.log_many(&warned, 7);
    let failed = controls.log_many(&LogEvent::failed_sign_in("INVALID_CREDENTIALS"), 30);
    for again in warnings.iter().chain(&failed) {
        assert!(controls.log_again(again));
    }
    controls.log(&LogEvent::sign_in().late(Duration::from_mins(10)));
    // Never pushed, and met by a token of its own.
    let ceiling = LogEvent::operation_limit(Limited::Violated, "/api/v1/users", "ssws_token", 300);
    controls.log_many(&ceiling.by_api_token("00T00000000000000007"), 4);
    controls.log_many(
        &LogEvent::new("app.oauth2.token.grant").failed("invalid_client"),
        2,
    );
    controls.log(&LogEvent::new("app.oauth2.token.grant").result("CHALLENGE"));
    controls.log_many(&LogEvent::new("group.user_membership.add"), 5);
    let totals = controls.until_hook_settled(&id).await;
    assert_eq!((totals.lost, totals.delivered), (0, 38));

    let page = all_counted(&exporter, &okta).await;
    for (series, value) in [
        (
            r#"okta_log_events_total{event_type="user.session.start",outcome="success",severity="info"}"#,
            1_501.0,
        ),
        (
            r#"okta_log_events_total{event_type="user.session.start",outcome="failure"}"#,
            30.0,
        ),
        (
            r#"okta_log_events_total{event_type="app.oauth2.token.grant",outcome="challenge"}"#,
            1.0,
        ),
        (
            r#"okta_log_authentication_failures_total{event_type="user.session.start",reason="invalid_credentials"}"#,
            30.0,
        ),
        (
            r#"okta_log_authentication_failures_total{event_type="app.oauth2.token.grant",reason="invalid_client"}"#,
            2.0,
        ),
        (
            r#"okta_rate_limit_events_total{event="warning",scope="org",bucket="/api/v1/users"}"#,
            7.0,
        ),
        (
            r#"okta_rate_limit_events_total{event="operation_violation",bucket="/api/v1/users"}"#,
            4.0,
        ),
        (
            r#"okta_rate_limit_offender_events_total{kind="api_token",principal="00T00000000000000007"}"#,
            4.0,
        ),
        (
            r#"okta_hook_events_total{event_type="user.session.start",outcome="failure"}"#,
            30.0,
        ),
        ("okta_hook_events_total{}", 38.0),
        ("okta_hook_missed_events_total{}", 0.0),
        (r#"okta_exporter_series_dropped_total{probe="events"}"#, 0.0),
    ] {
        assert_eq!(page.sum(series), value, "{series}\n{page}");
    }
    let written = controls.log_totals();
    let others = page.sum(r#"okta_log_events_total{event_type="other"}"#);
    let named = ["user.session.start", "app.oauth2.token.grant"];
    let named: u64 = named.iter().map(|kind| written.by_type[*kind]).sum();
    assert!(
        others >= 16.0 && others <= (written.events - named) as f64,
        "{others}"
    );
    assert!(page.value("okta_hook_lead_seconds_count") >= 30.0, "{page}");
    let repeated = page.value("okta_log_duplicates_total");
    assert!(repeated >= 37.0, "{repeated}");
    let last =
        r#"okta_rate_limit_last_event_timestamp_seconds{event="warning",bucket="/api/v1/users"}"#;
    assert!((jiff::Timestamp::now().as_second() as f64 - page.value(last)).abs() < 300.0);
}

#[tokio::test]
async fn a_reload_that_changes_the_log_s_probe_or_its_org_s_trust_counts_nothing_twice() {
    let okta = org().await;
    let controls = okta.controls();
    controls.log_many(&LogEvent::sign_in(), 2_500);
    let mut exporter = exporter(&okta).await;
    all_counted(&exporter, &okta).await;
    let settings = |interval: &str, buckets: &str| {
        format!(
            "status_pages: {{}}\norgs:\n  acme:\n    url: '{}'\n    budget: 1\n    buckets: {{ {buckets} }}\n    credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}\n    probes: {{ system_log: {{ credential: monitor, interval: {interval}, timeout: 1s, look_back: 1h }} }}\n",
            okta.url()
        )
    };
    for (interval, buckets) in [("2s", ""), ("1s", "/x: x"), ("2s", "/y: y")] {
        exporter.apply(&settings(interval, buckets)).await;
        controls.log_many(&LogEvent::sign_in(), 10);
        all_counted(&exporter, &okta).await;
    }
    let page = exporter.scrape().await;
    let series = r#"okta_log_events_total{event_type="user.session.start"}"#;
    assert_eq!(page.sum(series), 2_530.0);
}
