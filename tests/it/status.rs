mod incidents;

use std::{collections::BTreeSet, time::Duration};

use jiff::SignedDuration;
use okta_exporter::sim::{
    ApiToken, Clock, Fault, Incident, Mint, Org, Principal, Running, StatusPage,
};
use serde_json::Value;

use crate::support::{API_TOKEN, Exporter, acme, endpoint, get, json};

fn org(name: &str) -> Org {
    Org::new(name).api_token(ApiToken::new("monitor", API_TOKEN))
}

async fn running() -> Running {
    org("acme").start().await.unwrap()
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

fn of<'a>(status: &'a Value, org: &str) -> &'a Value {
    let orgs = status["orgs"].as_array().unwrap();
    orgs.iter().find(|one| one["name"] == org).unwrap()
}

/// The words that stand under a name in each of these, `-` for none.
fn each(list: &Value, name: &str) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    let word = |one: &Value| one[name].as_str().unwrap_or("-").to_owned();
    list.map(word).collect()
}

#[tokio::test]
async fn an_empty_key_set_is_critical_though_its_probe_ended_well() {
    let okta = running().await;
    let probes = "{ discovery: {}, jwks: { org: { interval: 1s, timeout: 1s } } }";
    let exporter = Exporter::watch(&okta, probes).await;
    exporter.first_round().await;
    let well = exporter.status().await;
    assert!(well["severity"].is_null(), "{well:#}");
    let none = Fault::body("application/json", r#"{"keys":[]}"#);
    okta.controls().fault("/oauth2/v1/keys", none);
    // Keys that were there stay published until several answers lack them: another one has seen none.
    let exporter = Exporter::watch(&okta, probes).await;
    exporter.first_round().await;
    let status = exporter.status().await;
    let keys = &of(&status, "acme")["probes"][1];
    assert_eq!(keys["probe"], "jwks/org");
    assert_eq!(
        (&keys["ok"], &keys["severity"]),
        (&true.into(), &"critical".into())
    );
    let found = &keys["findings"][0];
    assert_eq!(found["severity"], "critical", "{found:#}");
    assert_eq!(found["help"], "guide/no-keys");
    assert_eq!(of(&status, "acme")["severity"], "critical");
    assert_eq!(status["severity"], "critical");
    let counts = &status["counts"];
    for (name, count) in [("orgs", 1), ("probes", 2), ("failing", 0), ("critical", 1)] {
        assert_eq!(counts[name], count, "{counts:#}");
    }
}

#[tokio::test]
async fn what_ends_is_one_time_line_the_soonest_first_and_as_bad_as_it_is_near() {
    let okta = org("acme")
        .idp("Partner", days(3))
        .domain("login.acme.example", false, days(20))
        .domain("id.acme.example", true, days(100))
        .start()
        .await
        .unwrap();
    let mint = |lasting: Duration| {
        let mint = Mint::by("default").scopes(["a"]).lasting(lasting);
        okta.controls().mint(&mint).unwrap()
    };
    let (over, good) = (mint(Duration::ZERO), mint(Duration::from_hours(1)));
    let probes = format!(
        "{{ certificates: {{ credential: monitor, interval: 1s, timeout: 1s }}, token: {{ over: {{ access_token: {over} }}, good: {{ access_token: {good} }} }} }}"
    );
    let exporter = Exporter::watch(&okta, &probes).await;
    exporter.first_round().await;
    let status = exporter
        .until_status(|status| each(&status["ends"], "what").len() >= 6)
        .await;
    let ends = &status["ends"];
    let line: Vec<(String, String)> = each(ends, "name")
        .into_iter()
        .zip(each(ends, "severity"))
        .collect();
    let expected = [
        ("over", "critical"),
        ("good", "-"),
        ("Partner (idp_trust)", "critical"),
        ("login.acme.example (domain)", "warning"),
        ("id.acme.example (domain_managed)", "-"),
        ("Partner (idp_signing)", "-"),
    ];
    let expected = expected.map(|(name, severity)| (name.to_owned(), severity.to_owned()));
    assert_eq!(line, expected, "{ends:#}");
    assert!(each(ends, "at").is_sorted(), "{ends:#}");
    assert_eq!(ends[0]["what"], "access token");
    assert_eq!(
        (&ends[2]["org"], &ends[2]["probe"]),
        (&"acme".into(), &"certificates".into())
    );
    // What is over is as bad where the probe tells of it.
    let found: Vec<&Value> = of(&status, "acme")["probes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|probe| probe["findings"].as_array().unwrap())
        .collect();
    let severity = |case: &str| {
        let found = found.iter().find(|found| found["case"] == case);
        found.unwrap()["severity"].clone()
    };
    assert_eq!(severity("expired-token"), "critical");
    assert_eq!(severity("idp-certificate-expiring"), "critical");
    assert_eq!(severity("domain-certificate-expiring"), "warning");
}

/// `acme` on cell 7 and `other` on cell 8, and a page.
fn two(acme: &Running, other: &Running, page: &str) -> String {
    let probes = "probes: { organization: { interval: 1s, timeout: 1s } }";
    format!(
        "status_pages: {{ okta: {{ url: '{page}', interval: 1s, timeout: 1s }} }}\norgs:\n  acme: {{ url: '{}', budget: 1, {probes} }}\n  other: {{ url: '{}', budget: 1, {probes} }}\n",
        acme.url(),
        other.url()
    )
}

#[tokio::test]
async fn the_worst_org_comes_first_what_belongs_to_none_last_and_one_can_be_asked_for_alone() {
    let acme = org("acme").cell("ok7").start().await.unwrap();
    let other = org("other").cell("ok8").start().await.unwrap();
    let served = StatusPage::new(&Clock::running()).start(0).await.unwrap();
    let exporter = Exporter::start(&two(&acme, &other, &served.okta_url())).await;
    exporter.first_round().await;
    assert_eq!(
        each(&exporter.status().await["orgs"], "name"),
        ["acme", "other", "-"]
    );
    other.controls().fault("/", Fault::status(503));
    let status = exporter
        .until_status(|status| of(status, "other")["verdict"]["verdict"] == "okta")
        .await;
    assert_eq!(each(&status["orgs"], "name"), ["other", "acme", "-"]);
    assert_eq!(each(&status["orgs"], "severity"), ["critical", "-", "-"]);

    let asked = |query: &str| {
        let url = format!("{}/api/v1/status{query}", exporter.url());
        async move { get(&url).await }
    };
    for (query, names) in [
        ("?org=acme", vec!["acme"]),
        ("?org=acme,other", vec!["other", "acme"]),
        ("?org=acme&org=other", vec!["other", "acme"]),
        ("?org=", vec!["other", "acme", "-"]),
    ] {
        let status: Value = asked(query).await.text().await.unwrap().parse().unwrap();
        assert_eq!(each(&status["orgs"], "name"), names, "{query}");
        let orgs = names.iter().filter(|name| **name != "-").count();
        assert_eq!(status["counts"]["orgs"], orgs, "{query}");
    }
    let well: Value = asked("?org=acme")
        .await
        .text()
        .await
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        well["severity"].is_null(),
        "of what was asked for: {well:#}"
    );
    let unknown = asked("?org=acme,acem").await;
    assert_eq!(unknown.status(), 404);
    let told = unknown.text().await.unwrap();
    assert_eq!(told, "there is no org `acem` here: there are acme, other\n");
}

#[tokio::test]
async fn a_limit_is_told_as_used_and_warned_of_from_where_the_org_has_it() {
    let okta = org("acme")
        .window(Duration::from_hours(1))
        .warning_threshold(60)
        .start()
        .await
        .unwrap();
    let monitor = Principal::new("monitor");
    // Fifty are the credential's.
    let spent = okta.controls().spend("/api/v1/users", &monitor, 35);
    assert_eq!(spent, 35);
    let users = "endpoint: { users: { path: /api/v1/users, credential: monitor } }";
    for (more, warning, severity) in [
        (", rate_limit_settings: {}", 0.6, "warning"),
        ("", 0.9, "-"),
    ] {
        let probes = format!("{{ {users}{more} }}");
        let exporter = Exporter::watch(&okta, &probes).await;
        exporter.first_round().await;
        let status = exporter.status().await;
        let limits = of(&status, "acme")["limits"].as_array().unwrap();
        let users = limits.iter().find(|limit| limit["api"] == "users").unwrap();
        assert_eq!(users["warning_ratio"], warning, "{users:#}");
        let used = users["used_ratio"].as_f64().unwrap();
        assert!((0.7..0.9).contains(&used), "{users:#}");
        assert_eq!(users["used_is"], "open");
        assert_eq!(users["severity"].as_str().unwrap_or("-"), severity);
        let past = users["past"].as_array().unwrap();
        let most = past.iter().filter_map(|span| span["used_ratio"].as_f64());
        assert!(most.fold(0.0, f64::max) >= 0.7, "{users:#}");
    }
}

/// How many runs the status tells of in the past of the first probe.
fn runs(status: &Value) -> u64 {
    let past = &of(status, "acme")["probes"][0]["past"];
    let spans = past.as_array().into_iter().flatten();
    spans.map(|span| span["runs"].as_u64().unwrap()).sum()
}

#[tokio::test]
async fn the_past_outlives_the_process_where_there_is_a_store() {
    let okta = running().await;
    let files = tempfile::tempdir().unwrap();
    let yaml = |interval: &str| {
        let probes = format!("{{ discovery: {{ interval: {interval}, timeout: 1s }} }}");
        let path = files.path().join("state.redb");
        format!(
            "storage: {{ path: '{}' }}\n{}",
            path.display(),
            acme(&okta, &probes)
        )
    };
    okta.controls().fault("/", Fault::status(503));
    let exporter = Exporter::start(&yaml("1s")).await;
    let told = exporter.until_status(|status| runs(status) >= 3).await;
    let short = json(&format!("{}/api/v1/status", exporter.url())).await;
    assert_eq!(
        of(&short, "acme")["probes"][0].get("past"),
        None,
        "only where it is asked for"
    );
    exporter.drain().await;
    okta.controls().clear_faults();

    let exporter = Exporter::start(&yaml("1h")).await;
    exporter.first_round().await;
    let patience = tokio::time::timeout(crate::support::PATIENCE, async {
        // Nothing is recorded when the past is recalled.
        while runs(&exporter.status().await) <= runs(&told) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    patience.await.unwrap();
    let status = exporter.status().await;
    let discovery = &of(&status, "acme")["probes"][0];
    let failures = discovery["past"].as_array().unwrap().iter();
    let failures: u64 = failures
        .map(|span| span["failures"].as_u64().unwrap())
        .sum();
    assert!(failures >= 3, "{discovery:#}");
    assert_eq!(
        discovery["history"].as_array().unwrap().len(),
        1,
        "{discovery:#}"
    );
    exporter.drain().await;
}

/// The name of every member, at any depth.
fn names(json: &Value, all: &mut BTreeSet<String>) {
    match json {
        Value::Object(members) => {
            for (name, value) in members {
                all.insert(name.clone());
                names(value, all);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, all)),
        _ => {}
    }
}

#[tokio::test]
async fn every_member_of_the_status_is_documented_and_the_example_has_no_other() {
    let acme = org("acme").cell("ok7").start().await.unwrap();
    let page = StatusPage::new(&Clock::running());
    page.open(Incident::new("Sign-in is slow").cells("okta.com:7"));
    let served = page.start(0).await.unwrap();
    let token = acme
        .controls()
        .mint(&Mint::by("default").lasting(Duration::ZERO))
        .unwrap();
    acme.controls()
        .fault("/api/v1/groups", Fault::error(403, "E0000006"));
    let yaml = format!(
        "status_pages: {{ okta: {{ url: '{}', interval: 1s, timeout: 1s }} }}\norgs:\n  acme:\n    url: '{}'\n    budget: 1\n    credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}\n    probes: {{ organization: {{ interval: 1s, timeout: 1s }}, endpoint: {{ {}, {} }}, token: {{ ci: {{ access_token: {token} }} }} }}\n",
        served.okta_url(),
        acme.url(),
        endpoint("users"),
        endpoint("groups"),
    );
    let exporter = Exporter::start(&yaml).await;
    exporter.first_round().await;
    let status = exporter
        .until_status(|status| {
            let of_acme = of(status, "acme");
            let is_there = |name: &str| !each(&status[name], "severity").is_empty();
            is_there("incidents")
                && is_there("ends")
                && !each(&of_acme["limits"], "past").is_empty()
        })
        .await;
    let mut told = BTreeSet::new();
    names(&status, &mut told);
    assert!(
        told.contains("takes_permission") && told.contains("slowest_seconds"),
        "{told:?}"
    );
    let docs = std::fs::read_to_string("docs/status-api.md").unwrap();
    for name in &told {
        assert!(
            docs.contains(&format!("`{name}`")),
            "{name} is not documented"
        );
    }
    let (_, example) = docs.split_once("```json\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let mut shown = BTreeSet::new();
    names(&serde_json::from_str(example).unwrap(), &mut shown);
    let unknown: Vec<&String> = shown.difference(&told).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let top: Vec<&String> = status.as_object().unwrap().keys().collect();
    assert!(top.iter().all(|name| shown.contains(*name)), "{top:?}");
}
