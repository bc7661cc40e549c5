mod files;
mod floods;
mod lookups;

use std::{os::fd::AsRawFd, time::Duration};

use okta_exporter::{
    sim::{ApiToken, Fault, Org, Running},
    web::DRAIN,
};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};
use tokio::{io::AsyncWriteExt, net::TcpStream, process::Command, time::Instant};

use crate::support::{API_TOKEN, PATIENCE, Program, Scrape, http};
use lookups::hanging;

const ANY_PORT: &str = "--web.listen-address=127.0.0.1:0";
const EXPORTER: &str = env!("CARGO_BIN_EXE_okta-exporter");

/// How long something may take that waits for nothing, on a machine with more to do than it can. What
/// waits here would wait for minutes.
const AT_ONCE: Duration = Duration::from_secs(20);

async fn org() -> Running {
    let token = ApiToken::new("monitor", API_TOKEN);
    let org = Org::new("acme").limit("/api/v1/users", 6000);
    org.api_token(token).start().await.unwrap()
}

/// A running exporter of its own, and where it keeps its configuration.
struct Started {
    program: Program,
    url: String,
    _files: tempfile::TempDir,
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
            _files: files,
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

/// An org with this name at this URL that is asked twice a second, by its discovery and once
/// with a token in a file.
fn quick(name: &str, url: &str, issuer: &str) -> String {
    format!(
        "  {name}:
    url: '{url}'
    budget: 1
    credentials: {{ monitor: {{ api_token_file: FILES/token }} }}
    probes:
      discovery: {{ issuer: '{issuer}', interval: 500ms, timeout: 500ms }}
      endpoint: {{ users: {{ path: '/api/v1/users?limit=1', credential: monitor, sampling: interval, interval: 500ms, timeout: 500ms }} }}
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
    let mut took = Vec::new();
    let page = loop {
        let asked = Instant::now();
        let page = exporter.scrape().await;
        took.push(asked.elapsed());
        if page.value(runs) >= came {
            break page;
        }
    };
    took.sort();
    assert!(took[took.len() / 2] < AT_ONCE, "{took:?}");
    assert_eq!(page.value(r#"okta_org_up{org="acme"}"#), 1.0);
    for probe in ["discovery", "endpoint/users"] {
        for reason in ["connect", "dns", "internal"] {
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

/// HTTP/2 without a word of HTTP/1.1: a window of no bytes, and a request for `/`.
const NO_WINDOW: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\
    \x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\
    \x00\x00\x07\x01\x05\x00\x00\x00\x01\x82\x86\x84\x41\x02it";

#[tokio::test]
async fn a_second_signal_ends_it_at_once_and_none_is_needed_to_end_it() {
    for twice in [true, false] {
        let okta = org().await;
        let mut exporter = Started::with("true", &acme(&okta), &[]).await;
        let address = exporter.url.strip_prefix("http://").unwrap();
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(NO_WINDOW).await.unwrap();
        let served = r#"okta_exporter_http_requests_total{handler="/"}"#;
        exporter.until(|page| page.value(served) >= 1.0).await;
        let told = Instant::now();
        exporter.program.tell("TERM").await;
        exporter.program.until("draining").await;
        let status = if twice {
            exporter.program.signal("TERM").await.0
        } else {
            exporter.program.end().await.0
        };
        assert!(status.success(), "{status}");
        let took = told.elapsed();
        assert_eq!(took < DRAIN, twice, "{took:?}");
        assert!(took < DRAIN + AT_ONCE, "{took:?}");
    }
}

#[tokio::test]
async fn a_reader_of_the_log_that_stalls_stops_nothing_else() {
    let okta = org().await;
    okta.controls()
        .fault("/api/v1/users", Fault::error(403, "E0000006"));
    let files = tempfile::tempdir().unwrap();
    std::fs::write(files.path().join("token"), API_TOKEN).unwrap();
    let dir = files.path().display().to_string();
    let path = files.path().join("c.yaml");
    // Some two hundred lines a second, each of half a kilobyte.
    let many = (0..50).map(|n| quick(&format!("org{n}"), okta.url(), okta.url()));
    let orgs = many.collect::<String>().replace("FILES", &dir);
    std::fs::write(&path, format!("status_pages: {{}}\norgs:\n{orgs}")).unwrap();
    // Where it is served is said on standard error, which is read no further.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap();
    drop(port);
    let (unread, write) = std::io::pipe().unwrap();
    // What is said on standard output would wait as well.
    let out = write.try_clone().unwrap();
    let mut child = Command::new(EXPORTER)
        .env_clear()
        .arg(format!("--config.file={}", path.display()))
        .arg(format!("--web.listen-address={address}"))
        .args([
            "--log.level=trace",
            "--log.library=hyper",
            "--log.library=reqwest",
        ])
        .stdout(out)
        .stderr(write)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let url = format!("http://{address}");
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < PATIENCE, "no line is dropped");
        let asked = Instant::now();
        let Ok(answer) = http().get(format!("{url}/metrics")).send().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let page = Scrape::parse(answer.text().await.unwrap());
        assert!(asked.elapsed() < AT_ONCE);
        if page.value("okta_exporter_log_lines_dropped_total") > 0.0 {
            break;
        }
    }
    let told = Instant::now();
    let id = child.id().unwrap().to_string();
    let kill = Command::new("kill").args(["-s", "TERM", &id]).status();
    assert!(kill.await.unwrap().success());
    let status = tokio::time::timeout(PATIENCE, child.wait()).await;
    assert!(status.unwrap().unwrap().success());
    assert!(told.elapsed() < AT_ONCE, "{:?}", told.elapsed());
    drop(unread);
}

#[tokio::test]
async fn a_secret_that_hangs_fails_its_own_probes_and_nothing_else() {
    let okta = org().await;
    let files = tempfile::tempdir().unwrap();
    let before = hanging(&files).await;
    let [pipe, hung] = ["pipe", "hung"].map(|name| {
        let org = quick(name, okta.url(), okta.url());
        let secret = files.path().join(name);
        std::fs::write(&secret, API_TOKEN).unwrap();
        (
            org.replace("FILES/token", &secret.display().to_string()),
            secret,
        )
    });
    let yaml = format!("{}{}{}", acme(&okta), pipe.0, hung.0);
    let exporter = Started::with(&before, &yaml, &[]).await;
    exporter
        .until(|page| page.sum("okta_probe_success") >= 6.0)
        .await;

    std::fs::remove_file(&pipe.1).unwrap();
    let made = Command::new("mkfifo").arg(&pipe.1).status().await;
    assert!(made.unwrap().success());
    std::fs::write(hung.1.with_extension("hangs"), "").unwrap();
    let refused = |page: &Scrape, org: &str| {
        page.value(&format!(
            r#"okta_probe_failures_total{{org="{org}",probe="endpoint/users",reason="config"}}"#
        ))
    };
    let page = exporter
        .until(|page| refused(page, "pipe") >= 2.0 && refused(page, "hung") >= 2.0)
        .await;
    let runs = |page: &Scrape, org: &str, probe: &str| {
        page.value(&format!(
            r#"okta_probe_runs_total{{org="{org}",probe="{probe}"}}"#
        ))
    };
    let well = [
        ("acme", "endpoint/users"),
        ("hung", "discovery"),
        ("pipe", "discovery"),
    ];
    exporter
        .until(|later| {
            well.iter()
                .all(|(org, probe)| runs(later, org, probe) >= 4.0 + runs(&page, org, probe))
        })
        .await;
    let told = Instant::now();
    let (status, said) = exporter.program.terminate().await;
    assert!(status.success(), "{status}");
    let said = said.join("\n");
    for words in ["pipe is no regular file", "hung takes too long to be read"] {
        assert!(said.contains(words), "{said}");
    }
    assert!(told.elapsed() < AT_ONCE, "{:?}", told.elapsed());
}
