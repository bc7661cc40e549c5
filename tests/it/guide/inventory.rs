//! What an org has that ends, stops or was changed.

use std::time::Duration;

use jiff::SignedDuration;
use okta_exporter::sim::{ApiToken, Controls};

use super::scenes::{Held, org, watch, with};
use crate::support::{API_TOKEN, Exporter, acme};

/// An org that was given something that ends.
pub async fn ending(furnish: impl FnOnce(&Controls)) -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    furnish(&okta.controls());
    let probes =
        "{ authorization_servers: {}, certificates: { apps: true, interval: 1s, timeout: 1s } }";
    watch(okta, probes).await
}

pub fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// Okta warns from another share of a limit on than before.
pub async fn moved() -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    let probes = "{ rate_limit_settings: { interval: 1s, timeout: 1s } }";
    let exporter = Exporter::watch(&okta, probes).await;
    exporter.first_round().await;
    okta.controls().set_warning_threshold(85);
    (exporter, vec![Box::new(okta)])
}

/// Something happens to the org itself.
pub async fn of_org(happens: impl FnOnce(&Controls)) -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    happens(&okta.controls());
    let exporter = Exporter::watch(&okta, "{ org: {} }").await;
    (exporter, vec![Box::new(okta)])
}

/// One of two agents loses its connection.
pub async fn dropped() -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    okta.controls().drop_agent("dc1");
    let exporter = Exporter::watch(&okta, "{ agent_pools: {} }").await;
    (exporter, vec![Box::new(okta)])
}

/// The org is served from elsewhere.
pub async fn failed_over() -> (Exporter, Held) {
    let okta = org()
        .bearer("00bearer", ["okta.dr.read"])
        .start()
        .await
        .unwrap();
    okta.controls().fail_over(true);
    let yaml = acme(&okta, "{ disaster_recovery: {} }");
    let yaml = yaml.replace(&format!("api_token: {API_TOKEN}"), "bearer_token: 00bearer");
    (Exporter::start(&yaml).await, vec![Box::new(okta)])
}

/// Something stops that carries events away.
pub async fn integrations(stop: impl FnOnce(&okta_exporter::sim::Controls)) -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    stop(&okta.controls());
    let exporter = Exporter::watch(&okta, "{ integrations: {} }").await;
    (exporter, vec![Box::new(okta)])
}

pub async fn principal(id: &str) -> (Exporter, Held) {
    let okta = org().start().await.unwrap();
    let yaml = format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{}', credentials: {{ monitor: {{ api_token: {API_TOKEN}, principal_id: {id} }} }}, probes: {{ rate_limit_settings: {{}} }} }} }}",
        okta.url()
    );
    (Exporter::start(&yaml).await, vec![Box::new(okta)])
}

/// One token that nobody has used for 25 days, and another that is revoked.
pub async fn idle_token() -> (Exporter, Held) {
    let unused = Duration::from_hours(25 * 24);
    let idle = ApiToken::new("monthly", "00monthly").unused_for(unused);
    with(org().api_token(idle), "{ api_tokens: {} }").await
}

pub async fn token_gone() -> (Exporter, Held) {
    let okta = org().api_token(ApiToken::new("contractor", "00contractor"));
    let okta = okta.start().await.unwrap();
    let exporter = Exporter::watch(&okta, "{ api_tokens: { interval: 1s, timeout: 1s } }").await;
    exporter.first_round().await;
    assert!(okta.controls().revoke_api_token("contractor"));
    (exporter, vec![Box::new(okta)])
}
