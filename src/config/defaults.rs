//! What is written where people write nothing: the probes of an org without `probes`, and Okta's own
//! status page. As trees, so that they mean what the same words in a file would mean. Which they
//! are is said by the kinds of [`probe`](crate::probe).

use serde_json::{Map, Value};

use crate::probe::{self, Candidate, Place};

/// How far what is written goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// An org's `probes` are all it has, as in a file.
    Whole,
    /// They come on top of those it has anyway, as where nobody can write all of them.
    OnTop,
}

/// Writes what was left out, as far as it is left out: what is set over it later is set over the
/// defaults. Which probes an org gets is told by the credentials it has in `whole`, the tree as it will be.
pub(super) fn complete(tree: &mut Value, whole: &Value, extent: Extent) {
    let Value::Object(root) = tree else { return };
    if root.get("status_pages").is_none_or(Value::is_null) {
        let mut all = probe::by_default(&[]).into_iter();
        if let Some((_, pages)) = all.find(|(info, _)| info.place == Place::Page) {
            root.insert("status_pages".to_owned(), pages);
        }
    }
    let named = whole.get("orgs").and_then(Value::as_object);
    for (name, org) in named.into_iter().flatten() {
        let Value::Object(org) = org else { continue };
        let Some(probes) = probes_of(root, name) else {
            continue;
        };
        match (probes, extent) {
            (none @ Value::Null, _) => *none = probes_for(org.get("credentials")),
            (Value::Object(written), Extent::OnTop) => {
                if let Value::Object(all) = probes_for(org.get("credentials")) {
                    for (kind, settings) in all {
                        written.entry(kind).or_insert(settings);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Where an org's probes stand, or would stand; `None` where something else does.
fn probes_of<'a>(root: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Value> {
    let mut node = root.entry("orgs").or_insert(Value::Null);
    for step in [name, "probes"] {
        if node.is_null() {
            *node = Value::Object(Map::new());
        }
        node = node.as_object_mut()?.entry(step).or_insert(Value::Null);
    }
    Some(node)
}

/// The probes of an org that names none: what is public, and what its credentials may read.
fn probes_for(credentials: Option<&Value>) -> Value {
    let credentials = credentials.and_then(Value::as_object);
    let credentials: Vec<(&String, Option<Vec<String>>)> = credentials
        .into_iter()
        .flatten()
        .map(|(name, settings)| (name, scopes(settings)))
        .collect();
    let candidates = credentials.iter().map(|(name, scopes)| Candidate {
        name,
        scopes: scopes.as_deref(),
    });
    let all = probe::by_default(&candidates.collect::<Vec<_>>()).into_iter();
    let of_org = all.filter(|(info, _)| info.place.is_of_org());
    of_org
        .map(|(info, settings)| (info.kind, settings))
        .collect()
}

/// The scopes that a service app asks for. Of tokens only Okta knows what they may do.
fn scopes(credential: &Value) -> Option<Vec<String>> {
    let asked = credential.pointer("/oauth/scopes")?.as_array()?;
    let words = asked.iter().filter_map(Value::as_str);
    Some(words.map(str::to_owned).collect())
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
        let whole = tree.clone();
        complete(&mut tree, &whole, Extent::Whole);
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
        let whole = tree.clone();
        complete(&mut tree, &whole, Extent::Whole);
        assert_eq!(tree, json!({"status_pages": {}}));
    }

    #[test]
    fn what_a_stand_in_writes_comes_on_top_and_what_a_file_writes_is_all() {
        let written = json!({"orgs": {"acme": {"probes": {"token": {"ci": {}}, "jwks": null}}}});
        let kinds = |extent: Extent| {
            let mut tree = written.clone();
            complete(&mut tree, &written, extent);
            let probes = tree["orgs"]["acme"]["probes"].as_object().unwrap();
            probes.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(kinds(Extent::Whole), ["jwks", "token"]);
        let all = ["discovery", "jwks", "organization", "token"];
        assert_eq!(kinds(Extent::OnTop), all);
    }

    #[test]
    fn the_credentials_that_decide_are_those_the_org_will_have() {
        let whole = json!({"orgs": {"acme": {"credentials": {"late": {"api_token": "00t"}}}}});
        let mut tree = json!({});
        complete(&mut tree, &whole, Extent::Whole);
        let logs = &tree["orgs"]["acme"]["probes"]["endpoint"]["logs"];
        assert_eq!(logs["credential"], "late");
        // What has the wrong shape is left for the reader to tell.
        for shape in [json!({"orgs": 5}), json!({"orgs": {"acme": 5}})] {
            let mut tree = shape.clone();
            complete(&mut tree, &whole, Extent::Whole);
            assert_eq!(tree["orgs"], shape["orgs"]);
        }
    }
}
