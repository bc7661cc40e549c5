//! What is written where people write nothing: the probes of an org without `probes`, the guide's
//! five variables where there is no file, Okta's own status page. As trees, so that the environment
//! can be laid over them and so that they mean what the same words in a file would mean.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::problems::{At, Notes};

/// The name of the credential made from `OKTA_TOKEN`.
const CREDENTIAL: &str = "monitor";
/// The name of the token made from `ACCESS_TOKEN`.
const TOKEN: &str = "access";

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
            let probes = match first {
                Some((name, settings)) => probes(Some(name), &|scope| asks_for(settings, scope)),
                None => probes(None, &|_| false),
            };
            org.insert("probes".to_owned(), probes);
        }
    }
}

/// Whether a credential may be used for what needs this scope. A service app asks for scopes; of
/// tokens only Okta knows what they may do.
fn asks_for(credential: &Value, scope: &str) -> bool {
    match credential.pointer("/oauth/scopes") {
        Some(Value::Array(scopes)) => scopes.iter().any(|asked| asked == scope),
        _ => true,
    }
}

/// The probes of an org that names none: what is public, and, with a credential, the paths that
/// applications use most, as far as it asks for their scopes.
fn probes(credential: Option<&str>, asks_for: &dyn Fn(&str) -> bool) -> Value {
    let mut probes = json!({ "discovery": {}, "organization": {}, "jwks": { "org": {} } });
    if let (Some(credential), Value::Object(map)) = (credential, &mut probes) {
        let endpoint = |name: &str| {
            let path = format!("/api/v1/{name}?limit=1");
            (
                name.to_owned(),
                json!({ "path": path, "credential": credential }),
            )
        };
        let names = ["users", "groups", "apps", "logs"].into_iter();
        let endpoints = names.filter(|name| asks_for(&format!("okta.{name}.read")));
        map.insert("endpoint".to_owned(), endpoints.map(endpoint).collect());
    }
    probes
}

/// What stands in for a file: one org and one token to watch, from the variables of the
/// troubleshooting guide. What is not given is skipped.
pub(super) fn without_file(environment: &BTreeMap<String, String>, notes: &mut Notes) -> Value {
    let given = |name: &str| {
        let text = environment.get(name).map(|text| text.trim());
        text.filter(|text| !text.is_empty())
    };
    let Some(domain) = given("OKTA_DOMAIN") else {
        return json!({});
    };
    let name = org_name(domain);
    let org = At::default().field("orgs").field(name);
    notes.set_by(org.field("url"), "OKTA_DOMAIN");
    let mut probes = probes(given("OKTA_TOKEN").map(|_| CREDENTIAL), &|_| true);
    let mut written = json!({ "url": org_url(domain) });
    if given("OKTA_TOKEN").is_some() {
        // The variable is named, not copied: the secret stays out of the tree.
        set(
            &mut written,
            "credentials",
            json!({ CREDENTIAL: { "api_token_env": "OKTA_TOKEN" } }),
        );
    }
    let client = match (given("CLIENT_ID"), given("CLIENT_SECRET")) {
        (Some(id), Some(_)) => {
            Some(json!({ "client_id": id, "client_secret_env": "CLIENT_SECRET" }))
        }
        (None, None) => None,
        _ => {
            notes.warn(
                &org,
                "CLIENT_ID and CLIENT_SECRET introspect together: one is missing",
            );
            None
        }
    };
    if given("ACCESS_TOKEN").is_some() {
        let mut token = json!({ "access_token_env": "ACCESS_TOKEN" });
        if let Some(client) = client {
            set(&mut token, "introspect", client);
        }
        set(&mut probes, "token", json!({ TOKEN: token }));
    } else if client.is_some() {
        notes.warn(
            &org,
            "CLIENT_ID and CLIENT_SECRET introspect ACCESS_TOKEN, which is not set",
        );
    }
    set(&mut written, "probes", probes);
    json!({ "orgs": { name: written } })
}

fn set(node: &mut Value, name: &str, value: Value) {
    if let Value::Object(map) = node {
        map.insert(name.to_owned(), value);
    }
}

/// A domain as people have it at hand: bare, or copied from a browser with its scheme and one
/// slash at the end.
fn org_url(domain: &str) -> String {
    let domain = domain.strip_suffix('/').unwrap_or(domain);
    if domain.contains("://") {
        domain.to_owned()
    } else {
        format!("https://{domain}")
    }
}

/// The domain's first label.
fn org_name(domain: &str) -> &str {
    let host = domain.split_once("://").map_or(domain, |(_, host)| host);
    let label = host.split(['.', ':', '/']).next().unwrap_or_default();
    if label.parse::<crate::units::Name>().is_ok() {
        label
    } else {
        "okta"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_taken_as_people_have_it_at_hand() {
        for domain in [
            "acme.okta.com",
            "https://acme.okta.com",
            "https://acme.okta.com/",
            "acme.okta.com/",
        ] {
            assert_eq!(org_url(domain), "https://acme.okta.com", "{domain}");
            assert_eq!(org_name(domain), "acme", "{domain}");
        }
        assert_eq!(org_url("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert_eq!(org_name("https://{yourOktaDomain}"), "okta");
    }

    #[test]
    fn an_org_without_probes_gets_those_its_credential_allows() {
        let mut tree = json!({"orgs": {
            "with": {"credentials": {"b": {}, "a": {}}},
            "without": {"probes": null},
            "own": {"probes": {"discovery": {}}},
            "app": {"credentials": {"a": {"oauth": {"scopes": ["okta.logs.read", "okta.x"]}}}},
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
