//! The page in a real Chromium: in four widths and two themes, on a demo, a quiet org, fifty orgs and
//! an outage. `tests/browser/page.mjs` looks; here is what there is to see. Where the variable
//! `SCREENSHOTS` names a directory, it is kept: `tests/browser/screenshots`.

use std::{fmt::Write, process::Stdio, time::Duration};

use jiff::SignedDuration;
use okta_exporter::{
    fleet::{Outcome, ProbeId},
    okta::Failure,
    probe::ProbeResult,
    sim::{ApiToken, Clock, Fault, Incident, Org, Running, RunningStatusPage, StatusPage},
    units::Timestamp,
};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
    time::timeout,
};

use crate::support::{API_TOKEN, Exporter, PATIENCE, Program};

/// The simulated orgs and pages that a scene lives by, and who watches them.
struct Scene {
    exporter: Exporter,
    yaml: String,
    _okta: Vec<Running>,
    _page: Option<RunningStatusPage>,
}

/// What would break out of a page that does not write it down as text, at a length that breaks lines.
fn hostile() -> String {
    let name = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'&lt;\n</title>\u{202e}";
    format!("{name}{}", "Ww".repeat(5_000))
}

/// What is asked in each org.
const PATHS: [&str; 8] = [
    "users",
    "groups",
    "apps",
    "logs",
    "idps",
    "eventHooks",
    "logStreams",
    "authorizationServers",
];

async fn okta(name: &str) -> Running {
    let org = Org::new(name).api_token(ApiToken::new("monitor", API_TOKEN));
    let org = PATHS.iter().fold(org, |org, path| {
        org.limit(&format!("/api/v1/{path}"), 100_000)
    });
    org.start().await.unwrap()
}

fn org(name: &str, url: &str, probes: &str) -> String {
    format!(
        "  {name}: {{ url: '{url}', budget: 1, credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}, probes: {probes} }}\n"
    )
}

fn endpoints(paths: &[&str]) -> String {
    let mut endpoints = String::new();
    for path in paths {
        let name = path.replace('/', "-");
        write!(endpoints, "{name}: {{ path: '/api/v1/{path}?limit=1', credential: monitor, sampling: interval, interval: 5s, timeout: 2s }}, ").unwrap();
    }
    endpoints
}

/// One org, and all is well.
async fn quiet() -> Scene {
    let okta = okta("acme").await;
    let probes = format!(
        "{{ discovery: {{ interval: 2s, timeout: 2s }}, organization: {{}}, jwks: {{ org: {{}} }}, endpoint: {{ {} }} }}",
        endpoints(&["users", "groups"])
    );
    let orgs = org("acme", okta.url(), &probes);
    scene(
        &format!("status_pages: {{}}\norgs:\n{orgs}"),
        vec![okta],
        None,
    )
    .await
}

/// Fifty orgs with a dozen probes each, of which some cannot be reached and one is refused.
async fn many() -> Scene {
    let (well, refusing) = (okta("acme").await, okta("refusing").await);
    refusing
        .controls()
        .fault("/api/v1/", Fault::invalid_token());
    let probes = format!(
        "{{ discovery: {{}}, organization: {{}}, jwks: {{ org: {{}}, default: {{}} }}, endpoint: {{ {} }} }}",
        endpoints(&PATHS).replace("5s", "30s").replace("2s", "25s")
    );
    let mut orgs = String::new();
    for n in 0..50 {
        let (name, url) = match n {
            7 => (
                "a-rather-long-name-of-an-org-that-somebody-thought-was-helpful".to_owned(),
                "http://127.0.0.1:1",
            ),
            21 => ("unreachable".to_owned(), "http://127.0.0.1:1"),
            35 => ("refusing".to_owned(), refusing.url()),
            _ => (format!("org-{n:02}"), well.url()),
        };
        orgs += &org(&name, url, &probes);
    }
    scene(
        &format!("status_pages: {{}}\norgs:\n{orgs}"),
        vec![well, refusing],
        None,
    )
    .await
}

/// Okta fails, a limit is used up, nobody is there at all, and an incident is told in hostile words.
async fn outage() -> Scene {
    let (failing, spent) = (okta("failing").await, spent().await);
    failing.controls().fault("/", Fault::status(503));
    let page = StatusPage::new(&Clock::running());
    page.open(
        Incident::new("Users cannot sign in")
            .category("Service Disruption")
            .cells("okta.com:7"),
    );
    page.open(Incident::new(&hostile()).cells("okta.com:7"));
    let served = page.start(0).await.unwrap();
    let probes = format!(
        "{{ discovery: {{ interval: 5s, timeout: 2s }}, organization: {{ interval: 5s, timeout: 2s }}, jwks: {{ org: {{ interval: 5s, timeout: 2s }} }}, endpoint: {{ {} }} }}",
        endpoints(&["users", "groups"])
    );
    let orgs = [
        org("failing", failing.url(), &probes),
        org("nobody", "http://127.0.0.1:1", &probes),
        org("spent", spent.url(), &probes),
    ];
    let yaml = format!(
        "status_pages: {{ okta: {{ url: '{}', interval: 2s, timeout: 2s }} }}\norgs:\n{}",
        served.okta_url(),
        orgs.concat()
    );
    scene(&yaml, vec![failing, spent], Some(served)).await
}

/// An org of whose users' limit nothing is left once it was looked at.
async fn spent() -> Running {
    let org = Org::new("spent").limit("/api/v1/users", 2);
    let org = org.api_token(ApiToken::new("monitor", API_TOKEN));
    org.start().await.unwrap()
}

/// Three days of runs of a probe, of which some failed the day before yesterday.
fn remember(exporter: &Exporter, probe: &str) {
    let id = ProbeId {
        org: Some("acme".parse().unwrap()),
        probe: probe.to_owned(),
    };
    for quarter in (1..288).rev() {
        let failed = (150..158).contains(&quarter);
        let millis = 80 + quarter * 7919 % 200;
        let result = ProbeResult {
            observation: None,
            failure: failed.then_some(Failure::Overlap),
        };
        let outcome = Outcome {
            at: Timestamp::now() - SignedDuration::from_mins(15 * quarter),
            took: Some(Duration::from_millis(millis.unsigned_abs())),
            result,
            memory: None,
            exchanges: Vec::new(),
        };
        exporter.record(&id, outcome);
    }
}

async fn scene(yaml: &str, okta: Vec<Running>, page: Option<RunningStatusPage>) -> Scene {
    Scene {
        exporter: Exporter::start(yaml).await,
        yaml: yaml.to_owned(),
        _okta: okta,
        _page: page,
    }
}

#[tokio::test]
async fn the_page_is_read_and_used_in_a_real_browser_in_every_form() {
    let mut demo = Program::exporter(&["demo", "--web.listen-address=127.0.0.1:0"], &[]);
    let demo_url = demo.until("  open ").await.trim().to_owned();
    let (quiet, many, outage) = tokio::join!(quiet(), many(), outage());
    for scene in [&quiet, &many, &outage] {
        scene.exporter.first_round().await;
    }
    remember(&quiet.exporter, "endpoint/users");
    let at = |scene: &Scene| format!("{}/", scene.exporter.url());
    let scenes = json!({
        "quiet": { "url": at(&quiet), "tone": "well", "sections": ["orgs", "everything"] },
        "many": { "url": at(&many), "tone": "critical", "sections": ["orgs", "troubles", "everything"] },
        "outage": {
            "url": at(&outage),
            "tone": "critical",
            "sections": ["orgs", "incidents", "limits", "troubles", "everything"],
        },
        "demo": { "url": demo_url, "sections": ["orgs", "ends", "everything", "incidents"] },
    });
    let mut looking = Command::new("node")
        .args(["tests/browser/page.mjs", &scenes.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("`tests/run` installs what the tests need");
    let mut hand = looking.stdin.take().unwrap();
    let mut lines = BufReader::new(looking.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    let (yaml, mut watched) = (quiet.yaml, Some(quiet.exporter));
    // Each step has its time, however many there are, and says itself when that is over.
    while let Some(line) = timeout(2 * PATIENCE, lines.next_line())
        .await
        .unwrap()
        .unwrap()
    {
        let answer = match line.as_str() {
            "stop" => {
                watched.take().unwrap().drain().await;
                "stopped\n".to_owned()
            }
            "start" => {
                let again = watched.insert(Exporter::start(&yaml).await);
                format!("{}/\n", again.url())
            }
            _ => {
                println!("{line}");
                said.push(line);
                continue;
            }
        };
        hand.write_all(answer.as_bytes()).await.unwrap();
    }
    let ended = looking.wait().await.unwrap();
    let wrong: Vec<&String> = said
        .iter()
        .filter(|line| line.starts_with("wrong"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(ended.success() && said.len() > 40, "{said:#?}");
}
