//! The log as an exporter follows it.

use std::collections::BTreeMap;

use okta_exporter::{
    config::Config,
    sim::{LogEvent, Org},
};

use super::{LOGS, org};
use crate::support::{API_TOKEN, Exporter};

#[tokio::test]
async fn an_exporter_catches_up_at_once_and_within_what_the_org_grants() {
    let okta = org()
        .limit(LOGS, 4)
        .window(std::time::Duration::from_secs(4))
        .start()
        .await
        .unwrap();
    okta.controls().log_many(&LogEvent::sign_in(), 4_500);
    let probes = "{ system_log: { look_back: 1h, interval: 24h } }";
    let exporter = Exporter::watch(&okta, probes).await;
    let page = exporter
        .until(|page| page.get("okta_log_polls_total") >= Some(5.0))
        .await;
    assert_eq!(page.value("okta_log_polls_total"), 5.0);
    assert_eq!(page.value("okta_log_lag_seconds"), 0.0);
    assert_eq!(page.value("okta_log_gaps_total"), 0.0);
    let requests = okta.controls().requests();
    assert_eq!(requests.len(), 5);
    assert!(
        requests.iter().all(|request| request.status == Some(200)),
        "{requests:?}"
    );
}

#[tokio::test]
async fn how_far_reading_is_behind_shows_while_there_is_more_to_read() {
    let okta = org()
        .limit(LOGS, 2)
        .window(std::time::Duration::from_hours(1))
        .start()
        .await
        .unwrap();
    let event = LogEvent::sign_in().late(std::time::Duration::from_hours(2));
    okta.controls().log_many(&event, 1_000);
    let exporter = Exporter::watch(&okta, "{ system_log: { look_back: 1d } }").await;
    let page = exporter.first_round().await;
    let lag = page.value("okta_log_lag_seconds");
    // Dates are whole seconds: Okta's clock is known to about one.
    assert!((7_190.0..7_300.0).contains(&lag), "{lag}");
}

#[tokio::test]
async fn a_token_without_the_scope_is_told_what_it_lacks() {
    let okta = Org::new("acme")
        .bearer("00bearer", ["okta.groups.read"])
        .start()
        .await
        .unwrap();
    let url = okta.url();
    let exporter = Exporter::start(&format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{url}', credentials: {{ monitor: {{ bearer_token: 00bearer }} }}, probes: {{ system_log: {{}} }} }} }}"
    ))
    .await;
    let page = exporter.first_round().await;
    let told = r#"okta_probe_failures_total{probe="system_log",reason="forbidden"}"#;
    assert_eq!(page.value(told), 1.0);
    assert!(page.get("okta_log_lag_seconds").is_none(), "{page}");
    assert_eq!(page.value("okta_log_polls_total"), 0.0);
    exporter.until_case("missing-scope").await;
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_to_write() {
    let told = |settings: &str| {
        let yaml = format!(
            "status_pages: {{}}\norgs: {{ acme: {{ url: 'https://acme.okta.com', credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}, probes: {{ system_log: {{ {settings} }} }} }} }}"
        );
        Config::parse(&yaml, &BTreeMap::new()).map_or_else(|e| e.to_string(), |_| String::new())
    };
    for fine in [
        "",
        "look_back: 90d",
        "look_back: 2160h",
        "look_back: 0s",
        "event_types: [user.lifecycle.create]",
    ] {
        assert_eq!(told(fine), "", "{fine}");
    }
    for (settings, says) in [
        (
            "look_back: 91d",
            "look_back: `91d` is no length of time up to the 90 days",
        ),
        ("look_back: yesterday", "look_back: `yesterday` is no"),
        ("look_back: -1h", "look_back: `-1h` is no"),
        ("event_types: ['a b']", "event_types: `a b` is no type"),
        (r#"filter: "a\nb""#, "filter: it must be one line"),
        (
            "credential: nobody",
            "credential: no credential is named `nobody`",
        ),
    ] {
        let told = told(settings);
        let path = format!("orgs.acme.probes.system_log.{says}");
        assert!(told.contains(&path), "{settings}: {told}");
    }
}
