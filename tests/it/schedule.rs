use std::time::Duration;

use okta_exporter::sim::{ApiToken, Fault, Mint, Org, Running, Tls};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use crate::support::{API_TOKEN, Exporter, PATIENCE, Scrape, endpoint};

async fn org() -> Running {
    Org::new("acme")
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .client("0oa1", "s3cr3t")
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn an_org_that_stalls_does_not_delay_another() {
    let (well, stalled) = (org().await, org().await);
    stalled.controls().fault("/", Fault::stall_forever());
    let one = |name: &str, okta: &Running| {
        format!(
            "  {name}:\n    url: '{}'\n    credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}\n    probes: {{ discovery: {{}}, organization: {{}}, jwks: {{ org: {{}} }}, endpoint: {{ users: {{ path: /api/v1/users, credential: monitor, sampling: interval }}, groups: {{ path: /api/v1/groups, credential: monitor, sampling: interval }} }} }}\n",
            okta.url()
        )
    };
    // Long enough that a busy machine's own delays are not taken for the stalled org's.
    let interval = Duration::from_secs(2);
    let exporter = Exporter::start(&format!(
        "status_pages: {{}}\ndefaults: {{ interval: 2s, timeout: 2s, budget: 1 }}\norgs:\n{}{}",
        one("well", &well),
        one("stalled", &stalled)
    ))
    .await;
    let runs = r#"okta_probe_runs_total{org="well",probe="endpoint/users"}"#;
    let hung =
        r#"okta_probe_failures_total{org="stalled",probe="endpoint/users",reason="timeout"}"#;
    let page = exporter
        .until(|page| page.value(runs) >= 6.0 && page.value(hung) >= 1.0)
        .await;

    assert_eq!(page.sum(r#"okta_probe_success{org="well"}"#), 5.0, "{page}");
    assert_eq!(
        page.sum(r#"okta_probe_failures_total{org="well"}"#),
        0.0,
        "{page}"
    );
    assert_eq!(page.sum(r#"okta_probe_overdue{org="well"}"#), 0.0);
    assert_eq!(page.sum(r#"okta_probe_success{org="stalled"}"#), 0.0);
    let open = |org: &str| format!(r#"okta_exporter_breaker_state{{org="{org}",state="closed"}}"#);
    assert_eq!(page.value(&open("well")), 1.0);

    let asked = well.controls().requests();
    let of_users: Vec<_> = asked.iter().filter(|r| r.path == "/api/v1/users").collect();
    let (first, last) = (of_users[0].at, of_users[of_users.len() - 1].at);
    let mean = last.duration_since(first).as_secs_f64() / (of_users.len() - 1) as f64;
    let share = mean / interval.as_secs_f64();
    assert!((0.8..1.5).contains(&share), "asked every {share} intervals");
}

#[tokio::test]
async fn a_run_that_would_overlap_is_left_out_and_counted() {
    let okta = org().await;
    let token = okta.controls().mint(&Mint::by("default")).unwrap();
    // Each of the run's two requests is in time, and both together are not.
    for path in ["/oauth2/default/v1/introspect", "/oauth2/default/v1/keys"] {
        okta.controls()
            .fault(path, Fault::stall(Duration::from_millis(700)));
    }
    let probes = format!(
        "{{ token: {{ ci: {{ access_token: {token}, introspect: {{ client_id: 0oa1, client_secret: s3cr3t }}, interval: 1s, timeout: 1s }} }} }}"
    );
    let exporter = Exporter::watch(&okta, &probes).await;
    let left_out = r#"okta_probe_failures_total{probe="token/ci",reason="overlap"}"#;
    let page = exporter.until(|page| page.value(left_out) >= 1.0).await;
    assert_eq!(
        page.value(r#"okta_probe_failures_total{reason="timeout"}"#),
        0.0
    );
    let active = "okta_token_active";
    exporter.until(|page| page.get(active) == Some(1.0)).await;
}

#[tokio::test]
async fn what_may_not_be_asked_is_asked_more_slowly() {
    let okta = org().await;
    okta.controls()
        .fault("/api/v1/groups", Fault::error(403, "E0000006"));
    let probes = format!(
        "{{ endpoint: {{ {}, {} }} }}",
        endpoint("users"),
        endpoint("groups")
    );
    let exporter = Exporter::watch(&okta, &probes).await;
    let runs =
        |page: &Scrape, name: &str| page.sum(&format!(r#"okta_requests_total{{api="{name}"}}"#));
    let page = exporter
        .until(|page| runs(page, "users") >= 12.0 && runs(page, "groups") >= 1.0)
        .await;
    assert!(
        runs(&page, "groups") * 3.0 <= runs(&page, "users"),
        "{page}"
    );
}

#[tokio::test]
async fn three_server_errors_open_the_breaker_and_nothing_more_is_sent() {
    let okta = org().await;
    okta.controls().fault("/", Fault::status(503));
    let probes = format!(
        "{{ discovery: {{ interval: 1h }}, endpoint: {{ {}, {} }} }}",
        endpoint("users"),
        endpoint("groups")
    );
    let exporter = Exporter::watch(&okta, &probes).await;
    let open = r#"okta_exporter_breaker_state{org="acme",state="open"}"#;
    let held = r#"okta_probe_failures_total{reason="breaker_open"}"#;
    let page = exporter
        .until(|page| page.get(open) == Some(1.0) && page.sum(held) >= 4.0)
        .await;
    // Three failures, and at most what was under way as the third came.
    let sent = page.sum("okta_requests_total");
    assert!((3.0..=5.0).contains(&sent), "{sent}");
    assert_eq!(
        page.value(r#"okta_exporter_breaker_state{state="closed"}"#),
        0.0
    );
}

#[tokio::test]
async fn a_probe_that_cannot_ask_does_not_vouch_for_the_org() {
    let okta = org().await;
    okta.controls().fault("/", Fault::status(503));
    let files = tempfile::tempdir().unwrap();
    let token = files.path().join("token");
    std::fs::write(&token, "00opaque").unwrap();
    let probes = format!(
        "{{ discovery: {{ interval: 1h }}, endpoint: {{ {} }}, token: {{ ci: {{ access_token_file: '{}', interval: 50ms, timeout: 50ms }} }} }}",
        endpoint("users"),
        token.display()
    );
    let exporter = Exporter::watch(&okta, &probes).await;
    std::fs::remove_file(&token).unwrap();
    let open = r#"okta_exporter_breaker_state{org="acme",state="open"}"#;
    exporter.until(|page| page.get(open) == Some(1.0)).await;
}

#[tokio::test]
async fn a_connection_that_went_silent_is_given_up() {
    let okta = Org::new("acme").tls(Tls::new()).start().await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let ca = files.path().join("ca.pem");
    std::fs::write(&ca, okta.ca_pem().unwrap()).unwrap();
    let firewall = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", firewall.local_addr().unwrap());
    let exporter = Exporter::start(&format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{url}', ca_file: '{}', probes: {{ organization: {{ interval: 1h }} }} }} }}",
        ca.display()
    ))
    .await;
    let (silence, silent) = oneshot::channel::<()>();
    let target = okta.url().strip_prefix("https://").unwrap().to_owned();
    let forgotten = tokio::spawn(async move {
        let (mut client, _) = firewall.accept().await.unwrap();
        let mut server = TcpStream::connect(target).await.unwrap();
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => panic!("it did not last"),
            told = silent => told.unwrap(),
        }
        // From here on nothing passes; the client is only listened to until it hangs up.
        tokio::io::copy(&mut client, &mut tokio::io::sink())
            .await
            .unwrap_or_default()
    });
    let page = exporter.first_round().await;
    assert_eq!(page.value("okta_probe_success"), 1.0, "{page}");
    silence.send(()).unwrap();
    let given_up = tokio::time::timeout(PATIENCE, forgotten).await;
    given_up.expect("it is still held").unwrap();
}

#[tokio::test]
async fn requests_reuse_connections() {
    let plain = org().await;
    let secure = Org::new("acme")
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .tls(Tls::new())
        .start()
        .await
        .unwrap();
    let files = tempfile::tempdir().unwrap();
    let ca = files.path().join("ca.pem");
    std::fs::write(&ca, secure.ca_pem().unwrap()).unwrap();
    for (okta, ca) in [
        (&plain, String::new()),
        (&secure, format!("ca_file: '{}', ", ca.display())),
    ] {
        let exporter = Exporter::start(&format!(
            "status_pages: {{}}\norgs: {{ acme: {{ url: '{}', budget: 1, {ca}credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}, probes: {{ endpoint: {{ {}, {} }} }} }} }}",
            okta.url(),
            endpoint("users"),
            endpoint("groups")
        ))
        .await;
        exporter
            .until(|page| page.sum(r#"okta_requests_total{code="200"}"#) >= 20.0)
            .await;
        // HTTP/2 is spoken where it is offered, which is over TLS.
        let offered = if ca.is_empty() {
            http::Version::HTTP_11
        } else {
            http::Version::HTTP_2
        };
        let spoken = okta
            .controls()
            .requests()
            .iter()
            .map(|request| request.version)
            .collect::<Vec<_>>();
        assert!(
            spoken.iter().all(|version| *version == offered),
            "{spoken:?}"
        );
        let (requests, connections) = (
            okta.controls().request_count(),
            okta.controls().connection_count(),
        );
        assert!(
            connections <= 2,
            "{connections} connections for {requests} requests"
        );
    }
}
