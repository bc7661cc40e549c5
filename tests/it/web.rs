mod endings;

use std::sync::Arc;

use jiff::SignedDuration;
use okta_exporter::{
    config::Shown,
    fleet::{Board, Hooks},
    okta::SecretReloads,
    sim::{ApiToken, Fault, Org, Running},
    web::{Bound, Reloads, Served, Serving},
};
use tokio::sync::watch;

use crate::support::{API_TOKEN, Exporter, get, http, json};

async fn org() -> Running {
    let token = ApiToken::new("monitor", API_TOKEN);
    Org::new("acme").api_token(token).start().await.unwrap()
}

/// What there is to serve before anything is known.
fn served(shown: watch::Receiver<Arc<Shown>>) -> Served {
    Served {
        board: Arc::new(Board::new()),
        shown,
        secret_reloads: SecretReloads::default(),
        hooks: Hooks::default(),
        reloads: Reloads::new("").0,
    }
}

const PROBES: &str =
    "{ discovery: {}, endpoint: { users: { path: /api/v1/users, credential: monitor } } }";

#[tokio::test]
async fn a_scrape_asks_okta_nothing() {
    let okta = org().await;
    let exporter = Exporter::watch(&okta, PROBES).await;
    exporter.first_round().await;
    let before = okta.controls().request_count();
    for _ in 0..20 {
        for path in ["/metrics", "/", "/api/v1/status", "/-/healthy", "/-/ready"] {
            let answer = get(&format!("{}{path}", exporter.url())).await;
            assert_eq!(answer.status(), 200, "{path}");
        }
    }
    assert_eq!(okta.controls().request_count(), before);
    let page = exporter.scrape().await;
    let scrapes = r#"okta_exporter_http_requests_total{handler="/metrics",code="200"}"#;
    assert!(page.value(scrapes) >= 20.0);
    assert!(page.value("okta_exporter_scrape_duration_seconds_count") >= 20.0);
    assert!(page.value("process_resident_memory_bytes") > 0.0);
}

#[tokio::test]
async fn an_open_window_is_shown_by_oktas_clock() {
    for hours in [-1, 1] {
        let okta = org().await;
        okta.controls()
            .set_clock_offset(SignedDuration::from_hours(hours));
        let exporter = Exporter::watch(&okta, PROBES).await;
        exporter.first_round().await;
        let page = get(exporter.url()).await.text().await.unwrap();
        let (_, reset) = page.split_once("resets <time").unwrap();
        let (_, left) = reset.split_once(">in ").unwrap();
        let (left, _) = left.split_once(" s<").unwrap();
        let left: u32 = left.parse().unwrap();
        assert!(left <= 61, "{left}");
    }
}

#[tokio::test]
async fn it_is_ready_after_the_first_round_and_healthy_before() {
    let okta = org().await;
    okta.controls()
        .fault("/api/v1/users", Fault::stall_forever());
    let exporter = Exporter::watch(&okta, PROBES).await;
    okta.controls().until_asked("/api/v1/users", 1).await;
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
    okta.controls()
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
        // Relative, so that it leads on from wherever the page is.
        "href=\"./metrics\"",
        "href=\"guide/",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    assert!(!page.contains("href=\"/"), "{page}");
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
    let history = users["history"].as_array().unwrap();
    assert_eq!(history[0]["reason"], "forbidden");
}

#[tokio::test]
async fn a_page_is_not_green_where_something_was_found_though_nothing_failed() {
    let okta = org().await;
    let probes = "{ jwks: { org: {} } }";
    let exporter = Exporter::watch(&okta, probes).await;
    exporter.first_round().await;
    let head = async |exporter: &Exporter| {
        let page = get(exporter.url()).await.text().await.unwrap();
        let (head, _) = page.split_once("</header>").unwrap();
        head.to_owned()
    };
    let well = head(&exporter).await;
    assert!(well.contains("<title>✓ okta-exporter"), "{well}");
    assert!(well.contains(r#"<header class="well">"#), "{well}");
    let empty = Fault::body("application/json", r#"{"keys":[]}"#);
    okta.controls().fault("/oauth2/v1/keys", empty);
    // Whoever has seen keys waits for minutes before it believes that there are none.
    let newcomer = Exporter::watch(&okta, probes).await;
    newcomer.until_case("no-keys").await;
    let wrong = head(&newcomer).await;
    assert!(wrong.contains("0 of 1 probes failing"), "{wrong}");
    for green in ["✓", r#"class="well""#, "all is well"] {
        assert!(!wrong.contains(green), "{wrong}");
    }
}

#[tokio::test]
async fn a_drained_exporter_answers_no_more_and_asks_no_more() {
    let okta = org().await;
    let probes = "{ discovery: { interval: 1s, timeout: 1s } }";
    let exporter = Exporter::watch(&okta, probes).await;
    exporter.first_round().await;
    let url = exporter.url().to_owned();
    exporter.drain().await;
    let asked = okta.controls().request_count();
    assert!(http().get(&url).send().await.is_err());
    assert_eq!(okta.controls().request_count(), asked);
}

#[tokio::test]
async fn the_configuration_shown_is_the_one_in_force() {
    let settings = |json: &str| {
        Arc::new(Shown {
            json: json.to_owned(),
            yaml: format!("# {json}"),
        })
    };
    let (in_force, shown) = watch::channel(settings("{\"old\": 1}"));
    let serving = Serving::default();
    let bound = Bound::new(&serving).await.unwrap();
    let server = bound.serve(served(shown));
    let url = format!("http://{}/config", server.addresses()[0]);
    let asked = format!("{url}?format=json");
    assert_eq!(json(&asked).await["old"], 1);
    in_force.send_replace(settings("{\"new\": 2}"));
    assert_eq!(json(&asked).await["new"], 2);
    let accepting = http().get(&url).header("accept", "application/json");
    let answer = accepting.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.text().await.unwrap(), "{\"new\": 2}");
    let for_people = get(&url).await;
    assert_eq!(
        for_people.headers()["content-type"],
        "text/plain; charset=utf-8"
    );
    assert_eq!(for_people.text().await.unwrap(), "# {\"new\": 2}");
    server.drain().await;
}

#[tokio::test]
async fn every_page_tells_browsers_to_trust_nothing_else() {
    let okta = org().await;
    let exporter = Exporter::watch(&okta, "{ discovery: {} }").await;
    exporter.first_round().await;
    for path in [
        "/",
        "/metrics",
        "/api/v1/status",
        "/api/v1/support-bundle",
        "/config",
        "/-/healthy",
        "/-/ready",
        "/none",
    ] {
        let answer = get(&format!("{}{path}", exporter.url())).await;
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "script-src 'sha256-",
            "connect-src 'self'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    // What the page has is what the policy allows: one style and one script, and no attribute of either.
    let answer = get(exporter.url()).await;
    let policy = answer.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    let page = answer.text().await.unwrap();
    for (element, others) in [("style", " style="), ("script", " onclick=")] {
        let (_, text) = page.split_once(&format!("<{element}>")).unwrap();
        let (text, rest) = text.split_once(&format!("</{element}>")).unwrap();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        let named = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest);
        assert!(policy.contains(&format!("'sha256-{named}'")), "{policy}");
        assert!(!rest.contains(&format!("<{element}")) && !page.contains(others));
    }
}

#[tokio::test]
async fn a_name_that_is_not_served_for_is_refused() {
    let serving = Serving {
        allowed_hosts: vec!["okta.example.com".to_owned()],
        ..Serving::default()
    };
    let (_configuration, shown) = watch::channel(Arc::default());
    let bound = Bound::new(&serving).await.unwrap();
    let server = bound.serve(served(shown));
    let url = format!("http://{}/metrics", server.addresses()[0]);
    for (host, status) in [
        ("okta.example.com", 200),
        ("okta.example.com:6582", 200),
        ("10.1.2.3:6582", 200),
        ("rebound.example", 421),
    ] {
        let answer = http().get(&url).header("host", host).send().await.unwrap();
        assert_eq!(answer.status(), status, "{host}");
    }
}
