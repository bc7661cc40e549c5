//! Log streams, event hooks, inline hooks.

use serde_json::{Value, json};

use super::{
    Inventory,
    support::{Answer, List, Part},
};
use crate::support::Exporter;

pub const INVENTORY: Inventory = Inventory {
    kind: "integrations",
    settings: "",
    org: |org| org,
    parts: &[
        Part {
            path: "/api/v1/logStreams",
            family: "okta_log_stream_active",
            answer: LIST,
        },
        Part {
            path: "/api/v1/eventHooks",
            family: "okta_event_hook_active",
            answer: LIST,
        },
        Part {
            path: "/api/v1/inlineHooks",
            family: "okta_inline_hook_active",
            answer: LIST,
        },
    ],
};

/// Of a status that is new it is unknown whether it is on: there is no series of it.
const LIST: Answer = Answer::List(List {
    entry: |id, name| json!({ "id": id, "name": name, "status": "ACTIVE" }),
    body: Value::Array,
    is_paged: true,
    word: "/status",
    other: "",
    most: 100,
});

#[tokio::test]
async fn a_stream_that_is_switched_off_and_a_hook_that_loses_its_verification_are_seen() {
    let okta = INVENTORY.org().start().await.unwrap();
    let exporter = Exporter::watch(&okta, &INVENTORY.probes()).await;
    let page = exporter.first_round().await;
    let stream =
        r#"okta_log_stream_active{org="acme",name="to-the-archive",id="0oa00000000000000080"}"#;
    let verified = r#"okta_event_hook_verified{org="acme",name="to-the-tickets"}"#;
    let active = r#"okta_event_hook_active{org="acme",name="to-the-tickets"}"#;
    let inline = r#"okta_inline_hook_active{org="acme",name="claims-of-billing"}"#;
    for series in [stream, verified, active, inline] {
        assert_eq!(page.value(series), 1.0, "{series}");
    }
    assert_eq!(page.all("okta_event_hook_verified").len(), 1, "{page}");

    let sim = okta.controls();
    sim.deactivate_log_stream("to-the-archive");
    sim.verify_hook("to-the-tickets", false);
    let page = exporter
        .until(|page| page.get(stream) == Some(0.0) && page.get(verified) == Some(0.0))
        .await;
    assert_eq!(page.value(active), 1.0);
    exporter.until_case("log-stream-off").await;
    exporter.until_case("event-hook-unverified").await;

    sim.activate_log_stream("to-the-archive");
    sim.verify_hook("to-the-tickets", true);
    exporter
        .until(|page| page.get(stream) == Some(1.0) && page.get(verified) == Some(1.0))
        .await;
}
