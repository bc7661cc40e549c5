mod alerts;
mod people;
mod replicas;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::dashboard::{Board, boards};

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

/// Its queries.
fn exprs(panel: &Value) -> impl Iterator<Item = &str> {
    list(&panel["targets"])
        .iter()
        .map(|target| text(&target["expr"]))
}

/// Each panel with its place.
fn panels() -> Vec<(String, Value)> {
    let of = |board: &Board| -> Vec<_> {
        let panels = board.panels().iter();
        panels
            .map(|panel| (board.place(panel), panel.clone()))
            .collect()
    };
    boards().iter().flat_map(of).collect()
}

/// Every value of a key, however deep.
fn every<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name == key {
                    found.push(member);
                }
                every(member, key, found);
            }
        }
        Value::Array(members) => members.iter().for_each(|one| every(one, key, found)),
        _ => {}
    }
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
        for variable in variables.iter().filter(|v| v["type"] == "query") {
            let name = &variable["name"];
            assert!(chosen(&variable["datasource"]), "{file}: {name}");
            for set in ["multi", "includeAll"] {
                assert_eq!(variable[set], true, "{file}: {name}: {set}");
            }
            // All of them is not what has none: `.*` would match that, too.
            assert_eq!(variable["allValue"], ".+", "{file}: {name}");
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
                tells_good_from_bad(panel) || is_fact(defaults),
                "{place}: neither thresholds nor mappings tell good from bad, and it is no mere fact"
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

/// What is neither good nor bad by itself has no colour.
fn is_fact(defaults: &Value) -> bool {
    defaults["thresholds"]["steps"][0]["color"] == "text"
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
            // Once, whoever tells it.
            let expr = text(&mark["expr"]);
            assert!(expr.starts_with("max by (org, "), "{file}: {name}");
            assert!(expr.contains(r#"org=~"$org""#), "{file}: {name}");
            // Grafana takes milliseconds for a time.
            let is_time = expr.ends_with("* 1000");
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
            let dressed = list(&panel["fieldConfig"]["overrides"]).iter();
            for field in dressed.filter(|field| field["matcher"]["id"] == "byName") {
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
