//! What one asks of the program at a desk: which build it is, what a shell completes, its manual, the
//! shape of its configuration.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::{Command, Output},
};

use okta_exporter::{config::Config, probe::KINDS, units::build};
use serde_json::{Value, json};

use crate::support::{
    API_TOKEN,
    example::{EXAMPLE, example},
};

fn run(args: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_okta-exporter");
    Command::new(program)
        .args(args)
        .env_clear()
        .output()
        .unwrap()
}

fn said(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_short_version_is_a_line_and_the_long_one_tells_the_build() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(said(&["-V"]), format!("okta-exporter {version}\n"));
    let long = said(&["--version"]);
    assert_eq!(long, format!("okta-exporter {}\n", build::description()));
    assert!(
        long.contains(&format!("\ntarget: {}\n", build::TARGET)),
        "{long}"
    );
}

/// A checkout in a directory of its own; what git says of it is what a release build would tell.
#[test]
fn a_release_build_of_a_checkout_tells_its_commit_and_one_without_git_does_not_fail() {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("build-script");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compiled = Command::new(rustc)
        .args(["--edition=2024", "-o"])
        .arg(&script)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/build.rs"))
        .status();
    assert!(compiled.unwrap().success());
    let told = |variables: &[(&str, &str)]| {
        let mut command = Command::new(&script);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.current_dir(directory.path()).env_clear();
        command.env("PATH", path).envs(variables.iter().copied());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let release = [("TARGET", "x-y-z"), ("PROFILE", "release")];
    let alone = told(&release);
    for line in [
        "OKTA_EXPORTER_TARGET=x-y-z",
        "OKTA_EXPORTER_REVISION=",
        "OKTA_EXPORTER_DATE=",
    ] {
        let line = format!("cargo::rustc-env={line}\n");
        assert!(alone.contains(&line), "{alone}");
    }
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
        let mut command = Command::new("git");
        command.args(identity).args(args);
        command
            .current_dir(directory.path())
            .env("GIT_COMMITTER_DATE", "1757607758 +0000");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["commit", "--quiet", "--allow-empty", "--message=x"]);
    let head = git(&["rev-parse", "HEAD"]);
    let of_checkout = told(&release);
    for line in [
        format!("cargo::rustc-env=OKTA_EXPORTER_REVISION={head}\n"),
        "cargo::rustc-env=OKTA_EXPORTER_DATE=1757607758\n".to_owned(),
        "cargo::rerun-if-changed=.git/logs/HEAD\n".to_owned(),
    ] {
        assert!(
            of_checkout.contains(&line),
            "{line} is not in {of_checkout}"
        );
    }
    // A build for debugging is not made anew for each commit, and what is given wins.
    let debug = told(&[("TARGET", "x"), ("PROFILE", "debug")]);
    assert!(!debug.contains(&head) && !debug.contains(".git"), "{debug}");
    let given = [
        ("PROFILE", "release"),
        ("OKTA_EXPORTER_REVISION", "v1"),
        ("SOURCE_DATE_EPOCH", "7"),
    ];
    let given = told(&given);
    assert!(given.contains("REVISION=v1\n") && given.contains("DATE=7\n"));
}

#[test]
fn each_shell_gets_a_script_that_knows_the_commands_and_flags() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = said(&["completions", shell]);
        for word in ["diagnose", "config.file", "completions"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
    let bash = Command::new("bash")
        .args(["-n", "-c", &said(&["completions", "bash"])])
        .status();
    assert!(bash.unwrap().success(), "bash cannot read it");
    assert!(!run(&["completions", "dos"]).status.success());
}

#[test]
fn there_is_a_manual_page_of_the_program_and_of_each_command() {
    let page = said(&["man"]);
    assert!(
        page.contains(".TH okta\\-exporter 1") || page.contains(".TH okta-exporter 1"),
        "{page}"
    );
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().display().to_string();
    assert_eq!(said(&["man", "--directory", &path]), "");
    let written: BTreeSet<String> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let help = said(&["--help"]);
    let commands = help.split("Commands:").nth(1).unwrap();
    let commands = commands.lines().skip(1).take_while(|line| !line.is_empty());
    let commands = commands.filter_map(|line| line.split_whitespace().next());
    let expected: BTreeSet<String> = commands
        .filter(|command| *command != "help")
        .map(|command| format!("okta-exporter-{command}.1"))
        .chain(["okta-exporter.1".to_owned()])
        .collect();
    assert!(expected.len() > 8, "{help}");
    assert_eq!(written, expected);
    let diagnose = fs::read_to_string(directory.path().join("okta-exporter-diagnose.1")).unwrap();
    let plain = diagnose
        .replace("\\fB", "")
        .replace("\\fR", "")
        .replace("\\-", "-");
    assert!(plain.contains("okta-exporter diagnose"), "{plain}");
    assert_eq!(
        fs::read_to_string(directory.path().join("okta-exporter.1")).unwrap(),
        page
    );
    let nowhere = run(&["man", "--directory", "/nowhere"]);
    assert!(!nowhere.status.success());
}

fn schema() -> (Value, jsonschema::Validator) {
    let schema: Value = serde_json::from_str(&said(&["config-schema"])).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    (schema, validator)
}

/// A configuration as an editor reads it.
fn tree(yaml: &str) -> Value {
    let file = config::File::from_str(yaml, config::FileFormat::Yaml);
    let read = config::Config::builder().add_source(file).build().unwrap();
    read.try_deserialize().unwrap()
}

#[test]
fn the_schema_takes_what_the_exporter_takes() {
    let (schema, validator) = schema();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert!(jsonschema::meta::is_valid(&schema));
    let secrets = tempfile::tempdir().unwrap();
    let words = format!(
        "defaults: {{ interval: 1h30m, budget: 1 }}
status_pages:
orgs:
  acme:
    url: https://acme.okta.com
    credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}
    probes:
      discovery:
      jwks: {{ org: }}
      token: {{ ci: {{ access_token: {API_TOKEN}, expect: {{ audience: [a, b], issuer: c }} }} }}
"
    );
    for yaml in [example(secrets.path()), words] {
        let none = BTreeMap::new();
        Config::parse(&yaml, &none).unwrap_or_else(|e| panic!("{e}"));
        let wrong: Vec<String> = validator
            .iter_errors(&tree(&yaml))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn the_schema_refuses_what_has_no_place_or_another_shape() {
    let (_, validator) = schema();
    for name in [
        "budget_and_sampling",
        "everything_at_once",
        "not_a_length_of_time",
        "number_for_text",
        "oauth_words",
        "status_page",
        "text_for_a_list",
        "unknown_setting",
    ] {
        let path = format!("tests/fixtures/config/bad/{name}.yaml");
        let yaml = fs::read_to_string(path).unwrap();
        assert!(!validator.is_valid(&tree(&yaml)), "{name} is taken");
    }
    assert!(!validator.is_valid(&json!(["orgs"])));
    for kind in KINDS.iter().filter(|info| info.place.is_of_org()) {
        let wrong = json!({ "orgs": { "acme": { "probes": { kind.kind: { "a": { "zzz": 1 }, "zzz": 1 } } } } });
        assert!(!validator.is_valid(&wrong), "{}", kind.kind);
    }
}

/// The settings of a schema by their names, each with what is said of it.
fn settings(schema: &Value, found: &mut BTreeMap<String, Vec<String>>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                for (name, property) in properties {
                    let said = property["description"].as_str().unwrap_or_default();
                    found.entry(name.clone()).or_default().push(said.to_owned());
                }
            }
            map.values().for_each(|value| settings(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| settings(value, found)),
        _ => {}
    }
}

#[test]
fn every_setting_of_the_example_stands_in_the_schema_and_each_there_is_described() {
    let mut found = BTreeMap::new();
    settings(&schema().0, &mut found);
    for (name, said) in &found {
        assert!(said.iter().all(|said| said.len() > 10), "{name}: {said:?}");
    }
    let is_name =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let named: BTreeSet<&str> = EXAMPLE
        .lines()
        .filter_map(|line| line.trim_start().trim_start_matches("# ").split_once(':'))
        .map(|(name, _)| name.trim())
        .filter(|name| is_name(name))
        .collect();
    assert!(named.len() > 60, "{}", named.len());
    // What people named themselves.
    let own = [
        "acme", "apps", "billing", "ci", "default", "edge", "groups", "logs", "monitor", "okta",
        "org", "users", "auto",
    ];
    let lacking: Vec<&&str> = named
        .iter()
        .filter(|name| !found.contains_key(**name) && !own.contains(name))
        .collect();
    assert!(lacking.is_empty(), "{lacking:?}");
}
