//! Servers that do wrong, each in its own way, all at once beside one that is well: each is told by its
//! reason, none makes the exporter late, large or talkative, and each is well again once its server is.

mod secrets;
mod server;
mod table;

use std::{fmt::Write as _, path::Path, time::Duration};

use futures_util::{StreamExt, stream};
use okta_exporter::sim::{ApiToken, Org};
use tokio::time::{Instant, sleep};

use crate::support::{Program, SHOWN, Scrape, get};
use secrets::{API_TOKEN, Secrets};
use server::Servers;
use table::{Asks, Row, rows};

/// The most that the rows of a test may cost together, in bytes, beyond what watching one org costs.
const MOST_MEMORY: u64 = 64_000_000;

/// How late the org that is well may be looked at, on a machine that does much else.
const LATE: Duration = Duration::from_secs(15);

/// How long all may take to be told, and to be well again: a breaker or a 429 waits for a minute.
const LONGEST: Duration = Duration::from_mins(4);

fn name(index: usize) -> String {
    format!("row{index}")
}

/// The probe that meets a row, as its series name it.
fn probe(index: usize, row: &Row) -> String {
    let name = name(index);
    match row.asks {
        Asks::Discovery => format!(r#"org="{name}",probe="discovery""#),
        Asks::Keys => format!(r#"org="{name}",probe="jwks/org""#),
        Asks::Page => format!(r#"probe="status_page/{name}""#),
    }
}

/// An exporter in a process of its own, at trace level.
struct Watching {
    program: Program,
    url: String,
    /// When it began, in seconds since 1970.
    begun: f64,
}

impl Watching {
    async fn scrape(&self) -> Scrape {
        Scrape::of(&self.url).await
    }

    /// Scrapes until all of these are as wanted, or says which are not. The org that is well is looked at
    /// all the while.
    async fn until_all(&self, rows: &[Row], wanted: impl Fn(&Scrape, usize, &Row) -> bool) {
        let begun = Instant::now();
        loop {
            let page = self.scrape().await;
            let last = r#"okta_probe_last_success_timestamp_seconds{org="well",probe="discovery"}"#;
            let now = jiff::Timestamp::now().as_millisecond() as f64 / 1e3;
            let late = now - page.get(last).unwrap_or(self.begun);
            assert!(
                late < LATE.as_secs_f64(),
                "the org that is well was left alone for {late} s"
            );
            let all = rows.iter().enumerate();
            let missing: Vec<&str> = all
                .filter(|(index, row)| !wanted(&page, *index, row))
                .map(|(_, row)| row.what)
                .collect();
            if missing.is_empty() {
                return;
            }
            assert!(
                begun.elapsed() < LONGEST,
                "not as they should be: {missing:#?}\n{page}"
            );
            sleep(Duration::from_millis(500)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_an_org_does_is_told_by_its_reason_costs_little_and_ends_with_it() {
    of(|row| row.asks != Asks::Page).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_status_page_does_is_told_by_its_reason_costs_little_and_ends_with_it() {
    of(|row| row.asks == Asks::Page).await;
}

/// Watches the servers of these rows, all at once.
async fn of(chosen: impl Fn(&Row) -> bool) {
    let rows: Vec<Row> = rows().into_iter().filter(chosen).collect();
    let (servers, files) = (Servers::new(), tempfile::tempdir().unwrap());
    let monitor = ApiToken::new("monitor", API_TOKEN);
    let well = Org::new("well").api_token(monitor).start().await.unwrap();
    let secrets = Secrets::new(&well, files.path());
    std::fs::write(files.path().join("ca.pem"), &servers.ca_pem).unwrap();
    let (mut orgs, mut pages) = (String::new(), String::new());
    for (index, row) in rows.iter().enumerate() {
        let url = servers.start(row).await;
        let written = written(index, row, &url, &secrets);
        if row.asks == Asks::Page {
            pages += &written;
        } else {
            orgs += &written;
        }
    }
    let one = well_org(&well, &secrets);
    let small = peak_of_one(&one, files.path()).await;

    let config = files.path().join("all.yaml");
    let pages = if pages.is_empty() {
        " {}\n".to_owned()
    } else {
        format!("\n{pages}")
    };
    let yaml = format!("status_pages:{pages}orgs:\n{one}{orgs}");
    std::fs::write(&config, yaml).unwrap();
    let watching = watch(&config, "trace").await;
    watching
        .until_all(&rows, |page, index, row| {
            let (probe, reason) = (probe(index, row), row.reason);
            let of = |reason: &str| {
                page.get(&format!(
                    "okta_probe_failures_total{{{probe},reason=\"{reason}\"}}"
                ))
            };
            of(reason) >= Some(1.0) && of("internal") == Some(0.0)
        })
        .await;
    let peak = watching.program.peak_memory();
    let more = peak.saturating_sub(small);
    assert!(
        more < MOST_MEMORY,
        "{more} bytes more than the {small} of one org"
    );

    servers.behave();
    watching
        .until_all(&rows, |page, index, row| {
            let probe = probe(index, row);
            page.get(&format!("okta_probe_success{{{probe}}}")) == Some(1.0)
        })
        .await;
    let heard = servers.heard();
    for path in SHOWN {
        let shown = get(&format!("{}{path}", watching.url)).await;
        let shown = shown.text().await.unwrap();
        assert_eq!(secrets.told(&heard, &shown), None, "{path}");
    }
    let (status, said) = watching.program.terminate().await;
    assert!(status.success(), "{status}");
    for line in &said {
        assert_eq!(secrets.told(&heard, line), None, "{line}");
    }
    if rows.iter().any(|row| row.asks != Asks::Page) {
        secrets.were_sent(&heard);
    }
    let panicked = said.iter().find(|line| line.contains("panicked"));
    assert_eq!(panicked, None);
}

/// How often the probes of orgs run.
const OFTEN: &str = "interval: 2s, timeout: 2s";

/// What is written of the org that is well.
fn well_org(well: &okta_exporter::sim::Running, secrets: &Secrets) -> String {
    let (credentials, users) = secrets.asking(0, OFTEN);
    format!(
        "  well: {{ url: '{}', credentials: {credentials}, probes: {{ discovery: {{ {OFTEN} }}, {users} }} }}\n",
        well.url()
    )
}

/// What is written of the org, or the page, whose server does what the row says.
fn written(index: usize, row: &Row, url: &str, secrets: &Secrets) -> String {
    // A page of megabytes costs a second where nothing is optimised.
    let seldom = "interval: 15s, timeout: 10s";
    let name = name(index);
    // Each kind of credential in turn.
    let (credentials, asking) = secrets.asking(index, OFTEN);
    let probes = match row.asks {
        Asks::Page => return format!("  {name}: {{ url: '{url}', {seldom} }}\n"),
        Asks::Keys => format!("jwks: {{ org: {{ {OFTEN} }} }}"),
        Asks::Discovery => format!("discovery: {{ {OFTEN} }}, {asking}"),
    };
    let ca = secrets.directory.join("ca.pem");
    format!(
        "  {name}: {{ url: '{url}', ca_file: '{}', credentials: {credentials}, probes: {{ {probes} }} }}\n",
        ca.display()
    )
}

/// A process for each row takes minutes: `cargo test --test it -- --ignored --nocapture each_row`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process for each row takes minutes"]
async fn each_row_alone_costs_little() {
    let files = tempfile::tempdir().unwrap();
    let monitor = ApiToken::new("monitor", API_TOKEN);
    let well = Org::new("well").api_token(monitor).start().await.unwrap();
    let secrets = &Secrets::new(&well, files.path());
    let one = &well_org(&well, secrets);
    let small = peak_of_one(one, files.path()).await;
    let servers = &Servers::new();
    std::fs::write(files.path().join("ca.pem"), &servers.ca_pem).unwrap();
    let rows = rows();
    let alone = rows.iter().enumerate().map(|(index, row)| async move {
        let url = servers.start(row).await;
        let written = written(index, row, &url, secrets);
        let yaml = match row.asks {
            Asks::Page => format!("status_pages:\n{written}orgs:\n{one}"),
            _ => format!("status_pages: {{}}\norgs:\n{one}{written}"),
        };
        let config = secrets.directory.join(format!("{index}.yaml"));
        std::fs::write(&config, yaml).unwrap();
        let watching = watch(&config, "trace").await;
        let failed = format!(
            "okta_probe_failures_total{{{},reason=\"{}\"}}",
            probe(index, row),
            row.reason
        );
        let begun = Instant::now();
        while watching.scrape().await.get(&failed) < Some(2.0) {
            assert!(begun.elapsed() < LONGEST, "{}", row.what);
            sleep(Duration::from_millis(300)).await;
        }
        let more = watching.program.peak_memory().saturating_sub(small);
        watching.program.kill().await;
        (more, row.what)
    });
    let mut costs: Vec<_> = stream::iter(alone).buffer_unordered(4).collect().await;
    costs.sort_unstable();
    for (more, what) in costs.iter().rev() {
        eprintln!("{:6.1} MB  {what}", *more as f64 / 1e6);
    }
    let (worst, what) = costs.last().unwrap();
    assert!(*worst < MOST_MEMORY, "{what}: {worst} bytes");
}

async fn watch(config: &Path, level: &str) -> Watching {
    let args = [
        format!("--config.file={}", config.display()),
        "--web.listen-address=127.0.0.1:0".to_owned(),
        format!("--log.level={level}"),
    ];
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut program = Program::exporter(&args, &[]);
    let address = program.until("address=").await;
    let address = address.split_ascii_whitespace().next().unwrap().to_owned();
    Watching {
        program,
        url: format!("http://{address}"),
        begun: jiff::Timestamp::now().as_millisecond() as f64 / 1e3,
    }
}

/// What watching one org that is well costs.
async fn peak_of_one(org: &str, directory: &Path) -> u64 {
    let config = directory.join("one.yaml");
    std::fs::write(&config, format!("status_pages: {{}}\norgs:\n{org}")).unwrap();
    let watching = watch(&config, "info").await;
    let up = r#"okta_org_up{org="well"}"#;
    while watching.scrape().await.get(up) != Some(1.0) {
        sleep(Duration::from_millis(200)).await;
    }
    watching.program.peak_memory()
}

/// The document that is written from the table.
fn document(rows: &[Row]) -> String {
    let mut text = "\
# Faults

What a server may do wrong, and what the exporter says of it: the label `reason` of `okta_probe_failures_total`. \
This table is written from the tests (`tests/it/faults/table.rs`): all servers of orgs are watched at once by one \
exporter at trace level, and all status pages by another, each beside an org that is well. That org is looked at on time all the while, the rows of each together \
cost less than 64 MB of memory (`cargo test --test it -- --ignored each_row` gives each a process of its own and says what it costs), \
 nothing is told of the API tokens, access tokens, client secrets, private keys, assertions and \
proofs that their orgs are configured with or are sent, and each probe is well again by itself once its server \
is, after a minute where the breaker or a 429 asks for one.

| What the server does | Who meets it | `reason` |
|---|---|---|
"
    .to_owned();
    for row in rows {
        let asks = match row.asks {
            Asks::Discovery => "discovery",
            Asks::Keys => "jwks",
            Asks::Page => "status page",
        };
        writeln!(text, "| {} | {asks} | `{}` |", row.what, row.reason).unwrap();
    }
    text
}

#[test]
fn the_document_is_the_table() {
    let (rows, path) = (rows(), "docs/faults.md");
    assert!(rows.len() >= 80, "{} rows", rows.len());
    let text = document(&rows);
    if std::env::var_os("INSTA_UPDATE").is_some_and(|how| how == "always") {
        std::fs::write(path, &text).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == text,
        "{path} is another: run this test with INSTA_UPDATE=always"
    );
}
