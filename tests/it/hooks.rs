mod storms;

use std::time::Duration;

use okta_exporter::sim::{EventHook, Limited, LogEvent, Org, Running};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Exporter, Scrape, get, http};

const SECRET: &str = "s3cr3t-of-the-event-hook";
const CHALLENGE: &str = "x-okta-verification-challenge";

async fn org() -> Running {
    Org::new("acme").start().await.unwrap()
}

/// An exporter that asks one thing and takes what the hook of `acme` delivers.
async fn exporter(okta: &Running, event_hook: &str) -> Exporter {
    Exporter::start(&settings(okta, event_hook)).await
}

fn settings(okta: &Running, event_hook: &str) -> String {
    let url = okta.url();
    format!(
        "status_pages: {{}}\norgs:\n  acme:\n    url: '{url}'\n    probes: {{ discovery: {{}} }}\n{event_hook}"
    )
}

fn hook() -> String {
    format!("    event_hook: {{ authorization: {SECRET} }}\n")
}

fn address(exporter: &Exporter) -> String {
    format!("{}/hooks/okta/acme", exporter.url())
}

/// A delivery of events with these numbers.
fn delivery(numbers: impl IntoIterator<Item = usize>) -> String {
    let events = numbers.into_iter().map(|number| {
        json!({
            "uuid": format!("00000000-0000-0000-0000-{number:012x}"),
            "eventType": "system.org.rate_limit.violation",
            "published": "2026-07-24T07:30:00.000Z",
            "target": [{ "type": "URL Pattern", "id": "/api/v1/users" }],
        })
    });
    json!({
        "eventType": "com.okta.event_hook",
        "source": "https://acme.okta.com/api/v1/eventHooks/who00000000000000001",
        "data": { "events": events.collect::<Vec<Value>>() },
    })
    .to_string()
}

/// What the exporter answers to a delivery.
async fn status(exporter: &Exporter, secret: &str, body: String) -> StatusCode {
    post(&address(exporter), secret, body).await.status()
}

async fn post(url: &str, secret: &str, body: String) -> Response {
    post_by(&http(), (url, secret), body).await
}

async fn post_by(client: &Client, (url, secret): (&str, &str), body: String) -> Response {
    let request = client.post(url).header("authorization", secret);
    request.body(body).send().await.unwrap()
}

const VIOLATIONS: &str = r#"okta_rate_limit_events_total{event="violation"}"#;

fn deliveries(page: &Scrape, result: &str) -> f64 {
    page.value(&format!(
        "okta_hook_deliveries_total{{org=\"acme\",result=\"{result}\"}}"
    ))
}

#[tokio::test]
async fn okta_verifies_the_hook_and_each_event_that_it_delivers_counts_once() {
    let okta = org().await;
    let exporter = exporter(&okta, &hook()).await;
    let types = ["user.session.start", "system.org.rate_limit.warning"];
    let hook = EventHook::new(&address(&exporter))
        .header("Authorization", SECRET)
        .types(types)
        .batch(3)
        .at_once(8)
        .twice_every(2)
        .unordered();
    let id = okta.controls().add_hook(hook).await.unwrap();
    okta.controls()
        .log_many(&LogEvent::failed_sign_in("INVALID_CREDENTIALS"), 40);
    okta.controls().log_many(&LogEvent::sign_in(), 60);
    let warning = LogEvent::org_limit(Limited::Warned, "/api/v1/users", 600);
    okta.controls().log_many(&warning, 7);
    let totals = okta.controls().until_hook_settled(&id).await;
    assert_eq!((totals.lost, totals.delivered), (0, 107));
    assert!(totals.posts > 107 / 3 + 1, "some came twice: {totals:?}");

    let page = exporter.scrape().await;
    let sign_ins = |outcome: &str| {
        page.value(&format!(
            "okta_hook_events_total{{event_type=\"user.session.start\",outcome=\"{outcome}\"}}"
        ))
    };
    assert_eq!((sign_ins("failure"), sign_ins("success")), (40.0, 60.0));
    let warnings =
        r#"okta_rate_limit_events_total{event="warning",scope="org",bucket="/api/v1/users"}"#;
    assert_eq!(page.value(warnings), 7.0);
    assert_eq!(deliveries(&page, "accepted"), totals.posts as f64);
    let last = page.value("okta_hook_last_delivery_timestamp_seconds");
    assert!((jiff::Timestamp::now().as_second() as f64 - last).abs() < 300.0);
    // Nobody follows this org's log.
    assert!(!page.has_any("okta_log_") && !page.has_any("okta_hook_missed"));
}

#[tokio::test]
async fn who_does_not_bring_the_secret_gets_no_further_than_the_headers() {
    let okta = org().await;
    let exporter = exporter(&okta, &hook()).await;
    let url = address(&exporter);
    for secret in [
        "",
        "s3cr3t",
        "s3cr3t-of-the-event-hooK",
        &format!("{SECRET}x"),
        &format!("Bearer {SECRET}"),
    ] {
        let answer = post(&url, secret, delivery([1])).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{secret}");
    }
    // It is refused though its body never comes.
    let mut stream = TcpStream::connect(exporter.url().trim_start_matches("http://"))
        .await
        .unwrap();
    let head = "POST /hooks/okta/acme HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\nauthorization: wrong\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");

    let unknown = format!("{}/hooks/okta/beta", exporter.url());
    let answer = post(&unknown, SECRET, delivery([1])).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(!answer.text().await.unwrap().contains("acme"));

    let page = exporter.scrape().await;
    assert_eq!(deliveries(&page, "unauthorized"), 6.0);
    assert_eq!(page.sum(VIOLATIONS), 0.0);
    let route = r#"okta_exporter_http_requests_total{handler="/hooks/okta/{org}"#;
    let requests = page.to_string();
    assert!(
        requests.contains(&format!("{route}\",code=\"401\"}} 6")),
        "{requests}"
    );
}

#[tokio::test]
async fn what_is_no_delivery_is_refused_and_what_is_too_large_is_not_read() {
    let okta = org().await;
    let exporter = exporter(&okta, &hook()).await;
    let url = address(&exporter);
    let large = "x".repeat(1024 * 1024 + 1);
    let streamed = reqwest::Body::from(large.clone());
    for (body, status) in [
        ("not JSON".to_owned(), StatusCode::BAD_REQUEST),
        ("{}".to_owned(), StatusCode::BAD_REQUEST),
        (String::new(), StatusCode::BAD_REQUEST),
        (large, StatusCode::PAYLOAD_TOO_LARGE),
        (delivery([]), StatusCode::NO_CONTENT),
        (delivery(0..2_000), StatusCode::NO_CONTENT),
    ] {
        let answer = post(&url, SECRET, body).await;
        assert_eq!(answer.status(), status);
    }
    let chunked = http()
        .post(&url)
        .header("authorization", SECRET)
        .header("transfer-encoding", "chunked")
        .body(streamed);
    assert_eq!(
        chunked.send().await.unwrap().status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let put = http().put(&url).header("authorization", SECRET);
    assert_eq!(
        put.send().await.unwrap().status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    let page = exporter.scrape().await;
    assert_eq!(
        (
            deliveries(&page, "malformed"),
            deliveries(&page, "accepted")
        ),
        (5.0, 2.0)
    );
    assert_eq!(page.sum(VIOLATIONS), 2_000.0);
}

#[tokio::test]
async fn a_challenge_is_answered_as_it_came_and_only_as_one() {
    let okta = org().await;
    let exporter = exporter(&okta, &hook()).await;
    let url = address(&exporter);
    let ask = async |challenge: &str| {
        let request = http().get(&url).header(CHALLENGE, challenge);
        request.send().await.unwrap()
    };
    let answer = ask(r#"a"b\c<script>"#).await;
    assert_eq!(answer.headers()["content-type"], "application/json");
    let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(answer, json!({ "verification": r#"a"b\c<script>"# }));
    for none in ["", &"x".repeat(1025)] {
        assert_eq!(ask(none).await.status(), StatusCode::BAD_REQUEST);
    }
    assert_eq!(get(&url).await.status(), StatusCode::BAD_REQUEST);
    let unknown = format!("{}/hooks/okta/beta", exporter.url());
    assert_eq!(get(&unknown).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_secret_in_another_header_is_read_again_where_its_file_changes() {
    let okta = org().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("hook");
    std::fs::write(&file, format!("Basic {SECRET}\n")).unwrap();
    let settings = format!(
        "    event_hook: {{ header: X-Okta, authorization_file: '{}' }}\n",
        file.display()
    );
    let exporter = exporter(&okta, &settings).await;
    let send = async |secret: &str| {
        let request = http().post(address(&exporter)).header("x-okta", secret);
        request.body(delivery([1])).send().await.unwrap().status()
    };
    assert_eq!(
        send(&format!("Basic {SECRET}")).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        post(
            &address(&exporter),
            &format!("Basic {SECRET}"),
            delivery([1])
        )
        .await
        .status(),
        StatusCode::UNAUTHORIZED
    );
    std::fs::write(&file, "another-secret-of-the-hook").unwrap();
    while send("another-secret-of-the-hook").await != StatusCode::NO_CONTENT {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(
        send(&format!("Basic {SECRET}")).await,
        StatusCode::UNAUTHORIZED
    );
    // Where it cannot be read, Okta is to come again.
    std::fs::remove_file(&file).unwrap();
    while send("another-secret-of-the-hook").await != StatusCode::SERVICE_UNAVAILABLE {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(deliveries(&exporter.scrape().await, "unavailable") >= 1.0);
}

#[tokio::test]
async fn a_hook_comes_and_goes_with_the_configuration_and_counts_go_on() {
    let okta = org().await;
    let mut exporter = exporter(&okta, "").await;
    assert_eq!(
        status(&exporter, SECRET, delivery([1])).await,
        StatusCode::NOT_FOUND
    );
    assert!(!exporter.scrape().await.has_any("okta_hook_"));
    exporter.apply(&settings(&okta, &hook())).await;
    assert_eq!(
        status(&exporter, SECRET, delivery([1, 2])).await,
        StatusCode::NO_CONTENT
    );
    // The secret changes, and what was counted stays.
    let other = "    event_hook: { authorization: another-secret-of-the-hook }\n";
    exporter.apply(&settings(&okta, other)).await;
    assert_eq!(
        status(&exporter, SECRET, delivery([3])).await,
        StatusCode::UNAUTHORIZED
    );
    let answer = post(
        &address(&exporter),
        "another-secret-of-the-hook",
        delivery([2, 3]),
    )
    .await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(exporter.scrape().await.sum(VIOLATIONS), 3.0);
    exporter.apply(&settings(&okta, "")).await;
    assert_eq!(
        status(&exporter, SECRET, delivery([4])).await,
        StatusCode::NOT_FOUND
    );
    assert!(!exporter.scrape().await.has_any("okta_hook_"));
    // Who comes back goes on from what is kept.
    exporter.apply(&settings(&okta, &hook())).await;
    assert_eq!(
        status(&exporter, SECRET, delivery([3, 4])).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(exporter.scrape().await.sum(VIOLATIONS), 4.0);
}
