use std::{
    os::fd::AsRawFd,
    time::{Duration, Instant},
};

use okta_exporter::sim::{ApiToken, Org, Running};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};
use tokio::{net::TcpStream, process::Command};

use crate::support::{API_TOKEN, PATIENCE, Program, Scrape};

const ANY_PORT: &str = "--web.listen-address=127.0.0.1:0";
const EXPORTER: &str = env!("CARGO_BIN_EXE_okta-exporter");

async fn org() -> Running {
    let token = ApiToken::new("monitor", API_TOKEN);
    let org = Org::new("acme").limit("/api/v1/users", 6000);
    org.api_token(token).start().await.unwrap()
}

/// A running exporter of its own, and where it keeps its configuration.
struct Started {
    program: Program,
    url: String,
    files: tempfile::TempDir,
}

impl Started {
    /// Starts one with this configuration, where `FILES` stands for its own directory; `before` is
    /// what the shell does first.
    async fn with(before: &str, yaml: &str, flags: &[&str]) -> Self {
        let files = tempfile::tempdir().unwrap();
        std::fs::write(files.path().join("token"), API_TOKEN).unwrap();
        let path = files.path().join("c.yaml");
        let yaml = yaml.replace("FILES", &files.path().display().to_string());
        std::fs::write(&path, yaml).unwrap();
        let mut command = Command::new("sh");
        command
            .env_clear()
            .args(["-c", &format!("{before}; exec \"$0\" \"$@\""), EXPORTER])
            .arg(format!("--config.file={}", path.display()))
            .arg(ANY_PORT)
            .args(flags);
        let mut program = Program::start(command);
        let address = program.until("address=").await;
        let url = format!("http://{}", address.split(' ').next().unwrap());
        Self {
            program,
            url,
            files,
        }
    }

    async fn scrape(&self) -> Scrape {
        Scrape::of(&self.url).await
    }

    /// Scrapes until the page is as told.
    async fn until(&self, holds: impl Fn(&Scrape) -> bool) -> Scrape {
        let begun = Instant::now();
        loop {
            let page = self.scrape().await;
            if holds(&page) {
                return page;
            }
            assert!(begun.elapsed() < PATIENCE, "it never came");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// An org with this name at this URL that is asked four times a second, by its discovery and once
/// with a token in a file.
fn quick(name: &str, url: &str, issuer: &str) -> String {
    format!(
        "  {name}:
    url: '{url}'
    budget: 1
    credentials: {{ monitor: {{ api_token_file: FILES/token }} }}
    probes:
      discovery: {{ issuer: '{issuer}', interval: 250ms, timeout: 200ms }}
      endpoint: {{ users: {{ path: '/api/v1/users?limit=1', credential: monitor, sampling: interval, interval: 250ms, timeout: 200ms }} }}
"
    )
}

fn acme(okta: &Running) -> String {
    let org = quick("acme", okta.url(), okta.url());
    format!("status_pages: {{}}\norgs:\n{org}")
}

#[tokio::test]
async fn clients_that_say_nothing_leave_orgs_on_time_and_metrics_answered() {
    // The test itself needs a descriptor for each.
    let limit = getrlimit(Resource::Nofile);
    let current = limit.maximum;
    setrlimit(Resource::Nofile, Rlimit { current, ..limit }).unwrap();

    let okta = org().await;
    let exporter = Started::with("ulimit -n 1024", &acme(&okta), &[]).await;
    let runs = r#"okta_probe_runs_total{probe="discovery"}"#;
    let before = exporter.until(|page| page.value(runs) >= 1.0).await;
    let address = exporter.url.strip_prefix("http://").unwrap();
    let mut silent = Vec::new();
    for _ in 0..1100 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let came = before.value(runs) + 12.0;
    let page = loop {
        let asked = Instant::now();
        let page = exporter.scrape().await;
        assert!(asked.elapsed() < Duration::from_secs(1));
        if page.value(runs) >= came {
            break page;
        }
    };
    assert_eq!(page.value(r#"okta_org_up{org="acme"}"#), 1.0);
    for probe in ["discovery", "endpoint/users"] {
        for reason in ["connect", "internal", "timeout", "overlap"] {
            let failures =
                format!(r#"okta_probe_failures_total{{probe="{probe}",reason="{reason}"}}"#);
            assert_eq!(page.value(&failures), 0.0, "{failures}");
        }
    }
    assert!(page.value("okta_exporter_http_connections_displaced_total") >= 700.0);
    assert!(page.value("process_open_fds") < 512.0);
    assert!(silent.iter().all(|stream| stream.as_raw_fd() > 2));
}

#[tokio::test]
async fn the_soft_limit_of_descriptors_is_raised_to_the_hard_one() {
    let okta = org().await;
    let exporter = Started::with("ulimit -Sn 99; ulimit -Hn 640", &acme(&okta), &[]).await;
    assert_eq!(exporter.scrape().await.value("process_max_fds"), 640.0);
}

#[tokio::test]
async fn a_lack_of_descriptors_is_nobodys_fault_but_its_own() {
    let okta = org().await;
    let port = okta.url().rsplit(':').next().unwrap();
    // A name is looked up, which takes a descriptor as well.
    let named = quick("named", &format!("http://localhost:{port}"), okta.url());
    let yaml = format!("{}{named}", acme(&okta));
    let mut exporter = Started::with("true", &yaml, &[]).await;
    let up = |page: &Scrape| {
        let is_up = |org: &str| page.get(&format!("okta_org_up{{org=\"{org}\"}}")) == Some(1.0);
        is_up("acme") && is_up("named")
    };
    exporter.until(up).await;

    let process = Pid::from_raw(exporter.program.id().try_into().unwrap());
    let before = prlimit(process, Resource::Nofile, few()).unwrap();
    for org in ["acme", "named"] {
        for probe in ["discovery", "endpoint/users"] {
            // Enough to open a breaker, if it were the org's.
            for _ in 0..4 {
                loop {
                    let said = exporter.program.until(" reason=").await;
                    let line = exporter.program.said.last().unwrap();
                    let reason = said.split(' ').next().unwrap();
                    assert!(["internal", "overlap"].contains(&reason), "{line}");
                    if line.contains(&format!(" org={org} probe={probe} reason=internal ")) {
                        assert!(line.contains(" case=no-descriptor "), "{line}");
                        break;
                    }
                }
            }
        }
    }
    prlimit(process, Resource::Nofile, before).unwrap();

    let page = exporter.scrape().await;
    for org in ["acme", "named"] {
        assert_eq!(page.value(&format!("okta_org_up{{org=\"{org}\"}}")), 1.0);
        let open = format!(r#"okta_exporter_breaker_state{{org="{org}",state="open"}}"#);
        assert_eq!(page.value(&open), 0.0);
        let failed = format!(
            r#"okta_request_failures_total{{org="{org}",api="discovery",reason="internal"}}"#
        );
        assert!(page.value(&failed) >= 4.0);
    }
    let well = |page: &Scrape| {
        page.value(r#"okta_probe_success{org="acme",probe="endpoint/users"}"#)
            + page.value(r#"okta_probe_success{org="named",probe="discovery"}"#)
            == 2.0
    };
    exporter.until(well).await;
}

/// Fewer descriptors than any process has open.
fn few() -> Rlimit {
    Rlimit {
        current: Some(3),
        maximum: getrlimit(Resource::Nofile).maximum,
    }
}
