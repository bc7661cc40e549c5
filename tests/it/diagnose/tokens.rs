//! What tokens, keys and their limits come to in a report.

use std::{fs, time::Duration};

use base64::Engine as _;
use okta_exporter::{
    diagnose::{self, Style, Verdict},
    sim::{Clock, Mint, Org, Principal, Tls},
};

use super::{check, org, report, token};
use crate::support::{Exporter, ServiceApp, acme, endpoint, json};

#[tokio::test]
async fn what_is_left_of_a_window_is_counted_by_oktas_clock() {
    let okta = org().start().await.unwrap();
    okta.controls()
        .set_clock_offset(jiff::SignedDuration::from_hours(1));
    let endpoint = endpoint("users");
    let yaml = acme(&okta, &format!("{{ endpoint: {{ {endpoint} }} }}"));
    let report = report(&yaml).await;
    let checks = &report.orgs[0].checks;
    let said = checks.iter().find(|check| check.says.contains("resets in"));
    let said = &said.unwrap_or_else(|| panic!("{checks:#?}")).says;
    assert!(said.ends_with(" s"), "{said}");
}

#[tokio::test]
async fn a_key_that_few_answers_lacked_is_in_doubt_and_not_gone() {
    let okta = org().start().await.unwrap();
    let token = okta.controls().mint(&Mint::by("default")).unwrap();
    okta.controls().remove_key_early("default").unwrap();
    let probes = format!("{{ token: {{ ci: {{ access_token: {token} }} }} }}");
    let report = report(&acme(&okta, &probes)).await;
    let told = check(&report, 0, "ci signing key");
    assert_eq!(told, (Verdict::Degraded, Some("key-not-published")));
}

#[tokio::test]
async fn what_is_wrong_with_tokens_clocks_and_certificates_is_found() {
    let clock = Clock::running();
    let tls = Tls::new().lasting(Duration::from_hours(5 * 24));
    let okta = org().clock(&clock).tls(tls).start().await.unwrap();
    let expired = okta
        .controls()
        .mint(&Mint::by("default").lasting(Duration::ZERO));
    okta.controls()
        .set_clock_offset(jiff::SignedDuration::from_mins(-10));
    let revoked = token(&okta, "reports.read");
    okta.controls().revoke(&revoked);
    let late = Mint::by("default").lasting(Duration::from_secs(58));
    let late = okta.controls().mint(&late).unwrap();
    let ca = tempfile::NamedTempFile::new().unwrap();
    fs::write(ca.path(), okta.ca_pem().unwrap()).unwrap();
    let introspect = "introspect: { client_id: 0oa1, client_secret: s3cr3t }";
    let yaml = format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{}', ca_file: '{}', probes: {{ discovery: {{}}, token: {{ expired: {{ access_token: {}, {introspect} }}, revoked: {{ access_token: {revoked}, {introspect} }}, late: {{ access_token: {late} }} }} }} }} }}",
        okta.url(),
        ca.path().display(),
        expired.unwrap(),
    );
    let report = report(&yaml).await;
    for (name, verdict, case) in [
        ("clock", Verdict::Degraded, Some("clock-skew")),
        (
            "certificate",
            Verdict::Degraded,
            Some("certificate-expiring"),
        ),
        (
            "revoked introspection",
            Verdict::Broken,
            Some("inactive-token"),
        ),
        ("late expiry", Verdict::Degraded, Some("expired-token")),
        // By Okta's clock, which is ten minutes slow, it is from the future.
        ("expired expiry", Verdict::Broken, Some("not-yet-valid")),
    ] {
        assert_eq!(check(&report, 0, name), (verdict, case), "{name}");
    }
}

#[tokio::test]
async fn a_limit_counts_as_nearly_used_up_from_where_the_org_has_okta_warn() {
    let hour = Duration::from_hours(1);
    let okta = org().window(hour).warning_threshold(60);
    let okta = okta.start().await.unwrap();
    assert_eq!(
        okta.controls()
            .spend("/api/v1/users", &Principal::new("monitor"), 35),
        35
    );
    let asked = |more: &str| {
        let users = "endpoint: { users: { path: /api/v1/users, credential: monitor } }";
        acme(&okta, &format!("{{ {users}{more} }}"))
    };
    let known = report(&asked(", rate_limit_settings: {}")).await;
    assert_eq!(check(&known, 0, "/api/v1/users"), (Verdict::Degraded, None));
    let text = diagnose::text(&known, Style::Plain);
    assert!(text.contains("Okta warns from 60 % on"), "{text}");
    let unknown = report(&asked("")).await;
    assert_eq!(
        check(&unknown, 0, "/api/v1/users"),
        (Verdict::Healthy, None)
    );
}

#[tokio::test]
async fn a_service_app_is_told_what_it_was_not_granted() {
    let app = ServiceApp::new();
    let registered = app.registered().grant(["okta.users.read"]).dpop();
    let okta = Org::new("acme")
        .service_app(registered)
        .start()
        .await
        .unwrap();
    let ask = |name: &str| format!("{name}: {{ path: /api/v1/{name}, credential: billing }}");
    let probes = format!("{{ endpoint: {{ {}, {} }} }}", ask("users"), ask("groups"));
    let scopes = "scopes: [okta.users.read, okta.groups.read]";
    let yaml = app.yaml(&okta, scopes, &probes);
    let report = report(&yaml).await;
    let lacking = (Verdict::Degraded, Some("missing-scope"));
    assert_eq!(check(&report, 0, "scopes of billing"), lacking);
    assert_eq!(check(&report, 0, "endpoint/groups"), lacking);
    assert_eq!(
        check(&report, 0, "endpoint/users"),
        (Verdict::Healthy, None)
    );
    let mut checks = report.orgs[0].checks.iter();
    let scopes = checks
        .find(|check| check.name == "scopes of billing")
        .unwrap();
    assert_eq!(scopes.facts["missing"][0], "okta.groups.read", "{scopes:?}");
    assert_eq!(scopes.facts["granted"][0], "okta.users.read", "{scopes:?}");

    let exporter = Exporter::start(&yaml).await;
    exporter.first_round().await;
    let status = json(&format!("{}/api/v1/status", exporter.url())).await;
    let of_org = status["orgs"].as_array().unwrap();
    let found = of_org.iter().find(|org| org["name"] == "acme").unwrap();
    assert_eq!(found["findings"][0]["case"], "missing-scope", "{status:#}");
}

#[tokio::test]
async fn a_custom_servers_token_without_a_kid_is_not_told_to_have_a_key_that_is_not_public() {
    let okta = org().start().await.unwrap();
    let part = |json: String| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json);
    let claims = format!(
        r#"{{"iss":"{}/oauth2/default","exp":4000000000}}"#,
        okta.url()
    );
    for (header, says) in [
        (r#"{"alg":"RS256"}"#, "the token names none"),
        (r#"{"alg":"RS256","kid":"k"}"#, "key"),
    ] {
        let token = format!("{}.{}.c2ln", part(header.to_owned()), part(claims.clone()));
        let report = report(&acme(
            &okta,
            &format!("{{ token: {{ ci: {{ access_token: '{token}' }} }} }}"),
        ))
        .await;
        let checks = &report.orgs[0].checks;
        let key = checks
            .iter()
            .find(|check| check.name == "ci signing key")
            .unwrap();
        assert!(
            key.says.contains(says) && !key.says.contains("not public"),
            "{}",
            key.says
        );
    }
}
