//! The dashboards as Grafana reads them, and their queries as it would send them.

use std::fs;

use serde_json::Value;

/// A dashboard.
pub struct Board {
    /// Its file.
    pub file: String,
    /// All of it.
    pub json: Value,
}

/// The query of a panel or of an annotation.
pub struct Query {
    /// The dashboard's file and the panel's title, or the annotation's name.
    pub place: String,
    /// As it is written, with Grafana's variables.
    pub written: String,
    /// The labels that its legend names.
    pub legend: Vec<String>,
    /// Asked of one moment, rather than over the range shown.
    pub instant: bool,
}

/// Every dashboard, by file name.
pub fn boards() -> Vec<Board> {
    let entries = fs::read_dir("dashboards").unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let board = |file: std::path::PathBuf| Board {
        json: serde_json::from_str(&fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|e| panic!("{}: {e}", file.display())),
        file: file.display().to_string(),
    };
    files.into_iter().map(board).collect()
}

impl Board {
    /// Its panels.
    pub fn panels(&self) -> &[Value] {
        self.json["panels"].as_array().unwrap()
    }

    /// Where a panel is, for messages.
    pub fn place(&self, panel: &Value) -> String {
        format!("{}: {}", self.file, panel["title"])
    }

    /// What it marks on every panel with a time axis.
    pub fn annotations(&self) -> &[Value] {
        self.json["annotations"]["list"].as_array().unwrap()
    }

    /// The queries of all its panels and annotations.
    pub fn queries(&self) -> Vec<Query> {
        let query = |panel: &Value, target: &Value| Query {
            place: self.place(panel),
            written: target["expr"].as_str().unwrap().to_owned(),
            legend: braced(target["legendFormat"].as_str().unwrap_or_default()),
            instant: target["instant"].as_bool().unwrap(),
        };
        let of = |panel: &Value| -> Vec<Query> {
            let targets = panel["targets"].as_array().unwrap();
            targets.iter().map(|target| query(panel, target)).collect()
        };
        let marked = |annotation: &Value| Query {
            place: format!("{}: annotation {}", self.file, annotation["name"]),
            written: annotation["expr"].as_str().unwrap().to_owned(),
            legend: braced(annotation["textFormat"].as_str().unwrap()),
            instant: false,
        };
        let marked = self.annotations().iter().map(marked);
        self.panels().iter().flat_map(of).chain(marked).collect()
    }
}

impl Query {
    /// As Grafana sends it where everything is selected, at a scrape interval of one second.
    pub fn sent(&self) -> String {
        let variables = [
            ("$__rate_interval", "15s"),
            ("$__range", "5m"),
            ("$job", ".+"),
            ("$instance", ".+"),
            ("$org", ".+"),
            ("$credential", ".+"),
            ("$bucket", ".+"),
            ("$api", ".+"),
        ];
        let mut sent = self.written.clone();
        for (variable, value) in variables {
            sent = sent.replace(variable, value);
        }
        sent
    }
}

/// The labels in `{{…}}` of a legend.
fn braced(legend: &str) -> Vec<String> {
    let parts = legend.split("{{").skip(1);
    let label = |part: &str| part.split_once("}}").unwrap().0.trim().to_owned();
    parts.map(label).collect()
}
