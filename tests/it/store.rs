use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use flate2::read::GzDecoder;
use okta_exporter::sim::{ApiToken, ORG, Org, Running};
use tokio::{process::Command, time::sleep};

use crate::support::{API_TOKEN, Exporter, Program, Scrape, acme, get};

const ROTATIONS: &str = r#"okta_jwks_rotations_total{authorization_server="org"}"#;
const COMMITS: &str = "okta_exporter_store_commits_total";
const COMMIT_ERRORS: &str = r#"okta_exporter_store_errors_total{operation="commit"}"#;
const LOAD_ERRORS: &str = r#"okta_exporter_store_errors_total{operation="load"}"#;
const WELL: &str = r#"okta_probe_success{probe="jwks/org"}"#;

/// An org whose keys are watched, and a directory for what is remembered of it.
struct World {
    okta: Running,
    files: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let token = ApiToken::new("monitor", API_TOKEN);
        let okta = Org::new("acme").api_token(token).start().await.unwrap();
        let files = tempfile::tempdir().unwrap();
        let probes = "{ jwks: { org: { interval: 1s, timeout: 1s } } }";
        std::fs::write(files.path().join("c.yaml"), acme(&okta, probes)).unwrap();
        Self { okta, files }
    }

    fn path(&self) -> PathBuf {
        self.files.path().join("state.redb")
    }

    fn flags(&self) -> [String; 3] {
        [
            format!(
                "--config.file={}",
                self.files.path().join("c.yaml").display()
            ),
            format!("--storage.path={}", self.path().display()),
            "--web.listen-address=127.0.0.1:0".to_owned(),
        ]
    }

    async fn start(&self) -> (Program, String) {
        let flags = self.flags();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        serving(Program::exporter(&flags, &[])).await
    }
}

async fn serving(mut exporter: Program) -> (Program, String) {
    let address = exporter.until("address=").await;
    let url = format!("http://{}", address.split(' ').next().unwrap());
    (exporter, url)
}

/// Scrapes until the page is as told.
async fn until(url: &str, holds: impl Fn(&Scrape) -> bool) -> Scrape {
    let waiting = async {
        loop {
            let page = Scrape::of(url).await;
            if holds(&page) {
                return page;
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    let patience = crate::support::PATIENCE;
    match tokio::time::timeout(patience, waiting).await {
        Ok(page) => page,
        Err(tokio::time::error::Elapsed { .. }) => {
            panic!("it never came:\n{}", Scrape::of(url).await)
        }
    }
}

fn at_least(page: &Scrape, series: &str, count: f64) -> bool {
    page.get(series) >= Some(count)
}

/// What `okta-exporter store` says of this file, and whether it ended well.
async fn looked_into(path: &Path) -> (bool, String) {
    looking(&[&format!("--storage.path={}", path.display())]).await
}

async fn looking(flags: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_okta-exporter"))
        .arg("store")
        .args(flags)
        .env_clear()
        .output()
        .await
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn keys_that_rotate_while_nobody_looks_are_counted_at_the_next_start_however_the_last_ended()
{
    let world = World::new().await;
    let (mut exporter, mut url) = world.start().await;
    for (life, signal) in [(1.0, "TERM"), (2.0, "KILL")] {
        // It is kept before it is shown.
        let known = |page: &Scrape| at_least(page, COMMITS, 1.0) && page.get(ROTATIONS).is_some();
        let page = until(&url, known).await;
        assert_eq!(page.value(ROTATIONS), life - 1.0);
        exporter.signal(signal).await;
        world.okta.controls().rotate_keys(ORG).unwrap();
        (exporter, url) = world.start().await;
        let page = until(&url, |page| at_least(page, ROTATIONS, life)).await;
        assert_eq!(page.value(ROTATIONS), life);
        assert_eq!(page.value(LOAD_ERRORS), 0.0);
        assert_eq!(page.value(COMMIT_ERRORS), 0.0);
        let size = std::fs::metadata(world.path()).unwrap().len();
        assert_eq!(page.value("okta_exporter_store_size_bytes"), size as f64);
    }
    exporter.terminate().await;
}

#[tokio::test]
async fn a_second_process_is_refused_the_file_and_afterwards_it_can_be_looked_into() {
    let world = World::new().await;
    let (exporter, url) = world.start().await;
    until(&url, |page| page.get(ROTATIONS).is_some()).await;
    let flags = world.flags();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let (status, said) = Program::exporter(&flags, &[]).end().await;
    assert_eq!(status.code(), Some(1), "{said:?}");
    let path = world.path().display().to_string();
    let refused = |line: &str| line.contains(&path) && line.contains("another okta-exporter has");
    assert!(said.iter().any(|line| refused(line)), "{said:?}");
    let (ended_well, said) = looked_into(&world.path()).await;
    assert!(!ended_well && refused(&said), "{said}");
    // The first never noticed. What it shows is kept.
    world.okta.controls().rotate_keys(ORG).unwrap();
    until(&url, |page| at_least(page, ROTATIONS, 1.0)).await;
    exporter.terminate().await;

    let (ended_well, said) = looked_into(&world.path()).await;
    assert!(ended_well, "{said}");
    let origin = world.okta.url();
    let origin = origin.trim_end_matches('/');
    for part in [
        format!("{path}: schema 1, "),
        format!("\n{origin} jwks org: "),
        "\"rotations\": 1".to_owned(),
    ] {
        assert!(said.contains(&part), "no `{part}` in {said}");
    }
    let (ended_well, said) = looked_into(&world.files.path().join("none")).await;
    assert!(
        !ended_well && said.contains("there is no such file"),
        "{said}"
    );
    let (ended_well, said) = looked_into(&world.files.path().join("c.yaml")).await;
    assert!(
        !ended_well && said.contains("not a store of okta-exporter"),
        "{said}"
    );
}

#[tokio::test]
async fn who_looks_into_a_store_and_names_none_is_asked_for_it_and_not_for_an_org() {
    let (is_well, said) = looking(&[]).await;
    assert!(
        !is_well && said.contains("no file is named: name it by `--storage.path`"),
        "{said}"
    );
    assert!(!said.contains("orgs"), "{said}");
}

/// The file was written by 0.1.0, of an org at a port where nobody listens now.
#[tokio::test]
async fn what_an_older_version_kept_is_remembered() {
    const LOGGED: &str = r#"okta_log_events_total{event_type="other",severity="warn"}"#;
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("state.redb");
    let packed = std::fs::File::open("tests/fixtures/store/schema-1.redb.gz").unwrap();
    let mut store = std::fs::File::create(&path).unwrap();
    std::io::copy(&mut GzDecoder::new(packed), &mut store).unwrap();
    let (is_well, said) = looked_into(&path).await;
    assert!(is_well && said.contains(", 11 documents, "), "{said}");
    let settings = files.path().join("c.yaml");
    let probes =
        "{ api_tokens: { interval: 1s, timeout: 1s }, system_log: { interval: 1s, timeout: 1s } }";
    let yaml = format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: 'http://127.0.0.1:1', credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}, probes: {probes} }} }}\n"
    );
    std::fs::write(&settings, yaml).unwrap();
    let flags = [
        &format!("--config.file={}", settings.display()),
        &format!("--storage.path={}", path.display()),
        "--web.listen-address=127.0.0.1:0",
    ];
    let (exporter, url) = serving(Program::exporter(&flags, &[])).await;
    let remembers = |page: &Scrape| {
        page.get(LOGGED) == Some(239.0) && page.get(r#"okta_api_tokens{org="acme"}"#) == Some(1.0)
    };
    let page = until(&url, remembers).await;
    assert_eq!(page.value(LOAD_ERRORS), 0.0);
    let (_, said) = exporter.terminate().await;
    assert!(!said.join("\n").contains("store-failing"), "{said:?}");
}

#[tokio::test]
async fn a_file_that_is_no_store_keeps_it_from_starting_and_stays_as_it_is() {
    let world = World::new().await;
    std::fs::write(world.path(), "keep me").unwrap();
    let flags = world.flags();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let (status, said) = Program::exporter(&flags, &[]).end().await;
    assert_eq!(status.code(), Some(1), "{said:?}");
    let refused = said
        .iter()
        .any(|line| line.contains("level=error") && line.contains("not a store of okta-exporter"));
    assert!(refused, "{said:?}");
    assert_eq!(std::fs::read_to_string(world.path()).unwrap(), "keep me");
    assert_eq!(world.okta.controls().request_count(), 0);
}

/// Sets how large a file of this process may become, in bytes.
async fn limit(exporter: &Program, bytes: &str) {
    let pid = exporter.id().to_string();
    let fsize = format!("--fsize={bytes}:");
    let set = Command::new("prlimit")
        .args(["--pid", &pid, &fsize])
        .status()
        .await;
    assert!(set.unwrap().success());
}

/// A disk without room, as far as one process sees it: no file of it may grow.
#[tokio::test]
async fn without_room_on_the_disk_it_watches_in_memory_says_so_once_and_keeps_all_when_there_is_room()
 {
    let world = World::new().await;
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; ulimit -S -f 8; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_okta-exporter"))
        .args(world.flags())
        .env_clear()
        .env("PATH", "/usr/bin:/bin");
    let (mut exporter, url) = serving(Program::start(command)).await;
    let page = until(&url, |page| at_least(page, LOAD_ERRORS, 4.0)).await;
    assert_eq!(page.value(WELL), 1.0);
    assert_eq!(page.get("okta_exporter_store_size_bytes"), None);
    let status = get(&format!("{url}/api/v1/status"))
        .await
        .text()
        .await
        .unwrap();
    assert!(status.contains("store-failing"), "{status}");
    let page = get(&url).await.text().await.unwrap();
    assert!(page.contains("id=\"case/store-failing\""), "{page}");
    assert!(!world.path().exists(), "no half of a store");

    limit(&exporter, "unlimited").await;
    exporter
        .until("what was remembered can be read again")
        .await;
    until(&url, |page| at_least(page, COMMITS, 1.0)).await;

    // Full once more, with a file that is open.
    limit(&exporter, "4096").await;
    world.okta.controls().rotate_keys(ORG).unwrap();
    let failing = |page: &Scrape| at_least(page, COMMIT_ERRORS, 3.0);
    let page = until(&url, |page| failing(page) && at_least(page, ROTATIONS, 1.0)).await;
    assert_eq!((page.value(WELL), page.value(ROTATIONS)), (1.0, 1.0));
    limit(&exporter, "unlimited").await;
    exporter.until("what is remembered is kept again").await;
    let (_, said) = exporter.terminate().await;
    let told = said
        .iter()
        .filter(|line| line.contains("case=store-failing"));
    // Of the first time that it could not be read, and of the second that it could not be written;
    // where the file could not be opened again then, of no more than that.
    let told: Vec<&String> = told.collect();
    assert!((2..=3).contains(&told.len()), "{told:#?}");
    let (_, said) = looked_into(&world.path()).await;
    assert!(
        said.contains("\"rotations\": 1"),
        "what was learned meanwhile: {said}"
    );
}

#[tokio::test]
async fn a_flag_wins_over_a_variable_and_that_over_the_file() {
    let world = World::new().await;
    let yaml = world.files.path().join("c.yaml");
    let text = std::fs::read_to_string(&yaml).unwrap();
    std::fs::write(&yaml, format!("storage: {{ path: of-the-file }}\n{text}")).unwrap();
    let flags = world.flags();
    let [config, flag, listen] = flags.each_ref().map(String::as_str);
    let of_variable = world.files.path().join("of-the-variable");
    let variable = [(
        "OKTA_EXPORTER__STORAGE__PATH",
        of_variable.to_str().unwrap(),
    )];
    for (flags, variables, made) in [
        (
            &[config, listen][..],
            &[][..],
            world.files.path().join("of-the-file"),
        ),
        (&[config, listen], &variable, of_variable.clone()),
        (&[config, listen, flag], &variable, world.path()),
    ] {
        assert!(!made.exists());
        let (exporter, url) = serving(Program::exporter(flags, variables)).await;
        assert!(made.exists(), "{}", made.display());
        let shown = get(&format!("{url}/config")).await.text().await.unwrap();
        assert!(shown.contains(made.to_str().unwrap()), "{shown}");
        exporter.terminate().await;
    }
}

#[tokio::test]
async fn without_a_file_it_says_so_once_and_shows_no_series_of_one() {
    let world = World::new().await;
    let flags = world.flags();
    let [config, _, listen] = flags.each_ref().map(String::as_str);
    let (exporter, url) = serving(Program::exporter(&[config, listen], &[])).await;
    let page = until(&url, |page| page.get(WELL) == Some(1.0)).await;
    assert!(!page.to_string().contains("okta_exporter_store_"), "{page}");
    let (_, said) = exporter.terminate().await;
    let told = said.iter().filter(|line| line.contains("storage.path"));
    assert_eq!(told.count(), 1, "{said:?}");
}

#[tokio::test]
async fn another_path_changes_nothing_until_the_next_start() {
    let world = World::new().await;
    let yaml = std::fs::read_to_string(world.files.path().join("c.yaml")).unwrap();
    let storage = |path: &Path| format!("storage: {{ path: '{}' }}\n{yaml}", path.display());
    let mut exporter = Exporter::start(&storage(&world.path())).await;
    exporter.first_round().await;
    let other = world.files.path().join("other");
    assert_eq!(exporter.apply(&storage(&other)).await.unchanged, 1);
    assert_eq!(exporter.apply(&yaml).await.unchanged, 1);
    let commits = exporter.scrape().await.value(COMMITS);
    world.okta.controls().rotate_keys(ORG).unwrap();
    exporter
        .until(|page| at_least(page, COMMITS, commits + 1.0))
        .await;
    assert!(!other.exists());
    exporter.drain().await;
}
