//! The table of permissions as Markdown: `docs/permissions.md` is what this prints. It is the plan
//! of a configuration that has a probe of each kind, so that it cannot say another thing.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    output::print,
    plan::{Demand, Line},
};
use crate::{
    config::Config,
    okta::scopes,
    probe::{Access, KINDS, KindInfo, Place},
};

/// What Okta gave no name of its own and stands for any.
const ANY: &str = "NAME";
const CREDENTIAL: &str = "monitor";

/// Prints the table of permissions.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(Args {}: Args) -> Result<(), String> {
    print(&table()?)
}

fn table() -> Result<String, String> {
    let config = Config::outline_of(one_of_each()).map_err(|e| e.to_string())?;
    let demand = Demand::of(&config);
    let mut text = String::from(
        "# What it asks, and what that takes

<!-- Written by `okta-exporter permissions > docs/permissions.md`; a test compares. -->

What one probe of each kind asks in an hour, at its usual interval; `okta-exporter plan` tells the same of your \
configuration, with what each credential needs in all. It asks nobody.

- **scope** is what an access token needs, of a service app or from elsewhere. A `.manage` scope reads as well.
- **least role** is the least of Okta's standard admin roles that may read it: of an API token's owner, and of a service \
app, which needs one beside its scopes. A custom role with the same permissions does as well.
- **bucket** is what Okta counts the request against, by the patterns that it once published.
- Lists have a request for each page. What a run asks only after a surprise, such as a key set that is read again, is \
not counted.

| probe | asks | scope | least role | requests an hour | bucket |
|---|---|---|---|---|---|
",
    );
    let requests = demand.orgs.iter().flat_map(|org| &org.requests);
    text.extend(requests.map(row));
    Ok(text)
}

fn row(line: &Line) -> String {
    let probe = line.probe.split('/').next().unwrap_or_default();
    let path = line.path.split('?').next().unwrap_or_default();
    let code = |text: Option<&str>| text.map_or("–".to_owned(), |text| format!("`{text}`"));
    let permission = line.permission;
    let scope = code(permission.and_then(|needed| needed.scope));
    let role = permission.map_or("–", |needed| needed.least_role);
    let bucket = line.bucket.as_deref();
    let bucket = bucket.map_or("not limited".to_owned(), |bucket| format!("`{bucket}`"));
    let an_hour = line.requests_an_hour;
    format!("| {probe} | `{path}` | {scope} | {role} | {an_hour} | {bucket} |\n")
}

/// A configuration with a probe of each kind, by a service app that asks for all they need.
fn one_of_each() -> Value {
    let paths = KINDS.iter().flat_map(|info| match info.access {
        Access::Read { paths, .. } => paths,
        Access::Public | Access::Path => &[],
    });
    let paths = paths.copied().chain(ENDPOINTS.map(|(_, path)| path));
    let scopes: BTreeSet<&str> = paths.filter_map(scopes::needed).collect();
    let app = json!({ "client_id": "0oa", "private_key_file": "/key.pem", "scopes": scopes });
    let of_org = KINDS.iter().filter(|info| info.place.is_of_org());
    let probes: Map<String, Value> = of_org
        .map(|info| (info.kind.to_owned(), written(info)))
        .collect();
    json!({
        "status_pages": {},
        "orgs": { "acme": {
            "url": "https://acme.okta.com",
            "credentials": { CREDENTIAL: { "oauth": app } },
            "probes": probes,
        } },
    })
}

/// The endpoints that stand for any.
const ENDPOINTS: [(&str, &str); 4] = [
    ("users", "/api/v1/users?limit=1"),
    ("groups", "/api/v1/groups?limit=1"),
    ("apps", "/api/v1/apps?limit=1"),
    ("logs", "/api/v1/logs?limit=1"),
];

/// The least that such a probe needs to be told.
fn written(info: &KindInfo) -> Value {
    match (info.kind, info.place) {
        ("endpoint", _) => {
            let endpoint = |(name, path): (&str, &str)| {
                (
                    name.to_owned(),
                    json!({ "path": path, "credential": CREDENTIAL }),
                )
            };
            Value::Object(ENDPOINTS.map(endpoint).into_iter().collect())
        }
        ("token", _) => json!({ ANY: {
            "access_token_file": "/token",
            "introspect": { "authorization_server": "default", "credential": CREDENTIAL },
        } }),
        (_, Place::Named) => json!({ ANY: {} }),
        (_, Place::Once | Place::Page | Place::Host) => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_anybody_may_watch_is_read_by_the_least_role_of_whoever_reads_the_same() {
        let table = table().unwrap();
        let logs = "| endpoint | `/api/v1/logs` | `okta.logs.read` | Report Administrator | 60 | `/api/v1/logs` |";
        assert!(table.contains(logs), "{table}");
    }
}
