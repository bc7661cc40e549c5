//! What introspection tells, and who may introspect.

use std::time::Duration;

use okta_exporter::sim::{Clock, Mint, Org};

use super::{INTROSPECT, org, unsigned};
use crate::support::{Exporter, ServiceApp};

#[tokio::test]
async fn an_encrypted_token_is_introspected_and_judged_by_that() {
    let token = unsigned(&[
        r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#,
        "key",
        "iv",
        "text",
        "tag",
    ]);
    let okta = org().await;
    let mint = Mint::by("default").scopes(["a", "b"]).opaque(&token);
    okta.controls().mint(&mint).unwrap();
    // No `authorization_server`: the issuer that is expected names it.
    let probes = format!(
        "{{ token: {{ ci: {{ access_token: {token}, {INTROSPECT}, expect: {{ issuer: '{}/oauth2/default', scopes: [a, c] }} }} }} }}",
        okta.url()
    );
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    assert_eq!(
        page.value(r#"okta_probe_success{probe="token/ci"}"#),
        1.0,
        "{page}"
    );
    assert_eq!(page.value("okta_token_active"), 1.0);
    assert_eq!(page.value(r#"okta_token_missing_scope{scope="a"}"#), 0.0);
    assert_eq!(page.value(r#"okta_token_missing_scope{scope="c"}"#), 1.0);
    assert!(page.value("okta_token_time_to_expiry_seconds") > 0.0);
}

#[tokio::test]
async fn whoever_introspects_proves_itself_as_it_is_registered() {
    let app = ServiceApp::new();
    let okta = Org::new("acme")
        .service_app(app.registered().grant(["okta.users.read"]))
        .client("0oaWEB", "s3cr3t")
        .client("0oaSPA", "")
        .start()
        .await
        .unwrap();
    let token = okta.controls().mint(&Mint::by("default")).unwrap();
    let key = app.key_file().display().to_string();
    let id = ServiceApp::ID;
    let ways = [
        (
            "basic",
            "client_id: 0oaWEB, client_secret: s3cr3t".to_owned(),
        ),
        (
            "post",
            "client_id: 0oaWEB, client_auth: client_secret_post, client_secret: s3cr3t".to_owned(),
        ),
        (
            "key",
            format!("client_id: {id}, key_id: k1, private_key_file: '{key}'"),
        ),
        ("public", "client_id: 0oaSPA, client_auth: none".to_owned()),
        ("app", "credential: billing".to_owned()),
    ];
    let probes = ways.each_ref().map(|(name, introspect)| {
        format!("{name}: {{ access_token: {token}, introspect: {{ {introspect} }} }}")
    });
    let probes = format!("{{ token: {{ {} }} }}", probes.join(", "));
    let yaml = app.yaml(&okta, "scopes: [okta.users.read]", &probes);
    let page = Exporter::start(&yaml).await.first_round().await;
    for (name, _) in ways {
        let active = page.get(&format!(r#"okta_token_active{{token="{name}"}}"#));
        assert_eq!(active, Some(1.0), "{name}: {page}");
    }
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
async fn an_opaque_token_that_ends_has_expired_and_was_not_revoked() {
    let clock = Clock::running();
    let org = Org::new("acme").client("0oa1", "s3cr3t").clock(&clock);
    let okta = org.start().await.unwrap();
    let mint = Mint::by("default").opaque("00opaque").scopes(["a"]);
    okta.controls()
        .mint(&mint.lasting(Duration::from_mins(10)))
        .unwrap();
    let probes = "{ token: { ci: { access_token: 00opaque, interval: 1s, timeout: 1s, introspect: { authorization_server: default, client_id: 0oa1, client_secret: s3cr3t } } } }";
    let exporter = Exporter::watch(&okta, probes).await;
    let page = exporter.first_round().await;
    assert_eq!(page.value("okta_token_active"), 1.0);
    clock.advance(Duration::from_mins(11));
    let page = exporter
        .until(|page| page.get("okta_token_active") == Some(0.0))
        .await;
    let left = page.value("okta_token_time_to_expiry_seconds");
    assert!((-120.0..0.0).contains(&left), "{left}");
    assert_eq!(page.value(r#"okta_token_scope{scope="a"}"#), 1.0);
    exporter.until_case("expired-token").await;
}
