//! Certificates of identity providers, domains and applications.

use jiff::SignedDuration;
use okta_exporter::sim::{ApiToken, Org, Running};
use serde_json::{Value, json};

use super::{
    Inventory,
    support::{Answer, List, Lists, Part, entries},
};
use crate::support::{API_TOKEN, Exporter, Scrape, acme};

pub const INVENTORY: Inventory = Inventory {
    kind: "certificates",
    settings: "",
    org: |org| {
        org.idp("Partner sign-in", days(300))
            .domain("login.acme.example", false, days(300))
    },
    parts: &[
        Part {
            path: "/api/v1/idps",
            family: "okta_idp_status",
            answer: Answer::List(List {
                entry: idp,
                body: Value::Array,
                is_paged: true,
                word: "/status",
                other: r#"okta_idp_status{status="other"}"#,
                most: 100,
            }),
        },
        Part {
            path: "/api/v1/idps/credentials/keys",
            family: r#"okta_certificate_expiry_timestamp_seconds{use="idp_trust"}"#,
            answer: Answer::List(List {
                entry: key,
                body: Value::Array,
                is_paged: true,
                word: "",
                other: "",
                most: 0,
            }),
        },
        Part {
            path: "/api/v1/domains",
            family: "okta_domain_status",
            answer: Answer::List(List {
                entry: domain,
                body: |domains| json!({ "domains": domains }),
                is_paged: false,
                word: "/validationStatus",
                other: r#"okta_domain_status{status="other"}"#,
                most: 100,
            }),
        },
    ],
};

const fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// One that trusts by each of the keys that the table's scenes list.
fn idp(id: &str, name: &str) -> Value {
    let kids: Vec<String> = (1..7).map(|n| format!("id{n:04}")).collect();
    let trust = json!({ "kid": "id0000", "additionalKids": kids });
    json!({
        "id": id, "name": name, "type": "SAML2", "status": "ACTIVE",
        "protocol": { "credentials": { "trust": trust } },
    })
}

fn key(id: &str, _name: &str) -> Value {
    json!({ "kid": id, "expiresAt": "2099-01-01T00:00:00.000Z" })
}

fn domain(id: &str, name: &str) -> Value {
    json!({
        "id": id, "domain": name, "certificateSourceType": "MANUAL", "validationStatus": "COMPLETED",
        "publicCertificate": { "expiration": "2099-01-01T00:00:00.000Z" },
    })
}

/// How many days are left to what is used for this by whoever has this name; the one that ends last.
fn left(page: &Scrape, usage: &str, owner: &str) -> Option<f64> {
    let series = format!(
        r#"okta_certificate_expiry_timestamp_seconds{{org="acme",use="{usage}",owner="{owner}"}}"#
    );
    let ends = page.all(&series).into_iter().reduce(f64::max)?;
    let left = ends - jiff::Timestamp::now().as_second() as f64;
    Some((left / 86_400.0).round())
}

async fn org() -> Running {
    Org::new("acme")
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .limit("/api/v1/apps*", 1_000_000)
        .start()
        .await
        .unwrap()
}

const PROBES: &str = "{ certificates: { interval: 1s, timeout: 1s, apps: true } }";

#[tokio::test]
async fn each_certificate_in_use_is_told_with_its_end_and_its_successor_takes_its_place() {
    let okta = org().await;
    let sim = okta.controls();
    sim.add_idp("Partner", days(40)).unwrap();
    sim.add_saml_app("Payroll", days(50)).unwrap();
    sim.add_domain("login.acme.example", false, days(60));
    sim.add_domain("id.acme.example", true, days(70));
    let exporter = Exporter::watch(&okta, PROBES).await;
    let all = |page: &Scrape| {
        left(page, "app_signing", "Payroll").is_some()
            && left(page, "idp_signing", "Partner").is_some()
    };
    let page = exporter.until(all).await;
    for (usage, owner, days) in [
        ("idp_trust", "Partner", 40.0),
        ("idp_signing", "Partner", 730.0),
        ("app_signing", "Payroll", 50.0),
        ("domain", "login.acme.example", 60.0),
        ("domain_managed", "id.acme.example", 70.0),
    ] {
        assert_eq!(left(&page, usage, owner), Some(days), "{usage}: {page}");
    }
    for owner in ["Partner", "Payroll"] {
        sim.renew_certificate(owner, days(400)).unwrap();
    }
    let page = exporter
        .until(|page| {
            left(page, "app_signing", "Payroll") == Some(400.0)
                && left(page, "idp_trust", "Partner") == Some(400.0)
        })
        .await;
    // Okta lists the old ones for ever; nobody uses them.
    for usage in ["app_signing", "idp_trust"] {
        let series = format!(r#"okta_certificate_expiry_timestamp_seconds{{use="{usage}"}}"#);
        assert_eq!(page.all(&series).len(), 1, "{page}");
    }
    sim.set_idp_status("Partner", "INACTIVE");
    sim.remove_saml_app("Payroll");
    exporter
        .until(|page| {
            left(page, "idp_trust", "Partner").is_none()
                && left(page, "app_signing", "Payroll").is_none()
        })
        .await;
}

#[tokio::test]
async fn a_domain_that_is_not_verified_and_a_certificate_that_is_misdated_are_told() {
    let okta = org().await;
    let sim = okta.controls();
    sim.add_domain("login.acme.example", false, days(60));
    sim.add_idp("Partner", days(400)).unwrap();
    let exporter = Exporter::watch(&okta, PROBES).await;
    let verified = r#"okta_domain_verified{org="acme",domain="login.acme.example"}"#;
    assert_eq!(exporter.first_round().await.value(verified), 1.0);
    sim.set_domain_status("login.acme.example", "FAILED_TO_VERIFY");
    exporter.until(|page| page.value(verified) == 0.0).await;
    exporter.until_case("domain-not-verified").await;
    sim.misdate_certificate("Partner");
    exporter.until_case("certificate-misdated").await;
    let page = exporter.scrape().await;
    assert_eq!(
        left(&page, "idp_trust", "Partner"),
        Some(400.0),
        "the certificate is believed"
    );
}

/// What below an application or a provider holds secrets is asked for by nobody.
#[tokio::test]
async fn of_credentials_only_keys_are_ever_read() {
    let okta = org().await;
    let sim = okta.controls();
    sim.add_idp("Partner", days(400)).unwrap();
    sim.add_saml_app("Payroll", days(400)).unwrap();
    let exporter = Exporter::watch(&okta, PROBES).await;
    exporter
        .until(|page| left(page, "app_signing", "Payroll").is_some())
        .await;
    let requests = sim.requests();
    let below: Vec<&str> = requests
        .iter()
        .filter(|request| request.path.contains("/credentials"))
        .map(|request| request.path.as_str())
        .collect();
    assert!(below.len() >= 3, "{below:?}");
    let are_keys = |path: &&str| path.ends_with("/credentials/keys");
    assert!(below.iter().all(are_keys), "{below:?}");
    assert!(requests.iter().all(|request| request.method == "GET"));
}

#[tokio::test]
async fn a_walk_asks_one_thing_a_run_and_of_each_key_once_and_a_restart_does_not_begin_it_anew() {
    let okta = org().await;
    let sim = okta.controls();
    for n in 0..5 {
        sim.add_saml_app(&format!("App {n}"), days(400)).unwrap();
    }
    let files = tempfile::tempdir().unwrap();
    let yaml = acme(&okta, PROBES);
    let path = files.path().join("state.redb");
    let yaml = format!("storage: {{ path: '{}' }}\n{yaml}", path.display());
    let apps = |page: &Scrape| {
        let series = r#"okta_certificate_expiry_timestamp_seconds{use="app_signing"}"#;
        page.all(series).len()
    };
    let exporter = Exporter::start(&yaml).await;
    exporter.until(|page| apps(page) >= 2).await;
    exporter.drain().await;
    let keys = || {
        let requests = sim.requests().into_iter();
        let asked = requests.filter(|it| it.path.starts_with("/api/v1/apps/"));
        asked.map(|it| it.path).collect::<Vec<_>>()
    };
    let exporter = Exporter::start(&yaml).await;
    exporter.until(|page| apps(page) == 5).await;
    let lists = r#"okta_requests_total{api="certificates",code="200"}"#;
    let before = exporter.scrape().await.sum(lists);
    exporter.until(|page| page.sum(lists) > before + 2.0).await;
    let asked = keys();
    let different: std::collections::BTreeSet<&String> = asked.iter().collect();
    // The one that was under way when the first was stopped may be asked for again.
    assert_eq!(different.len(), 5, "{asked:?}");
    assert!(asked.len() <= 6, "{asked:?}");
}

#[tokio::test]
async fn an_application_that_vanishes_within_a_walk_fails_nothing() {
    let okta = org().await;
    let sim = okta.controls();
    for label in ["Payroll", "Travel"] {
        sim.add_saml_app(label, days(400)).unwrap();
    }
    let gone = okta_exporter::sim::Fault::error(404, "E0000007");
    sim.fault("/api/v1/apps/0os00000000000000000", gone);
    let exporter = Exporter::watch(&okta, PROBES).await;
    let page = exporter
        .until(|page| left(page, "app_signing", "Travel").is_some())
        .await;
    assert_eq!(left(&page, "app_signing", "Payroll"), None);
    let failures = r#"okta_probe_failures_total{probe="certificates"}"#;
    assert_eq!(page.sum(failures), 0.0, "{page}");
}

#[tokio::test]
async fn by_default_no_application_is_asked_for_and_three_lists_are_all() {
    let okta = INVENTORY.org().start().await.unwrap();
    okta.controls().add_saml_app("Payroll", days(400)).unwrap();
    let exporter = Exporter::watch(&okta, "{ certificates: {} }").await;
    exporter.first_round().await;
    let asked = okta.controls().requests().into_iter();
    let asked: Vec<String> = asked
        .map(|it| it.path)
        .filter(|path| path.starts_with("/api/v1/"))
        .collect();
    assert_eq!(
        asked,
        [
            "/api/v1/idps",
            "/api/v1/idps/credentials/keys",
            "/api/v1/domains"
        ]
    );
}

#[tokio::test]
async fn of_very_many_certificates_those_stay_that_end_first_and_the_rest_is_counted() {
    let idps = &INVENTORY.parts[0];
    let Answer::List(list) = &idps.answer else {
        panic!()
    };
    // 90 providers, each trusted by seven keys.
    let lists = Lists::start(INVENTORY.parts).await;
    lists.list(idps, &entries(list, 90), 1);
    let keys = &INVENTORY.parts[1];
    let Answer::List(list) = &keys.answer else {
        panic!()
    };
    let mut listed = entries(list, 7);
    listed[6]["expiresAt"] = "2098-01-01T00:00:00.000Z".into();
    lists.list(keys, &listed, 1);
    let exporter = Exporter::start(&lists.yaml(&INVENTORY.probes())).await;
    let page = exporter.first_round().await;
    let family = "okta_certificate_expiry_timestamp_seconds";
    assert_eq!(page.all(family).len(), 300);
    let first = format!(r#"{family}{{kid="id0006"}}"#);
    assert_eq!(page.all(&first).len(), 90);
    let dropped = r#"okta_exporter_series_dropped_total{probe="certificates"}"#;
    assert!(page.value(dropped) >= 330.0, "{page}");
}
