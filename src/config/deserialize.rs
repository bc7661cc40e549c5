//! From the tree to what may be written. Whatever has no place or the wrong shape is noted in plain
//! words, removed from it, and the rest is read, so that one mistake does not hide the next.
//! No message shows a value: it may be a secret.

use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};

use super::{
    problems::{Notes, SettingPath},
    schema, secrets,
};
use crate::units::suggestion;

/// What is said of a setting that is there and empty.
const NOTHING: &str = "nothing is written here: fill it in or drop the line";

/// What is written, without what cannot be read.
pub(super) fn read(mut tree: Value, notes: &mut Notes) -> schema::Config {
    refuse_blanks(&mut tree, &SettingPath::default(), notes);
    let mut emptied = Vec::new();
    loop {
        let error = match serde_path_to_error::deserialize::<_, schema::Config>(&tree) {
            Ok(settings) => return settings,
            Err(error) => error,
        };
        let steps = steps(error.path());
        let at = SettingPath::of(steps.iter().map(String::as_str));
        let message = error.inner().to_string();
        let unknown = Unknown::field(&message);
        if let Some(unknown) = &unknown {
            // What the misspelt one was meant for is not missing.
            let parent = steps.iter().rev().skip(1).rev().map(String::as_str);
            if let Some(meant) = unknown.meant() {
                notes.suppress(SettingPath::of(parent).field(meant));
            }
            notes.error_and_suppress(at, unknown.message());
        } else if emptied.contains(&steps) {
            // It was told already, and may not even be empty.
        } else {
            let node = steps.iter().try_fold(&tree, child);
            notes.error_and_suppress(at, mismatch(&message, node.unwrap_or(&Value::Null)));
        }
        if !remove(&mut tree, &steps, unknown.is_some()) {
            return schema::Config::default();
        }
        emptied.push(steps);
    }
}

/// Takes out texts that hold nothing, in maps and lists: what is written and empty was meant to be
/// filled in, and is not the same as what is not written.
fn refuse_blanks(tree: &mut Value, at: &SettingPath, notes: &mut Notes) {
    let below: Vec<(String, &mut Value)> = match tree {
        Value::Object(map) => map
            .iter_mut()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        Value::Array(list) => list
            .iter_mut()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        _ => return,
    };
    for (name, value) in below {
        if value.as_str().is_some_and(|text| text.trim().is_empty()) {
            notes.error_and_suppress(at.field(&name), NOTHING);
            // A secret that is given so is not missing besides.
            for way in secrets::ways(&name) {
                notes.suppress(at.field(&way));
            }
            *value = Value::Null;
        } else {
            refuse_blanks(value, &at.field(&name), notes);
        }
    }
}

/// True where text belongs at this place, and no list or map.
pub(super) fn takes_text(at: &SettingPath) -> bool {
    let steps: Vec<&str> = at.steps().collect();
    let tree = steps.into_iter().rfold(Value::from(""), |inner, step| {
        Map::from_iter([(step.to_owned(), inner)]).into()
    });
    match serde_path_to_error::deserialize::<_, schema::Config>(&tree) {
        Ok(_) => true,
        Err(error) => !error
            .inner()
            .to_string()
            .starts_with("invalid type: string"),
    }
}

fn steps(path: &Path) -> Vec<String> {
    let step = |segment: &Segment| match segment {
        Segment::Map { key } => Some(key.clone()),
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Enum { .. } | Segment::Unknown => None,
    };
    path.iter().map_while(step).collect()
}

fn child<'a>(node: &'a Value, step: &String) -> Option<&'a Value> {
    match node {
        Value::Array(list) => list.get(step.parse::<usize>().ok()?),
        node => node.get(step),
    }
}

/// Empties the node at this path, or removes it if it has no place or was empty already. False if
/// there is nothing to strike.
fn remove(tree: &mut Value, steps: &[String], remove: bool) -> bool {
    let Some((last, parents)) = steps.split_last() else {
        return false;
    };
    let parent = parents.iter().try_fold(tree, |node, step| match node {
        Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        node => node.get_mut(step),
    });
    match parent {
        Some(Value::Object(map)) => match map.get_mut(last) {
            // A name that stays, though empty, is still known to those who refer to it.
            Some(node) if !remove && !node.is_null() => *node = Value::Null,
            _ => return map.remove(last).is_some(),
        },
        Some(Value::Array(items)) => match last.parse::<usize>() {
            Ok(index) if index < items.len() => drop(items.remove(index)),
            _ => return false,
        },
        _ => return false,
    }
    true
}

/// A field that has no place, and those that have one.
struct Unknown<'a> {
    field: &'a str,
    known: Vec<&'a str>,
}

impl<'a> Unknown<'a> {
    /// Serde's words taken apart; `None` if they are about something else.
    fn field(message: &'a str) -> Option<Self> {
        let rest = message.strip_prefix("unknown field `")?;
        let (field, rest) = rest.split_once("`, ")?;
        let known = rest.split('`').skip(1).step_by(2).collect();
        Some(Self { field, known })
    }

    fn meant(&self) -> Option<&'a str> {
        suggestion(self.field, &self.known)
    }

    fn message(&self) -> String {
        let known = self.known.join(", ");
        match self.meant() {
            Some(meant) => {
                format!("unknown setting: did you mean `{meant}`? (known here: {known})")
            }
            None => format!("unknown setting (known here: {known})"),
        }
    }
}

/// Serde's words about a value of the wrong shape, without the value.
fn mismatch(message: &str, found: &Value) -> String {
    let expected = message
        .rsplit_once("expected ")
        .map_or("", |(_, expected)| expected);
    if message.starts_with("unknown variant") {
        let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        return format!("unknown word: write one of {}", known.join(", "));
    }
    if !message.starts_with("invalid ") {
        // A unit's own words.
        return message.to_owned();
    }
    let expected = match expected {
        text if text.contains("string") => Expected::Text,
        "a sequence" => Expected::List,
        _ => Expected::Settings,
    };
    let (expected, fix) = match (&expected, found) {
        (_, Value::Null) => {
            return NOTHING.to_owned();
        }
        (Expected::Text, Value::Number(_) | Value::Bool(_)) => ("text", ": put it in quotes"),
        (Expected::Text, _) => ("text", ""),
        (Expected::List, _) => ("a list", ": write it like `[one, two]`"),
        (Expected::Settings, _) => ("settings", ": write `name: value` lines below it"),
    };
    format!("expected {expected}, found {}{fix}", kind(found))
}

enum Expected {
    Text,
    List,
    Settings,
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "settings",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn one_mistake_does_not_hide_the_next() {
        let tree = json!({
            "orgs": {"acme": {
                "url": 5,
                "uri": "s3cr3t",
                "credentials": {"monitor": {"api_token": 12345, "x": 1}, "other": "s3cr3t"},
                "probes": {"token": {"ci": {"expect": {"scopes": "s3cr3t"}}}, "discovery": null},
            }},
            "status_pages": {"okta": {"format": "s3cr3t", "interval": 30}},
            "orrgs": 1,
        });
        let mut notes = Notes::default();
        let settings = read(tree, &mut notes);
        let told = notes.finish("x", |_| None).unwrap_err().to_string();
        for (place, words) in [
            (
                "orgs.acme.url",
                "expected text, found a number: put it in quotes",
            ),
            ("orgs.acme.uri", "unknown setting: did you mean `url`?"),
            (
                "orgs.acme.credentials.monitor.api_token",
                "expected text, found a number",
            ),
            (
                "orgs.acme.credentials.monitor.x",
                "unknown setting (known here: api_token,",
            ),
            (
                "orgs.acme.credentials.other",
                "expected settings, found text",
            ),
            (
                "orgs.acme.probes.token.ci.expect.scopes",
                "expected a list, found text",
            ),
            (
                "status_pages.okta.format",
                "unknown word: write one of auto, okta",
            ),
            ("status_pages.okta.interval", "`30` is not a length of time"),
            ("orrgs", "unknown setting: did you mean `orgs`?"),
        ] {
            let line = format!("{place}: {words}");
            assert!(told.contains(&line), "{line} is not in\n{told}");
        }
        for secret in ["s3cr3t", "12345"] {
            assert!(!told.contains(secret), "{told}");
        }
        let acme = settings.orgs.unwrap().remove("acme").flatten().unwrap();
        assert!(acme.credentials.unwrap().contains_key("other"));
        let probes = acme.probes.unwrap().0;
        assert!(probes.iter().any(|probe| probe.kind == "discovery"));
    }

    #[test]
    fn text_belongs_where_the_setting_is_text() {
        let monitor = ["orgs", "acme", "credentials", "monitor"];
        for (below, text) in [
            (&["api_token"][..], true),
            (&["principal_id"], true),
            (&["oauth", "private_key"], true),
            (&["oauth", "scopes"], false),
            (&["oauth"], false),
            (&[], false),
        ] {
            let at = SettingPath::of(monitor.iter().chain(below).copied());
            assert_eq!(takes_text(&at), text, "{at}");
        }
        // A credential and a kind of probe that are called like a secret are none.
        let at = |text: &str| SettingPath::default().setting(text);
        assert!(!takes_text(&at("orgs.acme.credentials.token")));
        assert!(!takes_text(&at("orgs.acme.probes.token")));
        assert!(takes_text(&at(
            "orgs.acme.probes.token.ci.introspect.client_secret"
        )));
        assert!(takes_text(&at("status_pages.okta.interval")));
        assert!(!takes_text(&at("status_pages")));
    }

    fn anything() -> impl Strategy<Value = Value> {
        let names =
            "orgs|defaults|status_pages|acme|url|credentials|probes|token|expect|scopes|interval|x";
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            Just(Value::from("text")),
        ];
        leaf.prop_recursive(6, 40, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map(names, inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_tree_is_read_to_its_end(tree in anything()) {
            read(tree, &mut Notes::default());
        }
    }
}
