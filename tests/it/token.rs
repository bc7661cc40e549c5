use std::time::Duration;

use okta_exporter::sim::{Mint, ORG, Org, Running};

use crate::support::Exporter;

async fn org() -> Running {
    Org::new("acme")
        .client("0oa1", "s3cr3t")
        .start()
        .await
        .unwrap()
}

const INTROSPECT: &str = "introspect: { client_id: 0oa1, client_secret: s3cr3t }";

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
async fn an_opaque_token_is_known_by_introspection_alone() {
    let okta = org().await;
    okta.controls()
        .mint(&Mint::by("default").opaque("00opaque").scopes(["a", "b"]))
        .unwrap();
    let probes = "{ token: { ci: { access_token: 00opaque, introspect: { authorization_server: default, client_id: 0oa1, client_secret: s3cr3t }, expect: { scopes: [a, c] } } } }";
    let page = Exporter::watch(&okta, probes).await.first_round().await;
    assert_eq!(page.value("okta_token_active"), 1.0);
    assert!(page.value("okta_token_time_to_expiry_seconds") > 0.0);
    assert_eq!(page.value(r#"okta_token_missing_scope{scope="c"}"#), 1.0);
}

#[tokio::test]
async fn a_revoked_token_is_inactive_and_an_expired_one_negative() {
    let okta = org().await;
    let revoked = okta.controls().mint(&Mint::by("default")).unwrap();
    assert!(okta.controls().revoke(&revoked));
    let old = Mint::by("default").lasting(Duration::ZERO);
    let expired = okta.controls().mint(&old).unwrap();
    let probes = format!(
        "{{ token: {{ revoked: {{ access_token: {revoked}, {INTROSPECT} }}, expired: {{ access_token: {expired}, {INTROSPECT} }} }} }}"
    );
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    assert_eq!(page.value(r#"okta_token_active{token="revoked"}"#), 0.0);
    assert!(page.value(r#"okta_token_time_to_expiry_seconds{token="revoked"}"#) > 0.0);
    assert_eq!(page.value(r#"okta_token_active{token="expired"}"#), 0.0);
    assert!(page.value(r#"okta_token_time_to_expiry_seconds{token="expired"}"#) <= 0.0);
}

#[tokio::test]
async fn a_token_whose_key_was_withdrawn_is_about_to_break() {
    let okta = org().await;
    let token = okta.controls().mint(&Mint::by("default")).unwrap();
    let probes = format!(
        "{{ token: {{ ci: {{ access_token: {token}, interval: 200ms, timeout: 200ms }} }} }}"
    );
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

#[tokio::test]
async fn a_token_of_another_org_is_not_asked_about_here() {
    let (okta, other) = (org().await, org().await);
    let token = other.controls().mint(&Mint::by("default")).unwrap();
    let probes = format!("{{ token: {{ ci: {{ access_token: {token}, {INTROSPECT} }} }} }}");
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    assert_eq!(
        page.value(r#"okta_probe_failures_total{reason="config"}"#),
        1.0
    );
    // What it says of itself is known all the same.
    assert!(page.value("okta_token_time_to_expiry_seconds") > 0.0);
    assert_eq!(okta.controls().request_count(), 0, "the token went nowhere");
}
