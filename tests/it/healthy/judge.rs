//! What the shipped rules and boards say of an archive.

use std::collections::BTreeSet;

use serde_json::Value;

use super::archive::{Archive, Reader, Rule, STEP};
use crate::support::{
    dashboard::boards,
    promql,
    tile::{Tile, tiles},
};

/// How many seconds lie between two looks at what is asked of one moment.
const LOOK: i64 = 60;

/// Everything that would have been an alert, pending or firing, and every tile that was red.
#[derive(Debug, Default)]
pub struct Judgement {
    pub alerts: Vec<String>,
    pub red: Vec<String>,
    /// How many series the boards showed.
    pub shown: usize,
}

impl Judgement {
    /// Has the recording rules recorded, then asks every alert and every panel.
    pub async fn of(archive: &Archive) -> Self {
        let prometheus = recorded(archive).await;
        let mut told = Self::default();
        for rule in prometheus.rules().await {
            if rule.is_alert {
                let series = prometheus.range(&rule.query, STEP).await;
                let alert = |series| alert(&rule, series, archive.first);
                told.alerts.extend(series.iter().map(alert));
            }
        }
        for board in boards() {
            for tile in tiles(&board) {
                let step = if tile.is_instant() { LOOK } else { STEP };
                let series = prometheus.range(&tile.query(&board), step).await;
                told.shown += series.len();
                let red: BTreeSet<String> = red(&tile, &series);
                told.red.extend(red);
            }
        }
        told
    }
}

fn red(tile: &Tile<'_>, series: &[Value]) -> BTreeSet<String> {
    series.iter().flat_map(|series| tile.red(series)).collect()
}

/// An alert in words: from when on, how often, and whether that is as long as it waits.
fn alert(rule: &Rule, series: &Value, first: i64) -> String {
    let at = |pair: &Value| pair[0].as_i64().unwrap();
    let values = series["values"].as_array().unwrap();
    let (mut since, mut longest) = (at(&values[0]), 0);
    for pair in values.windows(2) {
        if at(&pair[1]) - at(&pair[0]) > STEP {
            since = at(&pair[1]);
        }
        longest = longest.max(at(&pair[1]) - since);
    }
    let state = if longest >= rule.waits {
        "firing"
    } else {
        "pending"
    };
    let (metric, last) = (&series["metric"], values.last().unwrap());
    format!(
        "{} {state} {metric}: {} times from {} s on, at last {} at {} s",
        rule.name,
        values.len(),
        at(&values[0]) - first,
        last[1],
        at(last) - first
    )
}

/// Records by the recording rules, those first that others ask. A rule that asks itself begins with
/// nothing: what it remembers of a trouble is forgotten here.
async fn recorded(archive: &Archive) -> Reader<'_> {
    let mut done: BTreeSet<String> = BTreeSet::new();
    loop {
        let prometheus = archive.open().await;
        let rules = prometheus.rules().await;
        let recording = rules.iter().filter(|rule| !rule.is_alert);
        let left: Vec<&Rule> = recording
            .filter(|rule| !done.contains(&rule.name))
            .collect();
        if left.is_empty() {
            assert!(!done.is_empty(), "the test has lost its eyes");
            return prometheus;
        }
        let waits = |rule: &Rule| {
            let asked = promql::names(&rule.query).mentions;
            let mut others = left.iter().filter(|other| other.name != rule.name);
            others.any(|other| asked.iter().any(|asked| asked.name == other.name))
        };
        let ready: Vec<&Rule> = left.iter().copied().filter(|rule| !waits(rule)).collect();
        assert!(!ready.is_empty(), "rules ask one another");
        prometheus.record(&ready).await;
        done.extend(ready.iter().map(|rule| rule.name.clone()));
    }
}
