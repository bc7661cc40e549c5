//! Tokens that are watched or brought along, and the keys that signed them.

use std::{fs, time::Duration};

use okta_exporter::sim::{Clock, Fault, Mint, ORG, Org, Running};

use super::scenes::{Held, fault_at, org, watch};
use crate::support::{API_TOKEN, Exporter, acme};

/// Asks for users with a bearer token.
pub async fn bearer(org: Org, value: impl FnOnce(&Running) -> String) -> (Exporter, Held) {
    let okta = org.start().await.unwrap();
    let (url, token) = (okta.url(), value(&okta));
    let yaml = format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{url}', credentials: {{ app: {{ bearer_token: '{token}' }} }}, probes: {{ endpoint: {{ users: {{ path: /api/v1/users, credential: app }} }} }} }} }}"
    );
    (Exporter::start(&yaml).await, vec![Box::new(okta)])
}

/// Watches a token that was minted so, and expects what a user of it would.
pub async fn token(mint: impl FnOnce(&Running) -> Mint) -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    let mint = mint(&okta);
    let token = okta.controls().mint(&mint).unwrap();
    watching(okta, &token).await
}

pub async fn watching(okta: Running, token: &str) -> (Exporter, Held) {
    let url = okta.url();
    let probes = format!(
        "{{ token: {{ ci: {{ access_token: '{token}', interval: 1s, timeout: 1s, introspect: {{ client_id: 0oa1, client_secret: s3cr3t, authorization_server: default }}, expect: {{ issuer: '{url}/oauth2/default', audience: 'api://default', scopes: [reports.read] }} }} }} }}"
    );
    watch(okta, &probes).await
}

pub fn reports() -> Mint {
    Mint::by("default").scopes(["reports.read"])
}

pub async fn revoked() -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    let token = okta.controls().mint(&reports()).unwrap();
    okta.controls().revoke(&token);
    watching(okta, &token).await
}

pub async fn tampered() -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    let token = okta.controls().mint(&reports()).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let altered: String = signature.chars().rev().collect();
    watching(okta, &format!("{signed}.{altered}")).await
}

/// That a key is gone is settled over minutes, which pass in seconds here.
fn hurried() -> Org {
    org().clock(&Clock::fast(60))
}

pub async fn withdrawn() -> (Exporter, Held) {
    let okta = hurried().start().await.unwrap();
    let lasting = reports().lasting(Duration::from_hours(24));
    let token = okta.controls().mint(&lasting).unwrap();
    okta.controls().remove_key_early("default").unwrap();
    watching(okta, &token).await
}

/// The file in which it keeps what it remembers is taken away.
pub async fn forgetful() -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("state.redb");
    let probes = acme(&okta, "{ jwks: { org: { interval: 1s, timeout: 1s } } }");
    let storage = format!("storage: {{ path: '{}' }}\n{probes}", path.display());
    let exporter = Exporter::start(&storage).await;
    exporter.first_round().await;
    fs::rename(&path, files.path().join("elsewhere")).unwrap();
    okta.controls().rotate_keys(ORG).unwrap();
    (exporter, vec![Box::new(okta), Box::new(files)])
}

/// Shows the set with its key first.
pub async fn withdrawn_early() -> (Exporter, Held) {
    let okta = hurried().start().await.unwrap();
    let probes =
        "{ jwks: { default: { authorization_server: default, interval: 1s, timeout: 1s } } }";
    let exporter = Exporter::watch(&okta, probes).await;
    exporter.first_round().await;
    okta.controls().remove_key_early("default").unwrap();
    (exporter, vec![Box::new(okta)])
}

pub async fn skewed() -> (Exporter, Held) {
    let clock = Clock::running();
    let okta = org().clock(&clock).start().await.unwrap();
    okta.controls()
        .set_clock_offset(jiff::SignedDuration::from_mins(10));
    watch(okta, "{ discovery: {} }").await
}

pub async fn secret_is_gone() -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), API_TOKEN).unwrap();
    let (url, path) = (okta.url(), file.path().display());
    let yaml = format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{url}', credentials: {{ monitor: {{ api_token_file: '{path}' }} }}, probes: {{ endpoint: {{ it: {{ path: /api/v1/users, credential: monitor, sampling: interval, interval: 1s, timeout: 1s }} }} }} }} }}"
    );
    let exporter = Exporter::start(&yaml).await;
    fs::write(file.path(), "").unwrap();
    (exporter, vec![Box::new(okta), Box::new(file)])
}

pub async fn introspecting(fault: Fault) -> (Exporter, Held) {
    let probes = "{ token: { ci: { access_token: 00opaque, introspect: { client_id: 0oa1, client_secret: s3cr3t } } } }";
    fault_at("/oauth2/v1/introspect", fault, probes).await
}

/// What mints the token failed, and wrote what it was told.
pub async fn no_token() -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("token");
    std::fs::write(&file, "00opaque").unwrap();
    let probes = format!(
        "{{ token: {{ ci: {{ access_token_file: '{}', interval: 1s, timeout: 1s }} }} }}",
        file.display()
    );
    let exporter = Exporter::watch(&okta, &probes).await;
    std::fs::write(&file, r#"{"error":"invalid_client"}"#).unwrap();
    (exporter, vec![Box::new(okta), Box::new(files)])
}

/// A JWT whose issuer is no server of the org.
pub fn foreign() -> String {
    jwt(r#"{"iss":"https://elsewhere.invalid","exp":4000000000}"#)
}

/// A JWT with these claims that nobody signed.
pub fn jwt(claims: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    format!(
        "{}.{}.c2ln",
        part(r#"{"alg":"RS256","kid":"k"}"#),
        part(claims)
    )
}
