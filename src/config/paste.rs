//! The settings in force as a file that could be read in their place. Secrets stay where they are: it
//! names the file or the variable, and where a secret was written itself, a place for it.

use std::path::Path;

use serde_json::Value;
use yaml_rust2::Yaml;

use super::{environment::Overrides, problems::SettingPath, secrets::is_secret, sources::Origin};
use crate::units::REDACTED;

/// Stands for the file that a secret should be in.
const FILL_IN: &str = "fill-in";

/// The file. `settings` are without secrets already.
pub(super) fn yaml(settings: &Value, origin: &Origin, overrides: &Overrides) -> String {
    let mut file = File {
        text: String::new(),
        overrides,
    };
    let Origin {
        source,
        overrides,
        ignored,
    } = origin;
    file.comment("The settings in force, without their secrets: `okta-exporter --config.check=syntax` takes this as it is.");
    file.comment(&format!("read from: {source}"));
    for (what, names) in [("and over it from", overrides), ("not used", ignored)] {
        if !names.is_empty() {
            file.comment(&format!("{what}: {}", names.join(", ")));
        }
    }
    file.map(settings, &SettingPath::default(), 0);
    file.text
}

struct File<'a> {
    text: String,
    overrides: &'a Overrides,
}

impl File<'_> {
    fn comment(&mut self, text: &str) {
        let words: Vec<&str> = text.split_whitespace().collect();
        self.text.extend(["# ", &words.join(" "), "\n"]);
    }

    fn map(&mut self, settings: &Value, at: &SettingPath, depth: usize) {
        for (name, value) in settings.as_object().into_iter().flatten() {
            let at = at.field(name);
            let indent = "  ".repeat(depth);
            let line = match value {
                Value::Object(below) if !below.is_empty() => {
                    self.text.extend([&indent, &scalar(name), ":\n"]);
                    self.map(value, &at, depth + 1);
                    continue;
                }
                Value::String(text) if text == REDACTED && is_secret(name) => {
                    self.secret(name, &at)
                }
                Value::String(text) if names_a_file(name, &at) => {
                    format!("{}: {}", scalar(name), scalar(&absolute(text)))
                }
                value => {
                    let line = format!("{}: {}", scalar(name), flow(value));
                    if line.contains(REDACTED) {
                        format!("{line}  # write in what is left out here")
                    } else {
                        line
                    }
                }
            };
            self.text.extend([&indent, line.trim_end(), "\n"]);
        }
    }

    /// Where a secret that was given itself comes from.
    fn secret(&self, name: &str, at: &SettingPath) -> String {
        let (file, variable) = (format!("{name}_file"), format!("{name}_env"));
        match self.overrides.variable(at) {
            Some(set_by) => format!("{}: {}", scalar(&variable), scalar(set_by)),
            None => format!(
                "{}: {FILL_IN}  # the secret itself was written here: put it into a file and name that",
                scalar(&file)
            ),
        }
    }
}

/// True of a setting that is the path of a file, which means the same from everywhere once it is whole.
fn names_a_file(name: &str, at: &SettingPath) -> bool {
    name.ends_with("_file") || at.steps().eq(["storage", "path"])
}

fn absolute(path: &str) -> String {
    let whole = std::path::absolute(Path::new(path));
    whole.map_or_else(|_| path.to_owned(), |whole| whole.display().to_string())
}

/// A value in one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => scalar(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        // An empty map: others have lines of their own.
        Value::Object(_) => "{}".to_owned(),
        other => other.to_string(),
    }
}

/// Text as YAML reads it back as text: plain where that is beyond doubt, else in double quotes, in which
/// YAML escapes as JSON does.
fn scalar(text: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let first = |c: char| c.is_ascii_alphanumeric() || c == '/';
    let is_plain = text.starts_with(first)
        && text.replace("://", "//").chars().all(harmless)
        && matches!(Yaml::from_str(text), Yaml::String(_));
    if is_plain {
        return text.to_owned();
    }
    let quoted = Value::from(text).to_string();
    let escaped = quoted.chars().map(|c| {
        if c.is_control() {
            format!("\\u{:04x}", u32::from(c))
        } else {
            c.to_string()
        }
    });
    escaped.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::{
        super::{environment::overlay, file, problems::Notes},
        *,
    };

    fn shown(settings: &Value, overrides: &Overrides) -> String {
        let origin = Origin {
            source: "a\nfile: {".to_owned(),
            overrides: vec!["VARIABLE".to_owned()],
            ignored: Vec::new(),
        };
        yaml(settings, &origin, overrides)
    }

    #[test]
    fn a_secret_is_where_it_was_or_asked_for() {
        let variable = "OKTA_EXPORTER__ORGS__ACME__CREDENTIALS__B__API_TOKEN";
        let environment = BTreeMap::from([(variable.to_owned(), "00s3cr3t".to_owned())]);
        let overrides = overlay(&mut json!({}), &environment, &mut Notes::default());
        let settings = json!({"orgs": {"acme": {"credentials": {
            "a": {"api_token": REDACTED},
            "b": {"api_token": REDACTED},
            "c": {"api_token_env": "TOKEN"},
            "token": null,
        }}}});
        let text = shown(&settings, &overrides);
        for line in [
            "# read from: a file: {\n",
            "# and over it from: VARIABLE\n",
            "      a:\n        api_token_file: fill-in  # the secret itself was written here",
            &format!("      b:\n        api_token_env: {variable}\n"),
            "      c:\n        api_token_env: TOKEN\n",
            "      token:\n",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[a-z0-9:#\\-. ~]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 30, 4, |inner| {
            prop_oneof![
                prop::collection::vec(any::<String>().prop_map(Value::from), 0..3)
                    .prop_map(Value::from),
                prop::collection::btree_map("[a-z0-9.: ~-]{1,6}|null|true", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back_as_it_was(below in anything()) {
            let settings = json!({ "below": below });
            let text = shown(&settings, &Overrides::default());
            prop_assert_eq!(file::tree(&text).ok(), Some(settings), "{}", text);
        }
    }
}
