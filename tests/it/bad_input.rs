use okta_exporter::sim::{ApiToken, Clock, Fault, Incident, Mint, Org, StatusPage, Tls};

use crate::support::{API_TOKEN, Exporter, Scrape, acme, endpoint};

fn org() -> Org {
    Org::new("acme").api_token(ApiToken::new("monitor", API_TOKEN))
}

/// Lets the answers for users go wrong in one way: the reason must be told, and other probes go on.
async fn is_told(fault: Fault, reason: &str) {
    let okta = org().start().await.unwrap();
    okta.controls().fault("/api/v1/users", fault);
    let probes = format!(
        "{{ discovery: {{ interval: 1s, timeout: 1s }}, endpoint: {{ {}, {} }} }}",
        endpoint("users"),
        endpoint("groups")
    );
    let exporter = Exporter::watch(&okta, &probes).await;
    let told = format!(r#"okta_probe_failures_total{{probe="endpoint/users",reason="{reason}"}}"#);
    let page = exporter
        .until(|page| {
            let others = |probe: &str| {
                let ran =
                    format!(r#"okta_probe_last_success_timestamp_seconds{{probe="{probe}"}}"#);
                page.get(&ran).is_some()
            };
            page.get(&told) >= Some(1.0) && others("endpoint/groups") && others("discovery")
        })
        .await;
    assert_eq!(
        page.get(r#"okta_probe_success{probe="endpoint/users"}"#),
        Some(0.0)
    );
    assert!(
        page.get(r#"okta_probe_last_success_timestamp_seconds{probe="endpoint/users"}"#)
            .is_none(),
        "{page}"
    );
    // A limit of 0 is no limit: nothing may be drawn from it.
    let limit = page.get(r#"okta_rate_limit_limit{api="users"}"#);
    assert!(limit.is_none_or(|limit| limit > 0.0), "{page}");
    let strange =
        page.value(r#"okta_probe_failures_total{probe="endpoint/users",reason="internal"}"#);
    assert_eq!(strange, 0.0);
}

macro_rules! told {
    ($($name:ident: $fault:expr => $reason:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            is_told($fault, $reason).await;
        })*
    };
}

told! {
    a_body_that_is_not_json: Fault::not_json() => "invalid_body";
    a_body_that_is_too_large: Fault::oversized(5 << 20) => "too_large";
    a_body_that_is_truncated: Fault::truncated() => "invalid_body";
    an_answer_that_never_comes: Fault::stall_forever() => "timeout";
    a_redirect_loop: Fault::redirect_loop() => "redirect";
    a_server_error: Fault::error(503, "E0000009") => "http_status";
    a_server_error_in_words_of_nobody: Fault::status(500) => "http_status";
    a_page_of_the_edge: Fault::edge_not_found() => "http_status";
    a_limit_of_requests_per_window: Fault::rate_limited() => "rate_limited";
    a_limit_without_its_headers: Fault::rate_limited_without_headers() => "rate_limited";
    a_limit_that_a_proxy_dates: Fault::retry_after(60) => "rate_limited";
    a_limit_of_requests_at_once: Fault::concurrency() => "concurrency_limited";
    a_token_that_is_not_known: Fault::error(401, "E0000011") => "unauthorized";
    a_role_that_may_not: Fault::error(403, "E0000006") => "forbidden";
}

#[tokio::test]
async fn a_body_that_never_ends() {
    is_cut_off(Fault::endless()).await;
}

#[tokio::test]
async fn a_few_bytes_that_unpack_to_more_than_is_ever_read() {
    is_cut_off(Fault::bomb(5 << 20)).await;
}

/// A body whose size nobody announces: the bound must end it, and not the time, so time is ample.
async fn is_cut_off(fault: Fault) {
    let okta = org().start().await.unwrap();
    okta.controls().fault("/api/v1/users", fault);
    let probes =
        "{ discovery: {}, endpoint: { users: { path: /api/v1/users, credential: monitor } } }";
    let page = Exporter::watch(&okta, probes).await.first_round().await;
    assert_eq!(
        page.value(r#"okta_probe_failures_total{reason="too_large",probe="endpoint/users"}"#),
        1.0,
        "{page}"
    );
    assert_eq!(
        page.value(r#"okta_request_failures_total{reason="body"}"#),
        1.0
    );
    assert_eq!(page.value(r#"okta_probe_success{probe="discovery"}"#), 1.0);
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed() {
    let (okta, elsewhere) = (org().start().await.unwrap(), org().start().await.unwrap());
    okta.controls().fault(
        "/api/v1/users",
        Fault::redirect_to(&format!("{}/api/v1/users", elsewhere.url())),
    );
    let probes = format!("{{ endpoint: {{ {} }} }}", endpoint("users"));
    let exporter = Exporter::watch(&okta, &probes).await;
    let told = r#"okta_probe_failures_total{reason="redirect"}"#;
    exporter.until(|page| page.get(told) >= Some(2.0)).await;
    assert_eq!(elsewhere.controls().connection_count(), 0);
}

#[tokio::test]
async fn a_redirect_within_the_org_is_followed_where_no_limit_counts() {
    let okta = org().start().await.unwrap();
    let elsewhere = "/oauth2/default/.well-known/openid-configuration";
    for (path, target) in [
        ("/.well-known/openid-configuration", elsewhere),
        ("/api/v1/users", "/api/v1/groups"),
    ] {
        okta.controls().fault(path, Fault::redirect_to(target));
    }
    let issuer = format!("{}/oauth2/default", okta.url());
    let users = endpoint("users");
    let probes = format!("{{ discovery: {{ issuer: '{issuer}' }}, endpoint: {{ {users} }} }}");
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    assert_eq!(
        page.value(r#"okta_probe_success{probe="discovery"}"#),
        1.0,
        "{page}"
    );
    let told = r#"okta_probe_failures_total{probe="endpoint/users",reason="redirect"}"#;
    assert!(page.value(told) >= 1.0, "{page}");
    // Each hop would be a request that the budget did not allow.
    let asked = okta.controls().requests();
    assert!(asked.iter().all(|asked| asked.path != "/api/v1/groups"));
}

#[tokio::test]
async fn numbers_at_their_ends_are_no_more_than_strange() {
    const ENDS: [&str; 4] = [
        "0",
        "18446744073709551615",
        "9223372036854775807",
        "-9223372036854775808",
    ];
    let okta = org().start().await.unwrap();
    let users = endpoint("users").replace("sampling: interval", "sampling: window_end");
    let probes = format!(
        "{{ endpoint: {{ {users}, {} }}, jwks: {{ org: {{ interval: 1s, timeout: 1s }} }} }}",
        endpoint("groups")
    );
    let exporter = Exporter::watch(&okta, &probes).await;
    let runs = |page: &Scrape, probe: &str| {
        page.value(&format!(r#"okta_probe_runs_total{{probe="{probe}"}}"#))
    };
    let mut page = exporter.first_round().await;
    for (n, limit) in ENDS.into_iter().enumerate() {
        let [remaining, reset, age] = [1, 2, 3].map(|more| ENDS[(n + more) % ENDS.len()]);
        let lifetime = format!("max-age={limit}");
        for path in ["/api/v1/users", "/api/v1/groups", "/oauth2/v1/keys"] {
            okta.controls().clear_faults();
            okta.controls().fault(
                path,
                Fault::headers([
                    ("x-rate-limit-limit", limit),
                    ("x-rate-limit-remaining", remaining),
                    ("x-rate-limit-reset", reset),
                    ("retry-after", age),
                    ("age", age),
                    ("cache-control", &lifetime),
                ]),
            );
            let all = ["endpoint/groups", "jwks/org"];
            let before = all.map(|probe| runs(&page, probe));
            page = exporter
                .until(|page| {
                    let later = all.map(|probe| runs(page, probe));
                    later
                        .iter()
                        .zip(before)
                        .all(|(later, before)| *later >= before + 2.0)
                })
                .await;
        }
    }
    assert_eq!(
        page.sum("okta_exporter_keeper_breakdowns_total"),
        0.0,
        "{page}"
    );
    assert_eq!(
        page.sum(r#"okta_probe_failures_total{reason="internal"}"#),
        0.0,
        "{page}"
    );
    let ratios = page.all("okta_rate_limit_usage_ratio");
    assert!(
        ratios.iter().all(|ratio| (0.0..=1.0).contains(ratio)),
        "{page}"
    );
}

/// One org whose host cannot be reached in the right way, beside one that works.
async fn cannot_be_reached(url: &str, reason: &str) {
    let well = org().start().await.unwrap();
    let other = format!(
        "  other: {{ url: '{url}', probes: {{ discovery: {{ interval: 5s, timeout: 5s }} }} }}\n"
    );
    let yaml = acme(&well, "{ discovery: {} }") + &other;
    let page = Exporter::start(&yaml).await.first_round().await;
    let told = format!(r#"okta_probe_failures_total{{org="other",reason="{reason}"}}"#);
    assert_eq!(page.value(&told), 1.0, "{page}");
    let told = format!(r#"okta_request_failures_total{{org="other",reason="{reason}"}}"#);
    assert_eq!(page.value(&told), 1.0, "{page}");
    assert_eq!(page.value(r#"okta_org_up{org="other"}"#), 0.0);
    assert_eq!(page.value(r#"okta_org_up{org="acme"}"#), 1.0);
    // Nothing was learnt of its clock.
    assert_eq!(page.get(r#"okta_clock_skew_seconds{org="other"}"#), None);
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority() {
    let other = org().tls(Tls::new()).start().await.unwrap();
    cannot_be_reached(other.url(), "tls").await;
}

#[tokio::test]
async fn a_name_that_does_not_resolve() {
    cannot_be_reached("https://nobody.invalid", "dns").await;
}

#[tokio::test]
async fn a_port_where_nobody_listens() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap();
    drop(port);
    cannot_be_reached(&format!("https://{address}"), "connect").await;
}

#[tokio::test]
async fn a_certificate_that_is_over_or_for_another_host() {
    for tls in [Tls::new().expired(), Tls::new().wrong_host()] {
        let okta = org().tls(tls).start().await.unwrap();
        let files = tempfile::tempdir().unwrap();
        let ca = files.path().join("ca.pem");
        std::fs::write(&ca, okta.ca_pem().unwrap()).unwrap();
        let yaml = format!(
            "status_pages: {{}}\norgs: {{ acme: {{ url: '{}', ca_file: '{}', probes: {{ discovery: {{}} }} }} }}",
            okta.url(),
            ca.display()
        );
        let page = Exporter::start(&yaml).await.first_round().await;
        assert_eq!(
            page.value(r#"okta_probe_failures_total{reason="tls"}"#),
            1.0
        );
        assert_eq!(okta.controls().request_count(), 0);
    }
}

#[tokio::test]
async fn three_random_strings_are_no_token_and_nothing_is_said_of_it() {
    let okta = org().start().await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let token = files.path().join("token");
    std::fs::write(&token, "00opaque").unwrap();
    let probes = format!(
        "{{ discovery: {{}}, token: {{ ci: {{ access_token_file: '{}', interval: 1s, timeout: 1s }} }} }}",
        token.display()
    );
    let exporter = Exporter::watch(&okta, &probes).await;
    std::fs::write(&token, "s3cr3t.s3cr3t.s3cr3t").unwrap();
    let failed = r#"okta_probe_failures_total{probe="token/ci",reason="config"}"#;
    let page = exporter
        .until(|page| {
            page.get(failed) >= Some(1.0)
                && page
                    .get("okta_probe_success{probe=\"discovery\"}")
                    .is_some()
        })
        .await;
    assert_eq!(page.value("okta_token_readable"), 0.0);
    assert!(!page.has_any("okta_token_expiry"), "{page}");
    assert!(!page.to_string().contains("s3cr3t"));
    assert_eq!(page.value(r#"okta_probe_success{probe="discovery"}"#), 1.0);
}

#[tokio::test]
async fn duplicate_kids_and_unknown_key_types_are_dropped_and_told() {
    let okta = org().start().await.unwrap();
    let keys = r#"{"keys":[
        {"kty":"RSA","use":"sig","alg":"RS256","kid":"twice","n":"sXchRw","e":"AQAB"},
        {"kty":"RSA","use":"sig","alg":"RS256","kid":"twice","n":"tYchRw","e":"AQAB"},
        {"kty":"moon","kid":"strange"}, 7]}"#;
    okta.controls()
        .fault("/oauth2/v1/keys", Fault::body("application/json", keys));
    let probes = "{ jwks: { org: {}, default: { authorization_server: default } } }";
    let page = Exporter::watch(&okta, probes).await.first_round().await;
    assert_eq!(
        page.value(r#"okta_jwks_published{authorization_server="org"}"#),
        0.0
    );
    assert_eq!(
        page.value(r#"okta_jwks_published{authorization_server="default"}"#),
        1.0
    );
    assert!(page.get(r#"okta_jwks_key_info{kid="strange"}"#).is_none());
}

#[tokio::test]
async fn a_clock_an_hour_off_is_told_and_stops_nothing() {
    for hours in [-1, 1] {
        let clock = okta_exporter::sim::Clock::running();
        let okta = org()
            .clock(&clock)
            .client("0oa1", "s3cr3t")
            .start()
            .await
            .unwrap();
        let token = okta.controls().mint(&Mint::by("default")).unwrap();
        okta.controls()
            .set_clock_offset(jiff::SignedDuration::from_hours(hours));
        let probes = format!(
            "{{ discovery: {{}}, endpoint: {{ {} }}, token: {{ ci: {{ access_token: {token} }} }} }}",
            endpoint("users")
        );
        let page = Exporter::watch(&okta, &probes).await.first_round().await;
        let skew = page.value("okta_clock_skew_seconds");
        assert!((skew + hours as f64 * 3600.0).abs() < 5.0, "{skew}");
        // The window's end is known by Okta's clock, so its sample still counts.
        assert!(page.value("okta_rate_limit_remaining") > 0.0);
        assert_eq!(page.sum("okta_probe_success"), 3.0, "{page}");
    }
}

/// What turns the direction of writing, what has no width, and an escape of terminals.
const HIDDEN: [char; 5] = ['\u{202e}', '\u{200b}', '\u{feff}', '\u{ad}', '\u{1b}'];

#[tokio::test]
async fn what_is_not_seen_is_left_out_of_all_that_is_shown() {
    let hidden: String = HIDDEN.iter().collect();
    let okta = org().cell("ok14").start().await.unwrap();
    let json = |body: serde_json::Value| Fault::body("application/json", body.to_string());
    let issuer = format!("https://else{hidden}where.example");
    let page = format!("<title>Sign{hidden}in</title>");
    okta.controls().fault(
        "/.well-known/openid-configuration",
        json(serde_json::json!({ "issuer": issuer })),
    );
    okta.controls()
        .fault("/api/v1/users", Fault::body("text/html", page));
    let keys = serde_json::json!({ "keys": [{ "kty": "RSA", "kid": format!("k{hidden}1"), "n": "AQAB", "e": "AQAB" }] });
    okta.controls().fault("/oauth2/v1/keys", json(keys));
    let status = sim_page(&hidden);
    let served = status.start(0).await.unwrap();
    let url = okta.url();
    let exporter = Exporter::start(&format!(
        "status_pages: {{ okta: {{ url: '{}' }} }}\norgs:\n  acme:\n    url: '{url}'\n    credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}\n    probes: {{ discovery: {{}}, organization: {{}}, jwks: {{ org: {{ authorization_server: org }} }}, endpoint: {{ users: {{ path: /api/v1/users, credential: monitor }} }} }}\n",
        served.okta_url()
    ))
    .await;
    exporter.first_round().await;
    for path in ["/metrics", "/", "/api/v1/status"] {
        let url = format!("{}{path}", exporter.url());
        let text = crate::support::get(&url).await.text().await.unwrap();
        for hidden in HIDDEN {
            let escaped = format!("\\u{:04x}", u32::from(hidden));
            assert!(
                !text.contains(hidden) && !text.contains(&escaped),
                "{path}: {hidden:?}\n{text}"
            );
        }
    }
    let status = crate::support::json(&format!("{}/api/v1/status", exporter.url())).await;
    let status = status.to_string();
    for shown in ["elsewhere.example", "Users of cell 14"] {
        assert!(status.contains(shown), "{shown} is not in\n{status}");
    }
}

/// A page with an incident whose title hides something.
fn sim_page(hidden: &str) -> StatusPage {
    let page = StatusPage::new(&Clock::running());
    page.open(Incident::new(&format!("Users of{hidden} cell 14")).cells("okta.com:14"));
    page
}
