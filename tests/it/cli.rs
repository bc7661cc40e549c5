mod checks;
mod logs;
mod proxies;

use std::fs;

use okta_exporter::sim::{ApiToken, Org, Running};

use crate::support::{API_TOKEN, PATIENCE, Program, Scrape, acme};

const ANY_PORT: &str = "--web.listen-address=127.0.0.1:0";

async fn org() -> Running {
    let token = ApiToken::new("monitor", API_TOKEN);
    Org::new("acme").api_token(token).start().await.unwrap()
}

/// Where it serves, as it says.
async fn served(exporter: &mut Program) -> String {
    let address = exporter.until("address=").await;
    format!("http://{}", address.split(' ').next().unwrap())
}

struct File(tempfile::TempDir);

impl File {
    fn of(yaml: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("c.yaml"), yaml).unwrap();
        Self(directory)
    }

    /// The flag, and what keeps the file.
    fn flag_kept(self) -> (Self, String) {
        let flag = self.flag();
        (self, flag)
    }

    fn flag(&self) -> String {
        format!("--config.file={}", self.0.path().join("c.yaml").display())
    }
}

#[tokio::test]
async fn a_signal_lets_it_drain_and_end_well() {
    let okta = org().await;
    let file = File::of(&acme(&okta, "{ discovery: {} }"));
    for signal in ["TERM", "INT"] {
        let mut exporter = Program::exporter(&[&file.flag(), ANY_PORT], &[]);
        Scrape::of(&served(&mut exporter).await).await;
        let (status, said) = exporter.signal(signal).await;
        assert!(status.success(), "{status}");
        let said = said.join("\n");
        assert!(said.contains(&format!("signal=SIG{signal}")), "{said}");
        assert!(said.contains("stopped"), "{said}");
    }
}

#[tokio::test]
async fn a_signal_that_asks_for_something_else_is_answered_in_the_log_and_ends_nothing() {
    let okta = org().await;
    let file = File::of(&acme(&okta, "{ discovery: {} }"));
    let mut exporter = Program::exporter(&[&file.flag(), ANY_PORT, "--log.level=debug"], &[]);
    let url = served(&mut exporter).await;
    for (signal, told) in [
        ("HUP", "settings read again"),
        ("USR1", "SIGTERM does"),
        ("USR2", "SIGTERM does"),
    ] {
        exporter.tell(signal).await;
        exporter.until(told).await;
        let line = exporter.said.last().unwrap();
        let names_it = line.contains(&format!("signal=SIG{signal}"));
        assert!(names_it || signal == "HUP", "{line}");
    }
    // Where nobody reads the log, each line brings this one: a line about it would bring the next.
    exporter.tell("PIPE").await;
    Scrape::of(&url).await;
    let (status, said) = exporter.terminate().await;
    assert!(status.success());
    assert!(!said.join("\n").contains("SIGPIPE"), "{said:?}");
}

#[tokio::test]
async fn its_first_and_last_lines_say_what_runs_and_why_it_ended() {
    let okta = org().await;
    let file = File::of(&acme(&okta, "{ discovery: {}, organization: {} }"));
    let flags = [&file.flag(), ANY_PORT, "--log.format=json"];
    let mut exporter = Program::exporter(&flags, &[]);
    exporter.until("serving").await;
    let event: serde_json::Value = serde_json::from_str(exporter.said.last().unwrap()).unwrap();
    assert_eq!(event["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (&event["orgs"], &event["probes"], &event["status_pages"]),
        (&1.into(), &2.into(), &0.into())
    );
    let address = event["address"].as_str().unwrap();
    Scrape::of(&format!("http://{address}")).await;
    let (_, said) = exporter.terminate().await;
    let event: serde_json::Value = serde_json::from_str(said.last().unwrap()).unwrap();
    assert_eq!(
        (&event["msg"], &event["signal"]),
        (&"stopped".into(), &"SIGTERM".into())
    );
    assert!(event["ran_seconds"].as_f64().unwrap() > 0.0, "{event}");
}

#[tokio::test]
async fn the_simulated_okta_runs_alone() {
    let mut okta = Program::exporter(&["simulate"], &[]);
    let url = okta.until("A simulated Okta org:").await.trim().to_owned();
    let answer = crate::support::http()
        .get(format!("{url}/api/v1/users?limit=1"))
        .header("authorization", "SSWS 00simulated-token")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("x-rate-limit-remaining"));
    let (status, _) = okta.terminate().await;
    assert!(status.success());
}

#[tokio::test]
async fn health_is_asked_of_a_running_exporter_and_the_exit_status_tells() {
    let okta = org().await;
    let file = File::of(&acme(&okta, "{ discovery: {} }"));
    let mut exporter = Program::exporter(&[&file.flag(), ANY_PORT], &[]);
    let address = exporter.until("address=").await;
    let url = format!("--url=http://{}/", address.split(' ').next().unwrap());
    // The check is about this machine, whatever proxy the environment names.
    let proxy = [("HTTP_PROXY", "http://127.0.0.1:1")];
    let (status, said) = Program::exporter(&["health", &url], &proxy).end().await;
    assert!(status.success(), "{said:?}");
    assert_eq!(said, Vec::<String>::new());

    // What answers there is no exporter.
    let other = format!("--url={}", okta.url());
    let (status, said) = Program::exporter(&["health", &other], &[]).end().await;
    assert_eq!(status.code(), Some(1));
    assert!(
        said.concat().contains("/-/healthy: answered 404"),
        "{said:?}"
    );

    exporter.terminate().await;
    let (status, said) = Program::exporter(&["health", &url], &[]).end().await;
    assert_eq!(status.code(), Some(1));
    assert!(said.concat().contains("refused"), "{said:?}");
}

#[tokio::test]
async fn the_service_manager_is_told_when_it_serves_and_when_it_ends() {
    let okta = org().await;
    let file = File::of(&acme(&okta, "{ discovery: {} }"));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notify");
    let manager = tokio::net::UnixDatagram::bind(&path).unwrap();
    let socket = [("NOTIFY_SOCKET", path.to_str().unwrap())];
    let exporter = Program::exporter(&[&file.flag(), ANY_PORT], &socket);
    let told = async || {
        let mut text = [0; 256];
        let length = tokio::time::timeout(PATIENCE, manager.recv(&mut text)).await;
        let length = length.expect("nothing was told").unwrap();
        String::from_utf8(text[..length].to_vec()).unwrap()
    };
    let ready = told().await;
    assert!(
        ready.contains("READY=1\nSTATUS=watching 1 orgs with 1 probes"),
        "{ready}"
    );
    let (status, _) = exporter.terminate().await;
    assert!(status.success());
    assert_eq!(told().await.trim(), "STOPPING=1");
}
