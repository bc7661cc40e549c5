//! Which source gave what: an org is given whole by one, since a secret must not travel to an org
//! that it was not given for. What a variable sets is in [`environment`](super::environment).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use url::Url;

use super::{
    environment::{Overrides, overlay},
    problems::{Notes, SettingPath},
    secrets,
};

/// True if `OKTA_EXPORTER__…` variables say where an org is, or give it a secret. What else they say
/// is about an org that somebody else gives.
pub(super) fn gives_an_org(environment: &BTreeMap<String, String>) -> bool {
    let mut tree = json!({});
    overlay(&mut tree, environment, &mut Notes::default());
    let mut orgs = orgs(&tree);
    orgs.any(|(_, org)| {
        let at = SettingPath::default();
        org.get("url").is_some() || !secrets::places(org, &at).is_empty()
    })
}

/// Refuses a URL that variables laid over another one, where it would be sent a secret that they
/// did not give. `before` is the tree that they were laid over, `after` what it became.
pub(super) fn check(before: &Value, after: &Value, overrides: &Overrides, notes: &mut Notes) {
    let given: BTreeMap<&String, &str> = orgs(before)
        .filter_map(|(name, org)| Some((name, url(org)?)))
        .collect();
    for (name, org) in orgs(after) {
        let moved = match (given.get(name), url(org)) {
            (Some(from), Some(to)) => !is_one_place(from, to),
            _ => false,
        };
        let at = SettingPath::of(["orgs", name]);
        let secrets = secrets::places(org, &at);
        let not_theirs = secrets.iter().find(|place| !overrides.set(place));
        if let (true, Some(secret)) = (moved, not_theirs) {
            let fix =
                "give such a variable for it as well, or write the URL where the secret is given";
            notes.error(
                &at.field("url"),
                format!(
                    "`{secret}` was given for another URL, and a secret is sent to no org that it was not given for: {fix}"
                ),
            );
        }
    }
}

fn orgs(tree: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let orgs = tree.get("orgs").and_then(Value::as_object);
    orgs.into_iter().flat_map(Map::iter)
}

fn url(org: &Value) -> Option<&str> {
    org.get("url")?.as_str()
}

/// True if what is sent to the one is sent to the other, however they are written.
pub(super) fn is_one_place(one: &str, other: &str) -> bool {
    let origin = |text: &str| Url::parse(text).map(|url| url.origin());
    one == other || matches!((origin(one), origin(other)), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
        let prefixed =
            |(name, value): &(&str, &str)| (format!("OKTA_EXPORTER__{name}"), (*value).to_owned());
        variables.iter().map(prefixed).collect()
    }

    #[test]
    fn an_org_is_given_by_where_it_is_or_by_a_secret() {
        for (variable, gives) in [
            (("ORGS__ACME__URL", "https://acme.okta.com"), true),
            (("ORGS__ACME", r#"{"url": "https://acme.okta.com"}"#), true),
            (("ORGS", r#"{"acme": {"url": "x"}}"#), true),
            (("ORGS__ACME__CREDENTIALS__A__API_TOKEN_FILE", "/t"), true),
            (
                ("ORGS__ACME__PROBES__TOKEN__CI__ACCESS_TOKEN_ENV", "T"),
                true,
            ),
            (("ORGS__ACME__PROBES__TOKEN__CI__INTERVAL", "30s"), false),
            (("ORGS__ACME__BUDGET", "0.1"), false),
            (("ORGS", "{}"), false),
            (
                ("STATUS_PAGES__OKTA__URL", "https://status.okta.com"),
                false,
            ),
        ] {
            assert_eq!(
                gives_an_org(&environment(&[variable])),
                gives,
                "{variable:?}"
            );
        }
    }

    #[test]
    fn a_url_is_not_laid_over_the_secrets_of_another_source() {
        let file = json!({"orgs": {
            "acme": {
                "url": "https://acme.okta.com",
                "credentials": {"monitor": {"api_token_file": "/t"}},
            },
            "watched": {
                "url": "https://acme.okta.com",
                "probes": {"token": {"ci": {"introspect": {"client_secret_env": "S"}}}},
            },
            "public": {"url": "https://acme.okta.com", "probes": {"discovery": {}}},
            "elsewhere": {"credentials": {"monitor": {"api_token_file": "/t"}}},
        }});
        let told = |variables: &[(&str, &str)]| {
            let (mut tree, mut notes) = (file.clone(), Notes::default());
            let overrides = overlay(&mut tree, &environment(variables), &mut notes);
            check(&file, &tree, &overrides, &mut notes);
            notes
                .finish("x", |_| None)
                .map_or_else(|e| e.to_string(), |_| String::new())
        };
        let other = "https://preview.okta.com";
        let refused = told(&[("ORGS__ACME__URL", other)]);
        for part in [
            "orgs.acme.url: `orgs.acme.credentials.monitor.api_token_file` was given for another URL",
            "(set by OKTA_EXPORTER__ORGS__ACME__URL)",
        ] {
            assert!(refused.contains(part), "{refused}");
        }
        let refused = told(&[("ORGS__WATCHED__URL", other)]);
        assert!(
            refused.contains("introspect.client_secret_env"),
            "{refused}"
        );
        // One that is given by the same source, or for the same place, or for none.
        for variables in [
            &[
                ("ORGS__ACME__URL", other),
                ("ORGS__ACME__CREDENTIALS__MONITOR__API_TOKEN", "00t"),
            ][..],
            &[("ORGS__ACME", r#"{"url": "https://preview.okta.com"}"#)],
            &[("ORGS__ACME__URL", "https://acme.okta.com:443")],
            &[("ORGS__PUBLIC__URL", other)],
            &[("ORGS__ELSEWHERE__URL", other)],
        ] {
            assert_eq!(told(variables), "", "{variables:?}");
        }
    }
}
