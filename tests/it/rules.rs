use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde::{Deserialize, de::DeserializeOwned};

/// What stands before a runbook's path until somebody says where they keep theirs.
const BASE: &str = "https://okta-exporter.example/";

/// The sections of a runbook, in order.
const SECTIONS: [&str; 5] = [
    "What it means",
    "How to see it",
    "What to do now",
    "What to do for good",
    "What to tell Okta's support",
];

/// What a pager, or a line of a chat, shows of a summary.
const LONGEST_SUMMARY: usize = 160;

/// Labels that say what an alert is about: its summary names them.
const THINGS: [&str; 14] = [
    "org",
    "page",
    "incident",
    "probe",
    "api",
    "credential",
    "token",
    "scope",
    "authorization_server",
    "pool",
    "name",
    "domain",
    "owner",
    "token_name",
];

#[derive(Deserialize)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(default)]
    alert: String,
    expr: String,
    r#for: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Threshold {
    /// The number; an expression where it is the org's own.
    default: serde_json::Value,
}

#[derive(Deserialize)]
struct Tests {
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    alert_rule_test: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    alertname: String,
    exp_alerts: Vec<serde_json::Value>,
}

#[test]
fn promtool_and_amtool_find_nothing_wrong() {
    said(promtool(&["check", "rules"]).args(["okta.rules.yml", "okta.alerts.yml"]));
    said(promtool(&["check", "config"]).arg("prometheus.yml"));
    said(
        Command::new("amtool")
            .args(["check-config", "alertmanager.yml"])
            .current_dir(at("config/prometheus")),
    );
}

#[test]
fn every_alert_fires_and_keeps_quiet_as_its_tests_say() {
    said(promtool(&["test", "rules"]).args(tests()));
}

#[test]
fn every_alert_is_tested_to_fire_and_to_keep_quiet() {
    let checks = checks();
    let tested = |quiet: bool| -> BTreeSet<String> {
        let fitting = checks
            .iter()
            .filter(|check| check.exp_alerts.is_empty() == quiet);
        fitting.map(|check| check.alertname.clone()).collect()
    };
    let names = names();
    assert_eq!(names, tested(false), "tested to fire");
    assert_eq!(names, tested(true), "tested to keep quiet");
}

#[test]
fn every_alert_is_played_against_the_simulated_okta() {
    let mut scenes = fs::read_to_string(at("tests/it/alerts.rs")).unwrap();
    for file in files("tests/it/alerts") {
        scenes += &fs::read_to_string(file).unwrap();
    }
    for name in names() {
        let played = scenes.contains(&format!("\"{name}\""));
        assert!(played, "{name}: play it in tests/it/alerts.rs");
    }
}

#[test]
fn every_alert_tells_how_bad_it_is_and_does_not_flap() {
    for alert in alerts() {
        let name = &alert.alert;
        assert!(name.starts_with("Okta"), "{name}");
        let severity = alert.labels["severity"].as_str();
        assert!(
            ["critical", "warning", "info"].contains(&severity),
            "{name}: {severity}"
        );
        for annotation in ["summary", "description"] {
            let text = &alert.annotations[annotation];
            assert!(text.len() > 20, "{name}: {annotation}");
        }
        // An incident is announced by people: it is open or it is not. When something last happened
        // is a look back by itself.
        let lasts = alert.r#for.is_some()
            || ["[", "increase", "_last_event_timestamp_seconds"]
                .iter()
                .any(|look_back| alert.expr.contains(look_back));
        assert!(
            lasts || name == "OktaStatusIncident",
            "{name} has neither a `for` nor a look back"
        );
    }
}

/// Summaries are looked at as the rules' own tests have them, filled in, and `promtool` holds those to the
/// rules.
#[test]
fn every_summary_says_of_what_it_is_and_what_to_do_next_and_fits_a_pager() {
    let mut seen = BTreeSet::new();
    for Check {
        alertname,
        exp_alerts,
    } in checks()
    {
        for alert in &exp_alerts {
            let labels = alert["exp_labels"].as_object().unwrap();
            let summary = alert["exp_annotations"]["summary"].as_str().unwrap();
            let (what, next) = summary.split_once(". ").unwrap_or((summary, ""));
            let is_one_sentence = next.ends_with('.') && !next.contains(". ");
            assert!(
                next.starts_with(char::is_uppercase) && is_one_sentence,
                "{alertname}: `WHAT HAPPENS. NEXT STEP.`: {summary}"
            );
            assert!(
                summary.chars().count() <= LONGEST_SUMMARY && !summary.contains('\n'),
                "{alertname}: too long: {summary}"
            );
            for thing in THINGS {
                let named = labels
                    .get(thing)
                    .is_none_or(|name| what.contains(name.as_str().unwrap()));
                assert!(named, "{alertname}: which {thing}? {summary}");
            }
            let severity = labels["severity"].as_str().unwrap();
            seen.insert((alertname.clone(), severity.to_owned()));
        }
    }
    let rules = alerts()
        .into_iter()
        .map(|rule| (rule.alert, rule.labels["severity"].clone()));
    assert_eq!(seen, rules.collect::<BTreeSet<_>>());
}

#[test]
fn every_alert_has_its_runbook_and_every_runbook_its_alert() {
    let index = fs::read_to_string(at("docs/runbooks/README.md")).unwrap();
    for alert in alerts() {
        let name = &alert.alert;
        let url = &alert.annotations["runbook_url"];
        let path = url.strip_prefix(BASE).unwrap();
        assert_eq!(path, format!("docs/runbooks/{name}.md"));
        let page = fs::read_to_string(at(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        assert!(page.starts_with(&format!("# {name}\n")), "{path}");
        let sections: Vec<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        assert_eq!(sections, SECTIONS, "{path}");
        for part in page.split("\n## ").skip(1) {
            let (title, text) = part.split_once('\n').unwrap();
            assert!(!text.trim().is_empty(), "{path}: {title}");
        }
        let severity = &alert.labels["severity"];
        let row = format!("| [{name}]({name}.md) | {severity} |");
        assert!(index.contains(&row), "docs/runbooks/README.md lacks {row}");
    }
    let pages: BTreeSet<String> = files("docs/runbooks")
        .iter()
        .map(|page| page.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "README")
        .collect();
    assert_eq!(pages, names());
}

#[test]
fn every_alert_is_in_the_documentation_with_its_severity_its_wait_and_its_thresholds() {
    let page = fs::read_to_string(at("docs/alerts.md")).unwrap();
    let rows = |of: &str| -> Vec<&str> {
        let begin = format!("| [{of}](runbooks/{of}.md) | ");
        let rows = page.lines();
        rows.filter(|row| row.starts_with(&begin)).collect()
    };
    for Rule {
        alert,
        r#for,
        labels,
        ..
    } in alerts()
    {
        let wait = r#for.as_deref().unwrap_or("–");
        let told = format!(" | {} | {wait} | ", labels["severity"]);
        let rows = rows(&alert);
        assert!(
            rows.iter().any(|row| row.contains(&told)),
            "{alert}{told}in {rows:?}"
        );
    }
    let rules = page
        .lines()
        .filter(|row| row.starts_with("| [Okta"))
        .count();
    assert_eq!(rules, alerts().len());
    let file = at("config/helm/okta-exporter/files/thresholds.yaml");
    let chart: BTreeMap<String, BTreeMap<String, Threshold>> = read(&file);
    // Names are read without their case here, as the configuration's are.
    for (alert, thresholds) in chart {
        let name = names()
            .into_iter()
            .find(|name| name.eq_ignore_ascii_case(&alert));
        let told = rows(&name.unwrap()).join("").to_lowercase();
        for (threshold, Threshold { default }) in thresholds {
            let number = default.as_f64().map(|number| format!(" {number}"));
            let written = format!("`{threshold}`{}", number.unwrap_or_default());
            assert!(
                told.contains(&written.to_lowercase()),
                "{alert}: {written} in {told}"
            );
        }
    }
}

#[test]
fn every_query_of_a_runbook_can_be_asked() {
    let mut rules = "groups:\n  - name: runbooks\n    rules:\n".to_owned();
    for page in files("docs/runbooks") {
        let text = fs::read_to_string(&page).unwrap();
        let blocks = text.split("```promql\n").skip(1);
        let queries = blocks.flat_map(|block| block.split("```").next().unwrap().lines());
        for (number, query) in queries.enumerate() {
            let name = page.file_stem().unwrap().display();
            let quoted = query.replace('\'', "''");
            writeln!(
                rules,
                "      - record: {name}:{number}\n        expr: '{quoted}'"
            )
            .unwrap();
        }
    }
    assert!(rules.lines().count() > 2 * names().len(), "{rules}");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(rules.as_bytes()).unwrap();
    said(promtool(&["check", "rules"]).arg(file.path()));
}

#[test]
fn kubernetes_is_given_the_same_rules() {
    let written = said(&mut Command::new(at("config/kubernetes/prometheusrule")));
    let kept = fs::read_to_string(at("config/kubernetes/prometheusrule.yaml")).unwrap();
    assert!(
        written == kept,
        "write it anew: config/kubernetes/prometheusrule > config/kubernetes/prometheusrule.yaml"
    );
    for alert in names() {
        assert!(kept.contains(&format!("- alert: {alert}\n")), "{alert}");
    }
}

fn alerts() -> Vec<Rule> {
    let file: Rules = read(&at("config/prometheus/okta.alerts.yml"));
    file.groups.into_iter().flat_map(|g| g.rules).collect()
}

fn names() -> BTreeSet<String> {
    alerts().into_iter().map(|alert| alert.alert).collect()
}

fn checks() -> Vec<Check> {
    let files = tests();
    let tests = files.iter().flat_map(|file| read::<Tests>(file).tests);
    tests.flat_map(|test| test.alert_rule_test).collect()
}

fn tests() -> Vec<PathBuf> {
    files("tests/rules")
}

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn files(directory: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(at(directory)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn read<T: DeserializeOwned>(file: &Path) -> T {
    let text = fs::read_to_string(file).unwrap();
    let source = config::File::from_str(&text, config::FileFormat::Yaml);
    let read = config::Config::builder().add_source(source).build();
    read.and_then(config::Config::try_deserialize)
        .unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn promtool(args: &[&str]) -> Command {
    let mut command = Command::new("promtool");
    command.args(args).current_dir(at("config/prometheus"));
    command
}

/// Runs a program that must end well, and returns what it said.
fn said(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|e| panic!("{command:?}: {e}; `tests/run` installs what the tests need"));
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{command:?}:\n{said}");
    said
}
