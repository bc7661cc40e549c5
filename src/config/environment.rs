//! `OKTA_EXPORTER__A__B`: settings from the environment, laid over those of the file. This is the
//! only place where the process environment is read.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    deserialize::takes_text,
    problems::{Notes, SettingPath},
    secrets,
};

/// What a variable that sets something begins with. Two underscores, since Kubernetes sets
/// `OKTA_EXPORTER_PORT` and the like by itself for a service named `okta-exporter`.
const PREFIX: &str = "OKTA_EXPORTER__";

/// The variable that the flag `--storage.path` stands for.
pub const STORAGE_PATH: &str = "OKTA_EXPORTER__STORAGE__PATH";

/// The process environment, without what is not UTF-8. Called once, by the command line.
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// What the environment set over the tree.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    set: Vec<(SettingPath, String)>,
}

impl Overrides {
    /// True if a variable set this place, by itself or with what it is in.
    pub(super) fn set(&self, at: &SettingPath) -> bool {
        self.set.iter().any(|(set, _)| set.holds(at))
    }

    /// The variable that set this place and nothing else.
    pub(super) fn variable(&self, at: &SettingPath) -> Option<&str> {
        let mut set = self.set.iter();
        let (_, variable) = set.find(|(set, _)| set == at)?;
        Some(variable)
    }

    /// The names of the variables.
    pub(super) fn variables(&self) -> Vec<String> {
        let names = self.set.iter().map(|(_, variable)| variable.clone());
        names.collect()
    }
}

/// Lays the environment's settings over the tree.
pub(super) fn overlay(
    tree: &mut Value,
    environment: &BTreeMap<String, String>,
    notes: &mut Notes,
) -> Overrides {
    let mut overrides = Overrides::default();
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
        let at = match resolve(tree, &segments) {
            Ok(at) => at,
            Err(Ambiguous { at, names }) => {
                let which = format!("the variable {variable} names both `{names}` here");
                notes.error(&at, format!("{which}: rename one of them"));
                continue;
            }
        };
        let clash = overrides
            .set
            .iter()
            .find(|(other, _)| other.holds(&at) || at.holds(other));
        if let Some((_, other)) = clash {
            let message =
                format!("the variables {other} and {variable} set the same: drop one of them");
            notes.error(&at, message);
            continue;
        }
        match value(text, &at) {
            Ok(value) => {
                if value.is_string() {
                    give_way(tree, &at, &overrides);
                }
                place(tree, at.steps(), value);
            }
            Err(why) => {
                notes.error_and_suppress(at.clone(), format!("the variable {variable} {why}"));
            }
        }
        notes.set_by(at.clone(), variable);
        overrides.set.push((at, variable.clone()));
    }
    overrides
}

/// Text, as it stands (`00123` stays `00123`), unless it is plainly a list or a map in JSON and
/// stands where one belongs: a key or a client secret may begin like either.
fn value(text: &str, at: &SettingPath) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Err("is empty: fill it in, or unset it".to_owned());
    }
    if !text.starts_with(['[', '{']) || takes_text(at) {
        return Ok(Value::String(text.to_owned()));
    }
    serde_json::from_str(text).map_err(|e| {
        let (line, column) = (e.line(), e.column());
        format!("begins like JSON and is none (line {line}, column {column})")
    })
}

/// Where `X`, `X_file` or `X_env` is set, what another source says in the other two ways is void: a
/// secret has one source.
fn give_way(tree: &mut Value, at: &SettingPath, overrides: &Overrides) {
    let steps: Vec<&str> = at.steps().collect();
    let Some((name, parents)) = steps.split_last() else {
        return;
    };
    let parent = parents
        .iter()
        .try_fold(tree, |node, step| node.get_mut(step));
    let Some(Value::Object(map)) = parent else {
        return;
    };
    let parent = SettingPath::of(parents.iter().copied());
    for other in secrets::ways(name) {
        let void = other != *name && !overrides.set(&parent.field(&other));
        // What holds more is no such setting, but something that people named so.
        if void && map.get(&other).is_some_and(|value| !value.is_object()) {
            map.remove(&other);
        }
    }
}

/// Two names that are one to the environment.
struct Ambiguous {
    at: SettingPath,
    names: String,
}

/// The path that a variable's words name. A shell allows capitals and underscores only, so
/// `BILLING_EU` finds `billing-eu`, `Billing.EU` and `billing_eu`; what is not there yet is
/// written in small letters.
fn resolve(tree: &Value, segments: &[&str]) -> Result<SettingPath, Ambiguous> {
    let (mut node, mut at) = (Some(tree), SettingPath::default());
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
                    at,
                    names: format!("{first}` and `{second}"),
                });
            }
        };
        node = map.and_then(|map| map.get(&step));
        at = at.field(&step);
    }
    Ok(at)
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
fn place<'a>(node: &mut Value, mut steps: impl Iterator<Item = &'a str>, value: Value) {
    let Some(step) = steps.next() else {
        *node = value;
        return;
    };
    if !node.is_object() {
        *node = Value::Object(Map::new());
    }
    if let Value::Object(map) = node {
        place(map.entry(step).or_insert(Value::Null), steps, value);
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
            .finish("the environment", |_| None)
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

    #[test]
    fn a_secret_may_begin_like_json() {
        let jwk = r#"{"kty":"EC","d":"s3cr3t"}"#;
        let tree = overlaid(
            json!({}),
            &[
                (
                    "OKTA_EXPORTER__ORGS__A__CREDENTIALS__KEY__OAUTH__PRIVATE_KEY",
                    jwk,
                ),
                (
                    "OKTA_EXPORTER__ORGS__A__CREDENTIALS__KEY__OAUTH__SCOPES",
                    "[\"okta.x\"]",
                ),
                ("OKTA_EXPORTER__ORGS__A__PROBES__TOKEN", r#"{"ci": {}}"#),
                (
                    "OKTA_EXPORTER__ORGS__B__CREDENTIALS__TOKEN",
                    r#"{"api_token": "{k3y"}"#,
                ),
                (
                    "OKTA_EXPORTER__ORGS__B__PROBES__TOKEN__CI__INTROSPECT__CLIENT_SECRET",
                    "[k3y",
                ),
            ],
        );
        let expected = json!({"orgs": {
            "a": {
                "credentials": {"key": {"oauth": {"private_key": jwk, "scopes": ["okta.x"]}}},
                "probes": {"token": {"ci": {}}},
            },
            "b": {
                "credentials": {"token": {"api_token": "{k3y"}},
                "probes": {"token": {"ci": {"introspect": {"client_secret": "[k3y"}}}},
            },
        }});
        assert_eq!(tree, Ok(expected));
    }

    #[test]
    fn one_way_to_give_a_secret_beats_the_others_of_a_weaker_source() {
        let ways = ["api_token", "api_token_file", "api_token_env"];
        for stronger in ways {
            let variable = stronger.to_uppercase();
            let variable = format!("OKTA_EXPORTER__ORGS__A__CREDENTIALS__M__{variable}");
            for weaker in ways {
                let file = json!({"orgs": {"a": {"credentials": {
                    "m": {weaker: "file", "principal_id": "00T1"},
                    "m_file": {"bearer_token_file": "other"},
                }}}});
                let tree = overlaid(file, &[(&variable, "variable")]);
                let expected = json!({"orgs": {"a": {"credentials": {
                    "m": {stronger: "variable", "principal_id": "00T1"},
                    "m_file": {"bearer_token_file": "other"},
                }}}});
                assert_eq!(tree, Ok(expected), "{stronger} over {weaker}");
            }
        }
        // A whole credential is not another way to give `m_file`, and two variables are one source.
        let tree = overlaid(
            json!({"orgs": {"a": {"credentials": {"m_file": {"api_token_env": "T"}}}}}),
            &[
                ("OKTA_EXPORTER__ORGS__A__CREDENTIALS__M", "{}"),
                ("OKTA_EXPORTER__ORGS__A__CREDENTIALS__X__API_TOKEN", "1"),
                (
                    "OKTA_EXPORTER__ORGS__A__CREDENTIALS__X__API_TOKEN_FILE",
                    "2",
                ),
            ],
        );
        let expected = json!({"orgs": {"a": {"credentials": {
            "m": {},
            "m_file": {"api_token_env": "T"},
            "x": {"api_token": "1", "api_token_file": "2"},
        }}}});
        assert_eq!(tree, Ok(expected));
    }
}
