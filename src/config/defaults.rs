//! What is written where people write nothing: the probes of an org without `probes`, and Okta's own
//! status page. As trees, so that they mean what the same words in a file would mean.

use serde_json::{Map, Value, json};

use crate::okta::scopes;

/// Writes what was left out.
pub(super) fn complete(tree: &mut Value) {
    let Value::Object(root) = tree else { return };
    if root.get("status_pages").is_none_or(Value::is_null) {
        let okta = json!({ "okta": { "url": "https://status.okta.com/" } });
        root.insert("status_pages".to_owned(), okta);
    }
    let orgs = root.get_mut("orgs").and_then(Value::as_object_mut);
    for org in orgs.into_iter().flat_map(Map::values_mut) {
        let Value::Object(org) = org else { continue };
        if org.get("probes").is_none_or(Value::is_null) {
            let credentials = org.get("credentials").and_then(Value::as_object);
            let first = credentials.and_then(|map| map.iter().next());
            let probes = probes(first.map(|(name, settings)| (name.as_str(), settings)));
            org.insert("probes".to_owned(), probes);
        }
    }
}

/// Whether a credential may be used for what needs this scope. A service app asks for scopes; of
/// tokens only Okta knows what they may do.
fn asks_for(credential: &Value, scope: &str) -> bool {
    match credential.pointer("/oauth/scopes") {
        Some(Value::Array(asked)) => {
            let asked: Vec<String> = asked
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            scopes::cover(&asked, scope)
        }
        _ => true,
    }
}

/// The probes of an org that names none: what is public, and, with a credential, the paths that
/// applications use most, as far as it asks for their scopes.
pub(super) fn probes(credential: Option<(&str, &Value)>) -> Value {
    let mut probes = json!({ "discovery": {}, "organization": {}, "jwks": { "org": {} } });
    if let (Some((credential, settings)), Value::Object(map)) = (credential, &mut probes) {
        let endpoint = |name: &str| {
            let path = format!("/api/v1/{name}?limit=1");
            (
                name.to_owned(),
                json!({ "path": path, "credential": credential }),
            )
        };
        let asks = |thing: &str| asks_for(settings, &format!("okta.{thing}.read"));
        let names = ["users", "groups", "apps", "logs"].into_iter();
        let endpoints = names.filter(|name| asks(name)).map(endpoint);
        map.insert("endpoint".to_owned(), endpoints.collect());
        if asks("rateLimits") && asks("principalRateLimits") {
            let reader = json!({ "credential": credential });
            map.insert("rate_limit_settings".to_owned(), reader);
        }
    }
    probes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_org_without_probes_gets_those_its_credential_allows() {
        let mut tree = json!({"orgs": {
            "with": {"credentials": {"b": {}, "a": {}}},
            "without": {"probes": null},
            "own": {"probes": {"discovery": {}}},
            "app": {"credentials": {"a": {"oauth": {"scopes": ["okta.logs.manage", "okta.x"]}}}},
            "nothing": null,
        }});
        complete(&mut tree);
        assert_eq!(
            tree["orgs"]["app"]["probes"]["endpoint"],
            json!({"logs": {"path": "/api/v1/logs?limit=1", "credential": "a"}})
        );
        assert_eq!(
            tree["orgs"]["with"]["probes"]["endpoint"]["logs"],
            json!({"path": "/api/v1/logs?limit=1", "credential": "a"})
        );
        assert_eq!(
            tree["orgs"]["without"]["probes"],
            json!({"discovery": {}, "organization": {}, "jwks": {"org": {}}})
        );
        assert_eq!(tree["orgs"]["own"]["probes"], json!({"discovery": {}}));
        assert_eq!(tree["orgs"]["nothing"], Value::Null);
        assert_eq!(
            tree["status_pages"]["okta"]["url"],
            "https://status.okta.com/"
        );
    }

    #[test]
    fn no_status_page_is_asked_where_the_map_is_empty() {
        let mut tree = json!({"status_pages": {}});
        complete(&mut tree);
        assert_eq!(tree, json!({"status_pages": {}}));
    }
}
