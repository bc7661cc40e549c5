//! The text of a configuration file as a tree of values. What the values should be is
//! in the [`schema`](super::schema).

use std::path::Path;

use config::{Config, ConfigError, File, FileFormat};
use serde_json::{Map, Value};

use super::{
    places::Places,
    problems::{Mistake, Place, SettingPath},
};
use crate::units::unmarked;

/// The largest file of settings worth reading, in bytes: ten thousand orgs are some 10 MB.
pub(crate) const LARGEST: u64 = 64 * 1024 * 1024;

/// The tree that this YAML describes, or what keeps it from being settings. The words are ours wherever
/// the parser's would show what is written, since a secret may be written there.
pub(super) fn tree(yaml: &str) -> Result<Value, Vec<Mistake>> {
    let yaml = unmarked(yaml);
    whole(yaml)?;
    let read = Config::builder()
        .add_source(File::from_str(yaml, FileFormat::Yaml))
        .build();
    let unplaced = |what: &str| vec![Mistake::new(None, SettingPath::default(), what)];
    match read {
        Ok(config) => config
            .try_deserialize()
            .map_err(|_| unplaced("it holds values that are no settings")),
        // Nothing but comments is a file that sets nothing.
        Err(ConfigError::FileParse { cause, .. })
            if cause.to_string().starts_with("invalid type: unit value") =>
        {
            Ok(Value::Object(Map::new()))
        }
        Err(_) => {
            let mistakes = Places::of(yaml).mistakes();
            Err(if mistakes.is_empty() {
                unplaced("it is not a map of settings: begin with `orgs:`")
            } else {
                mistakes
            })
        }
    }
}

/// The furthest to the right that something may begin: the parser calls itself for each level, and
/// whatever is nested deeper begins further to the right. Settings have some ten levels.
const DEEPEST: usize = 200;

/// Refuses the characters that no YAML may hold. The parser would take the first NUL for the end of
/// the file, so that half a file, as a full disk leaves one, were a configuration. And refuses what is
/// nested so deep that the parser would find no end.
fn whole(yaml: &str) -> Result<(), Vec<Mistake>> {
    for (line, text) in yaml.lines().enumerate() {
        let begins = text.trim_start_matches([' ', '-', '?', ':', '\t']);
        let is_empty = text.trim().is_empty() || begins.starts_with('#');
        if !is_empty && text.len() - begins.len() > DEEPEST {
            let place = Place {
                line: line + 1,
                column: DEEPEST,
            };
            let what = format!(
                "nothing begins as far to the right as here, beyond column {DEEPEST}: is it meant to be nested so deep?"
            );
            let mistake = Mistake::new(Some(place), SettingPath::default(), what);
            return Err(vec![mistake]);
        }
        let alien = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\u{85}');
        if let Some((column, c)) = text.chars().enumerate().find(|(_, c)| alien(*c)) {
            let place = Place {
                line: line + 1,
                column: column + 1,
            };
            let what = format!(
                "this is not YAML: it holds the character U+{:04X}: was the file written to its end?",
                u32::from(c)
            );
            let mistake = Mistake::new(Some(place), SettingPath::default(), what);
            return Err(vec![mistake]);
        }
    }
    Ok(())
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

    use super::{super::problems::Problems, *};

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
            ("orgs:\n  acme: [s3cr3t\n", "f:3:1: this is not YAML"),
            ("orgs:\n\tacme: s3cr3t\n", "f:2:"),
            (
                "orgs: {a: {x: 1}, a: {y: s3cr3t}}",
                "f:1:19: orgs.a: `a` is written twice",
            ),
            ("orgs: {a: {api_token: {{s3cr3t}}}}", "f:1:24: "),
            ("orgs: {a: {api_token: {{s3cr3t}}}}", "template"),
            ("orgs: {null: {api_token: s3cr3t}}", "goes in quotes"),
            ("orgs: {a: {credentials: {~: {}}}}", "f:1:26: `null`"),
            ("s3cr3t", "begin with `orgs:`"),
            ("- s3cr3t", "begin with `orgs:`"),
            ("a: 1\n---\nb: s3cr3t\n", "f:2:1: it holds several"),
            ("a: 1\n...\nb: s3cr3t\n", "several YAML documents"),
            ("a: 1\n\0b: s3cr3t\n", "f:2:1: "),
            (
                "\0\0s3cr3t",
                "f:1:1: this is not YAML: it holds the character U+0000",
            ),
            ("a: \u{1b}s3cr3t\n", "f:1:4: "),
        ] {
            let message = Problems::of("f", tree(yaml).unwrap_err()).to_string();
            assert!(message.contains(told), "{yaml:?}: {message}");
            assert!(!message.contains("s3cr3t"), "{yaml:?}: {message}");
        }
    }

    #[test]
    fn what_is_nested_deeper_than_any_stack_is_refused_where_it_begins_to_be() {
        let by_dashes = |levels: usize| format!("a:\n{}b\n", "- ".repeat(levels));
        let by_blanks = |levels: usize| {
            let lines = (0..levels).map(|level| format!("{}a:\n", " ".repeat(level)));
            lines.collect::<String>()
        };
        for (fits, deep, line) in [
            (by_dashes(100), by_dashes(200_000), 2),
            (by_blanks(200), by_blanks(2_000), 202),
        ] {
            assert!(tree(&fits).is_ok());
            let told = Problems::of("f", tree(&deep).unwrap_err()).to_string();
            let place = format!("f:{line}:200: ");
            assert!(told.contains(&place), "{told}");
        }
        let wide = " ".repeat(1_000);
        assert!(tree(&format!("a: 1\n{wide}\n{wide}# x\n")).is_ok());
        let flow = "[".repeat(100_000);
        assert!(tree(&format!("a: {flow}")).is_err());
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
