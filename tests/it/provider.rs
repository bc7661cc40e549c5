use std::{net::TcpListener, path::Path};

use tempfile::TempDir;
use tokio::process::Command;

use crate::support::{Exporter, Program, Scrape, get, http};

/// The provider at work. Where it keeps its clients' keys is not its own: a restart finds them.
struct Provider {
    program: Program,
    url: String,
}

impl Provider {
    async fn start(keys: &Path) -> Self {
        Self::on(keys, 0).await
    }

    async fn on(keys: &Path, port: u16) -> Self {
        let mut command = Command::new("node");
        let script = "tests/oidc-provider/server.mjs";
        command.arg(script).arg(keys).arg(port.to_string());
        let mut program = Program::start(command);
        let url = program.until("listening on ").await;
        let ready = format!("{url}/.well-known/openid-configuration");
        program.until_ready(&ready).await;
        Self { program, url }
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> serde_json::Value {
        let asked = http().post(format!("{}{path}", self.url)).form(form);
        let client = asked.basic_auth("watcher", Some("watchers-s3cr3t"));
        let answer = client.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        let text = answer.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// A token that anybody may carry.
    async fn token(&self) -> String {
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", "okta.users.read"),
        ];
        let answer = self.post("/oauth2/v1/token", &form).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }
}

/// One org at the provider, with a service app whose key is one of these: `rsa`, `ec`.
fn service(url: &str, keys: &Path, key: &str, probes: &str) -> String {
    let file = keys.join(format!("{key}.pem"));
    let file = file.display();
    format!(
        "status_pages: {{}}\norgs:\n  acme:\n    url: '{url}'\n    credentials: {{ service: {{ oauth: {{ client_id: {key}, private_key_file: '{file}', key_id: {key}, scopes: [okta.users.read, okta.logs.read], dpop: always }} }} }}\n    probes: {probes}\n"
    )
}

fn keys() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn minted(page: &Scrape, result: &str) -> f64 {
    let series = r#"okta_credential_token_requests_total{credential="service",result="RESULT"}"#;
    page.value(&series.replace("RESULT", result))
}

const USERS: &str = "{ endpoint: { users: { path: /api/v1/users, credential: service, interval: 3s, timeout: 3s } } }";

#[tokio::test]
async fn a_service_app_mints_a_bound_token_and_reads_with_it() {
    let keys = keys();
    let provider = Provider::start(keys.path()).await;
    for key in ["rsa", "ec"] {
        let yaml = service(&provider.url, keys.path(), key, USERS);
        let exporter = Exporter::start(&yaml).await;
        let page = exporter.until(|page| minted(page, "cached") >= 1.0).await;
        assert_eq!(page.value("okta_probe_success"), 1.0, "{page}");
        // Opaque, so only the answer that brought it tells when it ends.
        let now = jiff::Timestamp::now().as_second() as f64;
        let left = page.value("okta_credential_token_expiry_timestamp_seconds") - now;
        assert!((500.0..=600.0).contains(&left), "{left}");
        // The server demanded a nonce first, which is no error.
        assert_eq!(
            (minted(&page, "minted"), minted(&page, "failed")),
            (1.0, 0.0)
        );
        assert_eq!(
            page.value(r#"okta_requests_total{api="users",code="200"}"#),
            page.sum("okta_requests_total{api=\"users\"}")
        );
        assert!(!page.has_any("okta_api_errors_total"), "{page}");
        exporter.drain().await;
    }
}

#[tokio::test]
async fn opaque_tokens_are_introspected_active_and_inactive() {
    let keys = keys();
    let provider = Provider::start(keys.path()).await;
    let (good, revoked) = (provider.token().await, provider.token().await);
    provider
        .post("/oauth2/v1/revoke", &[("token", &revoked)])
        .await;
    let introspect = "introspect: { authorization_server: org, client_id: watcher, client_secret: watchers-s3cr3t }";
    let expect = "expect: { scopes: [okta.users.read, okta.apps.read] }";
    let probes = format!(
        "{{ token: {{ good: {{ access_token: {good}, {introspect}, {expect} }}, revoked: {{ access_token: {revoked}, {introspect} }} }} }}"
    );
    let yaml = service(&provider.url, keys.path(), "rsa", &probes);
    let page = Exporter::start(&yaml).await.first_round().await;
    assert_eq!(page.value(r#"okta_token_active{token="good"}"#), 1.0);
    assert_eq!(page.value(r#"okta_token_active{token="revoked"}"#), 0.0);
    let left = page.value(r#"okta_token_time_to_expiry_seconds{token="good"}"#);
    assert!((500.0..=600.0).contains(&left), "{left}");
    let missing = |scope: &str| {
        page.value(&format!(
            r#"okta_token_missing_scope{{token="good",scope="{scope}"}}"#
        ))
    };
    assert_eq!(
        (missing("okta.users.read"), missing("okta.apps.read")),
        (0.0, 1.0)
    );
    for token in [good, revoked] {
        assert!(!page.to_string().contains(&token), "a token is shown");
    }
}

#[tokio::test]
async fn its_signing_keys_are_followed_through_a_rotation() {
    let keys = keys();
    let provider = Provider::start(keys.path()).await;
    let served = get(&format!("{}/oauth2/v1/keys", provider.url)).await;
    let kind = served.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(kind.starts_with("application/jwk-set+json"), "{kind}");
    let probes = "{ discovery: {}, jwks: { org: { interval: 1s, timeout: 1s } } }";
    let yaml = service(&provider.url, keys.path(), "rsa", probes);
    let exporter = Exporter::start(&yaml).await;
    // Up means that the issuer is its own.
    let page = exporter
        .until(|page| page.get("okta_org_up") == Some(1.0) && page.has_any("okta_jwks_keys"))
        .await;
    assert_eq!(page.value("okta_jwks_keys"), 1.0);
    assert_eq!(
        page.value(r#"okta_jwks_key_info{kid="signing-1",alg="RS256",use="sig"}"#),
        1.0
    );
    provider.post("/-/rotate", &[]).await;
    let page = exporter
        .until(|page| page.get("okta_jwks_rotations_total") == Some(1.0))
        .await;
    assert_eq!(page.value("okta_jwks_keys"), 2.0);
    assert_eq!(
        page.value(r#"okta_jwks_changes_total{change="added"}"#),
        1.0
    );
    // What left counts as published until it has stayed away for minutes, which the unit tests see.
    provider.post("/-/rotate", &[]).await;
    let added = r#"okta_jwks_changes_total{change="added"}"#;
    let page = exporter.until(|page| page.get(added) == Some(2.0)).await;
    let removed = r#"okta_jwks_changes_total{change="removed"}"#;
    assert_eq!(page.value(removed), 0.0);
    assert_eq!(page.value(r#"okta_jwks_key_info{kid="signing-1"}"#), 1.0);
}

#[tokio::test]
async fn killed_in_the_middle_of_a_request_it_is_missed_and_found_again() {
    let (keys, port) = (keys(), port());
    let provider = Provider::on(keys.path(), port).await;
    let probes = USERS.replace("3s", "8s");
    let yaml = service(&provider.url, keys.path(), "ec", &probes);
    let exporter = Exporter::start(&yaml).await;
    let works = |page: &Scrape| page.get("okta_probe_success") == Some(1.0);
    exporter.until(works).await;
    provider.post("/-/hold", &[]).await;
    provider.program.kill().await;
    let page = exporter.until(|page| !works(page)).await;
    assert!(page.sum("okta_probe_failures_total") >= 1.0, "{page}");
    let _provider = Provider::on(keys.path(), port).await;
    let page = exporter.until(works).await;
    // The provider had forgotten the token: it was refused, and another one was minted.
    assert_eq!(minted(&page, "minted"), 2.0, "{page}");
}

/// A port that no system hands out by itself, so that it is still free after a restart.
fn port() -> u16 {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let some = std::iter::repeat_with(|| fastrand::u16(10_000..30_000));
    some.take(100).find(free).expect("no free port")
}
