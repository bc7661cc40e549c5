//! The chart's ServiceMonitor and PrometheusRule as the operator of Prometheus makes a configuration of
//! them, tried on a real Prometheus and two replicas.

use std::time::Duration;

use okta_exporter::sim::{ApiToken, Org};
use serde_json::{Value, json};
use tokio::process;

use super::{CHART, content, documents, template};
use crate::support::{API_TOKEN, Exporter, PATIENCE, Program, acme, endpoint, json};

/// Where the operator finds what Kubernetes tells of a Service, and of the pods behind it.
const SERVICE: &str = "__meta_kubernetes_service";
const PODS: [&str; 2] = ["okta-exporter-abc", "okta-exporter-def"];

/// A label's name as service discovery writes it.
fn sanitized(name: &str) -> String {
    name.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

/// What service discovery tells of a pod at this address, behind this Service.
fn discovered(service: &Value, container: &Value, (pod, address): (&str, &str)) -> Value {
    let (metadata, port) = (&service["metadata"], &service["spec"]["ports"][0]);
    let mut labels = json!({
        "__meta_kubernetes_namespace": metadata["namespace"],
        "__meta_kubernetes_service_name": metadata["name"],
        "__meta_kubernetes_endpoint_port_name": port["name"],
        "__meta_kubernetes_endpoint_address_target_kind": "Pod",
        "__meta_kubernetes_endpoint_address_target_name": pod,
        "__meta_kubernetes_pod_name": pod,
        "__meta_kubernetes_pod_phase": "Running",
        "__meta_kubernetes_pod_container_name": container["name"],
    });
    for (name, value) in metadata["labels"].as_object().unwrap() {
        labels[format!("{SERVICE}_label_{}", sanitized(name))] = value.clone();
        labels[format!("{SERVICE}_labelpresent_{}", sanitized(name))] = "true".into();
    }
    json!({ "targets": [address], "labels": labels })
}

/// The operator's relabelings of a monitor's endpoint, in its order.
fn relabelings(spec: &Value, endpoint: &Value) -> Vec<Value> {
    let mut rules = Vec::new();
    for (name, value) in spec["selector"]["matchLabels"].as_object().unwrap() {
        let name = sanitized(name);
        rules.push(json!({
            "action": "keep",
            "source_labels": [format!("{SERVICE}_label_{name}"), format!("{SERVICE}_labelpresent_{name}")],
            "regex": format!("({});true", value.as_str().unwrap()),
        }));
    }
    rules.push(json!({ "action": "keep", "source_labels": ["__meta_kubernetes_endpoint_port_name"], "regex": endpoint["port"] }));
    for (kind, label) in [("Node", "node"), ("Pod", "pod")] {
        let from = "__meta_kubernetes_endpoint_address_target";
        rules.push(json!({
            "source_labels": [format!("{from}_kind"), format!("{from}_name")],
            "separator": ";",
            "regex": format!("{kind};(.*)"),
            "target_label": label,
            "replacement": "${1}",
        }));
    }
    for (from, label) in [
        ("namespace", "namespace"),
        ("service_name", "service"),
        ("pod_name", "pod"),
        ("pod_container_name", "container"),
    ] {
        let from = format!("__meta_kubernetes_{from}");
        rules.push(json!({ "source_labels": [from], "target_label": label }));
    }
    rules.push(json!({ "action": "drop", "source_labels": ["__meta_kubernetes_pod_phase"], "regex": "(Failed|Succeeded)" }));
    rules.push(json!({ "source_labels": [format!("{SERVICE}_name")], "target_label": "job" }));
    let job = sanitized(spec["jobLabel"].as_str().unwrap());
    rules.push(json!({ "source_labels": [format!("{SERVICE}_label_{job}")], "regex": "(.+)", "target_label": "job" }));
    rules.push(json!({ "target_label": "endpoint", "replacement": endpoint["port"] }));
    rules.extend(written(&endpoint["relabelings"]));
    rules
}

/// Relabelings as Prometheus writes them.
fn written(relabelings: &Value) -> Vec<Value> {
    let rules = relabelings.as_array().cloned().unwrap_or_default();
    let mut text = Value::from(rules).to_string();
    for (from, to) in [
        ("sourceLabels", "source_labels"),
        ("targetLabel", "target_label"),
    ] {
        text = text.replace(&format!("\"{from}\":"), &format!("\"{to}\":"));
    }
    serde_json::from_str(&text).unwrap()
}

/// What answers at these addresses, scraped as the manifests say.
fn scrape(manifests: &str, addresses: &[&str; 2]) -> Value {
    let all = documents(manifests);
    let one = |kind: &str| &all.iter().find(|(read, _)| read["kind"] == kind).unwrap().0;
    let (monitor, service) = (one("ServiceMonitor"), one("Service"));
    let container = &one("Deployment")["spec"]["template"]["spec"]["containers"][0];
    let endpoint = &monitor["spec"]["endpoints"][0];
    let pods = PODS.iter().zip(addresses);
    let targets = pods.map(|(pod, address)| discovered(service, container, (pod, address)));
    json!({
        "job_name": format!("serviceMonitor/monitoring/{}/0", monitor["metadata"]["name"].as_str().unwrap()),
        "honor_labels": endpoint["honorLabels"],
        "honor_timestamps": true,
        "scrape_interval": endpoint["interval"],
        "scrape_timeout": endpoint["scrapeTimeout"],
        "metrics_path": endpoint["path"],
        "scheme": endpoint["scheme"],
        "relabel_configs": relabelings(&monitor["spec"], endpoint),
        "metric_relabel_configs": written(&endpoint["metricRelabelings"]),
        "static_configs": targets.collect::<Vec<_>>(),
    })
}

/// A Prometheus that does what the manifests say, and its API.
async fn prometheus(
    manifests: &str,
    addresses: &[&str; 2],
    files: &tempfile::TempDir,
) -> (Program, String) {
    let lay = |name: &str, text: &str| {
        let file = files.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let all = documents(manifests);
    let mut rules = all.iter();
    let rules = rules.find(|(read, _)| read["kind"] == "PrometheusRule");
    let (_, groups) = rules.unwrap().1.split_once("\nspec:\n").unwrap();
    let configuration = json!({
        "global": { "evaluation_interval": "1s" },
        "rule_files": [lay("rules.yml", groups)],
        "scrape_configs": [scrape(manifests, addresses)],
    });
    let configuration = lay("prometheus.yml", &configuration.to_string());
    let data = files.path().join("data");
    let mut command = process::Command::new("prometheus");
    command
        .arg(format!("--config.file={configuration}"))
        .arg(format!("--storage.tsdb.path={}", data.display()))
        .arg("--web.listen-address=127.0.0.1:0");
    let (program, address) = Program::of_prometheus(command).await;
    (program, format!("{address}/api/v1"))
}

#[tokio::test]
async fn what_the_operator_makes_of_the_manifests_scrapes_two_replicas_and_evaluates_every_rule() {
    let okta = Org::new("acme").api_token(ApiToken::new("monitor", API_TOKEN));
    let okta = okta.start().await.unwrap();
    let users = endpoint("users");
    let yaml = acme(
        &okta,
        &format!("{{ discovery: {{}}, endpoint: {{ {users} }} }}"),
    );
    let serve = async || Exporter::start_below("/okta", &yaml).await;
    let replicas = [serve().await, serve().await];
    let [one, other] = [0, 1].map(|which: usize| replicas[which].url());
    let addresses = [one, other].map(|url| url.strip_prefix("http://").unwrap());
    // Nothing is other than the operator would take it, but that nobody waits for half a minute here.
    let values = format!("--values={CHART}/ci/replicas-values.yaml");
    let manifests = content(&mut template(&[
        &values,
        "--set=rules.enabled=true",
        "--set=serviceMonitor.interval=1s",
        "--set=serviceMonitor.scrapeTimeout=1s",
    ]));
    let files = tempfile::tempdir().unwrap();
    let (_prometheus, api) = prometheus(&manifests, &addresses, &files).await;
    series_keep_their_labels(&api).await;
    every_rule_is_evaluated(&api).await;
}

async fn series_keep_their_labels(api: &str) {
    let probes = format!("{api}/query?query=okta_probe_success%7Borg%3D%22acme%22%7D");
    let told = until(&probes, |answer| {
        let series = answer["data"]["result"].as_array();
        series.is_some_and(|series| series.len() == 4)
    });
    for series in told.await["data"]["result"].as_array().unwrap() {
        let metric = &series["metric"];
        for (label, value) in [
            ("namespace", "monitoring"),
            ("service", "okta-okta-exporter"),
            ("container", "okta-exporter"),
            ("endpoint", "http"),
            ("job", "okta-exporter"),
        ] {
            assert_eq!(metric[label], value, "{metric}");
        }
        assert!(PODS.contains(&metric["pod"].as_str().unwrap()), "{metric}");
        let probes = ["discovery", "endpoint/users"];
        assert!(
            probes.contains(&metric["probe"].as_str().unwrap()),
            "{metric}"
        );
    }
    until(&format!("{api}/query?query=up"), |answer| {
        let ups = answer["data"]["result"].as_array();
        ups.is_some_and(|ups| ups.len() == 2 && ups.iter().all(|up| up["value"][1] == "1"))
    })
    .await;
    let labels = json(&format!("{api}/labels")).await;
    let mut labels = labels["data"].as_array().unwrap().iter();
    let renamed = labels.find(|label| label.as_str().unwrap().starts_with("exported_"));
    assert_eq!(renamed, None, "a label of ours is a target's");
}

async fn every_rule_is_evaluated(api: &str) {
    let rules = |answer: &Value| -> Vec<Value> {
        let groups = answer["data"]["groups"].as_array().unwrap();
        let rules = groups
            .iter()
            .map(|group| group["rules"].as_array().unwrap());
        rules.flatten().cloned().collect()
    };
    let evaluated = |answer: &Value| {
        let rules = rules(answer);
        !rules.is_empty() && rules.iter().all(|rule| rule["health"] != "unknown")
    };
    let told = rules(&until(&format!("{api}/rules"), evaluated).await);
    assert!(
        told.len() > 60,
        "the test has lost its eyes: {}",
        told.len()
    );
    for rule in told {
        assert_eq!(
            rule["health"], "ok",
            "{}: {}",
            rule["name"], rule["lastError"]
        );
    }
}

/// Asks until the answer is as told.
async fn until(url: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let asking = async {
        let mut tick = tokio::time::interval(Duration::from_millis(200));
        loop {
            tick.tick().await;
            let answer = json(url).await;
            if holds(&answer) {
                return answer;
            }
        }
    };
    let asked = tokio::time::timeout(PATIENCE, asking).await;
    asked.unwrap_or_else(|_| panic!("{url} never told what was expected"))
}
