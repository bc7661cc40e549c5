//! Where alerts are played: the real Prometheus with the shipped files, hastened, which labels its
//! targets as the operator does, the real Alertmanager, and a receiver that remembers what it was told.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Mutex,
    time::Duration,
};

use axum::{Json, Router, extract::State, routing::post};
use serde::Deserialize;
use serde_json::Value;
use tokio::{net::TcpListener, process::Command, sync::watch};

use crate::support::{Program, get, json, operator_labels};

/// The shipped rules wait and look back over minutes and hours; here it is seconds.
const WAIT: &str = "1s";
const LOOK_BACK: &str = "15s";
const JUST_NOW: &str = "15";
/// Every look back of the shipped rules but the days: here, too, an exporter is remembered for one,
/// and the last word of a page that cannot be read.
const LOOKS_BACK: [&str; 5] = ["[2m]", "[5m]", "[10m]", "[15m]", "[1h]"];
/// What is usual is a matter of hours: here these hold what has been since the curtain rose.
const USUAL: [&str; 2] = ["[6h]", "[2h]"];

/// An alert may take as long as a breaker stays open, several times over on a busy machine.
const PATIENCE: Duration = Duration::from_mins(8);

/// Prometheus, Alertmanager, and what the latter said.
pub struct Stage {
    heard: watch::Receiver<Vec<Notice>>,
    alertmanager: String,
    prometheus: String,
    targets: Mutex<Vec<String>>,
    files: tempfile::TempDir,
    _programs: [Program; 2],
}

/// What was said of one alert.
#[derive(Debug, Clone, Deserialize)]
pub struct Notice {
    status: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    fingerprint: String,
}

#[derive(Deserialize)]
struct Notification {
    alerts: Vec<Notice>,
}

impl Stage {
    /// Starts both programs with the shipped files.
    pub async fn open() -> Self {
        let files = tempfile::tempdir().unwrap();
        let (hear, heard) = watch::channel(Vec::new());
        let receiver = receive(hear).await;
        let shipped = |name: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/prometheus");
            fs::read_to_string(path.join(name)).unwrap()
        };
        let lay = |name: &str, text: &str| {
            let path = files.path().join(name);
            fs::write(&path, text).unwrap();
            path.display().to_string()
        };

        let routes = shipped("alertmanager.yml");
        let routes = replace(&routes, "http://localhost:5001", &receiver);
        let routes = replace(&routes, "group_wait: 30s", "group_wait: 1s");
        let routes = replace(&routes, "group_interval: 5m", "group_interval: 1s");
        let mut command = Command::new("prometheus-alertmanager");
        command
            .arg(format!(
                "--config.file={}",
                lay("alertmanager.yml", &routes)
            ))
            .arg(format!(
                "--storage.path={}",
                lay_path(&files, "alertmanager")
            ))
            .args([
                "--web.listen-address=127.0.0.1:0",
                "--cluster.listen-address=",
            ]);
        let (alertmanager_program, alertmanager) = Program::of_prometheus(command).await;

        lay("targets.json", "[]");
        for rules in ["okta.rules.yml", "okta.alerts.yml"] {
            lay(rules, &hasten(&shipped(rules)));
        }
        let scrape = shipped("prometheus.yml");
        let scrape = replace(&scrape, "interval: 30s", "interval: 1s");
        let at = alertmanager.strip_prefix("http://").unwrap();
        let scrape = replace(&scrape, "localhost:9093", at);
        let scrape = replace(
            &scrape,
            "static_configs:\n      - targets: [\"localhost:6582\"]",
            "file_sd_configs: [{ files: [targets.json] }]",
        );
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", lay("prometheus.yml", &scrape)))
            .arg(format!(
                "--storage.tsdb.path={}",
                lay_path(&files, "prometheus")
            ))
            .arg("--web.listen-address=127.0.0.1:0");
        let (prometheus_program, prometheus) = Program::of_prometheus(command).await;
        Self {
            heard,
            alertmanager,
            prometheus,
            targets: Mutex::default(),
            files,
            _programs: [alertmanager_program, prometheus_program],
        }
    }

    /// Lets Prometheus scrape the exporter at this URL as well, and waits until it has: what changes
    /// from then on is seen to change.
    pub async fn scrape(&self, url: &str) {
        let target = url.strip_prefix("http://").unwrap();
        {
            let mut targets = self.targets.lock().unwrap();
            targets.push(target.to_owned());
            let group = |(number, target)| {
                let labels = operator_labels(&format!("okta-exporter-{number}"));
                serde_json::json!({ "targets": [target], "labels": labels })
            };
            let groups: Vec<Value> = targets.iter().enumerate().map(group).collect();
            let groups = Value::from(groups);
            // Prometheus must never read half a file.
            let new = self.files.path().join("targets.json.new");
            fs::write(&new, groups.to_string()).unwrap();
            fs::rename(&new, self.files.path().join("targets.json")).unwrap();
        }
        let url = self.query(&format!(
            "okta_exporter_build_info{{instance=\"{target}\"}}"
        ));
        let scraped = self.until(&url, |answer| !empty(&answer["data"]["result"]));
        assert!(scraped.await, "{target} is not scraped");
    }

    /// Waits until the receiver was told that the alert fires, with these labels.
    pub async fn fires(&self, alert: &str, labels: &[(&str, &str)]) -> Notice {
        let firing = |notice: &&Notice| notice.fits(alert, labels) && notice.status == "firing";
        let told = self.told(|heard| heard.iter().any(|notice| firing(&notice)));
        if !told.await {
            let seen = self.query(&format!(
                "last_over_time(ALERTS{{alertname=\"{alert}\"}}[10m])"
            ));
            let seen = json(&seen).await;
            panic!("{alert} {labels:?} does not fire; Prometheus: {seen}; heard:\n{self:?}");
        }
        self.heard.borrow().iter().find(firing).unwrap().clone()
    }

    /// Waits until the receiver's last word on the alert is that it is over.
    pub async fn resolves(&self, alert: &str, labels: &[(&str, &str)]) {
        let over = |heard: &[Notice]| {
            let last: BTreeMap<&str, &str> = heard
                .iter()
                .filter(|notice| notice.fits(alert, labels))
                .map(|notice| (notice.fingerprint.as_str(), notice.status.as_str()))
                .collect();
            !last.is_empty() && last.values().all(|status| *status == "resolved")
        };
        let told = self.told(over);
        assert!(
            told.await,
            "{alert} {labels:?} does not resolve; heard:\n{self:?}"
        );
    }

    /// Waits until what was heard is as told; false if that never comes.
    async fn told(&self, holds: impl Fn(&[Notice]) -> bool) -> bool {
        let mut heard = self.heard.clone();
        let waiting = heard.wait_for(|heard| holds(heard));
        tokio::time::timeout(PATIENCE, waiting).await.is_ok()
    }

    /// How many alerts of this name and with these labels the receiver was ever told of.
    pub fn count(&self, alert: &str, labels: &[(&str, &str)]) -> usize {
        let heard = self.heard.borrow();
        let fitting = heard.iter().filter(|notice| notice.fits(alert, labels));
        let alerts: BTreeSet<&str> = fitting.map(|notice| notice.fingerprint.as_str()).collect();
        alerts.len()
    }

    /// Every alert the receiver was ever told of that has this label.
    pub fn heard_with(&self, label: &str, value: &str) -> Vec<String> {
        let heard = self.heard.borrow();
        let fitting = heard
            .iter()
            .filter(|notice| notice.labels.get(label).is_some_and(|found| found == value));
        fitting
            .map(|notice| notice.labels["alertname"].clone())
            .collect()
    }

    /// Waits until Alertmanager holds an alert back because another tells the same.
    pub async fn inhibits(&self, alert: &str, org: &str) {
        let filter = format!("filter=alertname%3D{alert}&filter=org%3D{org}");
        let url = format!("{}/api/v2/alerts?{filter}", self.alertmanager);
        let held = self.until(&url, |alerts| !empty(&alerts[0]["status"]["inhibitedBy"]));
        assert!(held.await, "{alert} of {org} is not held back");
    }

    fn query(&self, query: &str) -> String {
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        format!("{}/api/v1/query?query={query}", self.prometheus)
    }

    /// Asks one of the two programs until its answer is as told; false if that never comes.
    async fn until(&self, url: &str, holds: impl Fn(&Value) -> bool) -> bool {
        let asking = async {
            let mut tick = tokio::time::interval(Duration::from_millis(500));
            loop {
                tick.tick().await;
                // A program that is too busy answers so, and not always in JSON.
                let answer = get(url).await.text().await.unwrap();
                if serde_json::from_str(&answer).is_ok_and(|answer| holds(&answer)) {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, asking).await.is_ok()
    }
}

fn empty(list: &Value) -> bool {
    list.as_array().is_none_or(Vec::is_empty)
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for Notice { status, labels, .. } in self.heard.borrow().iter() {
            writeln!(f, "{status} {labels:?}")?;
        }
        Ok(())
    }
}

impl Notice {
    fn fits(&self, alert: &str, labels: &[(&str, &str)]) -> bool {
        let has = |name: &str, value: &str| self.labels.get(name).is_some_and(|v| v == value);
        has("alertname", alert) && labels.iter().all(|(name, value)| has(name, value))
    }

    /// What a person reads next.
    pub fn description(&self) -> &str {
        &self.annotations["description"]
    }

    /// What a person reads first.
    pub fn summary(&self) -> &str {
        &self.annotations["summary"]
    }
}

/// Takes notifications on any path, and remembers them in order.
async fn receive(hear: watch::Sender<Vec<Notice>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let take = async |State(hear): State<watch::Sender<_>>, Json(told): Json<Notification>| {
        hear.send_modify(|heard: &mut Vec<Notice>| heard.extend(told.alerts));
    };
    let router = Router::new()
        .route("/{receiver}", post(take))
        .with_state(hear);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn lay_path(files: &tempfile::TempDir, name: &str) -> String {
    files.path().join(name).display().to_string()
}

/// The shipped rules, their minutes made seconds; not a word else is touched.
fn hasten(rules: &str) -> String {
    let waits = |line: &str| line.trim_start().starts_with("for: ");
    let lines = rules.lines().map(|line| {
        if waits(line) {
            format!(
                "{}for: {WAIT}",
                &line[..line.len() - line.trim_start().len()]
            )
        } else {
            line.to_owned()
        }
    });
    let mut hastened = lines.collect::<Vec<_>>().join("\n");
    for look_back in LOOKS_BACK {
        hastened = hastened.replace(look_back, &format!("[{LOOK_BACK}]"));
    }
    for offset in ["offset 5m", "offset 10m"] {
        hastened = hastened.replace(offset, &format!("offset {LOOK_BACK}"));
    }
    // What has just happened.
    for lately in ["< 3600", "< 600"] {
        hastened = hastened.replace(lately, &format!("< {JUST_NOW}"));
    }
    let looked = USUAL
        .iter()
        .fold(hastened.clone(), |text, usual| text.replace(usual, ""));
    for slow in ["m]", "h]", "offset 5m", "offset 10m", "< 600", "< 3600"] {
        assert!(!looked.contains(slow), "{slow} is still there:\n{hastened}");
    }
    hastened
}

fn replace(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in:\n{text}");
    text.replace(from, to)
}
