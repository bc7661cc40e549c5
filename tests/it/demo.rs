use std::{collections::BTreeSet, fs, io::Write, process, time::Duration};

use okta_exporter::{
    fleet,
    metrics::{Family, Kind},
    web,
};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{Program, Scrape, dashboard::boards, get, json, operator_labels};

/// The demo's story takes a minute and begins again: on a quiet machine all is seen by the second
/// time, and a busy one gets several more.
const STORY: Duration = Duration::from_mins(10);

/// How often Prometheus is asked.
const TICK: Duration = Duration::from_millis(500);

/// What the operator puts on each target, so that a label of ours would be called `exported_…`.
const OF_THE_TARGET: [&str; 8] = [
    "namespace",
    "service",
    "pod",
    "container",
    "endpoint",
    "node",
    "job",
    "instance",
];

/// What a minute of the demo shows, as PromQL that yields something once it was seen.
const SHOWN: [&str; 19] = [
    r#"okta_rate_limit_remaining{org="demo",credential="monitor",api="users"}"#,
    "min_over_time(okta_rate_limit_remaining[3m]) == 0",
    // The same spending: what one look at the end of a window sees, and what a plain one sees.
    r#"okta_rate_limit_window_usage_ratio{api="users"} > 0.85"#,
    r#"okta_rate_limit_window_usage_ratio{api="users-unaimed"} < 0.85"#,
    r#"okta_rate_limit_windows_exhausted_total{api="users"} > 0"#,
    "min_over_time(okta_rate_limit_time_to_exhaustion_seconds[3m]) < 15",
    "okta_exporter_budget_ratio > 0",
    r#"okta_rate_limit_exceeded_total{kind="limit"} > 0"#,
    r#"okta_rate_limit_exceeded_total{kind="concurrency"} > 0"#,
    r#"okta_token_time_to_expiry_seconds{token="ci"} < 30"#,
    "min_over_time(okta_token_time_to_expiry_seconds[3m]) < 0",
    "min_over_time(okta_token_active[3m]) == 0",
    "okta_jwks_rotations_total > 0",
    "okta_jwks_early_removals_total > 0",
    r#"okta_api_errors_total{code="403",error_code="E0000006"} > 0"#,
    r#"okta_api_errors_total{code="503",error_code="E0000009"} > 0"#,
    "max_over_time(okta_org_incidents[3m]) > 0",
    r#"okta_token_missing_scope{scope="okta.users.read"} == 1"#,
    "okta_tls_certificate_expiry_timestamp_seconds - time() < 86400 * 30",
];

/// What the demo has no occasion to draw: the simulated Okta's buckets are those of the paths.
const NOT_DRAWN: [&str; 2] = [
    "okta_rate_limit_bucket_mismatch",
    "okta_log_last_gap_timestamp_seconds",
];

#[tokio::test]
async fn prometheus_scrapes_the_demo_and_tells_what_happens_there() {
    let mut demo = Program::exporter(&["demo", "--web.listen-address=127.0.0.1:0"], &[]);
    let url = demo
        .until("  open ")
        .await
        .trim()
        .trim_end_matches('/')
        .to_owned();
    let files = tempfile::tempdir().unwrap();
    let configuration = files.path().join("prometheus.yml");
    // As the operator scrapes, and twice: two replicas that tell the same.
    let target = url.strip_prefix("http://").unwrap();
    let replicas = ["okta-exporter-0", "okta-exporter-1"].map(|pod| {
        let mut labels = operator_labels(pod);
        labels["instance"] = pod.into();
        json!({ "targets": [target], "labels": labels })
    });
    let replicas = serde_json::to_string(&replicas).unwrap();
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/config/prometheus/okta.*.yml");
    fs::write(
        &configuration,
        format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }}\nrule_files: ['{rules}']\nscrape_configs:\n  - job_name: okta\n    static_configs: {replicas}\n"
        ),
    )
    .unwrap();
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", configuration.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            files.path().join("data").display()
        ))
        .arg("--web.listen-address=127.0.0.1:0");
    let (_prometheus, address) = Program::of_prometheus(command).await;
    let api = format!("{address}/api/v1");

    let shown = SHOWN.map(|query| Wanted::of("the story", query, &[]));
    let mut missing: Vec<Wanted> = shown.into_iter().chain(panels()).collect();
    assert!(missing.len() > 100, "the test has lost its eyes");
    let looking = async {
        let mut tick = tokio::time::interval(TICK);
        while !missing.is_empty() {
            tick.tick().await;
            let mut still = Vec::new();
            for wanted in missing.clone() {
                if !wanted.is_seen(&api).await {
                    still.push(wanted);
                }
            }
            missing = still;
        }
    };
    let ended = tokio::time::timeout(STORY, looking).await;
    assert!(
        ended.is_ok(),
        "not seen: {missing:#?}\n{}",
        Scrape::of(&url).await
    );
    silent_to_promtool(&url).await;
    no_label_of_ours_is_a_targets(&api).await;
    every_family_was_drawn(&api).await;
    let (status, _) = demo.terminate().await;
    assert!(status.success());
}

/// A query that must yield something while the story is told, with labels that it must have.
#[derive(Debug, Clone)]
struct Wanted {
    /// For the message: the panel, or what it is part of.
    #[expect(dead_code, reason = "shown by Debug")]
    place: String,
    query: String,
    labels: Vec<String>,
}

impl Wanted {
    fn of(place: &str, query: &str, labels: &[String]) -> Self {
        Self {
            place: place.to_owned(),
            query: query.to_owned(),
            labels: labels.to_vec(),
        }
    }

    /// Whether there is a value now, and the labels with it.
    async fn is_seen(&self, api: &str) -> bool {
        let Some(series) = ask(api, &self.query).await else {
            return false;
        };
        let known = |one: &&Value| one["value"][1] != "NaN";
        let has = |label: &String| series.iter().any(|one| one["metric"][label].is_string());
        // A board tells apis apart by our names for them, not by the target's port.
        let is_port = |one: &Value| one["metric"]["api"] == "http-metrics";
        assert!(!series.iter().any(is_port), "{self:?}: {series:?}");
        series.iter().find(known).is_some() && self.labels.iter().all(has)
    }
}

/// The series that a query yields now; `None` where Prometheus is too busy to tell.
async fn ask(api: &str, query: &str) -> Option<Vec<Value>> {
    let encoded: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let answer = get(&format!("{api}/query?query={encoded}")).await;
    if answer.status().is_server_error() {
        return None;
    }
    let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(answer["status"], "success", "{query}: {answer}");
    Some(answer["data"]["result"].as_array().unwrap().clone())
}

/// Prometheus renames a series' own label where its target has one of that name.
async fn no_label_of_ours_is_a_targets(api: &str) {
    for label in OF_THE_TARGET {
        let query = format!("{{__name__=~\"okta_.+\",exported_{label}!=\"\"}}");
        let mut tick = tokio::time::interval(TICK);
        let found = loop {
            tick.tick().await;
            if let Some(found) = ask(api, &query).await {
                break found;
            }
        };
        assert!(found.is_empty(), "{label}: {:?}", found.first());
    }
}

/// Every query of every panel: none may be empty on the demo.
fn panels() -> Vec<Wanted> {
    let queries = boards().into_iter().flat_map(|board| board.queries());
    queries
        .map(|query| Wanted::of(&query.place, &query.sent(), &query.legend))
        .collect()
}

/// `promtool check metrics` has nothing to say about the page.
async fn silent_to_promtool(url: &str) {
    let page = Scrape::of(url).await.to_string();
    let mut promtool = process::Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(process::Stdio::piped())
        .stdout(process::Stdio::piped())
        .stderr(process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = promtool.stdin.take().unwrap();
    stdin.write_all(page.as_bytes()).unwrap();
    drop(stdin);
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert_eq!(String::from_utf8_lossy(&said), "");
    assert!(output.status.success());
}

/// Families that tell of nothing on the demo: there every path draws on the bucket it is taken for.
const UNSEEN: [&str; 1] = ["okta_rate_limit_bucket_mismatch"];

async fn every_family_was_drawn(api: &str) {
    let answer = json(&format!("{api}/label/__name__/values")).await;
    let known: BTreeSet<&str> = answer["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    let drawn = |family: &&Family| !UNSEEN.contains(&family.name());
    let families = fleet::families().into_iter().chain(web::families());
    for family in families.filter(drawn) {
        let name = match family.kind() {
            Kind::Histogram => format!("{}_bucket", family.name()),
            _ => family.name().to_owned(),
        };
        let drawn = known.contains(name.as_str());
        let excused = NOT_DRAWN.contains(&name.as_str());
        assert_ne!(drawn, excused, "{name}: drawn on the demo: {drawn}");
    }
}
