//! The org's API tokens, and which of them were active when a limit ran out.

use std::time::Duration;

use okta_exporter::sim::{ApiToken, Fault, Limited, LogEvent, Org, Principal};
use serde_json::{Value, json};

use super::{
    Inventory,
    support::{Answer, List, Part},
};
use crate::support::{API_TOKEN, Exporter, Scrape, acme};

pub const INVENTORY: Inventory = Inventory {
    kind: "api_tokens",
    settings: "",
    org: |org| org,
    parts: &[Part {
        path: "/api/v1/api-tokens",
        family: "okta_api_token_expiry_timestamp_seconds",
        answer: Answer::List(List {
            entry: token,
            body: Value::Array,
            is_paged: true,
            word: "/network/connection",
            other: "",
            most: 100,
        }),
    }],
};

fn token(id: &str, name: &str) -> Value {
    json!({
        "id": id, "name": name, "userId": "00u1", "clientName": "Okta API", "tokenWindow": "P30D",
        "network": {"connection": "ZONE", "include": ["nzo1"]}, "created": "2024-05-14T09:00:00.000Z",
        "lastUpdated": "2026-11-01T09:00:00.000Z", "expiresAt": "2026-12-01T09:00:00.000Z",
    })
}

const DISAPPEARED: &str = "okta_api_tokens_disappeared_total";
const DAY: Duration = Duration::from_hours(24);

/// The series of one token.
fn of(family: &str, number: usize) -> String {
    format!(r#"okta_api_token_{family}{{token_id="00T{number:017}"}}"#)
}

fn org() -> Org {
    Org::new("acme").api_token(ApiToken::new("monitor", API_TOKEN))
}

#[tokio::test]
async fn each_token_tells_its_end_and_its_last_use_and_the_exporters_own_is_marked() {
    let okta = org()
        .api_token(ApiToken::new("monthly \"report\"", "00monthly").unused_for(26 * DAY))
        .api_token(
            ApiToken::new("zoned", "00zoned")
                .unused_for(DAY)
                .connection("ZONE"),
        )
        .start()
        .await
        .unwrap();
    let exporter = Exporter::watch(&okta, &INVENTORY.probes()).await;
    let page = exporter.first_round().await;
    assert_eq!(page.value("okta_api_tokens"), 3.0);
    assert_eq!(page.value(DISAPPEARED), 0.0);
    let left = page.value(&of("expiry_timestamp_seconds", 1))
        - page.value(&of("last_used_timestamp_seconds", 1));
    assert_eq!(left, 30.0 * 86_400.0);
    let ends_later = page.value(&of("expiry_timestamp_seconds", 2))
        - page.value(&of("expiry_timestamp_seconds", 1));
    assert_eq!((ends_later / 86_400.0).round(), 25.0);
    let unrestricted = |number| page.value(&of("unrestricted_network", number));
    assert_eq!((unrestricted(1), unrestricted(2)), (1.0, 0.0));
    assert!(
        page.to_string()
            .contains(r#"token_name="monthly \"report\"""#)
    );
    // Nobody else's was in use a minute ago.
    let own = page.all("okta_api_token_own");
    assert_eq!(own.len(), 1, "{page}");
    let own = r#"okta_api_token_own{token_id="00T00000000000000000",token_name="monitor",credential="monitor"}"#;
    assert_eq!(page.value(own), 1.0);
    exporter.until_case("api-token-expiring").await;
}

#[tokio::test]
async fn the_own_token_is_the_one_that_is_configured_where_several_are_in_use() {
    let busy = ApiToken::new("busy", "00busy");
    let okta = org().api_token(busy).start().await.unwrap();
    let yaml = acme(&okta, &INVENTORY.probes());
    let page = Exporter::start(&yaml).await.first_round().await;
    assert!(!page.has_any("okta_api_token_own"), "{page}");
    let named = format!("api_token: {API_TOKEN}, principal_id: 00T00000000000000000");
    let yaml = yaml.replace(&format!("api_token: {API_TOKEN}"), &named);
    let page = Exporter::start(&yaml).await.first_round().await;
    assert_eq!(page.value(&of("own", 0)), 1.0);
    assert_eq!(page.all("okta_api_token_own").len(), 1);
}

#[tokio::test]
async fn a_token_that_vanishes_while_the_exporter_is_down_is_told_and_a_list_that_is_withheld_is_no_reason()
 {
    let okta = org()
        .api_token(ApiToken::new("contractor", "00contractor"))
        .start()
        .await
        .unwrap();
    let files = tempfile::tempdir().unwrap();
    let storage = files.path().join("state.redb").display().to_string();
    let yaml = acme(&okta, &INVENTORY.probes());
    let yaml = format!("storage: {{ path: '{storage}' }}\n{yaml}");
    let exporter = Exporter::start(&yaml).await;
    assert_eq!(exporter.first_round().await.value("okta_api_tokens"), 2.0);
    okta.controls()
        .fault("/api/v1/api-tokens", Fault::error(403, "E0000006"));
    let page = exporter
        .until(|page| INVENTORY.failed(page, "forbidden") >= 1.0)
        .await;
    assert!(!page.has_any("okta_api_token"), "{page}");
    exporter.drain().await;
    okta.controls().clear_faults();
    let exporter = Exporter::start(&yaml).await;
    let page = exporter.first_round().await;
    assert_eq!(
        (page.value("okta_api_tokens"), page.value(DISAPPEARED)),
        (2.0, 0.0)
    );
    exporter.drain().await;
    assert!(okta.controls().revoke_api_token("contractor"));
    let exporter = Exporter::start(&yaml).await;
    let page = exporter
        .until(|page| page.get(DISAPPEARED) >= Some(1.0))
        .await;
    assert_eq!(
        (page.value("okta_api_tokens"), page.value(DISAPPEARED)),
        (1.0, 1.0)
    );
    assert!(page.value(&of("disappeared_timestamp_seconds", 1)) > 1e9);
    exporter.until_case("api-token-gone").await;
}

/// The windows in which these tokens were active, of those that were looked at.
fn suspects(page: &Scrape, bucket: &str) -> (Vec<String>, f64) {
    let examined = format!(r#"okta_rate_limit_examined_windows{{bucket="{bucket}"}}"#);
    let all = page.series().iter();
    let all = all.filter(|one| {
        one.name == "okta_rate_limit_suspect_windows" && one.labels["bucket"] == bucket
    });
    let told = all.map(|one| format!("{} {}", one.labels["token_name"], one.value));
    (told.collect(), page.sum(&examined))
}

#[tokio::test]
async fn who_was_active_while_a_limit_ran_out_is_told_and_nobody_else() {
    let okta = org()
        .window(Duration::from_secs(20))
        .limit("/api/v1/users", 10)
        .api_token(ApiToken::new("nightly", "00nightly").unused_for(DAY))
        .api_token(ApiToken::new("idle", "00idle").unused_for(DAY))
        .start()
        .await
        .unwrap();
    let probes = "{ api_tokens: {}, endpoint: { users: { path: /api/v1/users, credential: monitor, sampling: interval, interval: 1s, timeout: 1s } } }";
    let exporter = Exporter::watch(&okta, probes).await;
    exporter.first_round().await;
    let sim = okta.controls();
    // Its own ceiling is all that the exporter sees; what others do beside it, their tokens tell.
    sim.spend("/api/v1/groups", &Principal::new("nightly"), 1);
    sim.spend("/api/v1/users", &Principal::new("monitor"), 10);
    let looked = |page: &Scrape| suspects(page, "/api/v1/users").1 >= 1.0;
    let page = exporter.until(looked).await;
    assert_eq!(
        suspects(&page, "/api/v1/users"),
        (vec!["nightly 1".to_owned()], 1.0),
        "{page}"
    );
    let lists = sim.requests().into_iter();
    let lists = lists.filter(|request| request.path == "/api/v1/api-tokens");
    assert_eq!(lists.count(), 2, "one request for the window");
}

#[tokio::test]
async fn the_log_tells_of_a_limit_of_the_org_that_ran_out() {
    let okta = org()
        .limit("/api/v1/logs", 1_000_000)
        .api_token(ApiToken::new("nightly", "00nightly").unused_for(DAY))
        .start()
        .await
        .unwrap();
    let probes = "{ api_tokens: {}, system_log: { look_back: 1h, interval: 1s, timeout: 1s } }";
    let exporter = Exporter::watch(&okta, probes).await;
    exporter.first_round().await;
    let sim = okta.controls();
    sim.spend("/api/v1/groups", &Principal::new("nightly"), 1);
    let event = LogEvent::org_limit(Limited::Violated, "/api/v1/apps*", 600);
    sim.log(&event.debug("rateLimitSecondsToReset", "20"));
    let looked = |page: &Scrape| suspects(page, "/api/v1/apps*").1 >= 1.0;
    let page = exporter.until(looked).await;
    assert_eq!(suspects(&page, "/api/v1/apps*").0, ["nightly 1"], "{page}");
}
