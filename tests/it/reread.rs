use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use okta_exporter::sim::{Org, Running};
use tempfile::TempDir;

use crate::support::{PATIENCE, Program, Scrape, http};

const SUCCESSFUL: &str = "okta_exporter_config_last_reload_successful";
const RELOADED_AT: &str = "okta_exporter_config_last_reload_success_timestamp_seconds";
const OF_THE_SECOND: &str = r#"okta_probe_runs_total{org="acme-2",probe="discovery"}"#;
const HASH: &str = "okta_exporter_config_hash";

/// An exporter with a file that may be written again.
struct Scene {
    okta: Running,
    directory: TempDir,
    program: Program,
    url: String,
}

impl Scene {
    async fn with(flags: &[&str]) -> Self {
        let okta = Org::new("acme").start().await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("c.yaml");
        write(&file, &settings(&okta, 1));
        let named = format!("--config.file={}", file.display());
        let mut all = vec![named.as_str(), "--web.listen-address=127.0.0.1:0"];
        all.extend(flags);
        let mut program = Program::exporter(&all, &[]);
        let rest = program.until("msg=serving").await;
        let address = rest.split("address=").nth(1).unwrap();
        let address = address.split_whitespace().next().unwrap();
        let url = format!("http://{address}");
        Self {
            okta,
            directory,
            program,
            url,
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("c.yaml")
    }

    fn write(&self, yaml: &str) {
        write(&self.file(), yaml);
    }

    async fn scrape(&self) -> Scrape {
        Scrape::of(&self.url).await
    }

    async fn post(&self) -> (u16, String) {
        let url = format!("{}/-/reload", self.url);
        let answer = http().post(url).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

/// So many orgs, all of them at one address.
fn settings(okta: &Running, orgs: usize) -> String {
    let one = |n: usize| {
        let url = okta.url();
        format!("  acme-{n}: {{ url: '{url}', probes: {{ discovery: {{}} }} }}\n")
    };
    let all: String = (1..=orgs).map(one).collect();
    format!("status_pages: {{}}\norgs:\n{all}")
}

/// Replaces it at once, so that no half of it is ever read.
fn write(file: &Path, text: &str) {
    let new = file.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, file).unwrap();
}

#[tokio::test]
async fn settings_are_read_again_when_a_request_or_a_signal_asks_for_it() {
    let mut scene = Scene::with(&[]).await;
    let first = scene.scrape().await;
    assert_eq!(first.value(SUCCESSFUL), 1.0);

    scene.write(&settings(&scene.okta, 2));
    let (status, told) = scene.post().await;
    assert_eq!(status, 200, "{told}");
    assert!(
        told.contains("1 probes added, 0 changed, 0 removed, 1 go on"),
        "{told}"
    );
    let second = scene.scrape().await;
    assert!(second.get(OF_THE_SECOND).is_some(), "{second}");
    assert_ne!(second.value(HASH), first.value(HASH));
    assert!(second.value(RELOADED_AT) > first.value(RELOADED_AT));

    scene.write(&settings(&scene.okta, 1));
    scene.program.tell("HUP").await;
    scene.program.until("removed=1").await;
    let third = scene.scrape().await;
    assert!(third.get(OF_THE_SECOND).is_none(), "{third}");
    assert_eq!(third.value(HASH), first.value(HASH), "the same settings");

    let url = format!("{}/-/reload", scene.url);
    let asked = http().get(&url).send().await.unwrap();
    assert_eq!(asked.status(), 405, "looking at it changes nothing");
    let elsewhere = http().post(&url).header("Sec-Fetch-Site", "cross-site");
    assert_eq!(elsewhere.send().await.unwrap().status(), 403);
    let (status, _) = scene.program.terminate().await;
    assert!(status.success());
}

#[tokio::test]
async fn settings_that_are_wrong_change_nothing_and_each_problem_is_told() {
    let mut scene = Scene::with(&[]).await;
    let before = scene.scrape().await;
    let wrong = settings(&scene.okta, 2).replace("discovery: {}", "discovery: { intervall: 5 }");
    scene.write(&wrong);
    let (status, told) = scene.post().await;
    assert_eq!(status, 500, "{told}");
    for org in ["acme-1", "acme-2"] {
        let problem = format!("orgs.{org}.probes.discovery.intervall");
        assert!(told.contains(&problem), "{told}");
        scene.program.until(&problem).await;
    }
    scene.program.until("the settings stay as they were").await;
    let after = scene.scrape().await;
    assert_eq!(after.value(SUCCESSFUL), 0.0);
    for same in [HASH, RELOADED_AT] {
        assert_eq!(after.value(same), before.value(same), "{same}");
    }
    assert!(after.get(OF_THE_SECOND).is_none(), "{after}");

    std::fs::remove_file(scene.file()).unwrap();
    let (status, told) = scene.post().await;
    assert!(status == 500 && told.contains("cannot be read"), "{told}");
    scene.write(&settings(&scene.okta, 2));
    assert_eq!(scene.post().await.0, 200);
    assert_eq!(scene.scrape().await.value(SUCCESSFUL), 1.0);
}

#[tokio::test]
async fn a_file_that_holds_something_else_is_read_again_where_that_is_wanted() {
    let flags = [
        "--config.enable-auto-reload",
        "--config.auto-reload-interval=50ms",
    ];
    let mut scene = Scene::with(&flags).await;
    scene.write(&settings(&scene.okta, 1));
    std::fs::remove_file(scene.file()).unwrap();
    scene.write(&settings(&scene.okta, 2));
    scene.program.until("added=1").await;
    let read = |said: &[String]| {
        said.iter()
            .filter(|line| line.contains("read again"))
            .count()
    };
    assert_eq!(read(&scene.program.said), 1, "the same text is no reason");
    scene.write("orgs: [");
    scene.program.until("the settings stay as they were").await;
    scene.write(&settings(&scene.okta, 3));
    scene.program.until("added=1").await;
    assert_eq!(scene.scrape().await.value(SUCCESSFUL), 1.0);
}

#[tokio::test]
async fn twenty_reloads_under_scrapes_lose_no_counter_and_no_scrape() {
    let scene = Scene::with(&[]).await;
    let runs = "okta_probe_runs_total{org=\"acme-1\",probe=\"discovery\"}";
    let requests = "okta_exporter_http_requests_total{handler=\"/metrics\",code=\"200\"}";
    let first = async {
        loop {
            if scene.scrape().await.get(runs) >= Some(1.0) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, first).await.unwrap();
    let (done, scrapes) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (url, done, scrapes) = (scene.url.clone(), Arc::clone(&done), Arc::clone(&scrapes));
            tokio::spawn(async move {
                let mut last = (1.0, 0.0);
                while !done.load(Ordering::Relaxed) {
                    let page = Scrape::of(&url).await;
                    let now = (page.value(runs), page.get(requests).unwrap_or_default());
                    assert!(now.0 >= last.0 && now.1 >= last.1, "{last:?}, then {now:?}");
                    last = now;
                    scrapes.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for round in 0..20 {
        scene.write(&settings(&scene.okta, 2 + round % 3));
        let before = scrapes.load(Ordering::Relaxed);
        let (status, told) = scene.post().await;
        assert_eq!(status, 200, "{told}");
        assert!(told.ends_with("undisturbed\n"), "{told}");
        let seen = async {
            while scrapes.load(Ordering::Relaxed) < before + 4 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(PATIENCE, seen).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let asked = scene.scrape().await.value(requests);
    assert!(asked >= scrapes.load(Ordering::Relaxed) as f64);
    assert_eq!(
        scene.scrape().await.value(runs),
        1.0,
        "nobody asked Okta again for it"
    );
}

#[tokio::test]
async fn the_demo_answers_that_it_has_no_settings_to_read() {
    let mut demo = Program::exporter(&["demo", "--web.listen-address=127.0.0.1:0"], &[]);
    let url = demo.until("  open ").await;
    let url = format!("{}/-/reload", url.trim().trim_end_matches('/'));
    let answer = http().post(url).send().await.unwrap();
    assert_eq!(answer.status(), 500);
    let told = answer.text().await.unwrap();
    assert!(told.contains("the demo has no settings"), "{told}");
}
