//! What two exporters of one org show is what one would, and nothing is added up.

use std::{collections::BTreeSet, fmt::Write as _, io::Write as _, process::Command};

use okta_exporter::{
    fleet,
    metrics::{Family, Kind},
};

use crate::support::{
    dashboard::{Board, boards},
    promql,
};

/// What an exporter counts of its own work: of two exporters it is the sum. Whatever else is told is
/// about Okta, and the same whoever tells it, and however many endpoints show it.
const ITS_OWN: [&str; 8] = [
    "okta_rate_limit_own_requests_total",
    "okta_credential_token_requests_total",
    "okta_probe_runs_total",
    "okta_probe_failures_total",
    "okta_exporter_series_dropped_total",
    "okta_exporter_store_commits_total",
    "okta_exporter_store_errors_total",
    "okta_exporter_store_size_bytes",
];

#[test]
fn what_two_exporters_or_two_endpoints_of_one_bucket_show_is_not_added_up() {
    let families: Vec<&Family> = fleet::families()
        .into_iter()
        .filter(|family| family.kind() != Kind::Histogram)
        .collect();
    let known = |name: &str| families.iter().find(|family| family.name() == name);
    let mut tests = "evaluation_interval: 10s\ntests:\n".to_owned();
    let mut asked = 0;
    for query in boards().iter().flat_map(Board::queries) {
        let names = promql::names(&query.written).mentions;
        let shown: Option<Vec<_>> = names.iter().map(|mention| known(&mention.name)).collect();
        let Some(shown) = shown else { continue };
        let its_own = |family: &Family| ITS_OWN.contains(&family.name());
        if shown.iter().all(|family| its_own(family)) {
            continue;
        }
        asked += 1;
        // Something that is 0 may be what the panel counts.
        for value in [0, 1] {
            writeln!(
                tests,
                "  - name: '{}'\n    interval: 1s\n    input_series:",
                query.place.replace('\'', " ")
            )
            .unwrap();
            let shown: BTreeSet<&str> = shown.iter().map(|family| family.name()).collect();
            for family in shown.iter().filter_map(|name| known(name)) {
                for (whose, instance, endpoint) in [
                    ("one", "a", "users"),
                    ("two", "a", "users"),
                    ("two", "a", "groups"),
                    ("two", "b", "users"),
                ] {
                    let is_first = (instance, endpoint) == ("a", "users");
                    let of_a_bucket = endpoint == "users" || family.labels().contains(&"bucket");
                    if !is_first && (its_own(family) || !of_a_bucket) {
                        continue;
                    }
                    let values = match family.kind() {
                        Kind::Counter => "0+3x400".to_owned(),
                        _ => format!("{value}x400"),
                    };
                    // Some panels show answers of one sort only.
                    let codes = if family.labels().contains(&"code") {
                        &["200", "503"][..]
                    } else {
                        &["x"]
                    };
                    for code in codes {
                        let label = |label: &&str| match *label {
                            "org" | "page" => format!("{label}=\"{whose}\""),
                            "api" => format!("api=\"{endpoint}\""),
                            "code" => format!("code=\"{code}\""),
                            label => format!("{label}=\"x\""),
                        };
                        let labels: Vec<String> = family.labels().iter().map(label).collect();
                        // Each target has a pod of its own, as Prometheus' operator says.
                        writeln!(
                            tests,
                            "      - series: '{}{{{},job=\"okta\",instance=\"{instance}\",pod=\"{instance}\"}}'\n        values: '{values}'",
                            family.name(),
                            labels.join(",")
                        )
                        .unwrap();
                    }
                }
            }
            // One value, whoever's it is; a difference of rounding is none.
            let expr = format!(
                "count(count_values(\"value\", round({}, 0.001))) or vector(1)",
                query.sent()
            )
            .replace('\n', " ")
            .replace('\'', "''");
            writeln!(tests, "    promql_expr_test:\n      - expr: '{expr}'\n        eval_time: 350s\n        exp_samples: [{{ value: 1 }}]").unwrap();
        }
    }
    assert!(asked > 40, "the test has lost its eyes: {asked}");
    promtool(&tests);
}

#[test]
fn the_share_of_answers_without_an_error_is_told_when_everything_fails() {
    let boards = boards();
    let mut queries = boards.iter().flat_map(Board::queries);
    let query = queries.find(|query| query.place.contains("Answers without an error"));
    let expr = query.unwrap().sent().replace('\n', " ").replace('\'', "''");
    let mut tests = "evaluation_interval: 10s\ntests:\n".to_owned();
    let (well, refused) = (
        r#"okta_requests_total{code="200""#,
        r#"okta_requests_total{code="503""#,
    );
    let unanswered = r#"okta_request_failures_total{reason="connect""#;
    for (series, share) in [
        (&[unanswered][..], "0"),
        (&[refused], "0"),
        (&[refused, unanswered], "0"),
        (&[well, refused, unanswered, unanswered], "0.25"),
        (&[well], "1"),
    ] {
        tests += "  - interval: 1s\n    input_series:\n";
        for (number, series) in series.iter().enumerate() {
            writeln!(
                tests,
                "      - {{ series: '{series},org=\"acme\",api=\"{number}\",job=\"okta\",instance=\"a\"}}', values: '0+1x400' }}"
            )
            .unwrap();
        }
        writeln!(
            tests,
            "    promql_expr_test:\n      - {{ expr: 'round({expr}, 0.01)', eval_time: 350s, exp_samples: [{{ labels: '{{org=\"acme\"}}', value: {share} }}] }}"
        )
        .unwrap();
    }
    promtool(&tests);
}

/// Has promtool judge tests of expressions.
fn promtool(tests: &str) {
    let mut file = tempfile::NamedTempFile::with_suffix(".yml").unwrap();
    file.write_all(tests.as_bytes()).unwrap();
    let mut promtool = Command::new("promtool");
    let said = promtool.args(["test", "rules"]).arg(file.path()).output();
    let said = said.unwrap_or_else(|e| panic!("promtool: {e}; `tests/run` installs it"));
    let words = String::from_utf8([said.stdout, said.stderr].concat()).unwrap();
    assert!(said.status.success(), "{words}");
}
