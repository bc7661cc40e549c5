//! Pools of agents, and the agents in them.

use okta_exporter::sim::{ApiToken, Org};
use serde_json::{Value, json};

use super::{
    Inventory,
    support::{Answer, List, Part},
};
use crate::support::{API_TOKEN, Exporter};

pub const INVENTORY: Inventory = Inventory {
    kind: "agent_pools",
    settings: "",
    org: |org| org,
    parts: &[Part {
        path: "/api/v1/agentPools",
        family: "okta_agent_pool_status",
        answer: Answer::List(List {
            entry: pool,
            body: Value::Array,
            is_paged: true,
            word: "/operationalStatus",
            other: r#"okta_agent_pool_status{status="other"}"#,
            most: 100,
        }),
    }],
};

fn pool(id: &str, name: &str) -> Value {
    json!({
        "id": id, "name": name, "type": "AD", "operationalStatus": "OPERATIONAL",
        "disruptedAgents": 0, "inactiveAgents": 0,
        "agents": [{
            "id": format!("a{id}"), "name": name, "operationalStatus": "OPERATIONAL",
            "lastConnection": 1_757_605_126_000_i64, "isLatestGAedVersion": true,
        }],
    })
}

#[tokio::test]
async fn an_agent_that_drops_is_seen_and_so_is_its_return() {
    let okta = Org::new("acme")
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .start()
        .await
        .unwrap();
    let exporter = Exporter::watch(&okta, &INVENTORY.probes()).await;
    let page = exporter.first_round().await;
    let pool = |status: &str| {
        format!(
            r#"okta_agent_pool_status{{org="acme",pool="example.com",kind="ad",status="{status}"}}"#
        )
    };
    let dc2 = |status: &str| format!(r#"okta_agent_status{{agent="dc2",status="{status}"}}"#);
    assert_eq!(page.value(&pool("operational")), 1.0);
    assert_eq!(page.value(&dc2("operational")), 1.0);
    let last = |page: &crate::support::Scrape| {
        page.value(r#"okta_agent_last_connection_timestamp_seconds{agent="dc2"}"#)
    };
    assert!(
        (last(&page) - jiff::Timestamp::now().as_second() as f64).abs() < 60.0,
        "{page}"
    );
    assert_eq!(page.value(r#"okta_agent_version_behind{agent="dc1"}"#), 0.0);
    assert_eq!(
        page.value(r#"okta_agent_version_behind{agent="ldap1"}"#),
        1.0
    );

    okta.controls().drop_agent("dc2");
    let page = exporter
        .until(|page| page.get(&pool("degraded")).is_some())
        .await;
    assert_eq!(page.value(&dc2("disrupted")), 1.0);
    assert_eq!(page.get(&dc2("operational")), None);
    assert_eq!(
        page.value(r#"okta_agent_pool_disrupted_agents{pool="example.com"}"#),
        1.0
    );

    okta.controls().drop_agent("dc1");
    exporter
        .until(|page| page.get(&pool("disrupted")).is_some())
        .await;
    for agent in ["dc1", "dc2"] {
        okta.controls().return_agent(agent);
    }
    let page = exporter
        .until(|page| page.get(&pool("operational")).is_some())
        .await;
    assert_eq!(
        page.value(r#"okta_agent_pool_disrupted_agents{pool="example.com"}"#),
        0.0
    );
}

#[tokio::test]
async fn enough_pools_are_asked_for() {
    let okta = INVENTORY.org().start().await.unwrap();
    Exporter::watch(&okta, &INVENTORY.probes())
        .await
        .first_round()
        .await;
    let asked = okta.controls().requests().pop().unwrap();
    assert_eq!(asked.query.as_deref(), Some("limitPerPoolType=200"));
}

#[tokio::test]
async fn what_a_probe_that_nobody_wrote_may_not_read_fails_nothing_and_is_told() {
    let okta = INVENTORY
        .org()
        .without_feature("/api/v1/agentPools")
        .start()
        .await
        .unwrap();
    let probes = "{ agent_pools: { credential: monitor, optional: true } }";
    let exporter = Exporter::watch(&okta, probes).await;
    let page = exporter.first_round().await;
    INVENTORY.succeeds(&page);
    INVENTORY.shows(&page, |_| false);
    exporter.until_case("withheld").await;
}
