//! The configuration as it may be shown: what is in force, with every secret left out.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    planned::{Org, Planned, StatusPage},
    secrets::is_secret,
    sources::Origin,
};
use crate::units::{Interval, Name, REDACTED, without_secrets};

/// The settings without their secrets. Taken before anything is read from them, so that nothing has
/// to be remembered of what was a secret.
pub(super) fn redacted(tree: &Value) -> Value {
    match tree {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| {
                let shown = match value {
                    Value::Object(_) | Value::Null => redacted(value),
                    _ if is_secret(name) => REDACTED.into(),
                    _ => redacted(value),
                };
                (name.clone(), shown)
            })
            .collect(),
        Value::Array(list) => list.iter().map(redacted).collect(),
        Value::String(text) => without_secrets(text).into(),
        other => other.clone(),
    }
}

/// The settings as JSON, which is YAML as well, with the timing that was suppressed for each probe.
pub(super) fn shown(
    mut settings: Value,
    orgs: &BTreeMap<Name, Org>,
    pages: &BTreeMap<Name, StatusPage>,
    origin: &Origin,
) -> String {
    for (name, org) in orgs {
        for probe in &org.probes {
            let path = ["orgs", name.as_str(), "probes"].into_iter();
            write_timing(&mut settings, path.chain(probe.id.splitn(2, '/')), probe);
        }
    }
    for (name, page) in pages {
        let path = ["status_pages", name.as_str()];
        write_timing(&mut settings, path.into_iter(), &page.probe);
    }
    let shown = json!({
        "source": origin.source,
        "overridden_by": origin.overrides,
        "not_used": origin.ignored,
        "settings": settings,
    });
    format!("{shown:#}\n")
}

/// Writes the timing into the settings at this path.
fn write_timing<'a>(settings: &mut Value, path: impl Iterator<Item = &'a str>, probe: &Planned) {
    let mut node = settings;
    for step in path {
        match node.get_mut(step) {
            Some(child) => node = child,
            None => return,
        }
    }
    if node.is_null() {
        *node = json!({});
    }
    if let Value::Object(map) = node {
        let timing = [("interval", probe.interval), ("timeout", probe.timeout)];
        for (name, length) in timing {
            map.insert(name.to_owned(), Interval::from(length).to_string().into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_replaced_and_where_they_are_kept_is_not() {
        let shown = redacted(&json!({
            "orgs": {"acme": {
                "credentials": {
                    "a": {"api_token": "s3cr3t"},
                    "b": {"bearer_token_env": "OKTA_BEARER"},
                    "c": {"oauth": {"private_key": "s3cr3t", "key_id": "kid1"}},
                    "d": {"api_token": ["s3cr3t"]},
                },
                "probes": {"token": {"ci": {"access_token_file": "/run/t", "introspect": {"client_secret": 1}}}},
            }},
            "status_pages": {"okta": {"url": "https://me:s3cr3t@status.okta.com/x?a=b"}},
        }));
        let expected = json!({
            "orgs": {"acme": {
                "credentials": {
                    "a": {"api_token": "<redacted>"},
                    "b": {"bearer_token_env": "OKTA_BEARER"},
                    "c": {"oauth": {"private_key": "<redacted>", "key_id": "kid1"}},
                    "d": {"api_token": "<redacted>"},
                },
                "probes": {"token": {"ci": {"access_token_file": "/run/t", "introspect": {"client_secret": "<redacted>"}}}},
            }},
            "status_pages": {"okta": {"url": "https://<redacted>@status.okta.com/x?a=<redacted>"}},
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn every_setting_that_may_hold_a_secret_is_known_as_one() {
        // The example shows every setting, and each secret's `X_env` beside it.
        let example = include_str!("../../config/okta-exporter.yaml");
        let words = example.split(|c: char| !c.is_alphanumeric() && c != '_');
        let secrets: std::collections::BTreeSet<&str> = words
            .filter_map(|word| word.strip_suffix("_env"))
            .filter(|name| *name != "X")
            .collect();
        assert!(secrets.len() >= 4, "{secrets:?}");
        for name in secrets {
            assert!(is_secret(name), "{name}");
        }
    }
}
