//! What is written where people write nothing: the probes of an org without `probes`, and Okta's own
//! status page. As trees, so that they mean what the same words in a file would mean. Which they
//! are is said by the kinds of [`probe`](crate::probe).

use serde_json::{Map, Value};

use crate::probe::{self, Candidate, Place};

/// Writes what was left out.
pub(super) fn complete(tree: &mut Value) {
    let Value::Object(root) = tree else { return };
    if root.get("status_pages").is_none_or(Value::is_null) {
        let mut all = probe::by_default(&[]).into_iter();
        if let Some((_, pages)) = all.find(|(info, _)| info.place == Place::Page) {
            root.insert("status_pages".to_owned(), pages);
        }
    }
    let orgs = root.get_mut("orgs").and_then(Value::as_object_mut);
    for org in orgs.into_iter().flat_map(Map::values_mut) {
        let Value::Object(org) = org else { continue };
        if org.get("probes").is_none_or(Value::is_null) {
            let credentials = org.get("credentials").and_then(Value::as_object);
            let credentials = credentials.into_iter().flatten();
            let written: Vec<(String, Option<Vec<String>>)> = credentials
                .map(|(name, settings)| (name.clone(), scopes(settings)))
                .collect();
            let candidates = written.iter().map(|(name, scopes)| Candidate {
                name,
                scopes: scopes.as_deref(),
            });
            let probes = probes(&candidates.collect::<Vec<_>>());
            org.insert("probes".to_owned(), probes);
        }
    }
}

/// The scopes that a service app asks for. Of tokens only Okta knows what they may do.
fn scopes(credential: &Value) -> Option<Vec<String>> {
    let asked = credential.pointer("/oauth/scopes")?.as_array()?;
    let words = asked.iter().filter_map(Value::as_str);
    Some(words.map(str::to_owned).collect())
}

/// The probes of an org that names none: what is public, and what its credentials may read.
pub(super) fn probes(credentials: &[Candidate<'_>]) -> Value {
    let all = probe::by_default(credentials).into_iter();
    let of_org = all.filter(|(info, _)| info.place != Place::Page);
    of_org
        .map(|(info, settings)| (info.kind, settings))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
