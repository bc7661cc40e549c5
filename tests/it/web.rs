use okta_exporter::sim::{ApiToken, Fault, Org, Running};

use crate::support::{API_TOKEN, Exporter, get, http, json};

async fn org() -> Running {
    let token = ApiToken::new("monitor", API_TOKEN);
    Org::new("acme").api_token(token).start().await.unwrap()
}

const PROBES: &str =
    "{ discovery: {}, endpoint: { users: { path: /api/v1/users, credential: monitor } } }";

#[tokio::test]
async fn a_scrape_asks_okta_nothing() {
    let okta = org().await;
    let exporter = Exporter::watch(&okta, PROBES).await;
    exporter.first_round().await;
    let before = okta.okta().request_count();
    for _ in 0..20 {
        for path in ["/metrics", "/", "/api/v1/status", "/-/healthy", "/-/ready"] {
            let answer = get(&format!("{}{path}", exporter.url())).await;
            assert_eq!(answer.status(), 200, "{path}");
        }
    }
    assert_eq!(okta.okta().request_count(), before);
    let page = exporter.scrape().await;
    let scrapes = r#"okta_exporter_http_requests_total{handler="/metrics",code="200"}"#;
    assert!(page.value(scrapes) >= 20.0);
    assert!(page.value("okta_exporter_scrape_duration_seconds_count") >= 20.0);
    assert!(page.value("process_resident_memory_bytes") > 0.0);
}

#[tokio::test]
async fn it_is_ready_after_the_first_round_and_healthy_before() {
    let okta = org().await;
    okta.okta().fault("/api/v1/users", Fault::stall_forever());
    let exporter = Exporter::watch(&okta, PROBES).await;
    okta.okta().until_asked("/api/v1/users", 1).await;
    let ready = get(&format!("{}/-/ready", exporter.url())).await;
    assert_eq!(ready.status(), 503);
    assert!(ready.text().await.unwrap().contains("of 2 probes have run"));
    let healthy = get(&format!("{}/-/healthy", exporter.url())).await;
    assert_eq!(healthy.status(), 200);
    // A page is there from the start: what is known, and nothing else.
    let page = exporter.scrape().await;
    assert_eq!(
        page.get(r#"okta_probe_success{probe="endpoint/users"}"#),
        None
    );
    assert_eq!(
        page.value(r#"okta_probe_runs_total{probe="endpoint/users"}"#),
        0.0
    );
}

#[tokio::test]
async fn pages_are_compressed_as_asked() {
    let okta = org().await;
    let exporter = Exporter::watch(&okta, PROBES).await;
    exporter.first_round().await;
    for (asked, magic) in [
        ("gzip", &[0x1f, 0x8b][..]),
        ("zstd", &[0x28, 0xb5, 0x2f, 0xfd][..]),
    ] {
        let answer = http()
            .get(format!("{}/metrics", exporter.url()))
            .header("accept-encoding", asked)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.headers()["content-encoding"], asked);
        let kind = answer.headers()["content-type"].to_str().unwrap();
        assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
        assert!(answer.bytes().await.unwrap().starts_with(magic));
    }
    let answer = get(&format!("{}/metrics", exporter.url())).await;
    assert!(!answer.headers().contains_key("content-encoding"));
}

#[tokio::test]
async fn the_page_for_people_says_what_failed_and_what_to_do() {
    let okta = org().await;
    okta.okta()
        .fault("/api/v1/users", Fault::error(403, "E0000006"));
    let exporter = Exporter::watch(&okta, PROBES).await;
    exporter.first_round().await;
    let page = get(exporter.url()).await.text().await.unwrap();
    for part in [
        "endpoint/users",
        "failing",
        "E0000006",
        "→",
        "for Okta's support: request",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    let status = json(&format!("{}/api/v1/status", exporter.url())).await;
    let probes = status["orgs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|org| org["name"] == "acme")
        .unwrap()["probes"]
        .clone();
    let users = probes
        .as_array()
        .unwrap()
        .iter()
        .find(|probe| probe["probe"] == "endpoint/users")
        .unwrap();
    assert_eq!(users["trouble"]["reason"], "forbidden");
    assert!(users["trouble"]["request_id"].is_string());
}

#[tokio::test]
async fn a_drained_exporter_answers_no_more_and_asks_no_more() {
    let okta = org().await;
    let probes = "{ discovery: { interval: 100ms, timeout: 100ms } }";
    let exporter = Exporter::watch(&okta, probes).await;
    exporter.first_round().await;
    let url = exporter.url().to_owned();
    exporter.drain().await;
    let asked = okta.okta().request_count();
    assert!(http().get(&url).send().await.is_err());
    assert_eq!(okta.okta().request_count(), asked);
}
