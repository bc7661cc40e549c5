//! Disaster recovery: a host of its own, and no API token.

use std::collections::BTreeMap;

use okta_exporter::{
    config::Config,
    sim::{Fault, Org, Running},
};

use crate::support::{Exporter, Scrape, ServiceApp, acme};

const PATH: &str = "/api/v1/dr/status";
const FAILED_OVER: &str = r#"okta_dr_failed_over{org="acme",domain="acme.okta.com"}"#;

/// An exporter that asks as a service app which was granted this scope.
async fn watch(app: &ServiceApp, scope: &str) -> (Running, Exporter) {
    let okta = Org::new("acme")
        .service_app(app.registered().grant([scope]))
        .start()
        .await
        .unwrap();
    let scopes = "scopes: [okta.dr.read, okta.users.read]";
    let yaml = app.yaml(
        &okta,
        scopes,
        "{ disaster_recovery: { interval: 1s, timeout: 1s } }",
    );
    let exporter = Exporter::start(&yaml).await;
    (okta, exporter)
}

fn failed(page: &Scrape, reason: &str) -> f64 {
    page.value(&format!(
        r#"okta_probe_failures_total{{probe="disaster_recovery",reason="{reason}"}}"#
    ))
}

#[tokio::test]
async fn a_domain_that_failed_over_is_told_until_it_is_back() {
    let app = ServiceApp::new();
    let (okta, exporter) = watch(&app, "okta.dr.read").await;
    let page = exporter.first_round().await;
    assert_eq!(page.value(FAILED_OVER), 0.0);
    let asked = okta.controls().requests();
    assert!(
        asked
            .iter()
            .any(|one| one.path == PATH && one.status == Some(200)),
        "{asked:?}"
    );

    okta.controls().fail_over(true);
    exporter
        .until(|page| page.get(FAILED_OVER) == Some(1.0))
        .await;
    exporter.until_case("failed-over").await;

    // What a disturbance keeps from being read is as it was, and says nothing of the org.
    okta.controls().fault(PATH, Fault::status(503));
    let page = exporter
        .until(|page| failed(page, "http_status") >= 4.0)
        .await;
    assert_eq!(page.value(FAILED_OVER), 1.0);
    assert_eq!(
        page.value(r#"okta_exporter_breaker_state{org="acme",state="closed"}"#),
        1.0,
        "{page}"
    );

    okta.controls().fault(PATH, Fault::rate_limited().times(1));
    let page = exporter
        .until(|page| failed(page, "rate_limited") >= 1.0)
        .await;
    assert_eq!(page.value(FAILED_OVER), 1.0);

    okta.controls().fail_over(false);
    exporter
        .until(|page| page.get(FAILED_OVER) == Some(0.0))
        .await;
}

#[tokio::test]
async fn what_is_withheld_is_unknown() {
    let app = ServiceApp::new();
    let (okta, exporter) = watch(&app, "okta.users.read").await;
    let page = exporter.first_round().await;
    assert!(!page.has_any("okta_dr_failed_over"), "{page}");
    assert_eq!(failed(&page, "forbidden"), 1.0);
    let asked = okta.controls().requests();
    assert!(
        asked.iter().all(|one| one.path != PATH),
        "a token without the scope is not sent"
    );

    let (okta, exporter) = watch(&app, "okta.dr.read").await;
    exporter
        .until(|page| page.get(FAILED_OVER) == Some(0.0))
        .await;
    okta.controls().fault(PATH, Fault::edge_not_found());
    let page = exporter
        .until(|page| failed(page, "http_status") >= 1.0)
        .await;
    assert!(!page.has_any("okta_dr_failed_over"), "{page}");
}

#[tokio::test]
async fn an_org_without_the_feature_a_role_that_may_not_and_a_list_of_nothing_say_nothing() {
    let app = ServiceApp::new();
    for (fault, refused) in [
        (Fault::error(401, "E0000015"), 1.0),
        (Fault::error(403, "E0000006"), 1.0),
        (Fault::body("application/json", r#"{"status":[]}"#), 0.0),
        (Fault::body("application/json", "{}"), 0.0),
    ] {
        // Who is refused so is not asked again for a while: each answer has an exporter of its own.
        let (okta, exporter) = watch(&app, "okta.dr.read").await;
        exporter
            .until(|page| page.get(FAILED_OVER) == Some(0.0))
            .await;
        okta.controls().fault(PATH, fault.clone());
        let page = exporter.until(|page| page.get(FAILED_OVER).is_none()).await;
        assert!(!page.has_any("okta_dr_failed_over"), "{fault:?}: {page}");
        assert_eq!(failed(&page, "forbidden"), refused, "{fault:?}: {page}");
    }
}

#[tokio::test]
async fn an_answer_that_means_harm_is_harmless() {
    let app = ServiceApp::new();
    let (okta, exporter) = watch(&app, "okta.dr.read").await;
    exporter.first_round().await;
    let long = "x".repeat(10_000);
    let body = serde_json::json!({"status": [
        {"domain": "\"}\nokta_org_up{org=\"evil\"} 1\n", "isFailedOver": true},
        {"domain": long, "isFailedOver": true}, null, 7,
    ]});
    okta.controls()
        .fault(PATH, Fault::body("application/json", body.to_string()));
    let page = exporter
        .until(|page| page.sum("okta_dr_failed_over") == 2.0)
        .await;
    assert!(page.all(r#"okta_org_up{org="evil"}"#).is_empty(), "{page}");
    assert!(page.to_string().lines().all(|line| line.len() < 1_000));
}

#[tokio::test]
async fn an_api_token_is_refused_at_the_check_with_the_reason() {
    let okta = Org::new("acme").start().await.unwrap();
    for probes in [
        "{ disaster_recovery: {} }",
        "{ disaster_recovery: { credential: monitor } }",
    ] {
        let told = Config::parse(&acme(&okta, probes), &BTreeMap::new()).unwrap_err();
        let told = told.to_string();
        assert!(told.contains("`monitor` is an API token"), "{told}");
        assert!(told.contains("okta.dr.read"), "{told}");
    }
}
