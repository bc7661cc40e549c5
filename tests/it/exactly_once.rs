use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::SignedDuration;
use okta_exporter::sim::{ApiToken, Controls, EventHook, Limited, LogEvent, Org, Running};
use tokio::time::{sleep, timeout};

use crate::support::{API_TOKEN, PATIENCE, Program, Scrape, http};

const SECRET: &str = "s3cr3t-of-the-event-hook";
/// What Okta pushes of what is written here.
const PUSHED: [&str; 4] = [
    "system.org.rate_limit.warning",
    "system.org.rate_limit.violation",
    "system.api_token.create",
    "user.session.start",
];

/// Two orgs, and the files and the address of one exporter: its lives follow each other.
struct Scene {
    /// Its log is followed, and its hook delivers.
    acme: Running,
    /// Only its hook delivers.
    beta: Running,
    directory: tempfile::TempDir,
    address: String,
    random: fastrand::Rng,
}

/// A port that no connection is made from, so that it is free between two lives.
fn address(random: &mut fastrand::Rng) -> String {
    let addresses = std::iter::repeat_with(|| format!("127.0.0.1:{}", random.u16(12_000..32_000)));
    let mut free = addresses.filter(|address| TcpListener::bind(address).is_ok());
    free.next().unwrap()
}

async fn org(name: &str) -> Running {
    let token = ApiToken::new("monitor", API_TOKEN);
    let org = Org::new(name).api_token(token);
    org.limit("/api/v1/logs", 1_000_000).start().await.unwrap()
}

impl Scene {
    async fn new(seed: u64) -> Self {
        let scene = Self {
            acme: org("acme").await,
            beta: org("beta").await,
            directory: tempfile::tempdir().unwrap(),
            address: address(&mut fastrand::Rng::new()),
            random: fastrand::Rng::with_seed(seed),
        };
        let (acme, beta) = (scene.acme.url(), scene.beta.url());
        let settings = format!(
            "storage: {{ path: state.redb }}
status_pages: {{}}
orgs:
  acme:
    url: '{acme}'
    budget: 1
    credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}
    probes: {{ system_log: {{ credential: monitor, interval: 1s, timeout: 1s, look_back: 1h }} }}
    event_hook: {{ authorization: {SECRET} }}
  beta:
    url: '{beta}'
    probes: {{ discovery: {{ interval: 10m }} }}
    event_hook: {{ authorization: {SECRET} }}
"
        );
        fs::write(scene.directory.path().join("settings.yaml"), settings).unwrap();
        scene
    }

    fn store(&self) -> PathBuf {
        self.directory.path().join("state.redb")
    }

    fn arguments(&self) -> [String; 2] {
        let settings = self.directory.path().join("settings.yaml");
        [
            format!("--config.file={}", settings.display()),
            format!("--web.listen-address={}", self.address),
        ]
    }

    /// A life, which serves.
    async fn life(&self) -> Program {
        let mut life = self.begin();
        life.until("msg=serving").await;
        life
    }

    fn begin(&self) -> Program {
        let arguments = self.arguments();
        Program::exporter(&arguments.each_ref().map(String::as_str), &[])
    }

    /// Both orgs' hooks, by Okta's ids.
    async fn hooks(&self) -> [String; 2] {
        let hook = |org: &str| {
            EventHook::new(&format!("http://{}/hooks/okta/{org}", self.address))
                .header("Authorization", SECRET)
                .types(PUSHED)
                .at_once(4)
                .batch(3)
                .twice_every(5)
                .unordered()
        };
        let acme = self.acme.controls().add_hook(hook("acme")).await.unwrap();
        let beta = self.beta.controls().add_hook(hook("beta")).await.unwrap();
        [acme, beta]
    }

    async fn scrape(&self) -> Option<Scrape> {
        let url = format!("http://{}/metrics", self.address);
        let answer = http().get(url).send().await.ok()?;
        Some(Scrape::parse(answer.text().await.ok()?))
    }

    /// The page, once all that `acme` wrote has been counted.
    async fn counted(&self) -> Scrape {
        let written = self.acme.controls().log_totals().events as f64;
        let counting = async {
            loop {
                if let Some(page) = self.scrape().await
                    && page.sum("okta_log_events_total{org=\"acme\"}") >= written
                {
                    return page;
                }
                sleep(Duration::from_millis(100)).await;
            }
        };
        let Ok(page) = timeout(PATIENCE, counting).await else {
            panic!(
                "{written} were written, and counted:\n{}",
                self.scrape().await.unwrap()
            );
        };
        page
    }

    /// What the last life tells is what the orgs wrote: no event lost, none counted twice.
    async fn check(&self, [acme, beta]: [String; 2]) {
        let controls = [self.acme.controls(), self.beta.controls()];
        let pushed = [
            controls[0].until_hook_settled(&acme).await,
            controls[1].until_hook_settled(&beta).await,
        ];
        self.counted().await;
        // What would count again has time to.
        let polls = |page: &Scrape| page.value("okta_log_polls_total{org=\"acme\"}");
        let before = polls(&self.counted().await);
        let mut page = self.counted().await;
        while polls(&page) < before + 2.0 {
            sleep(Duration::from_millis(200)).await;
            page = self.counted().await;
        }
        let written = controls[0].log_totals();
        assert_eq!(
            page.sum("okta_log_events_total{org=\"acme\"}"),
            written.events as f64
        );
        for kind in ["user.session.start", "system.api_token.create"] {
            let series = format!("okta_log_events_total{{org=\"acme\",event_type=\"{kind}\"}}");
            assert_eq!(page.sum(&series), written.by_type[kind] as f64, "{kind}");
        }
        for event in ["warning", "violation"] {
            let series = format!("okta_rate_limit_events_total{{org=\"acme\",event=\"{event}\"}}");
            let written = written.by_type[&format!("system.org.rate_limit.{event}")];
            assert_eq!(page.sum(&series), written as f64, "{event}");
        }
        for (org, told) in ["acme", "beta"].into_iter().zip(pushed) {
            let series = format!("okta_hook_events_total{{org=\"{org}\"}}");
            let counted = page.sum(&series);
            let acknowledged = told.delivered as f64;
            assert!(
                counted >= acknowledged,
                "{org}: {acknowledged} were answered well, {counted} counted"
            );
            assert!(
                counted <= told.events as f64,
                "{org}: {counted} of {}",
                told.events
            );
            assert!(told.delivered > 0, "{org}: {told:?}");
        }
    }
}

/// Writes so many events to the logs of both orgs, of all kinds, over so long.
async fn write(orgs: [Controls; 2], mut random: fastrand::Rng, (events, over): (usize, Duration)) {
    let bursts = (over.as_millis() / 25).max(1) as usize;
    let mut left = events;
    for burst in (1..=bursts).rev() {
        let mut now = left / burst;
        left -= now;
        while now > 0 {
            let times = random.usize(1..=now.min(40));
            now -= times;
            let event = match random.u8(0..10) {
                0 => LogEvent::org_limit(Limited::Warned, "/api/v1/users", 600),
                1 => LogEvent::org_limit(Limited::Violated, "/api/v1/apps", 100)
                    .by_api_token("00T00000000000000001"),
                2 => LogEvent::new("system.api_token.create"),
                3 => LogEvent::failed_sign_in("INVALID_CREDENTIALS"),
                4 => LogEvent::sign_in().late(Duration::from_secs(random.u64(1..600))),
                5 => LogEvent::new("group.user_membership.add"),
                _ => LogEvent::sign_in(),
            };
            let written = orgs[0].log_many(&event, times);
            if random.u8(0..4) == 0 {
                for again in written.iter().take(3) {
                    assert!(orgs[0].log_again(again));
                }
            }
            orgs[1].log_many(&event, times.min(2));
        }
        sleep(Duration::from_millis(25)).await;
    }
}

/// Kills the exporter so many times while so many events are written.
async fn kill(kills: usize, events: usize) {
    let seed = 20_261_127;
    let mut scene = Scene::new(seed).await;
    let mut life = scene.life().await;
    let hooks = scene.hooks().await;
    let orgs = [scene.acme.controls(), scene.beta.controls()];
    let over = Duration::from_millis(700) * u32::try_from(kills).unwrap();
    let writing = tokio::spawn(write(orgs, scene.random.fork(), (events, over)));
    for killed in 0..kills {
        let lives_for = Duration::from_millis(scene.random.u64(20..900));
        sleep(lives_for).await;
        life.kill().await;
        life = scene.begin();
        if killed == kills / 2 {
            // Okta's clock is set back.
            let back = SignedDuration::from_hours(-1);
            scene.acme.controls().set_clock_offset(back);
        }
    }
    writing.await.unwrap();
    life.until("msg=serving").await;
    scene.check(hooks).await;
    life.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_again_and_again_loses_no_event_and_counts_none_twice() {
    kill(8, 3_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: cargo test --release --test it -- --ignored exactly_once"]
async fn two_hundred_kills_and_fifty_thousand_events() {
    kill(200, 50_000).await;
}

/// Where nothing more can be written, events are counted in memory, deliveries are refused, and all is
/// kept once there is room; of a process that is killed before, all that was not kept is told again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_no_event_and_counts_none_twice() {
    let mut scene = Scene::new(1).await;
    let life = scene.life().await;
    let hooks = scene.hooks().await;
    let orgs = [scene.acme.controls(), scene.beta.controls()];
    let some = Duration::from_millis(100);
    write(orgs.clone(), scene.random.fork(), (300, some)).await;
    scene.counted().await;
    life.kill().await;

    // The file may not grow, as on a disk that is full.
    let blocks = fs::metadata(scene.store()).unwrap().len() / 512;
    let mut command = tokio::process::Command::new("sh");
    let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
    command.args(["-c", &limited, "sh", env!("CARGO_BIN_EXE_okta-exporter")]);
    command.args(scene.arguments()).env_clear();
    let mut life = Program::start(command);
    life.until("msg=serving").await;
    write(orgs.clone(), scene.random.fork(), (9_000, some * 3)).await;
    let page = scene.counted().await;
    let errors = page.sum("okta_exporter_store_errors_total{}");
    assert!(errors > 0.0, "the disk was never full:\n{page}");
    let refused = page.sum(r#"okta_hook_deliveries_total{result="unavailable"}"#);
    assert!(refused > 0.0, "{page}");
    life.kill().await;

    let life = scene.life().await;
    write(orgs, scene.random.fork(), (300, some)).await;
    scene.check(hooks).await;
    life.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_with_a_torn_page_is_refused_by_name_and_without_it_nothing_counts_twice() {
    let mut scene = Scene::new(2).await;
    let life = scene.life().await;
    let orgs = [scene.acme.controls(), scene.beta.controls()];
    let some = Duration::from_millis(100);
    write(orgs.clone(), scene.random.fork(), (2_000, some)).await;
    scene.counted().await;
    life.kill().await;

    tear(&scene.store());
    let (status, said) = scene.begin().end().await;
    let said = said.join("\n");
    assert!(!status.success(), "{said}");
    assert!(said.contains("state.redb"), "{said}");

    fs::rename(scene.store(), scene.directory.path().join("torn.redb")).unwrap();
    let life = scene.life().await;
    let hooks = scene.hooks().await;
    write(orgs, scene.random.fork(), (500, some)).await;
    scene.check(hooks).await;
    life.kill().await;
}

/// Turns a bit in the middle of every page that holds something.
fn tear(store: &Path) {
    let mut bytes = fs::read(store).unwrap();
    for page in bytes.chunks_mut(4096).skip(1) {
        if page.iter().any(|byte| *byte != 0) {
            page[100] ^= 1;
        }
    }
    fs::write(store, bytes).unwrap();
}
