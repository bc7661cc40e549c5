//! Tokens that cannot be minted or are over early: who waits, who asks again, and whom it costs nothing.

use std::time::Duration;

use jiff::SignedDuration;
use okta_exporter::sim::{self, Fault, Org};

use super::trouble;
use crate::support::{
    Exporter, Scrape, ServiceApp, TOKEN, USERS, answered, asked, failed, is_up, json, minted,
    new_key, start, users, with,
};

#[tokio::test]
async fn a_key_that_okta_does_not_know_is_not_tried_at_every_run() {
    let app = ServiceApp::new();
    let (_, other) = new_key();
    let registered = sim::ServiceApp::new(ServiceApp::ID).key("k1", &other);
    let okta = with(registered.grant(["okta.users.read"])).await;
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let refused = r#"okta_probe_failures_total{probe="endpoint/users",reason="unauthorized"}"#;
    let page = exporter.until(|page| page.value(refused) >= 8.0).await;
    let asked = answered(&okta, TOKEN, 401) as f64;
    assert!(asked <= page.value(refused) / 2.0, "{asked}");
    assert!(failed(&page) <= asked);
    let told = trouble(&exporter).await;
    assert!(
        told.contains("client_assertion signature is invalid"),
        "{told}"
    );
    assert!(told.contains("private key must be the one"), "{told}");
    assert_eq!(
        answered(&okta, "/api/v1/users", 401),
        0,
        "nothing goes out without a token"
    );
}

/// Three probes that need the same token.
const THREE: [&str; 3] = ["users", "groups", "apps"];

fn three() -> String {
    format!("{{ endpoint: {{ {} }} }}", THREE.map(asked).join(", "))
}

/// True once each of the three has failed so often for this reason.
fn each_failed(page: &Scrape, reason: &str, times: f64) -> bool {
    THREE.iter().all(|name| {
        let failures =
            format!(r#"okta_probe_failures_total{{probe="endpoint/{name}",reason="{reason}"}}"#);
        page.get(&failures) >= Some(times)
    })
}

/// When tokens were asked for.
fn asked_at(okta: &sim::Running) -> Vec<jiff::Timestamp> {
    let requests = okta.controls().requests();
    let tokens = requests.iter().filter(|request| request.path == TOKEN);
    tokens.map(|request| request.at).collect()
}

#[tokio::test]
async fn a_token_that_cannot_be_minted_is_asked_for_once_for_all_and_again_when_it_is_time() {
    let app = ServiceApp::new();
    let scopes = ["okta.users.read", "okta.groups.read", "okta.apps.read"];
    let okta = with(app.registered().grant(scopes)).await;
    let refused = r#"Bearer error="invalid_client", error_description="no such client""#;
    okta.controls().fault(TOKEN, Fault::challenge(401, refused));
    let oauth = format!("scopes: [{}]", scopes.join(", "));
    let exporter = Exporter::start(&app.yaml(&okta, &oauth, &three())).await;
    let page = exporter
        .until(|page| each_failed(page, "unauthorized", 12.0))
        .await;
    // At once, and then 1 s, 2 s, 4 s … after the last: the waits double.
    let asked_at = asked_at(&okta);
    for (times, least) in asked_at.windows(2).zip([1, 2, 4, 8, 16, 32]) {
        let apart = times[1].duration_since(times[0]);
        assert!(apart >= SignedDuration::from_secs(least), "{asked_at:?}");
    }
    // Each of twelve runs was half a second after another.
    assert!(asked_at.len() >= 3, "it is asked again: {asked_at:?}");
    assert!(failed(&page) <= asked_at.len() as f64, "{page}");
    let status = json(&format!("{}/api/v1/status", exporter.url())).await;
    let probes = status["orgs"][0]["probes"].as_array().unwrap().iter();
    let told: Vec<String> = probes
        .map(|probe| probe["trouble"].to_string())
        .filter(|trouble| trouble.contains("no such client"))
        .collect();
    let remember = told
        .iter()
        .filter(|told| told.contains("not asked again yet"));
    assert_eq!(told.len(), 3, "each tells what Okta said: {told:?}");
    assert!(remember.count() >= 2, "one at most has asked: {told:?}");
    let paths = THREE.map(|name| format!("/api/v1/{name}"));
    let requests = okta.controls().requests();
    let sent = requests
        .iter()
        .find(|request| paths.contains(&request.path));
    assert!(sent.is_none(), "nothing goes out without a token: {sent:?}");

    okta.controls().clear_faults();
    let page = exporter.until(|page| minted(page) >= 1.0).await;
    let success = |page: &Scrape| page.sum("okta_probe_success") == 3.0;
    exporter.until(success).await;
    assert_eq!(minted(&page), 1.0, "one for all");
}

#[tokio::test]
async fn what_okta_asked_for_at_the_token_endpoint_is_kept_to_by_all_who_need_the_token() {
    let app = ServiceApp::new();
    let scopes = ["okta.users.read", "okta.groups.read", "okta.apps.read"];
    let okta = with(app.registered().grant(scopes)).await;
    okta.controls().fault(TOKEN, Fault::retry_after(3).times(1));
    let oauth = format!("scopes: [{}], dpop: never", scopes.join(", "));
    let exporter = Exporter::start(&app.yaml(&okta, &oauth, &three())).await;
    let success = |page: &Scrape| page.sum("okta_probe_success") == 3.0;
    let page = exporter.until(success).await;
    let asked_at = asked_at(&okta);
    assert_eq!(asked_at.len(), 2, "{asked_at:?}");
    let apart = asked_at[1].duration_since(asked_at[0]);
    assert!(apart >= SignedDuration::from_secs(3), "{asked_at:?}");
    assert_eq!((failed(&page), minted(&page)), (1.0, 1.0));
}

#[tokio::test]
async fn an_assertion_that_is_refused_for_its_time_is_explained_by_the_clocks() {
    let app = ServiceApp::new();
    let okta = with(app.registered()).await;
    okta.controls()
        .set_clock_offset(SignedDuration::from_mins(10));
    let words = "The client_assertion token is expired.";
    let told = format!(r#"Bearer error="invalid_client", error_description="{words}""#);
    okta.controls().fault(TOKEN, Fault::challenge(401, &told));
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let page = exporter.first_round().await;
    assert!(page.value("okta_clock_skew_seconds") < -500.0, "{page}");
    let told = trouble(&exporter).await;
    assert!(told.contains("this machine's clock is "), "{told}");
    assert!(told.contains(" s behind Okta's: synchronise it"), "{told}");
    assert!(told.contains("see `okta_clock_skew_seconds`"), "{told}");
}

#[tokio::test]
async fn a_limit_at_the_token_endpoint_is_waited_for() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    okta.controls().fault(TOKEN, Fault::retry_after(3).times(1));
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let page = exporter.first_round().await;
    let limited = r#"okta_probe_failures_total{reason="rate_limited"}"#;
    assert_eq!(page.value(limited), 1.0);
    let page = exporter.until(is_up).await;
    assert_eq!((failed(&page), minted(&page)), (1.0, 1.0));
    assert_eq!(page.sum("okta_probe_failures_total"), 1.0, "{page}");
}

#[tokio::test]
async fn counters_of_tokens_start_at_0_and_unknown_things_are_absent() {
    let app = ServiceApp::new();
    let okta = with(app.registered()).await;
    let exporter = Exporter::start(&app.yaml(&okta, USERS, "{}")).await;
    let page = exporter.scrape().await;
    let counts = page.all("okta_credential_token_requests_total");
    assert_eq!(counts, [0.0, 0.0, 0.0]);
    assert!(!page.has_any("okta_credential_token_expiry"), "{page}");
    assert!(!page.has_any("okta_credential_missing_scope"), "{page}");
}

#[tokio::test]
async fn a_token_that_is_over_when_it_comes_costs_no_mint_at_every_request() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    let over = r#"{"token_type":"Bearer","expires_in":0,"access_token":"x"}"#;
    okta.controls()
        .fault(TOKEN, Fault::body("application/json", over));
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let runs = r#"okta_probe_failures_total{probe="endpoint/users",reason="invalid_body"}"#;
    let page = exporter.until(|page| page.get(runs) >= Some(8.0)).await;
    assert!(failed(&page) <= 4.0, "waiting doubles: {page}");
    assert!(!page.has_any("okta_credential_token_expiry_timestamp_seconds"));
    assert!(trouble(&exporter).await.contains("over already"));
    okta.controls().clear_faults();
    exporter.until(is_up).await;
}

#[tokio::test]
async fn a_renewal_that_fails_is_met_by_nobody_while_the_old_token_holds() {
    let app = ServiceApp::new();
    let org = Org::new("acme").token_lifetime(Duration::from_secs(30));
    let okta = start(org.service_app(app.registered().grant(["okta.users.read"]))).await;
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    exporter.until(is_up).await;
    okta.controls().fault(TOKEN, Fault::status(503));
    // It is renewed when half of its life is over.
    let page = exporter.until(|page| failed(page) >= 2.0).await;
    assert_eq!(page.sum("okta_probe_failures_total"), 0.0, "{page}");
    assert!(page.has_any("okta_credential_token_expiry_timestamp_seconds"));
    okta.controls().clear_faults();
    let page = exporter.until(|page| minted(page) >= 2.0).await;
    assert_eq!(page.sum("okta_probe_failures_total"), 0.0, "{page}");
}

#[tokio::test]
async fn a_token_that_okta_did_not_refuse_goes_on_serving_the_others() {
    let app = ServiceApp::new();
    let scopes = ["okta.users.read", "okta.groups.read"];
    let org = Org::new("acme").limit("/api/v1/groups*", 1_000_000);
    let okta = start(org.service_app(app.registered().grant(scopes))).await;
    let oauth = format!("scopes: [{}]", scopes.join(", "));
    let probes = format!(
        "{{ endpoint: {{ {}, {} }} }}",
        asked("users"),
        asked("groups")
    );
    let exporter = Exporter::start(&app.yaml(&okta, &oauth, &probes)).await;
    let up = |page: &Scrape| page.sum("okta_probe_success") == 2.0;
    exporter.until(up).await;
    okta.controls().fault(TOKEN, Fault::status(503));
    let gateway = [("www-authenticate", r#"Bearer error="invalid_token""#)];
    okta.controls()
        .fault("/api/v1/users", Fault::edge_that_says(401, gateway));
    let page = exporter.until(|page| failed(page) >= 2.0).await;
    let of = |probe: &str| {
        page.sum(&format!(
            r#"okta_probe_failures_total{{probe="endpoint/{probe}"}}"#
        ))
    };
    assert!(of("users") >= 2.0, "{page}");
    assert_eq!(of("groups"), 0.0, "{page}");
    okta.controls().clear_faults();
    exporter.until(up).await;
}

#[tokio::test]
async fn a_first_token_is_minted_by_a_clock_that_is_a_little_ahead() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"]).dpop()).await;
    okta.controls()
        .set_clock_offset(SignedDuration::from_secs(-20));
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let page = exporter.until(is_up).await;
    assert_eq!(answered(&okta, TOKEN, 401), 0);
    assert_eq!((minted(&page), failed(&page)), (1.0, 0.0));
}
