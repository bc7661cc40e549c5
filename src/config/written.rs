//! The fingerprint of each thing that was written: an org, a credential, a probe, a status page.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

use super::{
    file,
    fingerprint::Fingerprint,
    planned::{Control, Org, StatusPage},
};
use crate::units::{Name, read_soon};

/// The tree of what was written, to take fingerprints of.
pub(super) struct Written<'a> {
    tree: Value,
    environment: &'a BTreeMap<String, String>,
}

impl<'a> Written<'a> {
    /// Of a tree that is complete, defaults and overrides included.
    pub(super) fn new(tree: &Value, environment: &'a BTreeMap<String, String>) -> Self {
        Self {
            tree: tree.clone(),
            environment,
        }
    }

    /// Gives everything its fingerprint.
    pub(super) fn sign(
        &self,
        orgs: &mut BTreeMap<Name, Org>,
        pages: &mut BTreeMap<Name, StatusPage>,
    ) {
        for (name, org) in orgs {
            for planned in &mut org.probes {
                let written = self.probe(name.as_str(), &planned.id);
                let credentials = planned.probe.refers_to().into_iter();
                let refers_to: Vec<Fingerprint> = credentials
                    .map(|credential| self.credential(name.as_str(), credential.name.as_str()))
                    .collect();
                let timing = (planned.interval, planned.timeout);
                planned.fingerprint = Fingerprint::of((written, refers_to, timing));
            }
        }
        for (name, page) in pages {
            let planned = &mut page.probe;
            let timing = (planned.interval, planned.timeout);
            planned.fingerprint = Fingerprint::of((self.page(name.as_str()), timing));
        }
    }

    /// What an org is apart from its probes and credentials: where it is, whom it trusts, how its
    /// paths are counted. What can be changed while it is watched is no part of it.
    pub(super) fn org(&self, org: &str) -> Fingerprint {
        let part = |field: &str| self.at(&["orgs", org, field]);
        let ca_file = self
            .node(&["orgs", org, "ca_file"])
            .and_then(Value::as_str)
            .map(|path| {
                read_soon(Path::new(path), file::LARGEST)
                    .ok()
                    .map(|text| text.to_string())
            });
        Fingerprint::of((part("url"), part("ca_file"), ca_file, part("buckets")))
    }

    /// One of an org's credentials.
    pub(super) fn credential(&self, org: &str, name: &str) -> Fingerprint {
        let written = self.at(&["orgs", org, "credentials", name]);
        Fingerprint::of((self.org(org), name, written))
    }

    /// One of an org's probes: `kind`, or `kind/name`.
    pub(super) fn probe(&self, org: &str, id: &str) -> Fingerprint {
        let mut path = vec!["orgs", org, "probes"];
        path.extend(id.split('/'));
        Fingerprint::of((self.org(org), id, self.at(&path)))
    }

    /// A status page.
    pub(super) fn page(&self, name: &str) -> Fingerprint {
        self.at(&["status_pages", name])
    }

    /// What stands at a path, with the variables that it names.
    fn at(&self, path: &[&str]) -> Fingerprint {
        let node = self.node(path).unwrap_or(&Value::Null);
        let mut variables = Vec::new();
        self.variables(node, &mut variables);
        Fingerprint::of((node.to_string(), variables))
    }

    fn node(&self, path: &[&str]) -> Option<&Value> {
        path.iter()
            .try_fold(&self.tree, |node, step| node.get(step))
    }

    fn variables(&self, node: &Value, found: &mut Vec<Option<&'a String>>) {
        let Value::Object(map) = node else { return };
        for (key, value) in map {
            match value {
                Value::String(variable) if key.ends_with("_env") => {
                    found.push(self.environment.get(variable));
                }
                value => self.variables(value, found),
            }
        }
    }
}

/// Gives each control its fingerprint: it is its host, which its name tells.
pub(super) fn sign_controls(controls: &mut BTreeMap<String, Control>) {
    for (id, control) in controls {
        let planned = &mut control.probe;
        let timing = (planned.interval, planned.timeout);
        planned.fingerprint = Fingerprint::of((id, control.client.origin().as_str(), timing));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fingerprint_is_of_what_was_written_there_and_of_nothing_else() {
        let environment = BTreeMap::from([("TOKEN".to_owned(), "one".to_owned())]);
        let renewed = BTreeMap::from([("TOKEN".to_owned(), "two".to_owned())]);
        let tree = json!({"orgs": {"acme": {
            "url": "https://acme.okta.com",
            "budget": 0.05,
            "credentials": {"a": {"api_token_env": "TOKEN"}, "b": {"api_token_file": "/b"}},
            "probes": {"discovery": {}, "endpoint": {"users": {"path": "/api/v1/users"}}},
        }}});
        let changed = |pointer: &str, value: Value| {
            let mut tree = tree.clone();
            *tree.pointer_mut(pointer).unwrap() = value;
            tree
        };
        let all = |tree: &Value, environment| {
            let written = Written::new(tree, environment);
            [
                written.org("acme"),
                written.credential("acme", "a"),
                written.credential("acme", "b"),
                written.probe("acme", "discovery"),
                written.probe("acme", "endpoint/users"),
            ]
        };
        let before = all(&tree, &environment);
        let differ = |tree: &Value, environment| {
            let now = all(tree, environment);
            before
                .iter()
                .zip(&now)
                .map(|(a, b)| a != b)
                .collect::<Vec<_>>()
        };
        let (no, yes) = (false, true);
        assert_eq!(differ(&tree, &environment), [no; 5]);
        assert_eq!(differ(&tree, &renewed), [no, yes, no, no, no]);
        for (pointer, value, expected) in [
            ("/orgs/acme/url", json!("https://b.okta.com"), [yes; 5]),
            ("/orgs/acme/budget", json!(0.5), [no; 5]),
            (
                "/orgs/acme/credentials/b/api_token_file",
                json!("/c"),
                [no, no, yes, no, no],
            ),
            (
                "/orgs/acme/probes/endpoint/users/path",
                json!("/x"),
                [no, no, no, no, yes],
            ),
            (
                "/orgs/acme/probes/discovery",
                json!({"interval": "5s"}),
                [no, no, no, yes, no],
            ),
        ] {
            let tree = changed(pointer, value);
            assert_eq!(differ(&tree, &environment), expected, "{pointer}");
        }
        assert_eq!(format!("{:?}", before[1]), "Fingerprint(…)");
    }
}
