//! Signatures, and the keys that they are of.

use std::time::Duration;

use okta_exporter::sim::{Clock, Fault, Mint, ORG, Org, Running};

use super::{INTROSPECT, org};
use crate::support::{Exporter, json};

#[tokio::test]
async fn a_token_of_a_custom_server_is_decoded_introspected_and_verified() {
    let okta = org().await;
    let mint = Mint::by("default")
        .scopes(["reports.read", "reports.list"])
        .lasting(Duration::from_mins(10));
    let token = okta.controls().mint(&mint).unwrap();
    let url = okta.url();
    let probes = format!(
        "{{ token: {{ ci: {{ access_token: {token}, {INTROSPECT}, expect: {{ issuer: '{url}/oauth2/default', audience: 'api://default', scopes: [reports.read, reports.write] }} }} }} }}"
    );
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    let of = |name: &str| page.value(&format!(r#"{name}{{org="acme",token="ci"}}"#));
    assert_eq!(of("okta_token_active"), 1.0);
    let left = of("okta_token_time_to_expiry_seconds");
    assert!((580.0..=600.0).contains(&left), "{left}");
    let lifetime =
        of("okta_token_expiry_timestamp_seconds") - of("okta_token_issued_timestamp_seconds");
    assert_eq!(lifetime, 600.0);
    assert_eq!(of("okta_token_issuer_matches"), 1.0);
    assert_eq!(of("okta_token_audience_matches"), 1.0);
    assert_eq!(of("okta_token_signature_valid"), 1.0);
    assert_eq!(of("okta_token_signing_key_published"), 1.0);
    assert_eq!(
        page.value(r#"okta_token_missing_scope{scope="reports.read"}"#),
        0.0
    );
    assert_eq!(
        page.value(r#"okta_token_missing_scope{scope="reports.write"}"#),
        1.0
    );
    assert_eq!(page.value(r#"okta_token_scope{scope="reports.list"}"#), 1.0);
    assert!(!page.to_string().contains(&token), "the token is shown");
    // Asked where it was minted: any other server would have called it inactive.
    let asked = okta.controls().requests();
    assert!(
        asked
            .iter()
            .any(|r| r.path == "/oauth2/default/v1/introspect")
    );
}

#[tokio::test]
async fn of_the_orgs_own_tokens_nothing_is_said_about_the_signature() {
    let okta = org().await;
    let token = okta
        .controls()
        .mint(&Mint::by(ORG).scopes(["okta.users.read"]))
        .unwrap();
    let probes = format!("{{ token: {{ ci: {{ access_token: {token}, {INTROSPECT} }} }} }}");
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    assert_eq!(page.value("okta_token_active"), 1.0);
    assert!(!page.has_any("okta_token_signature_valid"), "{page}");
    assert!(!page.has_any("okta_token_signing_key_published"), "{page}");
}

#[tokio::test]
async fn a_token_whose_key_was_withdrawn_is_about_to_break() {
    // Nodes that lag are given minutes, which pass in seconds here.
    let org = Org::new("acme").clock(&Clock::fast(60));
    let okta = org.start().await.unwrap();
    let lasting = Mint::by("default").lasting(Duration::from_hours(24));
    let token = okta.controls().mint(&lasting).unwrap();
    let probes =
        format!("{{ token: {{ ci: {{ access_token: {token}, interval: 1s, timeout: 1s }} }} }}");
    let exporter = Exporter::watch(&okta, &probes).await;
    let published = "okta_token_signing_key_published";
    assert_eq!(exporter.first_round().await.value(published), 1.0);
    okta.controls().remove_key_early("default").unwrap();
    let page = exporter
        .until(|page| page.get(published) == Some(0.0))
        .await;
    assert!(
        !page.has_any("okta_token_signature_valid"),
        "nobody can check it"
    );
}

const RUNS: &str = r#"okta_probe_runs_total{probe="token/ci"}"#;

#[tokio::test]
async fn a_fresh_key_that_some_nodes_do_not_know_yet_is_never_called_unpublished() {
    let okta = org().await;
    okta.controls()
        .lag_keys("default", Duration::from_hours(1))
        .unwrap();
    okta.controls().rotate_keys("default").unwrap();
    let token = okta.controls().mint(&Mint::by("default")).unwrap();
    let probes =
        format!("{{ token: {{ ci: {{ access_token: {token}, interval: 1s, timeout: 1s }} }} }}");
    let exporter = Exporter::watch(&okta, &probes).await;
    let published = "okta_token_signing_key_published";
    let page = exporter
        .until(|page| {
            assert_ne!(page.get(published), Some(0.0), "{page}");
            page.get(RUNS) >= Some(30.0)
        })
        .await;
    assert_eq!(page.get(published), Some(1.0));
}

#[tokio::test]
async fn a_signature_that_one_answer_speaks_against_is_looked_at_again() {
    let (okta, other) = (org().await, org().await);
    let token = okta.controls().mint(&Mint::by("default")).unwrap();
    let keys = |org: &Running| format!("{}/oauth2/default/v1/keys", org.url());
    let mut mixed = json(&keys(&okta)).await;
    mixed["keys"][0]["n"] = json(&keys(&other)).await["keys"][0]["n"].clone();
    let mixed = Fault::body("application/json", mixed.to_string());
    okta.controls()
        .fault("/oauth2/default/v1/keys", mixed.times(1));
    let probes = format!("{{ token: {{ ci: {{ access_token: {token} }} }} }}");
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    assert_eq!(page.value("okta_token_signature_valid"), 1.0);
}
