use std::time::Duration;

use okta_exporter::sim::{Clock, Fault, ORG, Org, Running};

use crate::support::{Exporter, Scrape, json};

const PROBES: &str = "{ jwks: { org: { interval: 2s, timeout: 2s }, default: { authorization_server: default, interval: 2s, timeout: 2s } } }";
const ROTATIONS: &str = r#"okta_jwks_rotations_total{authorization_server="org"}"#;

async fn org() -> Running {
    Org::new("acme").start().await.unwrap()
}

/// An org whose minutes pass in seconds: that a key is gone is settled over minutes.
fn hurried() -> Org {
    Org::new("acme").clock(&Clock::fast(60))
}

fn changes(page: &Scrape, change: &str) -> Option<f64> {
    page.get(&format!(
        r#"okta_jwks_changes_total{{authorization_server="org",change="{change}"}}"#
    ))
}

#[tokio::test]
async fn a_rotation_is_counted_once_and_only_where_it_happened() {
    let okta = org().await;
    let exporter = Exporter::watch(&okta, PROBES).await;
    let page = exporter.first_round().await;
    assert_eq!(
        page.value(r#"okta_jwks_keys{authorization_server="org"}"#),
        1.0
    );
    assert_eq!(page.value(ROTATIONS), 0.0);
    assert_eq!(changes(&page, "added"), Some(0.0));
    assert!(
        page.get(r#"okta_jwks_last_change_timestamp_seconds{authorization_server="org"}"#)
            .is_none()
    );

    okta.controls().rotate_keys(ORG).unwrap();
    let page = exporter
        .until(|page| page.get(ROTATIONS) >= Some(1.0))
        .await;
    assert_eq!(page.value(ROTATIONS), 1.0);
    assert_eq!(changes(&page, "added"), Some(1.0));
    assert_eq!(changes(&page, "removed"), Some(0.0));
    assert_eq!(
        page.value(r#"okta_jwks_keys{authorization_server="org"}"#),
        2.0
    );
    assert_eq!(
        page.sum(r#"okta_jwks_key_info{authorization_server="org"}"#),
        2.0
    );
    assert_eq!(
        page.value(r#"okta_jwks_rotations_total{authorization_server="default"}"#),
        0.0
    );
    assert!(page.value(r#"okta_jwks_max_age_seconds{authorization_server="org"}"#) > 0.0);
}

#[tokio::test]
async fn a_key_that_leaves_while_caches_may_hold_it_is_an_early_removal() {
    let okta = hurried().start().await.unwrap();
    let exporter = Exporter::watch(&okta, PROBES).await;
    let page = exporter.first_round().await;
    let early = r#"okta_jwks_early_removals_total{authorization_server="org"}"#;
    assert_eq!(page.value(early), 0.0);
    let kid = okta.controls().remove_key_early(ORG).unwrap();
    let key = format!(r#"okta_jwks_key_info{{kid="{kid}"}}"#);
    let connections = okta.controls().connection_count();
    let page = exporter.until(|page| page.get(early) >= Some(1.0)).await;
    assert!(okta.controls().connection_count() >= connections + 2);
    let status = json(&format!("{}/api/v1/status", exporter.url())).await;
    assert!(
        status
            .to_string()
            .contains(&format!("the key {kid} left the set"))
    );
    assert_eq!(page.value(early), 1.0);
    assert_eq!(page.get(&key), None);
}

#[tokio::test]
async fn a_key_that_stays_as_long_as_was_promised_is_removed_in_peace() {
    let clock = Clock::running();
    let org = Org::new("acme").keys_fresh_for(Duration::from_mins(1));
    let okta = org.clock(&clock).start().await.unwrap();
    let probes = "{ jwks: { org: { interval: 1s, timeout: 1s } } }";
    let exporter = Exporter::watch(&okta, probes).await;
    exporter.first_round().await;
    okta.controls().rotate_keys(ORG).unwrap();
    exporter
        .until(|page| changes(page, "added") == Some(1.0))
        .await;
    // In small steps: an answer is not dated much later than it was made.
    let page = exporter
        .until(|page| {
            clock.advance(Duration::from_secs(4));
            changes(page, "removed") == Some(1.0)
        })
        .await;
    assert_eq!(
        page.value(r#"okta_jwks_early_removals_total{authorization_server="org"}"#),
        0.0
    );
    // Published before it signs, and gone after: the set changed twice.
    assert_eq!(page.value(ROTATIONS), 2.0);
}

#[tokio::test]
async fn an_answer_that_lags_is_not_taken_for_a_key_that_went_and_came() {
    let okta = org().await;
    let exporter = Exporter::watch(&okta, PROBES).await;
    exporter.first_round().await;
    okta.controls()
        .lag_keys(ORG, Duration::from_hours(1))
        .unwrap();
    okta.controls().rotate_keys(ORG).unwrap();
    let before = exporter.scrape().await;
    let runs = r#"okta_probe_runs_total{probe="jwks/org"}"#;
    let enough = before.value(runs) + 30.0;
    let page = exporter.until(|page| page.value(runs) >= enough).await;
    assert!(page.value(ROTATIONS) <= 1.0, "{page}");
    assert_eq!(changes(&page, "removed"), Some(0.0));
}

#[tokio::test]
async fn a_set_whose_order_changes_or_whose_key_gets_damaged_has_not_changed() {
    let okta = hurried().start().await.unwrap();
    let exporter = Exporter::watch(&okta, PROBES).await;
    exporter.first_round().await;
    let mut keys = json(&format!("{}/oauth2/v1/keys", okta.url())).await;
    for (member, strange) in [("x5c", "MII"), ("n", "!")] {
        keys["keys"][0][member] = strange.into();
        let served = Fault::body("application/json", keys.to_string());
        okta.controls().fault("/oauth2/v1/keys", served);
        let before = exporter.scrape().await;
        let runs = r#"okta_probe_runs_total{probe="jwks/org"}"#;
        // More than the minutes after which a key that is missed is gone.
        let enough = before.value(runs) + 40.0;
        let page = exporter.until(|page| page.value(runs) >= enough).await;
        assert_eq!(page.value(ROTATIONS), 0.0, "{member}");
        assert_eq!(changes(&page, "removed"), Some(0.0), "{member}");
        okta.controls().clear_faults();
    }
}

#[tokio::test]
async fn keys_that_cannot_be_read_any_more_are_unknown_and_no_rotation() {
    let okta = org().await;
    let exporter = Exporter::watch(&okta, PROBES).await;
    exporter.first_round().await;
    okta.controls().fault("/oauth2/v1/keys", Fault::not_json());
    let failed = r#"okta_probe_failures_total{probe="jwks/org",reason="invalid_body"}"#;
    let page = exporter.until(|page| page.value(failed) >= 2.0).await;
    assert_eq!(page.value(ROTATIONS), 0.0);
    assert_eq!(changes(&page, "removed"), Some(0.0));

    // The set read again later is compared with the one before.
    okta.controls().clear_faults();
    let runs = r#"okta_probe_runs_total{probe="jwks/org"}"#;
    let enough = page.value(runs) + 4.0;
    let page = exporter.until(|page| page.value(runs) >= enough).await;
    assert_eq!(page.value(ROTATIONS), 0.0);
}

#[tokio::test]
async fn a_probe_that_names_no_authorization_server_asks_the_one_that_it_is_called_by() {
    let okta = Org::new("acme").start().await.unwrap();
    let probes = "{ jwks: { org: {}, default: {}, mine: { authorization_server: aus1 } } }";
    Exporter::watch(&okta, probes).await.first_round().await;
    let asked = okta.controls().requests().into_iter();
    let mut asked: Vec<_> = asked.map(|request| request.path).collect();
    asked.sort();
    let keys = [
        "/oauth2/aus1/v1/keys",
        "/oauth2/default/v1/keys",
        "/oauth2/v1/keys",
    ];
    assert_eq!(asked, keys);
}

#[tokio::test]
async fn a_set_is_published_however_its_numbers_are_written_and_whatever_else_it_holds() {
    let okta = org().await;
    let number = "w".repeat(342);
    let (spare, padded) = (format!("{}x", "w".repeat(341)), format!("{number}=="));
    let rsa = |n: &str| serde_json::json!({ "kty": "RSA", "kid": "k", "n": n, "e": "AQAB" });
    let others = [
        serde_json::json!({ "kty": "AKP", "alg": "ML-DSA-65", "kid": "pq", "pub": "AAAA" }),
        serde_json::json!({ "kty": "EC", "crv": "BP-256", "kid": "bp", "x": "AA", "y": "AA" }),
    ];
    for (keys, unknown) in [
        (vec![rsa(&number)], 0.0),
        (vec![rsa(&spare)], 0.0),
        (vec![rsa(&padded)], 0.0),
        (vec![rsa(&number), others[0].clone()], 1.0),
        (
            vec![others[1].clone(), rsa(&number), others[0].clone()],
            2.0,
        ),
    ] {
        let set = serde_json::json!({ "keys": keys }).to_string();
        okta.controls().clear_faults();
        let served = Fault::body("application/json", set.clone());
        okta.controls().fault("/oauth2/v1/keys", served);
        let exporter = Exporter::watch(&okta, "{ jwks: { org: {} } }").await;
        let page = exporter.first_round().await;
        let told = ["published", "keys", "unknown_keys"].map(|what| {
            page.value(&format!(
                r#"okta_jwks_{what}{{authorization_server="org"}}"#
            ))
        });
        assert_eq!(told, [1.0, 1.0, unknown], "{set}");
        let status = json(&format!("{}/api/v1/status", exporter.url())).await;
        assert!(!status.to_string().contains("no-keys"), "{set}: {status:#}");
    }
}
