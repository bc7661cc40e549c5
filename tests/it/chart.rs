mod operator;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/helm/okta-exporter");
const MANIFESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/kubernetes");
const SCHEMAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/kubernetes");
const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools");

fn tool(name: &str) -> Command {
    let path = Path::new(TOOLS).join(name);
    assert!(path.exists(), "`tests/tools` installs {name}");
    Command::new(path)
}

/// A module of Python's that `tests/tools` installed.
fn module(name: &str) -> Command {
    let mut command = Command::new("python3");
    command
        .env("PYTHONPATH", Path::new(TOOLS).join("python"))
        .args(["-m", name]);
    command
}

fn run(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

/// What it says on both streams, if it is content.
fn content(command: &mut Command) -> String {
    let output = run(command);
    let said = String::from_utf8_lossy(&output.stderr);
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{command:?}: {said}{out}");
    out
}

fn template(settings: &[&str]) -> Command {
    let mut helm = tool("helm");
    helm.args(["template", "okta", CHART, "--namespace=monitoring"])
        .args([
            "--kube-version=1.37.0",
            "--api-versions=monitoring.coreos.com/v1",
        ])
        .args(settings);
    helm
}

fn values() -> Vec<PathBuf> {
    let files = fs::read_dir(Path::new(CHART).join("ci")).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

fn document(text: &str) -> Value {
    let source = config::File::from_str(text, config::FileFormat::Yaml);
    let read = config::Config::builder().add_source(source).build();
    read.and_then(config::Config::try_deserialize)
        .unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn documents(text: &str) -> Vec<(Value, &str)> {
    let parts = text
        .split("\n---\n")
        .map(|part| part.trim_start_matches("---\n"));
    let parts = parts.filter(|part| part.contains("kind:"));
    parts.map(|part| (document(part), part)).collect()
}

/// Each document against the schema of its kind, the operator's kinds included.
fn validated(text: &str) -> BTreeMap<String, usize> {
    let files = tempfile::tempdir().unwrap();
    let (mut kinds, mut own) = (BTreeMap::new(), String::new());
    for (number, (read, part)) in documents(text).into_iter().enumerate() {
        let kind = read["kind"].as_str().unwrap().to_owned();
        if read["apiversion"].as_str().or(read["apiVersion"].as_str())
            == Some("monitoring.coreos.com/v1")
        {
            let file = files.path().join(format!("{number}.yaml"));
            fs::write(&file, part).unwrap();
            let schema = format!("{SCHEMAS}/{}_v1.json", kind.to_lowercase());
            content(
                module("check_jsonschema")
                    .arg("--schemafile")
                    .arg(schema)
                    .arg(file),
            );
        } else {
            own.push_str("---\n");
            own.push_str(part);
            own.push('\n');
        }
        *kinds.entry(kind).or_insert(0) += 1;
    }
    let file = files.path().join("all.yaml");
    fs::write(&file, own).unwrap();
    content(
        module("kubernetes_validate")
            .args(["--strict", "-k", "1.37.0"])
            .arg(file),
    );
    kinds
}

#[test]
fn each_set_of_values_is_clean_and_makes_manifests_that_kubernetes_takes() {
    let seen: BTreeMap<String, BTreeMap<String, usize>> = values()
        .into_iter()
        .map(|file| {
            let given = format!("--values={}", file.display());
            content(tool("helm").args(["lint", "--strict", CHART, &given]));
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            (name, validated(&content(&mut template(&[&given]))))
        })
        .collect();
    let count = |set: &str, kind: &str| seen[set].get(kind).copied().unwrap_or(0);
    let boards = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/dashboards")).unwrap();
    assert_eq!(count("demo-values.yaml", "ConfigMap"), boards.count());
    assert_eq!(count("demo-values.yaml", "PersistentVolumeClaim"), 0);
    for kind in [
        "ConfigMap",
        "Deployment",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "PodMonitor",
        "PrometheusRule",
        "Service",
        "ServiceAccount",
    ] {
        assert_eq!(count("org-values.yaml", kind), 1, "{kind}");
    }
    assert_eq!(count("replicas-values.yaml", "ServiceAccount"), 0);
}

#[test]
fn the_overview_leads_to_runbooks_where_people_reach_the_exporter() {
    let overview = |more: &[&str]| {
        let set = [&["--set=demo=true", "--set=dashboards.enabled=true"], more].concat();
        let rendered = content(&mut template(&set));
        let documents = rendered.split("\n---\n");
        let mut overviews = documents.filter(|text| text.contains("okta-overview.json: |"));
        overviews.next().unwrap().to_owned()
    };
    let (ours, here) = ("https://okta-exporter.example.com", "http://localhost:6582");
    assert!(overview(&[]).contains(here));
    let set = overview(&[&format!("--set=dashboards.exporterUrl={ours}")]);
    assert!(set.contains(ours) && !set.contains(here));
}

#[test]
fn the_plain_manifests_are_what_kubernetes_takes() {
    let kinds = validated(&content(tool("kubectl").args(["kustomize", MANIFESTS])));
    assert_eq!(kinds.values().sum::<usize>(), 8, "{kinds:?}");
}

#[test]
fn values_that_cannot_be_are_refused_in_words() {
    let demo = "--set=demo=true";
    let cases: [(&[&str], &str); 8] = [
        (&[], "what shall be watched? Set `config`"),
        (
            &["--set=existingConfigMap=x", "--set=replicas=2"],
            "`persistence.enabled=false`",
        ),
        (
            &[
                demo,
                "--set=rules.enabled=true",
                "--set=rules.alerts.OktaNoSuch.enabled=false",
            ],
            "rules.alerts.OktaNoSuch: there is no such alert",
        ),
        (
            &[
                demo,
                "--set=rules.enabled=true",
                "--set=rules.alerts.OktaClockSkew.thresholds.minutes=1",
            ],
            "it has: seconds",
        ),
        (
            &[
                demo,
                "--set=rules.alerts.OktaClockSkew.thresholds.seconds=soon",
            ],
            "thresholds",
        ),
        (&[demo, "--set=serviceMonitor.enabeld=true"], "enabeld"),
        (&[demo, "--set=secrets[0]=Not_A_Name"], "secrets"),
        (&[demo, "--set=service.port=70000"], "port"),
    ];
    for (given, told) in cases {
        let output = run(&mut template(given));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains(told),
            "{given:?}: {said}"
        );
    }
}

/// The chart's rules with these settings: by file of rules that `promtool` takes.
fn rules(settings: &[&str]) -> Value {
    let text = content(&mut template(
        &[&["--set=demo=true", "--set=rules.enabled=true"], settings].concat(),
    ));
    let all = documents(&text);
    let (_, part) = all
        .iter()
        .find(|(read, _)| read["kind"] == "PrometheusRule")
        .unwrap();
    let (_, spec) = part.split_once("\nspec:\n").unwrap();
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("rules.yml");
    fs::write(&file, spec).unwrap();
    content(Command::new("promtool").args(["check", "rules"]).arg(file));
    document(spec)
}

/// Each rule by its name and place among its like.
fn by_name(read: &Value) -> BTreeMap<(String, usize), Value> {
    let mut named = BTreeMap::new();
    for rule in read["groups"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap())
    {
        let name = rule["alert"]
            .as_str()
            .or(rule["record"].as_str())
            .unwrap()
            .to_owned();
        let place = named.keys().filter(|(other, _)| *other == name).count();
        named.insert((name, place), rule.clone());
    }
    named
}

#[test]
fn the_charts_rules_are_those_of_the_project_unless_something_is_set() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/config/prometheus");
    let mut written = BTreeMap::new();
    for file in ["okta.rules.yml", "okta.alerts.yml"] {
        written.extend(by_name(&document(
            &fs::read_to_string(format!("{folder}/{file}")).unwrap(),
        )));
    }
    let made = by_name(&rules(&[]));
    assert_eq!(
        made.keys().collect::<Vec<_>>(),
        written.keys().collect::<Vec<_>>()
    );
    for (name, rule) in &made {
        assert_eq!(rule, &written[name], "{name:?}");
    }
}

#[test]
fn each_threshold_changes_its_alert_and_nothing_else() {
    let places = document(&fs::read_to_string(format!("{CHART}/files/thresholds.yaml")).unwrap());
    let plain = by_name(&rules(&[]));
    let mut settings = Vec::new();
    let mut alerts = Vec::new();
    for (alert, thresholds) in places.as_object().unwrap() {
        // Names are read without their case here, as the configuration's are.
        let name = plain
            .keys()
            .map(|(name, _)| name)
            .find(|name| name.eq_ignore_ascii_case(alert))
            .unwrap();
        alerts.push(name.clone());
        for threshold in thresholds.as_object().unwrap().keys() {
            settings.push((name.clone(), threshold.clone()));
        }
    }
    assert!(settings.len() > 15, "the test has lost its eyes");
    let text = fs::read_to_string(format!("{CHART}/files/thresholds.yaml")).unwrap();
    let given: Vec<String> = settings
        .iter()
        .enumerate()
        .map(|(number, (alert, threshold))| {
            let written = text
                .lines()
                .flat_map(|line| line.split(['{', ' ', ':']))
                .find(|word| word.eq_ignore_ascii_case(threshold));
            format!(
                "--set=rules.alerts.{alert}.thresholds.{}={}",
                written.unwrap(),
                1_001 + number
            )
        })
        .collect();
    let set = by_name(&rules(
        &given.iter().map(String::as_str).collect::<Vec<_>>(),
    ));
    for ((name, place), rule) in &plain {
        let other = &set[&(name.clone(), *place)];
        let mut same = other.clone();
        same["expr"] = rule["expr"].clone();
        assert_eq!(&same, rule, "only the expression of {name}");
        assert_eq!(
            other["expr"] != rule["expr"],
            alerts.contains(name),
            "{name}: {}",
            other["expr"]
        );
    }
    for (number, (alert, threshold)) in settings.iter().enumerate() {
        let number = (1_001 + number).to_string();
        let found = set
            .iter()
            .filter(|((name, _), _)| name == alert)
            .any(|(_, rule)| rule["expr"].as_str().unwrap().contains(&number));
        assert!(found, "{alert}: {threshold}");
    }
}

#[test]
fn an_alert_can_be_switched_off_and_given_a_severity_of_its_own() {
    let set = by_name(&rules(&[
        "--set=rules.alerts.OktaSigningKeysRotated.enabled=false",
        "--set=rules.alerts.OktaRateLimitExhausted.severity=warning",
        "--set=rules.alerts.OktaRateLimitExhausted.for=10m",
        "--set=rules.alerts.OktaIdpCertificateExpiring.severities.critical=page",
        "--set=rules.alertLabels.team=identity",
        "--set=rules.runbookBase=https://okta-exporter.example.com/runbooks/",
    ]));
    let one = |name: &str, place| set.get(&(name.to_owned(), place));
    assert!(one("OktaSigningKeysRotated", 0).is_none());
    let exhausted = one("OktaRateLimitExhausted", 0).unwrap();
    assert_eq!(
        (&exhausted["labels"]["severity"], &exhausted["for"]),
        (&"warning".into(), &"10m".into())
    );
    assert_eq!(exhausted["labels"]["team"], "identity");
    let runbook = "https://okta-exporter.example.com/runbooks/OktaRateLimitExhausted";
    assert_eq!(exhausted["annotations"]["runbook_url"], runbook);
    let severities: Vec<_> = [0, 1]
        .map(|place| {
            one("OktaIdpCertificateExpiring", place).unwrap()["labels"]["severity"].clone()
        })
        .into();
    assert_eq!(severities, ["warning", "page"]);
}
