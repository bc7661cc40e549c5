//! What the org says of its own limits: when it warns, how it treats single clients, and the share
//! of each principal. How full a bucket is stands in [`crate::sim::counters`].

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::Call;
use crate::sim::answer::{Answer, id};
use crate::sim::world::World;

pub(super) fn settings(world: &World, call: &Call, which: &str) -> Answer {
    match which {
        "warning-threshold" => {
            Answer::resource(&json!({ "warningThreshold": world.org.warning_threshold }))
        }
        "per-client" => Answer::resource(&json!({
            "defaultMode": world.org.client_mode,
            "useCaseModeOverrides": {},
        })),
        "admin-notifications" => {
            Answer::resource(&json!({ "notificationsEnabled": world.account.mails_of_limits }))
        }
        _ => Answer::not_found(&call.path),
    }
}

/// The principals of the type that the filter names, a page at a time; without it, nothing.
pub(super) fn principals(world: &World, call: &Call) -> Answer {
    let filter = call.query("filter").unwrap_or_default();
    let listed = match filter.as_str() {
        r#"principalType eq "SSWS_TOKEN""# => api_tokens(world, call.now),
        r#"principalType eq "OAUTH_CLIENT""# => clients(world),
        _ => {
            let summary = "Api validation failed: filter";
            return Answer::error(StatusCode::BAD_REQUEST, "E0000001", summary);
        }
    };
    let number = |name| call.query(name).and_then(|text| text.parse::<usize>().ok());
    let (start, limit) = (
        number("after").unwrap_or(0),
        number("limit").unwrap_or(20).clamp(1, 50),
    );
    let page: Vec<Value> = listed.iter().skip(start).take(limit).cloned().collect();
    let answer = Answer::resource(&Value::Array(page));
    let end = start.saturating_add(limit);
    if end >= listed.len() {
        return answer;
    }
    let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
    let next = format!(
        "{}{}?filter={filter}&after={end}&limit={limit}",
        world.url, call.path
    );
    answer.link(&next, "next")
}

fn api_tokens(world: &World, now: Timestamp) -> Vec<Value> {
    let tokens = world.org.api_tokens.iter().enumerate();
    let living = tokens.filter(|(_, token)| token.lives(now));
    let entity = |(number, token): (usize, &crate::sim::ApiToken)| {
        let (share, concurrency) = (token.principal.percent, token.principal.concurrency_percent);
        principal("SSWS_TOKEN", &id("00T", number), (share, concurrency))
    };
    living.map(entity).collect()
}

fn clients(world: &World) -> Vec<Value> {
    let ids = world.org.client_ids();
    ids.iter()
        .map(|client| principal("OAUTH_CLIENT", client, (50, 50)))
        .collect()
}

fn principal(kind: &str, principal: &str, (share, concurrency): (u32, u32)) -> Value {
    json!({
        "id": format!("prl{}", principal.get(3..).unwrap_or_default()),
        "orgId": "00oSimulatedOrg00000",
        "principalId": principal,
        "principalType": kind,
        "defaultPercentage": share,
        "defaultConcurrencyPercentage": concurrency,
        "createdBy": id("00u", 0),
        "createdDate": "2024-05-14T09:00:00.000Z",
        "lastUpdate": "2024-05-14T09:00:00.000Z",
        "lastUpdatedBy": id("00u", 0),
    })
}
