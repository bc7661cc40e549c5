use std::time::Duration;

use jiff::SignedDuration;
use okta_exporter::sim::{self, Fault, Org};

use crate::support::{
    Exporter, PATIENCE, Program, SHOWN, Scrape, ServiceApp, TOKEN, USERS, answered, failed, get,
    is_up, minted, new_key, start, users, with,
};

#[tokio::test]
async fn a_clock_ten_minutes_off_is_corrected_by_the_first_answer() {
    for minutes in [10, -10] {
        let app = ServiceApp::new();
        let okta = with(app.registered().grant(["okta.users.read"]).dpop()).await;
        okta.controls()
            .set_clock_offset(SignedDuration::from_mins(minutes));
        let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
        let page = exporter.first_round().await;
        assert!(is_up(&page), "{page}");
        assert_eq!(minted(&page), 1.0);
        assert_eq!(
            answered(&okta, TOKEN, 401),
            1,
            "the assertion was dated wrong once"
        );
        let skew = page.value("okta_clock_skew_seconds");
        assert!((skew + minutes as f64 * 60.0).abs() < 5.0, "{skew}");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_while_a_token_is_in_use_does_no_harm() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"]).dpop()).await;
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    exporter.until(is_up).await;
    okta.controls()
        .set_clock_offset(SignedDuration::from_mins(10));
    let page = exporter
        .until(|page| page.value("okta_clock_skew_seconds") < -500.0 && is_up(page))
        .await;
    assert_eq!(page.sum("okta_probe_failures_total"), 0.0, "{page}");
    assert_eq!(
        answered(&okta, "/api/v1/users", 401),
        1,
        "one proof was dated wrong"
    );
    assert_eq!(minted(&page), 1.0);
}

#[tokio::test]
async fn a_difference_of_clocks_is_forgotten_while_an_org_stays_away() {
    let okta = start(Org::new("acme")).await;
    let probes = "{ discovery: { interval: 1s, timeout: 1s } }";
    let exporter = Exporter::watch(&okta, probes).await;
    let skew = "okta_clock_skew_seconds";
    let page = exporter.first_round().await;
    assert!(page.has_any(skew), "{page}");
    okta.shutdown().await;
    let failures = "okta_request_failures_total";
    exporter.until(|page| page.sum(failures) >= 1.0).await;
    let later = |minutes| exporter.scrape_later(Duration::from_mins(minutes));
    assert!(later(1).has_any(skew), "an outage may be short");
    let page = later(10);
    assert!(!page.has_any(skew), "{page}");
}

#[tokio::test]
async fn what_a_cache_on_the_way_kept_tells_nothing_of_the_clocks() {
    let okta = start(Org::new("acme")).await;
    let old = [("age", "600"), ("date", "Sun, 06 Nov 1994 08:49:37 GMT")];
    okta.controls().fault("/", Fault::headers(old));
    let exporter = Exporter::watch(&okta, "{ discovery: {} }").await;
    let page = exporter.first_round().await;
    assert!(page.has_any("okta_requests_total"), "{page}");
    assert!(!page.has_any("okta_clock_skew_seconds"), "{page}");
}

/// What a proxy says whose clock is an hour off: limits that are spent, and to come back late.
fn proxy(status: u16) -> Fault {
    let hour = SignedDuration::from_hours(1);
    let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
    let date = |at: jiff::Timestamp| printer.timestamp_to_rfc9110_string(&at).unwrap();
    let now = jiff::Timestamp::now();
    let reset = (now + Duration::from_secs(50)).as_second().to_string();
    let says = [
        ("date", date(now - hour)),
        ("via", "1.1 proxy".to_owned()),
        ("retry-after", "300".to_owned()),
        ("x-rate-limit-limit", "7".to_owned()),
        ("x-rate-limit-remaining", "0".to_owned()),
        ("x-rate-limit-reset", reset),
    ];
    let says = says.each_ref().map(|(name, value)| (*name, value.as_str()));
    Fault::edge_that_says(status, says)
}

#[tokio::test]
async fn what_a_proxy_says_is_a_failure_and_teaches_nothing_of_okta() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"]).dpop()).await;
    let probes = format!(
        "{{ discovery: {{ interval: 1s, timeout: 1s }}, endpoint: {{ {} }} }}",
        crate::support::asked("users")
    );
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &probes)).await;
    exporter.until(is_up).await;
    for status in [502, 503] {
        okta.controls().fault("/api/v1/users", proxy(status));
        let told = format!(r#"okta_api_errors_total{{code="{status}",error_code="edge"}}"#);
        // Asked again at its interval: nobody stays away for whoever says so.
        let page = exporter.until(|page| page.get(&told) >= Some(3.0)).await;
        assert!(page.value("okta_clock_skew_seconds").abs() < 5.0, "{page}");
        let limit = r#"okta_rate_limit_limit{api="users"}"#;
        assert_ne!(page.get(limit), Some(7.0), "{page}");
    }
    okta.controls().clear_faults();
    exporter.until(is_up).await;
    assert_eq!(
        answered(&okta, "/api/v1/users", 401),
        0,
        "every proof was dated right"
    );
}

#[tokio::test]
async fn where_a_proxy_alone_answers_nothing_is_known_of_okta() {
    let okta = Org::new("acme").tls(sim::Tls::new()).start().await.unwrap();
    okta.controls().fault("/", proxy(502));
    let ca = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&ca, okta.ca_pem().unwrap()).unwrap();
    let yaml = format!(
        "status_pages: {{}}\norgs:\n  acme:\n    url: '{}'\n    ca_file: '{}'\n    probes: {{ discovery: {{}} }}\n",
        okta.url(),
        ca.path().display()
    );
    let exporter = Exporter::start(&yaml).await;
    let page = exporter.first_round().await;
    assert_eq!(page.value("okta_org_up"), 0.0);
    let answered = page.get(r#"okta_requests_total{code="502"}"#);
    assert_eq!(answered, Some(1.0), "{page}");
    for unknown in [
        "okta_clock_skew_seconds",
        "okta_tls_certificate_expiry_timestamp_seconds",
    ] {
        assert!(!page.has_any(unknown), "{unknown}: {page}");
    }
}

#[tokio::test]
async fn a_difference_of_clocks_is_forgotten_while_only_a_proxy_answers() {
    let okta = start(Org::new("acme")).await;
    let probes = "{ discovery: { interval: 1s, timeout: 1s } }";
    let exporter = Exporter::watch(&okta, probes).await;
    let skew = "okta_clock_skew_seconds";
    let page = exporter.first_round().await;
    assert!(page.has_any(skew), "{page}");
    okta.controls().fault("/", proxy(502));
    let edge = r#"okta_api_errors_total{error_code="edge"}"#;
    exporter.until(|page| page.get(edge) >= Some(1.0)).await;
    let later = exporter.scrape_later(Duration::from_mins(10));
    assert!(!later.has_any(skew), "{later}");
}

/// The program itself, for what it logs.
async fn program(files: &tempfile::TempDir, yaml: &str) -> (Program, String) {
    let file = files.path().join("okta-exporter.yaml");
    std::fs::write(&file, yaml).unwrap();
    let file = format!("--config.file={}", file.display());
    let mut program = Program::exporter(&[&file, "--web.listen-address=127.0.0.1:0"], &[]);
    let rest = program.until("msg=serving").await;
    let address = rest.split("address=").nth(1).unwrap();
    let address = address.split(' ').next().unwrap().to_owned();
    (program, format!("http://{address}"))
}

/// Scrapes the program until its page is as told.
async fn until(url: &str, holds: impl Fn(&Scrape) -> bool) -> Scrape {
    let looking = async {
        let mut tick = tokio::time::interval(Duration::from_millis(200));
        loop {
            tick.tick().await;
            let page = Scrape::of(url).await;
            if holds(&page) {
                return page;
            }
        }
    };
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(page) => page,
        Err(tokio::time::error::Elapsed { .. }) => panic!(
            "it never came; the page at last:\n{}",
            Scrape::of(url).await
        ),
    }
}

#[tokio::test]
async fn a_rotated_key_file_is_used_without_a_restart_and_ends_the_waiting() {
    let app = ServiceApp::new();
    let org = Org::new("acme").token_lifetime(Duration::from_secs(2));
    let okta = start(org.service_app(app.registered().grant(["okta.users.read"]))).await;
    let files = tempfile::tempdir().unwrap();
    let (mut program, url) = program(&files, &app.yaml(&okta, USERS, &users())).await;
    until(&url, is_up).await;

    // Okta forgets the old key before the file is replaced.
    let (private, public) = new_key();
    let rotated = sim::ServiceApp::new(ServiceApp::ID).key("k1", &public);
    okta.controls().register(rotated.grant(["okta.users.read"]));
    let line = program
        .until("no access token for the credential `billing`")
        .await;
    assert!(
        line.contains("client_assertion signature is invalid"),
        "{line}"
    );
    let page = until(&url, |page| failed(page) >= 2.0).await;
    let before = minted(&page);

    std::fs::write(app.key_file(), private).unwrap();
    program.until("the probe works again").await;
    let page = until(&url, |page| is_up(page) && minted(page) > before).await;
    assert!(failed(&page) >= 2.0);
    assert!(program.terminate().await.0.success());
}

#[tokio::test]
async fn an_org_that_dies_in_the_middle_of_a_mint_is_back_when_it_is_back() {
    let app = ServiceApp::new();
    let registered = || app.registered().grant(["okta.users.read"]).dpop();
    let okta = with(registered()).await;
    okta.controls().fault(TOKEN, Fault::stall_forever());
    let port = okta.url().rsplit(':').next().unwrap().parse().unwrap();
    let files = tempfile::tempdir().unwrap();
    // One probe with patience: what breaks is the connection, not the timeout.
    let probes = "{ endpoint: { users: { path: /api/v1/users, credential: billing, interval: 5s, timeout: 5s } } }";
    let (mut program, url) = program(&files, &app.yaml(&okta, USERS, probes)).await;
    tokio::time::timeout(PATIENCE, okta.controls().until_asked(TOKEN, 1))
        .await
        .unwrap();
    okta.shutdown().await;
    program
        .until("no access token for the credential `billing`")
        .await;
    let page = until(&url, |page| failed(page) >= 1.0).await;
    assert!(
        page.sum(r#"okta_request_failures_total{api="token"}"#) >= 1.0,
        "{page}"
    );
    assert!(!page.has_any("okta_credential_token_expiry"), "{page}");

    let okta = start(Org::new("acme").port(port).service_app(registered())).await;
    program.until("the probe works again").await;
    let page = until(&url, is_up).await;
    assert_eq!(minted(&page), 1.0);
    assert_eq!(answered(&okta, "/api/v1/users", 200), 1);
    assert!(program.terminate().await.0.success());
}

#[tokio::test]
async fn a_wrong_clock_is_told_in_the_log() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    okta.controls()
        .set_clock_offset(SignedDuration::from_mins(-10));
    let files = tempfile::tempdir().unwrap();
    let (mut program, url) = program(&files, &app.yaml(&okta, USERS, &users())).await;
    let line = program.until("clock_skew_seconds=").await;
    assert!(line.starts_with("59") || line.starts_with("60"), "{line}");
    until(&url, is_up).await;
    assert!(program.terminate().await.0.success());
}

#[tokio::test]
async fn neither_key_nor_token_nor_assertion_is_shown() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"]).dpop()).await;
    let files = tempfile::tempdir().unwrap();
    let yaml = app.yaml(&okta, USERS, &users());
    let file = files.path().join("okta-exporter.yaml");
    std::fs::write(&file, yaml).unwrap();
    let file = format!("--config.file={}", file.display());
    let args = [
        &file,
        "--web.listen-address=127.0.0.1:0",
        "--log.level=trace",
        "--log.library=h2",
        "--log.library=hyper",
        "--log.library=reqwest",
    ];
    let mut program = Program::exporter(&args, &[]);
    let address = program.until("msg=serving").await;
    let address = address.split("address=").nth(1).unwrap().to_owned();
    let url = format!("http://{}", address.split(' ').next().unwrap());
    program.until("minted an access token").await;
    program.until("the probe ran").await;
    okta.controls().revoke_all(ServiceApp::ID);
    program.until("minted an access token").await;
    let mut told = Vec::new();
    for path in SHOWN {
        told.push(get(&format!("{url}{path}")).await.text().await.unwrap());
    }
    told.extend(program.terminate().await.1);
    let key = std::fs::read_to_string(app.key_file()).unwrap();
    let key = key.lines().nth(1).unwrap();
    for line in told {
        // Every JWT begins so.
        assert!(!line.contains("eyJ"), "{line}");
        assert!(!line.contains(key), "{line}");
    }
}
