//! Custom authorization servers: when their keys rotate, and by whom.

use std::time::Duration;

use jiff::SignedDuration;
use okta_exporter::sim::Org;
use serde_json::{Value, json};

use super::{
    Inventory,
    support::{Answer, List, Part},
};
use crate::support::{Exporter, Scrape};

pub const INVENTORY: Inventory = Inventory {
    kind: "authorization_servers",
    settings: "",
    org: |org| org,
    parts: &[Part {
        path: "/api/v1/authorizationServers",
        family: "okta_authorization_server_status",
        answer: Answer::List(List {
            entry: server,
            body: Value::Array,
            is_paged: true,
            word: "/status",
            other: r#"okta_authorization_server_status{status="other"}"#,
            most: 100,
        }),
    }],
};

fn server(id: &str, name: &str) -> Value {
    json!({
        "id": id, "name": name, "status": "ACTIVE", "issuer": format!("https://acme.okta.com/oauth2/{id}"),
        "credentials": { "signing": {
            "kid": "k", "rotationMode": "AUTO", "lastRotated": "2025-03-13T23:23:10.000Z",
            "nextRotation": "2025-06-11T23:23:10.000Z",
        } },
    })
}

fn of(page: &Scrape, family: &str) -> Option<f64> {
    page.get(&format!(
        r#"okta_signing_key_{family}{{org="acme",authorization_server="default"}}"#
    ))
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

#[tokio::test]
async fn a_rotation_is_told_before_and_after_it_and_so_is_who_rotates() {
    let okta = INVENTORY.org().start().await.unwrap();
    let now = okta.controls().clock().now().as_second() as f64;
    let exporter = Exporter::watch(&okta, &INVENTORY.probes()).await;
    let page = exporter.first_round().await;
    assert_eq!(of(&page, "rotation_automatic"), Some(1.0));
    let last = of(&page, "last_rotated_timestamp_seconds").unwrap();
    let next = of(&page, "next_rotation_timestamp_seconds").unwrap();
    assert!((now - last - 30.0 * 86_400.0).abs() < 60.0, "{page}");
    assert!((next - last - 90.0 * 86_400.0).abs() < 1.0, "{page}");

    let lead = Duration::from_hours(24);
    okta.controls().schedule_rotation("default", lead).unwrap();
    let page = exporter
        .until(|page| of(page, "next_rotation_timestamp_seconds") < Some(next - 86_400.0))
        .await;
    assert_eq!(of(&page, "last_rotated_timestamp_seconds"), Some(last));

    okta.controls().rotate_keys("default").unwrap();
    let rotated = |page: &Scrape| of(page, "last_rotated_timestamp_seconds") >= Some(now - 60.0);
    exporter.until(rotated).await;

    okta.controls().rotate_keys_by_hand("default", days(400));
    let by_hand = |page: &Scrape| of(page, "rotation_automatic") == Some(0.0);
    let page = exporter.until(by_hand).await;
    assert_eq!(of(&page, "next_rotation_timestamp_seconds"), None);
    exporter.until_case("signing-key-not-rotated").await;
}

/// The next key stands in the public set from when it is announced: nobody need ask for it.
#[tokio::test]
async fn a_key_that_is_announced_is_seen_before_it_signs() {
    let okta = INVENTORY.org().start().await.unwrap();
    let sim = okta.controls();
    let probes = "{ authorization_servers: { interval: 1s, timeout: 1s }, jwks: { default: { interval: 1s, timeout: 1s } } }";
    let exporter = Exporter::watch(&okta, probes).await;
    let page = exporter.first_round().await;
    let keys = r#"okta_jwks_keys{org="acme",authorization_server="default"}"#;
    assert_eq!(page.value(keys), 1.0);
    let last = of(&page, "last_rotated_timestamp_seconds");
    sim.schedule_rotation("default", Duration::from_hours(24))
        .unwrap();
    let page = exporter.until(|page| page.value(keys) == 2.0).await;
    assert_eq!(
        of(&page, "last_rotated_timestamp_seconds"),
        last,
        "it does not sign yet"
    );
}

#[tokio::test]
async fn a_max_age_that_counts_down_tells_when_the_orgs_own_keys_may_change() {
    let okta = Org::new("acme").keys_fresh_for(Duration::from_hours(24));
    let okta = okta.start().await.unwrap();
    let exporter = Exporter::watch(&okta, "{ jwks: { org: { interval: 1s, timeout: 1s } } }").await;
    let now = okta.controls().clock().now().as_second() as f64;
    exporter.first_round().await;
    // It is believed once the moment has stood still for a while.
    okta.controls().clock().advance(Duration::from_mins(10));
    let next = r#"okta_jwks_next_change_timestamp_seconds{org="acme",authorization_server="org"}"#;
    let page = exporter.until(|page| page.get(next).is_some()).await;
    assert!((page.value(next) - now - 86_400.0).abs() < 60.0, "{page}");
}
