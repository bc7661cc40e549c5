//! `OKTA_EXPORTER__A__B`: settings from the environment, laid over those of the file. This is the
//! only place where the process environment is read.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::problems::{Notes, SettingPath};

/// What a variable that sets something begins with. Two underscores, since Kubernetes sets
/// `OKTA_EXPORTER_PORT` and the like by itself for a service named `okta-exporter`.
const PREFIX: &str = "OKTA_EXPORTER__";

/// The process environment, without what is not UTF-8. Called once, by the command line.
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Lays the environment's settings over the tree.
pub(super) fn overlay(tree: &mut Value, environment: &BTreeMap<String, String>, notes: &mut Notes) {
    let mut taken: Vec<(SettingPath, &str)> = Vec::new();
    for (variable, text) in environment {
        let Some(rest) = variable.strip_prefix(PREFIX) else {
            continue;
        };
        let segments: Vec<&str> = rest.split("__").collect();
        if segments.iter().any(|segment| segment.is_empty()) {
            let fix = "names no setting: write it like OKTA_EXPORTER__ORGS__ACME__URL";
            notes.error(
                &SettingPath::default(),
                format!("the variable {variable} {fix}"),
            );
            continue;
        }
        let steps = match resolve(tree, &segments) {
            Ok(steps) => steps,
            Err(Ambiguous { at, names }) => {
                let which = format!("the variable {variable} names both `{names}` here");
                notes.error(&at, format!("{which}: rename one of them"));
                continue;
            }
        };
        let at = SettingPath::of(steps.iter().map(String::as_str));
        let clash = taken
            .iter()
            .find(|(other, _)| other.holds(&at) || at.holds(other));
        if let Some((_, other)) = clash {
            let message =
                format!("the variables {other} and {variable} set the same: drop one of them");
            notes.error(&at, message);
            continue;
        }
        match value(text) {
            Ok(value) => place(tree, &steps, value),
            Err(why) => {
                notes.error_and_suppress(at.clone(), format!("the variable {variable} {why}"));
            }
        }
        notes.set_by(at.clone(), variable);
        taken.push((at, variable));
    }
}

/// Text, as it stands (`00123` stays `00123`), unless it is plainly a list or a map in JSON.
fn value(text: &str) -> Result<Value, String> {
    if !text.starts_with(['[', '{']) {
        return Ok(Value::String(text.to_owned()));
    }
    serde_json::from_str(text).map_err(|e| {
        let (line, column) = (e.line(), e.column());
        format!("begins like JSON and is none (line {line}, column {column})")
    })
}

/// Two names that are one to the environment.
struct Ambiguous {
    at: SettingPath,
    names: String,
}

/// The path that a variable's words name. A shell allows capitals and underscores only, so
/// `BILLING_EU` finds `billing-eu`, `Billing.EU` and `billing_eu`; what is not there yet is
/// written in small letters.
fn resolve(tree: &Value, segments: &[&str]) -> Result<Vec<String>, Ambiguous> {
    let (mut node, mut steps) = (Some(tree), Vec::new());
    for &segment in segments {
        let map = node.and_then(Value::as_object);
        let named = map.into_iter().flat_map(Map::keys);
        let alike: Vec<&String> = named
            .filter(|name| spelled(name) == spelled(segment))
            .collect();
        let step = match alike.as_slice() {
            [] => segment.to_lowercase(),
            [one] => (*one).clone(),
            several if several.iter().any(|name| *name == segment) => segment.to_owned(),
            [first, second, ..] => {
                return Err(Ambiguous {
                    at: SettingPath::of(steps.iter().map(String::as_str)),
                    names: format!("{first}` and `{second}"),
                });
            }
        };
        node = map.and_then(|map| map.get(&step));
        steps.push(step);
    }
    Ok(steps)
}

/// A name as the environment can spell it.
fn spelled(name: &str) -> String {
    let spell = |c: char| match c {
        '-' | '.' => '_',
        c => c.to_ascii_uppercase(),
    };
    name.chars().map(spell).collect()
}

/// Puts a value at a path, over whatever stands there.
fn place(node: &mut Value, steps: &[String], value: Value) {
    let Some((step, rest)) = steps.split_first() else {
        *node = value;
        return;
    };
    if !node.is_object() {
        *node = Value::Object(Map::new());
    }
    if let Value::Object(map) = node {
        place(map.entry(step.as_str()).or_insert(Value::Null), rest, value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn overlaid(mut tree: Value, variables: &[(&str, &str)]) -> Result<Value, String> {
        let environment = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let mut notes = Notes::default();
        overlay(&mut tree, &environment, &mut notes);
        notes
            .finish("the environment")
            .map(|_| tree)
            .map_err(|e| e.to_string())
    }

    #[test]
    fn a_variable_sets_what_its_words_name_and_wins_over_the_file() {
        let tree = overlaid(
            json!({"orgs": {"acme": {"url": "old"}}, "defaults": null}),
            &[
                ("OKTA_EXPORTER__ORGS__ACME__URL", "new"),
                ("OKTA_EXPORTER__DEFAULTS__INTERVAL", "00123"),
                ("OKTA_EXPORTER__STATUS_PAGES", "{}"),
                ("OKTA_EXPORTER_PORT", "tcp://10.0.0.1:6582"),
                ("HOME", "/root"),
            ],
        );
        let expected = json!({
            "orgs": {"acme": {"url": "new"}},
            "defaults": {"interval": "00123"},
            "status_pages": {},
        });
        assert_eq!(tree, Ok(expected));
    }

    #[test]
    fn names_that_a_shell_cannot_spell_are_found() {
        let tree = overlaid(
            json!({"orgs": {"Acme-EU.1": {}}}),
            &[("OKTA_EXPORTER__ORGS__ACME_EU_1__URL", "u")],
        );
        assert_eq!(tree, Ok(json!({"orgs": {"Acme-EU.1": {"url": "u"}}})));
    }

    #[test]
    fn variables_that_collide_are_refused() {
        for (tree, variables, told) in [
            (
                json!({"orgs": {"a-b": {}, "a_b": {}}}),
                vec![("OKTA_EXPORTER__ORGS__A_B__URL", "u")],
                "orgs: the variable OKTA_EXPORTER__ORGS__A_B__URL names both `a-b` and `a_b` here",
            ),
            (
                json!({}),
                vec![
                    ("OKTA_EXPORTER__ORGS__ACME__URL", "u"),
                    ("OKTA_EXPORTER__ORGS__acme__URL", "v"),
                ],
                "set the same",
            ),
            (
                json!({}),
                vec![
                    ("OKTA_EXPORTER__ORGS", "{}"),
                    ("OKTA_EXPORTER__ORGS__ACME__URL", "v"),
                ],
                "set the same",
            ),
            (
                json!({}),
                vec![("OKTA_EXPORTER__ORGS____URL", "v")],
                "names no setting",
            ),
            (
                json!({}),
                vec![("OKTA_EXPORTER__ORGS", "{s3cr3t")],
                "begins like JSON",
            ),
        ] {
            let message = overlaid(tree, &variables).unwrap_err();
            assert!(message.contains(told), "{message}");
            assert!(!message.contains("s3cr3t"), "{message}");
        }
    }
}
