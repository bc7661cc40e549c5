//! What a person needs of a board on a bad night: what is wrong first, and nothing that only looks wrong.

use okta_exporter::fleet;
use serde_json::{Value, json};

use super::{every, exprs, list, panels, text};
use crate::support::{dashboard::boards, promql};

/// What each colour says, the same on every board: well, an alert of severity warning, one of severity
/// critical, worth knowing, and a mere fact.
const COLOURS: [&str; 5] = ["green", "orange", "red", "blue", "text"];

/// Families of what the exporter is busy with: how it samples, reads, keeps and serves.
const INTERNAL: [&str; 17] = [
    "okta_exporter_",
    "okta_hook_",
    "okta_credential_",
    "okta_log_polls_",
    "okta_log_duplicates_",
    "okta_log_unreadable_",
    "okta_log_cursor_",
    "okta_log_gap",
    "okta_rate_limit_guard_",
    "okta_rate_limit_window_phase_",
    "okta_rate_limit_windows_missed_",
    "okta_rate_limit_bucket_mismatch",
    "okta_probe_runs_",
    "okta_probe_duration_",
    "okta_probe_overdue",
    "process_",
    "scrape_",
];

/// Labels of many words, most of which never happen: a line for each would be a legend of zeros.
const OF_MANY_WORDS: [&str; 13] = [
    "category",
    "change",
    "code",
    "error_code",
    "event",
    "event_type",
    "handler",
    "kind",
    "outcome",
    "reason",
    "result",
    "severity",
    "status",
];

/// What is told of a target whatever it is, so that a board must say that it means exporters.
const OF_ANY_TARGET: [&str; 3] = ["up", "scrape_samples_scraped", "process_"];

/// What only a share can show on one axis: each org, credential and token has a size of its own.
const ONLY_AS_SHARES: [&str; 4] = [
    "okta_rate_limit_remaining",
    "okta_rate_limit_org_limit_estimate",
    "okta_token_time_to_expiry_seconds",
    "process_open_fds",
];

#[test]
fn colours_mean_the_same_on_every_board_and_nought_is_no_alarm() {
    for (place, panel) in panels() {
        let mut colours = Vec::new();
        every(&panel["fieldConfig"], "color", &mut colours);
        every(&panel["fieldConfig"], "fixedColor", &mut colours);
        for colour in colours.into_iter().filter_map(Value::as_str) {
            assert!(
                COLOURS.contains(&colour),
                "{place}: what does {colour} mean?"
            );
        }
        // Grafana gives "No data" the colour of the lowest step: what is not known has none.
        let mut kinds = Vec::new();
        every(&panel["fieldConfig"], "type", &mut kinds);
        assert!(
            !kinds.contains(&&json!("special")),
            "{place}: colours what is not known"
        );
        if panel["type"] != "stat" {
            continue;
        }
        let steps = list(&panel["fieldConfig"]["defaults"]["thresholds"]["steps"]);
        assert_eq!(steps[0]["color"], "text", "{place}");
        // Where something is counted, nought of it is no alarm.
        let counts = |expr: &str| {
            expr.contains("increase(") && !expr.contains('/') || expr.starts_with("count")
        };
        if exprs(&panel).all(counts) {
            let below = |step: &&Value| step["value"].as_f64().is_none_or(|from| from <= 0.0);
            let nought = &steps.iter().rfind(below).unwrap()["color"];
            assert!(
                ["green", "text"].contains(&text(nought)),
                "{place}: nought is {nought}"
            );
        }
    }
}

#[test]
fn an_empty_table_says_so_and_an_empty_cell_nothing() {
    for (place, panel) in panels()
        .into_iter()
        .filter(|(_, panel)| panel["type"] == "table")
    {
        let said = text(&panel["fieldConfig"]["defaults"]["noValue"]);
        assert!(said.ends_with('.'), "{place}: {said}");
        // Grafana writes the same words into each cell that has no value, if nothing else is said.
        for (field, kind) in list(&panel["fieldConfig"]["overrides"])
            .iter()
            .zip(["number", "string"])
        {
            let silent = json!({
                "matcher": { "id": "byType", "options": kind },
                "properties": [{ "id": "noValue", "value": "" }],
            });
            assert_eq!(*field, silent, "{place}");
        }
        assert!(
            list(&panel["fieldConfig"]["overrides"]).len() >= 2,
            "{place}"
        );
    }
}

#[test]
fn what_belongs_to_no_org_or_is_no_exporter_is_shown_only_where_that_is_meant() {
    for (place, panel) in panels() {
        let about = text(&panel["description"]);
        for (target, expr) in list(&panel["targets"]).iter().zip(exprs(&panel)) {
            if expr.contains("$org|") {
                assert!(
                    about.contains("belong to no org"),
                    "{place}: does not say so"
                );
                // Grafana would write the word `org` where the label is missing.
                let legend = text(&target["legendFormat"]);
                let named = promql::names(expr).made.contains(&"org".to_owned());
                assert!(named || !legend.contains("{{org}}"), "{place}: nameless");
            }
            let mentions = promql::names(expr).mentions;
            let any = |name: &str| {
                OF_ANY_TARGET
                    .iter()
                    .any(|any| name == *any || any.ends_with('_') && name.starts_with(any))
            };
            if mentions.iter().any(|mention| any(&mention.name)) {
                let ours = mentions
                    .iter()
                    .any(|m| m.name == "instance:okta_exporter_build_info:group");
                assert!(ours, "{place}: of any target");
            }
        }
    }
}

#[test]
fn one_axis_carries_shares_and_shows_a_single_sample() {
    for (place, panel) in panels()
        .into_iter()
        .filter(|(_, panel)| panel["type"] == "timeseries")
    {
        let defaults = &panel["fieldConfig"]["defaults"];
        let absolute = |expr: &str| ONLY_AS_SHARES.iter().any(|name| expr.contains(name));
        if exprs(&panel).any(absolute) {
            assert_eq!(defaults["unit"], "percentunit", "{place}");
        }
        let custom = &defaults["custom"];
        let seen = custom["drawStyle"] == "bars" || custom["showPoints"] == "auto";
        assert!(seen, "{place}: a point between two gaps is not drawn");
        // A gap is what nobody knows, and no line leads over it.
        assert_eq!(custom["spanNulls"], false, "{place}");
    }
}

#[test]
fn no_legend_lists_what_did_not_happen() {
    for (place, panel) in panels()
        .into_iter()
        .filter(|(_, panel)| panel["type"] == "timeseries")
    {
        for target in list(&panel["targets"]) {
            let legend = text(&target["legendFormat"]);
            let expr = text(&target["expr"]);
            for label in OF_MANY_WORDS {
                let lists = legend.contains(&format!("{{{{{label}}}}}"));
                assert!(
                    !lists || expr.contains("> 0"),
                    "{place}: a line for each {label}"
                );
            }
        }
    }
}

#[test]
fn an_enum_is_one_row_for_each_thing() {
    // `1 for the status in force`: the last label is the word.
    let is_enum = |help: &str| {
        ["1 for the ", "1 for how ", "1 for what "]
            .iter()
            .any(|begin| help.starts_with(begin))
            || help.contains("the label tells the status")
    };
    let families = fleet::families();
    let enums: Vec<_> = families
        .iter()
        .filter(|family| is_enum(family.help()))
        .collect();
    assert!(
        enums.len() >= 12,
        "the test has lost its eyes: {}",
        enums.len()
    );
    for (place, panel) in panels() {
        for target in list(&panel["targets"]) {
            let names = promql::names(text(&target["expr"]));
            for family in &enums {
                let word = (*family.labels().last().unwrap()).to_owned();
                let mentioned = names
                    .mentions
                    .iter()
                    .any(|mention| mention.name == family.name());
                let legend = text(&target["legendFormat"]).contains(&format!("{{{{{word}}}}}"));
                assert!(
                    !mentioned || !legend && !names.grouped.contains(&word),
                    "{place}: a row for each {word} of {}",
                    family.name()
                );
            }
        }
    }
}

#[test]
fn what_the_exporter_is_busy_with_stands_on_its_own_board() {
    for board in boards()
        .iter()
        .filter(|board| board.json["uid"] != "okta-exporter")
    {
        for panel in board.panels() {
            for mention in exprs(panel).flat_map(|expr| promql::names(expr).mentions) {
                let internal = INTERNAL
                    .iter()
                    .find(|begin| mention.name.starts_with(**begin));
                assert_eq!(internal, None, "{}: {}", board.place(panel), mention.name);
            }
        }
    }
}

#[test]
fn two_panels_of_one_board_have_two_titles() {
    for board in boards() {
        let mut titles: Vec<&str> = board
            .panels()
            .iter()
            .map(|panel| text(&panel["title"]))
            .collect();
        titles.sort_unstable();
        let twice = titles.windows(2).find(|pair| pair[0] == pair[1]);
        assert_eq!(twice, None, "{}", board.file);
        // What is longer is cut off where a quarter of the width is all there is.
        let width =
            |panel: &Value| usize::try_from(panel["gridPos"]["w"].as_u64().unwrap()).unwrap();
        for panel in board.panels() {
            let fits = text(&panel["title"]).chars().count() <= 7 * width(panel);
            assert!(fits, "{}: its title does not fit", board.place(panel));
        }
    }
}
