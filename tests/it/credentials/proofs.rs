//! Proofs of possession: when they are wanted, nonces, and what brings none.

use std::time::Duration;

use okta_exporter::sim::{self, Fault, Org};

use super::trouble;
use crate::support::{
    Exporter, ServiceApp, TOKEN, USERS, answered, failed, is_up, minted, start, users, with,
};

#[tokio::test]
async fn a_new_app_is_served_by_the_defaults_dpop_and_all() {
    let app = ServiceApp::new();
    let registered = app.registered().grant(["okta.users.read"]).dpop();
    let okta = with(registered).await;
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let page = exporter
        .until(|page| {
            let cached = r#"okta_credential_token_requests_total{result="cached"}"#;
            is_up(page) && page.get(cached) >= Some(2.0)
        })
        .await;
    assert_eq!(minted(&page), 1.0);
    assert_eq!(failed(&page), 0.0);
    // Plain; with a proof; with the nonce.
    assert_eq!(answered(&okta, TOKEN, 400), 2);
    assert_eq!(answered(&okta, TOKEN, 200), 1);
    let token = |code: &str| format!(r#"okta_requests_total{{api="token",code="{code}"}}"#);
    assert_eq!(page.value(&token("400")), 2.0);
    assert_eq!(page.value(&token("200")), 1.0);
    let own =
        r#"okta_rate_limit_own_requests_total{credential="billing",bucket="/oauth2/v1/token"}"#;
    assert_eq!(page.value(own), 3.0, "challenges cost a request");
    // Half of the bucket less three.
    let left = r#"okta_rate_limit_remaining{credential="billing",api="token"}"#;
    assert_eq!(page.value(left), 147.0);
    let errors = page.all(r#"okta_api_errors_total{api="token"}"#);
    assert_eq!(errors, [1.0], "only the refusal it learned from:\n{page}");
    let now = jiff::Timestamp::now().as_second() as f64;
    let left = page.value("okta_credential_token_expiry_timestamp_seconds") - now;
    assert!((3500.0..=3601.0).contains(&left), "{left}");
    assert_eq!(
        page.value(r#"okta_credential_missing_scope{scope="okta.users.read"}"#),
        0.0
    );
    assert_eq!(answered(&okta, "/api/v1/users", 400), 0);
    assert_eq!(answered(&okta, "/api/v1/users", 401), 0);
}

#[tokio::test]
async fn that_proofs_are_wanted_is_learned_however_it_is_said() {
    for (error, words) in [
        ("invalid_grant", "The DPoP proof JWT header is missing."),
        (
            "invalid_request",
            "A dpop proof is required for this client.",
        ),
    ] {
        let app = ServiceApp::new();
        let okta = with(app.registered().grant(["okta.users.read"])).await;
        let challenge = format!(r#"DPoP error="{error}", error_description="{words}""#);
        okta.controls()
            .fault(TOKEN, Fault::challenge(400, &challenge).times(1));
        let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
        let page = exporter.until(is_up).await;
        assert_eq!(failed(&page), 0.0, "{error}");
        assert_eq!(
            answered(&okta, TOKEN, 400),
            2,
            "{error}: refused once, and then its proof for the nonce"
        );
    }
}

#[tokio::test]
async fn a_nonce_is_kept_for_the_next_token_and_renewed_when_okta_renews_it() {
    let app = ServiceApp::new();
    let registered = app.registered().grant(["okta.users.read"]).dpop();
    // Such a token is used for half of its life.
    let org = Org::new("acme").token_lifetime(Duration::from_secs(2));
    let okta = start(org.service_app(registered)).await;
    let oauth = format!("{USERS}, dpop: always");
    let exporter = Exporter::start(&app.yaml(&okta, &oauth, &users())).await;
    let page = exporter
        .until(|page| is_up(page) && minted(page) >= 3.0)
        .await;
    assert_eq!(
        answered(&okta, TOKEN, 400),
        1,
        "one challenge for three tokens"
    );
    assert!(!page.has_any("okta_api_errors_total"), "{page}");

    // The old one is still taken, and the answer brings the new one.
    okta.controls().renew_nonce();
    let before = minted(&page);
    let page = exporter
        .until(|page| is_up(page) && minted(page) >= before + 2.0)
        .await;
    assert_eq!(answered(&okta, TOKEN, 400), 1);

    okta.controls().void_nonces();
    let before = minted(&page);
    let page = exporter
        .until(|page| is_up(page) && minted(page) >= before + 2.0)
        .await;
    assert_eq!(answered(&okta, TOKEN, 400), 2);
    assert!(!page.has_any("okta_api_errors_total"), "{page}");
    assert_eq!(failed(&page), 0.0);
}

#[tokio::test]
async fn an_app_without_dpop_gets_a_bearer_token_and_never_sends_a_proof() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    let oauth = format!("{USERS}, dpop: never");
    let exporter = Exporter::start(&app.yaml(&okta, &oauth, &users())).await;
    let page = exporter.until(is_up).await;
    assert_eq!(minted(&page), 1.0);
    assert_eq!(answered(&okta, TOKEN, 400), 0);

    okta.controls()
        .register(app.registered().grant(["okta.users.read"]).dpop());
    okta.controls().revoke_all(ServiceApp::ID);
    exporter.until(|page| failed(page) >= 1.0).await;
    let told = trouble(&exporter).await;
    assert!(told.contains("write `dpop: auto`"), "{told}");
}

#[tokio::test]
async fn a_resource_that_wants_a_proof_gets_one() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    okta.controls()
        .fault("/api/v1/users", Fault::wants_proof().times(1));
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let page = exporter.until(is_up).await;
    assert_eq!(minted(&page), 2.0, "a plain one, and one that is bound");
    assert_eq!(page.sum("okta_probe_failures_total"), 0.0, "{page}");
    assert_eq!(answered(&okta, TOKEN, 400), 1, "the nonce");
}

#[tokio::test]
async fn nonces_of_resource_servers_are_sent_back() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"]).dpop()).await;
    okta.controls().want_nonces_at_resources();
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let page = exporter
        .until(|page| page.get(r#"okta_requests_total{api="users",code="200"}"#) >= Some(2.0))
        .await;
    assert_eq!(answered(&okta, "/api/v1/users", 401), 1);
    assert_eq!(page.sum("okta_probe_failures_total"), 0.0, "{page}");
    assert!(
        page.all(r#"okta_api_errors_total{api="users"}"#).is_empty(),
        "{page}"
    );
}

#[tokio::test]
async fn a_proof_that_is_demanded_and_not_taken_makes_no_loop() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    okta.controls().fault("/api/v1/users", Fault::wants_proof());
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let failures = "okta_probe_failures_total";
    let page = exporter.until(|page| page.sum(failures) >= 4.0).await;
    assert_eq!(minted(&page), 2.0, "a plain one, and one that is bound");
}

#[tokio::test]
async fn neither_a_form_nor_a_proof_follows_a_redirect() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"]).dpop()).await;
    let told =
        |probe: &str| format!(r#"okta_probe_failures_total{{probe="{probe}",reason="redirect"}}"#);
    let controls = okta.controls();
    controls.fault(TOKEN, Fault::redirect_to("/oauth2/v1/keys").times(1));
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let redirected = told("endpoint/users");
    exporter
        .until(|page| page.get(&redirected) == Some(1.0))
        .await;
    exporter.until(is_up).await;
    controls.fault("/api/v1/users", Fault::redirect_to("/api/v1/groups"));
    exporter
        .until(|page| page.get(&redirected) >= Some(2.0))
        .await;
    let elsewhere =
        |r: &&sim::Received| ["/oauth2/v1/keys", "/api/v1/groups"].contains(&r.path.as_str());
    assert_eq!(controls.requests().iter().filter(elsewhere).count(), 0);
}
