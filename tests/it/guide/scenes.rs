//! An org, how it is watched, and what goes wrong as it is asked.

use std::time::Duration;

use okta_exporter::sim::{ApiToken, Fault, LogEvent, Org, Running};

use super::tokens::{reports, watching};
use crate::support::{API_TOKEN, Exporter};

/// What must live as long as the exporter.
pub type Held = Vec<Box<dyn std::any::Any + Send>>;

pub fn org() -> Org {
    Org::new("acme")
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .client("0oa1", "s3cr3t")
        .window(Duration::from_secs(1))
}

pub async fn watch(okta: Running, probes: &str) -> (Exporter, Held) {
    let exporter = Exporter::watch(&okta, probes).await;
    (exporter, vec![Box::new(okta)])
}

/// Asks for a path, with one credential, on a quiet org.
pub fn asking(path: &str) -> String {
    format!("{{ endpoint: {{ it: {{ path: '{path}', credential: monitor }} }} }}")
}

/// Lets the users' answers go wrong.
pub async fn users(fault: Fault) -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    okta.controls().fault("/api/v1/users", fault);
    watch(okta, &asking("/api/v1/users")).await
}

/// Lets them go wrong in time: what hangs is not waited for longer than this.
pub async fn impatient(fault: Fault) -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    okta.controls().fault("/api/v1/users", fault);
    let probes = "{ endpoint: { it: { path: /api/v1/users, credential: monitor, interval: 500ms, timeout: 500ms } } }";
    watch(okta, probes).await
}

pub async fn challenged(status: u16, error: &str, description: &str) -> (Exporter, Held) {
    let challenge = format!(r#"DPoP error="{error}", error_description="{description}""#);
    users(Fault::challenge(status, &challenge)).await
}

/// The log goes on where Okta will not know.
pub async fn forgotten() -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    let probes = "{ system_log: { credential: monitor, interval: 1s, timeout: 1s } }";
    let exporter = Exporter::watch(&okta, probes).await;
    exporter.first_round().await;
    okta.controls().log(&LogEvent::sign_in());
    let read = exporter.scrape().await.value("okta_log_polls_total") + 2.0;
    let polls = "okta_log_polls_total";
    exporter.until(|page| page.get(polls) >= Some(read)).await;
    okta.controls().forget_log_cursors();
    (exporter, vec![Box::new(okta)])
}

pub async fn with(org: Org, probes: &str) -> (Exporter, Held) {
    watch(org.start().await.unwrap(), probes).await
}

pub async fn fault_at(path: &str, fault: Fault, probes: &str) -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    okta.controls().fault(path, fault);
    watch(okta, probes).await
}

/// Two probes of a bucket that allows the exporter one request in an hour.
pub async fn thrifty() -> (Exporter, Held) {
    let hour = Duration::from_hours(1);
    let okta = org().window(hour).limit("/api/v1/users", 40);
    let okta = okta.start().await.unwrap();
    let url = okta.url();
    let yaml = format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{url}', credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}, probes: {{ endpoint: {{ a: {{ path: /api/v1/users, credential: monitor, sampling: interval, interval: 1s, timeout: 1s }}, b: {{ path: /api/v1/users, credential: monitor, sampling: interval, interval: 1s, timeout: 1s }} }} }} }} }}"
    );
    (Exporter::start(&yaml).await, vec![Box::new(okta)])
}

pub async fn slow_rounds() -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    let token = okta.controls().mint(&reports()).unwrap();
    // Each of the run's two requests is in time, and both together are not.
    for path in ["/oauth2/default/v1/introspect", "/oauth2/default/v1/keys"] {
        okta.controls()
            .fault(path, Fault::stall(Duration::from_millis(700)));
    }
    watching(okta, &token).await
}

/// Three server errors in a row: nothing more is sent.
pub async fn broken_off() -> (Exporter, Held) {
    let quick = |name: &str| {
        format!(
            "{name}: {{ path: /api/v1/{name}, credential: monitor, interval: 1s, timeout: 1s }}"
        )
    };
    let probes = format!(
        "{{ discovery: {{ interval: 1h }}, endpoint: {{ {}, {} }} }}",
        quick("users"),
        quick("groups")
    );
    fault_at("/", Fault::status(503), &probes).await
}

pub async fn limited_again_and_again() -> (Exporter, Held) {
    let probes = "{ endpoint: { it: { path: /api/v1/users, credential: monitor, interval: 1s, timeout: 1s } } }";
    fault_at("/api/v1/users", Fault::rate_limited(), probes).await
}
