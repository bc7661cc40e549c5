//! Resources of the Management API: small, plausible, and no more than probes read.

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::authorization_servers;
use super::call::Call;
use super::certificates;
use super::logs;
use super::rate_limits;
use crate::sim::answer::{Answer, id};
use crate::sim::credentials::Presented;
use crate::sim::world::World;

/// The first path segment below `/api/v1`, and the thing whose scopes it takes.
const THINGS: &[(&str, &str)] = &[
    ("agentPools", "okta.agentPools"),
    ("api-tokens", "okta.apiTokens"),
    ("apps", "okta.apps"),
    ("authorizationServers", "okta.authorizationServers"),
    ("domains", "okta.domains"),
    ("dr", "okta.dr"),
    ("eventHooks", "okta.eventHooks"),
    ("groups", "okta.groups"),
    ("idps", "okta.idps"),
    ("inlineHooks", "okta.inlineHooks"),
    ("logStreams", "okta.logStreams"),
    ("logs", "okta.logs"),
    ("org", "okta.orgs"),
    ("principal-rate-limits", "okta.principalRateLimits"),
    ("rate-limit-settings", "okta.rateLimits"),
    ("roles", "okta.roles"),
    ("threats", "okta.threatInsights"),
    ("users", "okta.users"),
];

/// The scope that a request needs: to read, or to change.
pub(super) fn scope(method: &Method, rest: &[&str]) -> Option<String> {
    let first = rest.first()?;
    let (_, thing) = THINGS.iter().find(|(segment, _)| segment == first)?;
    let right = if method == Method::GET {
        "read"
    } else {
        "manage"
    };
    Some(format!("{thing}.{right}"))
}

pub(super) fn resource(world: &mut World, call: &Call, rest: &[&str]) -> Answer {
    match rest {
        ["users"] => page(world, call, |n| user(n, call.now)),
        ["users", id] => one(id, "00u", "User", |n| user(n, call.now)),
        ["groups"] => Answer::resource(&json!([group(0), group(1)])),
        ["groups", id] => one(id, "00g", "UserGroup", group),
        ["apps"] => certificates::apps(world, call, [app(0), app(1)]),
        ["apps", id, "credentials", "keys"] => certificates::app_keys(world, id),
        ["apps", id] => one(id, "0oa", "AppInstance", app),
        ["logs"] => logs::logs(world, call),
        ["org"] => Answer::resource(&world.account.org(&world.org.name)),
        ["org", "privacy", "oktaSupport"] => Answer::resource(&world.account.support(call.now)),
        ["threats", "configuration"] => Answer::resource(&world.account.threats()),
        ["roles", role, "subscriptions"] => Answer::resource(&world.account.subscriptions(role)),
        ["agentPools"] => Answer::resource(&world.agent_pools.list(call.now)),
        ["api-tokens"] => Answer::resource(&world.api_tokens(call.now)),
        ["authorizationServers"] => authorization_servers::list(world, call),
        ["rate-limit-settings", which] => rate_limits::settings(world, call, which),
        ["principal-rate-limits"] => rate_limits::principals(world, call),
        ["domains"] if call.method == Method::POST => {
            let created = json!({ "id": id("OcD", 0), "validationStatus": "NOT_STARTED" });
            Answer::resource(&created)
        }
        ["domains"] => certificates::domains(world),
        ["eventHooks"] => {
            let hooks = [world.hooks.list(), world.integrations.event_hooks()];
            Answer::resource(&json!(hooks.concat()))
        }
        ["dr", "status"] if !matches!(call.presented, Presented::Ssws(_)) => {
            let domain = format!("{}.okta.com", world.org.name);
            let status = json!({ "domain": domain, "isFailedOver": world.org.is_failed_over });
            Answer::resource(&json!({ "status": [status] }))
        }
        ["inlineHooks"] => Answer::resource(&world.integrations.inline_hooks()),
        ["logStreams"] => Answer::resource(&world.integrations.log_streams()),
        ["idps", rest @ ..] => certificates::idps(world, call, rest),
        _ => Answer::not_found(&call.path),
    }
}

fn one(wanted: &str, prefix: &str, kind: &str, make: impl Fn(usize) -> Value) -> Answer {
    let number = wanted
        .strip_prefix(prefix)
        .and_then(|digits| digits.parse().ok());
    match number.filter(|number| id(prefix, *number) == wanted) {
        Some(number) => Answer::resource(&make(number)),
        None => Answer::not_found(&format!("{wanted} ({kind})")),
    }
}

/// One page of users, with Okta's two `Link` lines.
fn page(world: &World, call: &Call, make: impl Fn(usize) -> Value) -> Answer {
    let asked = call.query("limit").and_then(|limit| limit.parse().ok());
    let limit = asked.unwrap_or(200_usize).clamp(1, 200);
    let after = call.query("after");
    let start = after
        .as_deref()
        .and_then(|a| a.strip_prefix("00u")?.parse::<usize>().ok());
    let start = start.map_or(0, |last| last.saturating_add(1));
    let end = start.saturating_add(limit).min(world.org.people);
    let items: Vec<Value> = (start..end).map(make).collect();
    let (url, path) = (&world.url, &call.path);
    let own = after
        .map(|after| format!("after={after}&"))
        .unwrap_or_default();
    let answer = Answer::resource(&Value::Array(items))
        .link(&format!("{url}{path}?{own}limit={limit}"), "self");
    if end >= world.org.people {
        return answer;
    }
    let last = id("00u", end.saturating_sub(1));
    answer.link(&format!("{url}{path}?after={last}&limit={limit}"), "next")
}

fn user(number: usize, now: Timestamp) -> Value {
    let login = format!("user{number}@example.com");
    json!({
        "id": id("00u", number),
        "status": "ACTIVE",
        "created": "2024-05-14T09:00:00.000Z",
        "lastLogin": format!("{now:.3}"),
        "profile": { "firstName": "User", "lastName": number.to_string(), "login": login },
    })
}

fn group(number: usize) -> Value {
    let profile = json!({ "name": format!("Group {number}"), "description": null });
    json!({ "id": id("00g", number), "type": "OKTA_GROUP", "profile": profile })
}

fn app(number: usize) -> Value {
    json!({
        "id": id("0oa", number),
        "name": "oidc_client",
        "label": format!("Application {number}"),
        "status": "ACTIVE",
        "signOnMode": "OPENID_CONNECT",
    })
}
