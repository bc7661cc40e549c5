//! What exporters were scraped of, with the times of a world of its own, as Prometheus keeps it: written
//! by `promtool` in blocks, and asked of a real Prometheus.

use std::{fmt::Write as _, fs, path::PathBuf};

use serde_json::Value;
use tokio::process::Command;

use crate::support::{Program, json};

/// How many seconds lie between two scrapes, and between two evaluations of the rules.
pub const STEP: i64 = 15;

/// Samples in blocks, and the moments, in seconds, of the first and of the last.
pub struct Archive {
    files: tempfile::TempDir,
    pub first: i64,
    pub last: i64,
}

/// A Prometheus that knows an archive and nothing else.
pub struct Reader<'a> {
    archive: &'a Archive,
    program: Program,
    api: String,
}

/// Samples as OpenMetrics has them.
#[derive(Default)]
pub struct Samples(String);

/// One rule as Prometheus read it.
pub struct Rule {
    pub name: String,
    pub query: String,
    pub is_alert: bool,
    /// How many seconds an alert stays pending.
    pub waits: i64,
    labels: Value,
}

impl Samples {
    /// Adds a page as Prometheus takes it from a target with these labels, and what it says of the scrape.
    pub fn scraped(&mut self, page: &str, target: &str, at: i64) {
        let lines = page.lines().filter(|line| !line.starts_with('#'));
        let mut count = 0;
        for line in lines {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (series, more) = match series.strip_suffix('}') {
                Some(open) => (open, ","),
                None => (series, "{"),
            };
            writeln!(self.0, "{series}{more}{target}}} {value} {at}").unwrap();
            count += 1;
        }
        writeln!(self.0, "up{{{target}}} 1 {at}").unwrap();
        writeln!(self.0, "scrape_samples_scraped{{{target}}} {count} {at}").unwrap();
    }

    /// Adds what a recording rule yields.
    fn recorded(&mut self, rule: &Rule, series: &Value) {
        let mut labels = series["metric"].as_object().unwrap().clone();
        labels.remove("__name__");
        labels.extend(rule.labels.as_object().cloned().unwrap_or_default());
        // A string is written as JSON writes it, but for what no label here holds.
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let labels = labels.join(",");
        for pair in series["values"].as_array().unwrap() {
            let (at, value) = (&pair[0], pair[1].as_str().unwrap());
            writeln!(self.0, "{}{{{labels}}} {value} {at}", rule.name).unwrap();
        }
    }
}

impl Archive {
    /// An empty one, for what begins at this second.
    pub fn new(first: i64) -> Self {
        let files = tempfile::tempdir().unwrap();
        // Whoever asks evaluates; Prometheus only reads the rules.
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/config/prometheus/okta.*.yml");
        let configuration =
            format!("global: {{ evaluation_interval: 1d }}\nrule_files: ['{rules}']\n");
        fs::write(files.path().join("prometheus.yml"), configuration).unwrap();
        Self {
            files,
            first,
            last: first,
        }
    }

    fn blocks(&self) -> PathBuf {
        self.files.path().join("blocks")
    }

    /// Lays samples beside those that are there, none of which they may be. It takes no time of the
    /// runtime's own.
    pub fn add(&self, samples: Samples) {
        let Samples(mut text) = samples;
        if text.is_empty() {
            return;
        }
        text += "# EOF\n";
        let file = self.files.path().join("samples");
        fs::write(&file, text).unwrap();
        let output = std::process::Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "--quiet", "openmetrics"])
            .args([&file, &self.blocks()])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }

    /// Starts a Prometheus on what is there.
    pub async fn open(&self) -> Reader<'_> {
        let files = self.files.path();
        let mut command = Command::new("prometheus");
        command
            .arg(format!(
                "--config.file={}",
                files.join("prometheus.yml").display()
            ))
            .arg(format!("--storage.tsdb.path={}", self.blocks().display()))
            // All is asked for at the very seconds of scrapes: what was not on a page then was not there,
            // as Prometheus' own marks would tell.
            .arg("--query.lookback-delta=1s")
            .arg("--web.listen-address=127.0.0.1:0");
        let (program, address) = Program::of_prometheus(command).await;
        Reader {
            archive: self,
            program,
            api: format!("{address}/api/v1"),
        }
    }
}

impl Reader<'_> {
    /// What a query yields over all the time there is, a value each so many seconds.
    pub async fn range(&self, query: &str, step: i64) -> Vec<Value> {
        let Archive { first, last, .. } = self.archive;
        let encoded: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let span = format!("start={first}&end={last}&step={step}");
        let answer = json(&format!("{}/query_range?query={encoded}&{span}", self.api)).await;
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        answer["data"]["result"].as_array().unwrap().clone()
    }

    /// The shipped rules.
    pub async fn rules(&self) -> Vec<Rule> {
        let answer = json(&format!("{}/rules", self.api)).await;
        let groups = answer["data"]["groups"].as_array().unwrap();
        let rules = groups
            .iter()
            .flat_map(|group| group["rules"].as_array().unwrap());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let rule = |rule: &Value| Rule {
            name: text(&rule["name"]),
            query: text(&rule["query"]),
            is_alert: rule["type"] == "alerting",
            waits: rule["duration"].as_i64().unwrap_or_default(),
            labels: rule["labels"].clone(),
        };
        rules.map(rule).collect()
    }

    /// Writes down what recording rules yield, and ends.
    pub async fn record(self, rules: &[&Rule]) {
        let mut samples = Samples::default();
        for rule in rules {
            for series in self.range(&rule.query, STEP).await {
                samples.recorded(rule, &series);
            }
        }
        self.program.kill().await;
        self.archive.add(samples);
    }
}
