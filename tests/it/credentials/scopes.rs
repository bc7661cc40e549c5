//! Scopes: granted and not, asked before Okta refuses.

use std::time::Duration;

use okta_exporter::sim::{Mint, ORG, Org};

use super::trouble;
use crate::support::{
    Exporter, Scrape, ServiceApp, USERS, answered, asked, is_up, start, users, with,
};

#[tokio::test]
async fn a_scope_that_was_not_granted_is_named_before_okta_refuses() {
    let app = ServiceApp::new();
    // A short life, so that what is granted later is soon seen.
    let org = Org::new("acme").token_lifetime(Duration::from_secs(4));
    let okta = start(org.service_app(app.registered().grant(["okta.users.read"]))).await;
    let oauth = "scopes: [okta.users.read, okta.groups.read]";
    let probes = format!(
        "{{ endpoint: {{ {}, {} }} }}",
        asked("users"),
        asked("groups")
    );
    let exporter = Exporter::start(&app.yaml(&okta, oauth, &probes)).await;
    let page = exporter.first_round().await;
    let missing = |page: &Scrape, scope: &str| {
        page.value(&format!(
            r#"okta_credential_missing_scope{{credential="billing",scope="{scope}"}}"#
        ))
    };
    assert_eq!(missing(&page, "okta.users.read"), 0.0);
    assert_eq!(missing(&page, "okta.groups.read"), 1.0);
    assert_eq!(
        page.value(r#"okta_probe_success{probe="endpoint/users"}"#),
        1.0
    );
    let forbidden = r#"okta_probe_failures_total{probe="endpoint/groups",reason="forbidden"}"#;
    assert_eq!(page.value(forbidden), 1.0);
    let told = trouble(&exporter).await;
    let path = "Admin Console > Applications > 0oaBILLING > Okta API Scopes > Grant";
    assert!(
        told.contains("okta.groups.read") && told.contains(path),
        "{told}"
    );
    assert_eq!(answered(&okta, "/api/v1/groups", 403), 0);

    okta.controls().register(
        app.registered()
            .grant(["okta.users.read", "okta.groups.read"]),
    );
    let up = r#"okta_probe_success{probe="endpoint/groups"}"#;
    let page = exporter.until(|page| page.value(up) == 1.0).await;
    assert_eq!(missing(&page, "okta.groups.read"), 0.0);
}

#[tokio::test]
async fn a_token_that_tells_its_scopes_is_not_sent_where_it_lacks_one() {
    let okta = start(Org::new("acme")).await;
    let mint = |scope: &str| {
        okta.controls()
            .mint(&Mint::by(ORG).scopes([scope]))
            .unwrap()
    };
    let (reads, lacks) = (mint("okta.users.read"), mint("okta.groups.read"));
    let url = okta.url();
    let probe = |name: &str| format!("{name}: {{ path: /api/v1/users, credential: {name} }}");
    let exporter = Exporter::start(&format!(
        "status_pages: {{}}\norgs:\n  acme:\n    url: '{url}'\n    credentials: {{ reads: {{ bearer_token: {reads} }}, lacks: {{ bearer_token: {lacks} }} }}\n    probes: {{ endpoint: {{ {}, {} }} }}\n",
        probe("reads"),
        probe("lacks"),
    ))
    .await;
    let page = exporter.first_round().await;
    let up = r#"okta_probe_success{probe="endpoint/reads"}"#;
    assert_eq!(page.value(up), 1.0, "{page}");
    let forbidden = r#"okta_probe_failures_total{probe="endpoint/lacks",reason="forbidden"}"#;
    assert_eq!(page.value(forbidden), 1.0, "{page}");
    assert_eq!(answered(&okta, "/api/v1/users", 403), 0);
    let told = trouble(&exporter).await;
    let path =
        "Admin Console > Applications > the app that mints the token > Okta API Scopes > Grant";
    assert!(
        told.contains("okta.users.read") && told.contains(path),
        "{told}"
    );
}

#[tokio::test]
async fn an_app_that_was_granted_nothing_is_told_where_to_grant() {
    let app = ServiceApp::new();
    let okta = with(app.registered()).await;
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let page = exporter.first_round().await;
    assert_eq!(
        page.value(r#"okta_probe_failures_total{reason="forbidden"}"#),
        1.0
    );
    assert_eq!(
        page.value(r#"okta_credential_missing_scope{scope="okta.users.read"}"#),
        1.0
    );
    assert_eq!(
        page.value(
            r#"okta_api_errors_total{api="token",code="400",error_code="consent_required"}"#
        ),
        1.0
    );
    let told = trouble(&exporter).await;
    let path = "Admin Console > Applications > 0oaBILLING > Okta API Scopes > Grant";
    assert!(told.contains(path), "{told}");
}

#[tokio::test]
async fn who_may_manage_reads() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.manage"])).await;
    let oauth = "scopes: [okta.users.manage]";
    let exporter = Exporter::start(&app.yaml(&okta, oauth, &users())).await;
    exporter.until(is_up).await;
}

#[tokio::test]
async fn a_path_that_okta_adds_later_is_asked_and_okta_tells() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    let path = "/api/v1/groups/00g1/of-tomorrow";
    let tomorrow =
        format!("tomorrow: {{ path: '{path}', credential: billing, sampling: interval }}");
    let yaml = app.yaml(&okta, USERS, &format!("{{ endpoint: {{ {tomorrow} }} }}"));
    let exporter = Exporter::start(&yaml).await;
    exporter.first_round().await;
    assert_eq!(answered(&okta, path, 403), 1, "it was sent");
    assert!(trouble(&exporter).await.contains("insufficient_scope"));
}
