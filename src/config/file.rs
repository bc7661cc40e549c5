//! The text of a configuration file as a tree of values. What the values should be is
//! in the [`schema`](super::schema).

use std::path::Path;

use config::{Config, ConfigError, File, FileFormat};
use serde_json::{Map, Value};

use crate::units::unmarked;

/// The largest file of settings worth reading, in bytes: ten thousand orgs are some 10 MB.
pub(crate) const LARGEST: u64 = 64 * 1024 * 1024;

/// The tree that this YAML describes, or what is wrong with it, with line and column. The words
/// are ours wherever the parser's would show what is written, since a secret may be written there.
pub(super) fn tree(yaml: &str) -> Result<Value, String> {
    let yaml = unmarked(yaml);
    whole(yaml)?;
    let read = Config::builder()
        .add_source(File::from_str(yaml, FileFormat::Yaml))
        .build();
    match read {
        Ok(config) => config
            .try_deserialize()
            .map_err(|_| "it holds values that are no settings".to_owned()),
        Err(ConfigError::FileParse { cause, .. }) => match cause.to_string() {
            // Nothing but comments is a file that sets nothing.
            text if text.starts_with("invalid type: unit value") => Ok(Value::Object(Map::new())),
            text => Err(explain(&text)),
        },
        Err(_) => Err("it cannot be read as settings".to_owned()),
    }
}

/// Refuses the characters that no YAML may hold. The parser would take the first NUL for the end of
/// the file, so that half a file, as a full disk leaves one, were a configuration.
fn whole(yaml: &str) -> Result<(), String> {
    for (line, text) in yaml.lines().enumerate() {
        let alien = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\u{85}');
        if let Some((column, c)) = text.chars().enumerate().find(|(_, c)| alien(*c)) {
            return Err(format!(
                "this is not YAML: it holds the character U+{:04X} at line {}, column {}: was the file written to its end?",
                u32::from(c),
                line + 1,
                column + 1
            ));
        }
    }
    Ok(())
}

/// The parser's words, for people.
fn explain(text: &str) -> String {
    if let Some((what, place)) = text.split_once(" at byte ") {
        let place = match place.split_once(" line ").map(|(_, place)| place) {
            Some(place) => place.replacen(" column", ", column", 1),
            None => place.to_owned(),
        };
        return match what.split_once(": duplicated key in mapping") {
            Some((key, _)) => {
                let name = key
                    .trim_start_matches(|c| c != '"' && c != '(')
                    .trim_matches(['(', ')', '"']);
                format!(
                    "`{name}` is written twice in the same place; the second ends at line {place}: rename one or drop it"
                )
            }
            None => format!("this is not YAML: {what} at line {place}"),
        };
    }
    if text.contains("unsupported hash key type") {
        "`null`, `{…}` or `[…]` stands where a name should: is a template not filled in? A name like `null` goes in quotes"
            .to_owned()
    } else if text.contains("YAML documents") {
        "it holds several YAML documents: keep one, without `---` lines between".to_owned()
    } else {
        "it is not a map of settings: begin with `orgs:`".to_owned()
    }
}

/// Makes the `…_file` settings of a file and its `storage.path` relative to the file, as Prometheus
/// does, so that the same configuration works from any working directory.
pub(super) fn resolve_files(tree: &mut Value, directory: &Path) {
    if let Some(path) = tree.pointer_mut("/storage/path") {
        resolve(path, directory);
    }
    resolve_named(tree, directory);
}

fn resolve(path: &mut Value, directory: &Path) {
    // What is empty stays so, and is told.
    if let Value::String(path) = path
        && !path.trim().is_empty()
    {
        *path = directory.join(&*path).display().to_string();
    }
}

fn resolve_named(tree: &mut Value, directory: &Path) {
    match tree {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(_) if key.ends_with("_file") => resolve(value, directory),
                    _ => resolve_named(value, directory),
                }
            }
        }
        Value::Array(list) => list
            .iter_mut()
            .for_each(|value| resolve_named(value, directory)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_of_comments_sets_nothing() {
        for yaml in [
            "",
            "\n",
            "# ü\r\n\t\n",
            "\u{feff}# x\n",
            "---\n",
            "# x\n...\n",
        ] {
            assert_eq!(tree(yaml), Ok(json!({})), "{yaml:?}");
        }
    }

    #[test]
    fn what_is_not_yaml_is_refused_by_line_and_column_and_never_shown() {
        for (yaml, told) in [
            ("orgs:\n  acme: [s3cr3t\n", "at line "),
            ("orgs:\n\tacme: s3cr3t\n", "at line 2, column "),
            ("orgs: {a: {x: 1}, a: {y: s3cr3t}}", "`a` is written twice"),
            ("orgs: {a: {api_token: {{s3cr3t}}}}", "template"),
            ("orgs: {null: {api_token: s3cr3t}}", "goes in quotes"),
            ("orgs: {a: {credentials: {~: {}}}}", "`null`"),
            ("s3cr3t", "begin with `orgs:`"),
            ("- s3cr3t", "begin with `orgs:`"),
            ("a: 1\n---\nb: s3cr3t\n", "several YAML documents"),
            ("a: 1\n...\nb: s3cr3t\n", "several YAML documents"),
            ("a: 1\n\0b: s3cr3t\n", "U+0000 at line 2, column 1"),
            ("\0\0s3cr3t", "U+0000 at line 1, column 1"),
            ("a: \u{1b}s3cr3t\n", "U+001B at line 1, column 4"),
        ] {
            let message = tree(yaml).unwrap_err();
            assert!(message.contains(told), "{yaml:?}: {message}");
            assert!(!message.contains("s3cr3t"), "{yaml:?}: {message}");
        }
    }

    #[test]
    fn a_file_beside_the_configuration_is_found_from_anywhere() {
        let mut tree = json!({"storage": {"path": "s.redb"}, "orgs": {"x_file": {"ca_file": "ca.pem", "url": "u"}, "b": {"ca_file": "/a"}}});
        resolve_files(&mut tree, Path::new("/etc/okta"));
        assert_eq!(
            tree,
            json!({"storage": {"path": "/etc/okta/s.redb"}, "orgs": {"x_file": {"ca_file": "/etc/okta/ca.pem", "url": "u"}, "b": {"ca_file": "/a"}}})
        );
    }
}
