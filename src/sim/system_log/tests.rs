use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Response};
use serde_json::Value;

use super::*;
use crate::sim::{ApiToken, Clock, Fault, Mint, ORG, Org, Principal, Running, ServiceApp};

const LOGS: &str = "/api/v1/logs";
const START: i64 = 1_750_000_000;

fn acme() -> (Org, Clock) {
    let clock = Clock::by_hand(Timestamp::from_second(START).unwrap());
    let token = ApiToken::new("exporter", "live").percent(100);
    let org = Org::new("acme").clock(&clock).api_token(token);
    (org.limit(LOGS, 10_000), clock)
}

async fn get(url: &str) -> Response {
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(9));
    let request = client.build().unwrap().get(url);
    let request = request.header("authorization", "SSWS live");
    request.send().await.unwrap()
}

async fn ask(org: &Running, query: &str) -> Response {
    get(&format!("{}{LOGS}{query}", org.url())).await
}

async fn events(answer: Response) -> Vec<Value> {
    assert_eq!(answer.status(), 200);
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

async fn error(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    (status, body["errorCode"].as_str().unwrap().to_owned())
}

/// The link of one line.
fn link(answer: &Response, rel: &str) -> Option<String> {
    let lines = answer.headers().get_all("link").iter();
    let mut lines = lines.map(|line| line.to_str().unwrap());
    let line = lines.find(|line| line.ends_with(&format!("; rel=\"{rel}\"")))?;
    Some(line[1..].split('>').next().unwrap().to_owned())
}

fn uuids(events: &[Value]) -> Vec<String> {
    let uuid = |event: &Value| event["uuid"].as_str().unwrap().to_owned();
    events.iter().map(uuid).collect()
}

/// Follows `next` until a page is empty; the uuids seen are added, and where to go on is returned.
async fn follow(mut url: String, seen: &mut Vec<String>) -> String {
    loop {
        let answer = get(&url).await;
        let (own, next) = (
            link(&answer, "self").unwrap(),
            link(&answer, "next").unwrap(),
        );
        let page = uuids(&events(answer).await);
        if page.is_empty() {
            assert_eq!(own, next);
            return next;
        }
        assert_ne!(own, next);
        seen.extend(page);
        url = next;
    }
}

#[tokio::test]
async fn whoever_follows_the_next_links_sees_each_event_once_and_the_late_ones_too() {
    let (org, clock) = acme();
    let org = org.start().await.unwrap();
    let (controls, event) = (org.controls(), LogEvent::sign_in());
    let mut written = controls.log_many(&event, 2500);
    let mut seen = Vec::new();
    let start = format!("{}{LOGS}?limit=1000&sortOrder=ASCENDING", org.url());
    let mut url = follow(start, &mut seen).await;
    for _ in 0..3 {
        // Not a millisecond later, then a minute later and published a day ago.
        written.extend(controls.log_many(&event, 3));
        url = follow(url, &mut seen).await;
        clock.advance(Duration::from_mins(1));
        let late = event.clone().late(Duration::from_hours(24));
        written.extend(controls.log_many(&late, 101));
        written.push(controls.log(&event));
        url = follow(url, &mut seen).await;
    }
    assert_eq!(seen, written);
    assert!(controls.log_again(&written[7]));
    url = follow(url, &mut seen).await;
    assert_eq!(seen.pop(), written.get(7).cloned());
    assert_eq!(seen, written);
    clock.set_offset(jiff::SignedDuration::from_hours(-1));
    written.push(controls.log(&event));
    follow(url, &mut seen).await;
    assert_eq!(seen, written);
    let totals = controls.log_totals();
    assert_eq!((totals.events, totals.repeats), (seen.len() as u64, 1));
}

#[tokio::test]
async fn an_event_has_the_shape_that_okta_gives_it() {
    let (org, _) = acme();
    let org = org.start().await.unwrap();
    org.controls().spend(
        "/api/v1/users",
        &Principal::new("exporter").percent(100),
        60,
    );
    let page = events(ask(&org, "").await).await;
    let warning = &page[0];
    assert_eq!(warning["eventType"], "system.org.rate_limit.warning");
    assert_eq!(warning["published"], "2025-06-15T15:06:40.000Z");
    assert_eq!(warning["target"][0]["type"], "URL Pattern");
    assert_eq!(warning["target"][0]["id"], "/api/v1/users");
    assert_eq!(warning["target"][1]["type"], "Bucket Uuid");
    let debug = warning["debugContext"]["debugData"].as_object().unwrap();
    assert_eq!(debug["threshold"], "100");
    assert_eq!(debug["warningPercent"], "60");
    assert_eq!(debug["rateLimitSecondsToReset"], "60");
    assert!(debug.values().all(Value::is_string), "{debug:?}");
    let detail = &warning["transaction"]["detail"];
    assert_eq!(detail["requestApiTokenId"], "00T00000000000000000");
    let uuid = warning["uuid"].as_str().unwrap();
    let field = |at, digits| u64::from_str_radix(&uuid[at..at + digits], 16).unwrap();
    let ticks = (field(15, 3) << 48) | (field(9, 4) << 32) | field(0, 8);
    assert_eq!(
        ticks,
        u64::try_from(START).unwrap() * 10_000_000 + 0x01B2_1DD2_1381_4000
    );
    // An own sample, so that what is compared is not what wrote it.
    let sample = include_str!("../../../tests/fixtures/system-log-event.json");
    let sample: BTreeMap<String, Value> = serde_json::from_str(sample).unwrap();
    for (name, value) in &sample {
        let written = &warning[name];
        let same = std::mem::discriminant(written) == std::mem::discriminant(value);
        assert!(same, "{name}: {written} for {value}");
    }
}

#[tokio::test]
async fn a_query_out_of_bounds_is_refused_in_oktas_words() {
    let (org, _) = acme();
    let org = org.start().await.unwrap();
    let invalid = (400, "E0000001".to_owned());
    for query in [
        "?limit=1001",
        "?limit=-1",
        "?limit=x",
        "?since=yesterday",
        "?sortOrder=UP",
        "?after=x",
    ] {
        assert_eq!(error(ask(&org, query).await).await, invalid, "{query}");
    }
    let long_ago = ask(&org, "?since=2024-06-15T15:06:40Z").await;
    assert_eq!(error(long_ago).await, (400, "E0000053".to_owned()));
    assert_eq!(events(ask(&org, "?limit=1000").await).await.len(), 0);
    let stranger = Org::new("acme").bearer("app", ["okta.users.read"]);
    let stranger = stranger.start().await.unwrap();
    let client = Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("{}{LOGS}", stranger.url()));
    let answer = request.bearer_auth("app").send().await.unwrap();
    assert_eq!(answer.status(), 403);
}

#[tokio::test]
async fn what_is_asked_for_bounds_a_page() {
    let (org, clock) = acme();
    let org = org.start().await.unwrap();
    let controls = org.controls();
    controls.log(&LogEvent::new("old").late(Duration::from_hours(24 * 8)));
    let at = |second: i64| Timestamp::from_second(START + second).unwrap();
    for name in ["a", "b", "c"] {
        clock.advance(Duration::from_secs(10));
        controls.log(&LogEvent::new(name));
    }
    controls.log(&LogEvent::new("late").late(Duration::from_secs(15)));
    let types = async |query: &str| {
        let page = events(ask(&org, query).await).await;
        let name = |event: &Value| event["eventType"].as_str().unwrap().to_owned();
        page.iter().map(name).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(types("").await, "old a b c late");
    assert_eq!(types("?limit=0").await, "");
    assert_eq!(types("?limit=2").await, "old a");
    assert_eq!(types(&format!("?since={}", at(20))).await, "b c late");
    assert_eq!(types("?sortOrder=DESCENDING").await, "c b late a");
    let until = format!("?since={}&until={}", at(0), at(30));
    assert_eq!(types(&until).await, "a late b");
    let filter = "?filter=eventType+eq+%22b%22+or+eventType+eq+%22late%22";
    assert_eq!(types(filter).await, "b late");
    assert_eq!(
        types("?filter=outcome.result+eq+%22X%22").await,
        "old a b c late"
    );

    let first = ask(&org, &format!("{until}&limit=2")).await;
    let next = link(&first, "next").unwrap();
    assert!(next.contains("&after=17500000"), "{next}");
    let last = get(&next).await;
    assert_eq!(link(&last, "next"), None);
    assert_eq!(events(last).await.len(), 1);
}

#[tokio::test]
async fn forgotten_cursors_are_refused_and_new_ones_taken() {
    let (org, clock) = acme();
    let org = org.start().await.unwrap();
    let controls = org.controls();
    controls.log_many(&LogEvent::sign_in(), 5);
    let next = link(&ask(&org, "?limit=2").await, "next").unwrap();
    assert!(next.ends_with("after=1750000000000_2"), "{next}");
    controls.forget_log_cursors();
    assert_eq!(error(get(&next).await).await, (400, "E0000001".to_owned()));
    let next = link(&ask(&org, "?limit=2").await, "next").unwrap();
    assert_eq!(events(get(&next).await).await.len(), 2);
    controls.forget_log_before(clock.now());
    assert_eq!(controls.log_events().len(), 5);
    clock.advance(Duration::from_secs(1));
    controls.forget_log_before(clock.now());
    assert_eq!(events(get(&next).await).await.len(), 0);
    assert_eq!(controls.log_totals().events, 5);
}

#[tokio::test]
async fn both_links_may_come_in_one_line() {
    let (org, _) = acme();
    let org = org.start().await.unwrap();
    let lines = async || {
        let answer = ask(&org, "?limit=1").await;
        let lines = answer.headers().get_all("link").iter();
        lines
            .map(|line| line.to_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(lines().await.len(), 2);
    org.controls().join_log_links(true);
    let joined = lines().await;
    assert_eq!(joined.len(), 1);
    assert!(joined[0].contains(r#"; rel="self", <http"#), "{joined:?}");
}

fn counted(org: &Running) -> Vec<(String, u64)> {
    org.controls().log_totals().by_type.into_iter().collect()
}

#[tokio::test]
async fn the_org_writes_of_limits_tokens_and_keys_and_of_no_reading() {
    let (org, clock) = acme();
    let app = ServiceApp::new("0oaAPP").secret("right").grant(["reports"]);
    let org = org
        .api_token(ApiToken::new("half", "half"))
        .service_app(app);
    let org = org.start().await.unwrap();
    for path in [
        "/api/v1/users",
        "/api/v1/org",
        "/.well-known/okta-organization",
    ] {
        assert_eq!(get(&format!("{}{path}", org.url())).await.status(), 200);
    }
    assert_eq!(counted(&org), []);
    let controls = org.controls();
    let (whole, half) = (
        Principal::new("exporter").percent(100),
        Principal::new("half"),
    );
    // 50 of 100: the token's own share is warned of and used up, the org's is not.
    controls.spend("/api/v1/groups", &half, 51);
    let of_tokens = [
        ("system.operation.rate_limit.violation".to_owned(), 1),
        ("system.operation.rate_limit.warning".to_owned(), 1),
    ];
    assert_eq!(counted(&org), of_tokens);
    controls.spend("/api/v1/groups", &whole, 51);
    let org_warnings = |count| ("system.org.rate_limit.warning".to_owned(), count);
    let org_violations = |count| ("system.org.rate_limit.violation".to_owned(), count);
    let seen = counted(&org);
    assert!(
        seen.contains(&org_warnings(1)) && seen.contains(&org_violations(1)),
        "{seen:?}"
    );
    clock.advance(Duration::from_mins(1));
    controls.spend("/api/v1/groups", &whole, 70);
    assert!(counted(&org).contains(&org_warnings(2)));

    controls.fault("/api/v1/org", Fault::concurrency().times(1));
    get(&format!("{}/api/v1/org", org.url())).await;
    controls
        .mint(&Mint::by(ORG).scopes(["okta.users.read"]))
        .unwrap();
    controls.rotate_keys("default").unwrap();
    controls
        .schedule_rotation(ORG, Duration::from_mins(2))
        .unwrap();
    for secret in ["wrong", "right"] {
        let client = Client::builder().no_proxy().build().unwrap();
        let request = client.post(format!("{}/oauth2/default/v1/token", org.url()));
        let form = [("grant_type", "client_credentials"), ("scope", "reports")];
        let request = request.basic_auth("0oaAPP", Some(secret)).form(&form);
        request.send().await.unwrap();
    }
    let count = |event_type: &str| {
        let totals = controls.log_totals();
        totals.by_type.get(event_type).copied().unwrap_or(0)
    };
    assert_eq!(count("core.concurrency.org.limit.violation"), 1);
    assert_eq!(count("app.oauth2.token.grant"), 1);
    assert_eq!(count("app.oauth2.as.token.grant"), 1);
    assert_eq!(count("app.oauth2.invalid_client_credentials"), 1);
    assert_eq!(count("app.oauth2.as.key.rollover"), 1);
    assert_eq!(count("app.oauth2.key.rollover"), 0);
    clock.advance(Duration::from_mins(3));
    assert_eq!(count("app.oauth2.key.rollover"), 1);
}

#[test]
fn odd_events_are_json_and_each_is_odd() {
    let plain = LogEvent::failed_sign_in("INVALID_CREDENTIALS");
    let plain = plain
        .shape(event::ToldBy::Log)
        .text("1", Timestamp::UNIX_EPOCH)
        .len();
    for (what, text) in odd_log_events(Timestamp::UNIX_EPOCH) {
        serde_json::from_str::<Value>(&text).expect(what);
        // Random ids are as long as one another, and uuids 35 longer than that of the plain one.
        assert_ne!(text.len(), plain + 35, "{what}");
    }
}

#[test]
fn the_oldest_go_when_there_are_too_many() {
    let mut log = SystemLog::new();
    let now = Timestamp::UNIX_EPOCH;
    for _ in 0..=MOST_EVENTS {
        log.append_text(Bytes::from_static(b"{}"), now);
    }
    assert_eq!(
        (log.entries.len(), log.bytes),
        (MOST_EVENTS, 2 * MOST_EVENTS)
    );
    let large = Bytes::from(vec![b'x'; 1 << 20]);
    for _ in 0..600 {
        log.append_text(large.clone(), now);
    }
    assert!(log.bytes <= MOST_BYTES);
    assert_eq!(log.totals.events, MOST_EVENTS as u64 + 601);
}
