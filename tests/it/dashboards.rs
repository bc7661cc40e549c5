use std::{collections::BTreeSet, fmt::Write as _, io::Write as _, process::Command};

use okta_exporter::{
    fleet,
    metrics::{Family, Kind},
};
use serde_json::Value;

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

/// Panels that every Grafana from 10 to 13 draws by itself.
const KINDS: [&str; 5] = ["timeseries", "stat", "table", "bargauge", "state-timeline"];

/// What every dashboard lets one choose, each narrowed by those before it.
const VARIABLES: [(&str, &str); 4] = [
    ("datasource", "prometheus"),
    ("job", "label_values(okta_exporter_build_info, job)"),
    (
        "instance",
        r#"label_values(okta_exporter_build_info{job=~"$job"}, instance)"#,
    ),
    (
        "org",
        r#"label_values(okta_exporter_probes{job=~"$job",instance=~"$instance"}, org)"#,
    ),
];

/// What every board marks on its panels' time axis.
const MARKS: [&str; 3] = ["Incidents", "Key rotations", "Rate-limit violations"];

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The source that a dashboard's variable names.
fn chosen(value: &Value) -> bool {
    value["type"] == "prometheus" && value["uid"] == "${datasource}"
}

#[test]
fn every_dashboard_can_be_found_chosen_from_and_left() {
    let boards = boards();
    assert!(boards.len() >= 6);
    let mut uids = BTreeSet::new();
    for Board { file, json } in &boards {
        assert!(
            uids.insert(text(&json["uid"])),
            "{file}: its uid is there twice"
        );
        assert!(
            text(&json["uid"]).starts_with("okta-"),
            "{file}: {}",
            json["uid"]
        );
        assert!(
            text(&json["title"]).starts_with("Okta / "),
            "{file}: {}",
            json["title"]
        );
        assert!(
            !text(&json["description"]).is_empty(),
            "{file}: no description"
        );
        assert!(
            list(&json["tags"]).contains(&"okta-exporter".into()),
            "{file}: not tagged"
        );
        assert_eq!(
            json["links"][0]["tags"][0], "okta-exporter",
            "{file}: no way to the others"
        );
        assert_eq!(json["links"][0]["includeVars"], true, "{file}");
        // Grafana 10.0 writes 38; later ones read it and go on from there.
        assert_eq!(json["schemaVersion"], 38, "{file}");
        // An id belongs to one Grafana, and what is imported must not claim it.
        assert!(
            json.get("id").is_none_or(Value::is_null),
            "{file}: holds an id"
        );
        assert!(
            json.get("__inputs").is_none(),
            "{file}: asks what the variable asks"
        );
        let variables = list(&json["templating"]["list"]);
        for (variable, (name, query)) in variables.iter().zip(VARIABLES) {
            let written = match &variable["query"] {
                Value::String(query) => query,
                asked => text(&asked["query"]),
            };
            assert_eq!((text(&variable["name"]), written), (name, query), "{file}");
        }
        for variable in variables.iter().skip(1) {
            let name = &variable["name"];
            assert!(chosen(&variable["datasource"]), "{file}: {name}");
            for set in ["multi", "includeAll"] {
                assert_eq!(variable[set], true, "{file}: {name}: {set}");
            }
            assert_eq!(variable["allValue"], ".*", "{file}: {name}");
        }
    }
    for board in &boards {
        for panel in board.panels() {
            for link in list(&panel["fieldConfig"]["defaults"]["links"]) {
                let (_, to) = text(&link["url"]).split_once("/d/").unwrap();
                let uid = to.split('?').next().unwrap();
                assert!(
                    uids.contains(uid),
                    "{}: links to `{uid}`",
                    board.place(panel)
                );
            }
        }
    }
}

#[test]
fn every_panel_says_what_it_shows_in_which_unit_and_when_to_worry() {
    for board in boards() {
        for panel in board.panels() {
            let place = board.place(panel);
            let kind = text(&panel["type"]);
            assert!(
                KINDS.contains(&kind),
                "{place}: `{kind}` is not one of {KINDS:?}"
            );
            assert!(!text(&panel["title"]).is_empty(), "{place}: no title");
            assert!(
                text(&panel["description"]).ends_with('.'),
                "{place}: no description"
            );
            assert!(
                chosen(&panel["datasource"]),
                "{place}: not from `${{datasource}}`"
            );
            let defaults = &panel["fieldConfig"]["defaults"];
            assert!(!text(&defaults["unit"]).is_empty(), "{place}: no unit");
            assert_eq!(
                defaults["thresholds"]["steps"][0]["value"],
                Value::Null,
                "{place}"
            );
            assert!(
                tells_good_from_bad(panel) || kind == "timeseries" && counts(defaults),
                "{place}: neither thresholds nor mappings tell good from bad"
            );
        }
    }
}

/// More than one threshold, or values with colours: of the panel or of a field of it.
fn tells_good_from_bad(panel: &Value) -> bool {
    let tells = |thresholds: &Value, mappings: &Value| {
        list(&thresholds["steps"]).len() > 1 || !list(mappings).is_empty()
    };
    let config = &panel["fieldConfig"];
    let properties = list(&config["overrides"])
        .iter()
        .flat_map(|o| list(&o["properties"]));
    tells(
        &config["defaults"]["thresholds"],
        &config["defaults"]["mappings"],
    ) || properties
        .into_iter()
        .any(|property| match text(&property["id"]) {
            "thresholds" => tells(&property["value"], &Value::Null),
            "mappings" => tells(&Value::Null, &property["value"]),
            _ => false,
        })
}

/// A line of how many or how often is neither good nor bad by itself.
fn counts(defaults: &Value) -> bool {
    ["reqps", "ops", "cpm", "none"].contains(&text(&defaults["unit"]))
}

#[test]
fn every_panel_has_its_place_and_its_queries_their_own_letters() {
    for board in boards() {
        let mut ids = BTreeSet::new();
        let mut taken = BTreeSet::new();
        for panel in board.panels() {
            let place = board.place(panel);
            assert!(
                ids.insert(panel["id"].as_u64().unwrap()),
                "{place}: its id is there twice"
            );
            let [x, y, w, h] =
                ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
            assert!(w > 0 && h > 0 && x + w <= 24, "{place}: out of the grid");
            for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                assert!(
                    taken.insert(cell),
                    "{place}: lies on another panel at {cell:?}"
                );
            }
            let targets = list(&panel["targets"]);
            assert!(!targets.is_empty(), "{place}: asks nothing");
            for (target, letter) in targets.iter().zip("ABCDEFGH".chars()) {
                assert_eq!(text(&target["refId"]), letter.to_string(), "{place}");
                assert!(chosen(&target["datasource"]), "{place}");
                assert_ne!(target["instant"], target["range"], "{place}");
            }
        }
    }
}

#[test]
fn every_board_with_a_time_axis_marks_incidents_rotations_and_violations_on_it() {
    let has_time_axis =
        |panel: &Value| ["timeseries", "state-timeline"].contains(&text(&panel["type"]));
    for board in boards() {
        let (file, marks) = (&board.file, board.annotations());
        let names: Vec<&str> = marks.iter().map(|mark| text(&mark["name"])).collect();
        if board.panels().iter().any(has_time_axis) {
            assert_eq!(names, MARKS, "{file}");
        }
        for mark in marks {
            let name = text(&mark["name"]);
            assert!(chosen(&mark["datasource"]), "{file}: {name}");
            assert_eq!(mark["enable"], true, "{file}: {name}");
            for said in ["iconColor", "titleFormat"] {
                assert!(!text(&mark[said]).is_empty(), "{file}: {name}: {said}");
            }
            assert!(
                text(&mark["textFormat"]).contains("{{org}}"),
                "{file}: {name}"
            );
            // Grafana takes milliseconds for a time.
            let is_time = text(&mark["expr"]).ends_with("* 1000");
            assert_eq!(mark["useValueForTime"], is_time, "{file}: {name}");
        }
    }
}

#[test]
fn every_column_that_a_table_dresses_is_one_it_has() {
    for board in boards() {
        for panel in board
            .panels()
            .iter()
            .filter(|panel| panel["type"] == "table")
        {
            let place = board.place(panel);
            let targets = list(&panel["targets"]);
            let organize = list(&panel["transformations"]).last().unwrap();
            let names = organize["options"]["renameByName"].as_object().unwrap();
            for target in targets {
                let value = match targets.len() {
                    1 => "Value".to_owned(),
                    _ => format!("Value #{}", text(&target["refId"])),
                };
                let hidden = organize["options"]["excludeByName"][&value] == true;
                assert!(
                    names.contains_key(&value) || hidden,
                    "{place}: `{value}` has no name"
                );
                assert_eq!(target["format"], "table", "{place}");
            }
            let shown: BTreeSet<&str> = names.values().map(text).collect();
            for field in list(&panel["fieldConfig"]["overrides"]) {
                let name = text(&field["matcher"]["options"]);
                assert!(shown.contains(name), "{place}: has no column `{name}`");
            }
            for sorted in list(&panel["options"]["sortBy"]) {
                let name = text(&sorted["displayName"]);
                assert!(
                    shown.contains(name),
                    "{place}: is sorted by no column `{name}`"
                );
            }
        }
    }
}

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
