//! The real keeper in a time of its own.

mod breakdown;
mod exhausted;
mod failing;
mod late;
mod memory;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};
use tokio::time::{Instant, advance, sleep};

use super::*;
use crate::{
    config::Fingerprint,
    fleet::{Duty, ProbeId, breaker::BreakerState},
    metrics::Page,
    okta::{ApiError, Exchange, Phases, Refusal, SecretReloads},
    probe::{AnySettings, BadMemory, MemoryKey, PlanContext, Probe, ProbeResult, SecretContext},
    store::InMemory,
    units::{Timestamp, WallClock},
};

const MINUTE: Duration = Duration::from_mins(1);
const QUICK: Duration = Duration::from_millis(100);

/// How one run of a scripted probe ends, and after how long.
type Ending = (Duration, Option<Failure>);

/// A probe that does what it is told, and well and quickly after that.
#[derive(Debug, Clone, Default)]
struct Scripted {
    script: Arc<Mutex<VecDeque<Ending>>>,
    /// When runs began.
    begun: Arc<Mutex<Vec<Instant>>>,
    /// It remembers how often it ran; else that it did.
    remembers: bool,
    asks_when_exhausted: bool,
}

impl Scripted {
    fn of(script: impl IntoIterator<Item = Ending>) -> Self {
        Self {
            script: Arc::new(Mutex::new(script.into_iter().collect())),
            ..Self::default()
        }
    }

    fn begun(&self) -> Vec<Instant> {
        self.begun
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// When runs began, in whole seconds since then.
    fn seconds_since(&self, start: Instant) -> Vec<u64> {
        let begun = self.begun();
        begun.iter().map(|at| (*at - start).as_secs()).collect()
    }
}

/// Where its memory is kept.
fn key() -> MemoryKey {
    MemoryKey {
        origin: "https://acme.okta.com".to_owned(),
        kind: "jwks",
        id: "org".to_owned(),
    }
}

/// A kind that has a memory.
fn key_set() -> Probe {
    let context = PlanContext {
        credentials: &BTreeMap::new(),
        secrets: SecretContext {
            environment: &BTreeMap::new(),
            reloads: &SecretReloads::default(),
            are_read: true,
        },
    };
    let settings = AnySettings::Jwks(Box::default());
    settings.plan("org", &context).unwrap()
}

impl Scripted {
    /// How often it ran, in the place of what a key set has of counts.
    fn learn(&self, known: &AnyMemory) -> AnyMemory {
        let known = known.to_json().unwrap();
        let runs = known["rotations"].as_u64().unwrap_or_default();
        let runs = if self.remembers { runs + 1 } else { 1 };
        let written = json!({
            "keys": {}, "added": 0, "removed": 0, "rotations": runs, "early_removals": 0, "last_change": null,
        });
        key_set().memory(written).unwrap()
    }
}

impl RunOnce for Scripted {
    fn aims_at_windows(&self) -> bool {
        false
    }

    fn asks_when_exhausted(&self) -> bool {
        self.asks_when_exhausted
    }

    fn no_memory(&self) -> AnyMemory {
        key_set().no_memory()
    }

    fn memory_key(&self) -> Option<MemoryKey> {
        Some(key())
    }

    fn memory(&self, written: Value) -> Result<AnyMemory, BadMemory> {
        key_set().memory(written)
    }

    async fn run_once(&self, known: &AnyMemory, _gate: Option<&dyn Gate>) -> Outcome {
        let start = Instant::now();
        self.begun.lock().unwrap().push(start);
        let next = self.script.lock().unwrap().pop_front();
        let (took, failure) = next.unwrap_or((QUICK, None));
        sleep(took).await;
        assert!(failure != Some(Failure::Internal("panic".to_owned())));
        Outcome {
            at: Timestamp::UNIX_EPOCH,
            took: Some(took),
            exchanges: vec![exchange()],
            result: ProbeResult {
                observation: None,
                failure,
            },
            memory: Some(self.learn(known)),
        }
    }
}

fn exchange() -> Exchange {
    Exchange {
        api: "users".into(),
        path: "/api/v1/users".to_owned(),
        credential: None,
        bucket: None,
        at: Timestamp::UNIX_EPOCH,
        sent: Moment::now(),
        took: QUICK,
        phases: Phases::default(),
        answer: Err("connect"),
    }
}

fn refused(connect: &str) -> Failure {
    Failure::Connect {
        host: "acme.okta.com".to_owned(),
        detail: connect.to_owned(),
    }
}

fn limited(back_off: Duration) -> Failure {
    Failure::Refused(Box::new(Refusal {
        status: 429,
        path: "/api/v1/users".to_owned(),
        anonymous: false,
        error: ApiError::Unexplained(None),
        request_id: None,
        date: None,
        limited: None,
        back_off: Some(back_off),
    }))
}

/// An org's keepers at work.
struct World {
    board: Arc<Board>,
    controls: OrgControls,
    stop: CancellationToken,
    start: Instant,
}

impl World {
    fn new() -> Self {
        let clock = WallClock::of_the_runtime(Timestamp::UNIX_EPOCH);
        Self {
            board: Arc::new(Board::with_clock(clock)),
            controls: OrgControls::default(),
            stop: CancellationToken::new(),
            start: Instant::now(),
        }
    }

    fn keep(&self, probe: &str, run: &(impl RunOnce + Clone), duty: Duty) {
        let store: Arc<dyn Store> = Arc::new(InMemory::default());
        self.keep_in(&store, probe, run, duty);
    }

    fn keep_in<R: RunOnce + Clone>(&self, store: &Arc<dyn Store>, id: &str, run: &R, duty: Duty) {
        self.keep_each(MINUTE, (store, id), run, duty);
    }

    /// The same, with an interval of its own.
    fn keep_each(
        &self,
        interval: Duration,
        (store, probe): (&Arc<dyn Store>, &str),
        run: &(impl RunOnce + Clone),
        duty: Duty,
    ) {
        let id = ProbeId {
            org: "acme".parse().ok(),
            probe: probe.to_owned(),
        };
        let keeper = self.keeper(interval, (store, id), run, duty);
        drop(tokio::spawn(keeper.keep(self.stop.clone())));
    }

    fn keeper<R: RunOnce + Clone>(
        &self,
        interval: Duration,
        (store, id): (&Arc<dyn Store>, ProbeId),
        run: &R,
        duty: Duty,
    ) -> Keeper<R> {
        self.board.expect(id.clone(), "endpoint", interval);
        let plan = Plan {
            id,
            run: run.clone(),
            interval,
            starts_in: Duration::ZERO,
            duty,
            fingerprint: Fingerprint::default(),
        };
        Keeper::new(plan, &self.board, Some(self.controls.clone()), store)
    }

    fn value(&self, series: &str) -> u64 {
        let mut page = Page::new();
        self.board.draw(self.board.clock().now(), &mut page);
        let text = page.text();
        let line = text.lines().find(|line| line.starts_with(series));
        line.and_then(|line| line.rsplit_once(' '))
            .and_then(|(_, value)| value.parse().ok())
            .unwrap_or_else(|| panic!("no {series} in\n{text}"))
    }

    fn failures(&self, probe: &str, reason: &str) -> u64 {
        self.value(&format!(
            "okta_probe_failures_total{{org=\"acme\",probe=\"{probe}\",reason=\"{reason}\"}}"
        ))
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_is_due_each_interval_and_none_begins_while_one_is_under_way() {
    let world = World::new();
    let run = Scripted::of([(QUICK, None), (MINUTE * 5 / 2, None)]);
    world.keep("endpoint/users", &run, Duty::default());
    sleep(MINUTE * 6).await;
    assert_eq!(run.seconds_since(world.start), [0, 60, 240, 300]);
    assert_eq!(world.failures("endpoint/users", "overlap"), 2);
    world.stop.cancel();
    sleep(MINUTE * 5).await;
    assert_eq!(run.begun().len(), 4, "it was told to stop");
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_while_the_machine_slept_is_not_made_up_for() {
    let world = World::new();
    let run = Scripted::default();
    world.keep("endpoint/users", &run, Duty::default());
    sleep(Duration::from_secs(1)).await;
    advance(MINUTE * 10).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(run.seconds_since(world.start), [0, 601]);
    sleep(MINUTE).await;
    assert_eq!(run.seconds_since(world.start), [0, 601, 661]);
}

#[tokio::test(start_paused = true)]
async fn an_org_in_trouble_is_tried_again_by_one_light_run_after_a_minute() {
    let world = World::new();
    let light = Scripted::of((0..4).map(|_| (QUICK, Some(refused("no route")))));
    let other = Scripted::default();
    let duty = Duty {
        tries: true,
        speaks: true,
    };
    world.keep("discovery", &light, duty);
    sleep(MINUTE * 2 + Duration::from_secs(30)).await;
    assert_eq!(world.controls.breaker.state().label(), "open");
    world.keep("endpoint/users", &other, Duty::default());
    sleep(MINUTE * 5 + Duration::from_secs(1)).await;
    // It fails at 120 s for the third time; the trials are a minute after each failure.
    assert_eq!(
        light.seconds_since(world.start)[..5],
        [0, 60, 120, 180, 240]
    );
    let closed = BreakerState::Closed { failures: 0 };
    assert_eq!(world.controls.breaker.state(), closed);
    let first = other.seconds_since(world.start)[0];
    assert!(first >= 240, "held back until the trial went well: {first}");
    assert!(world.failures("endpoint/users", "breaker_open") >= 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_slower_than_the_breaker_decides_nothing() {
    let world = World::new();
    let slow = Scripted::of([(MINUTE / 2, None)]);
    world.keep("endpoint/slow", &slow, Duty::default());
    for n in 0..3 {
        let name = format!("endpoint/{n}");
        let failing = Scripted::of([(QUICK, Some(refused("reset")))]);
        world.keep(&name, &failing, Duty::default());
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(world.controls.breaker.state().label(), "open");
    sleep(Duration::from_secs(40)).await;
    assert_eq!(world.controls.breaker.state().label(), "open");
}

#[tokio::test(start_paused = true)]
async fn who_was_to_stay_away_and_then_tried_its_org_is_back_after_its_interval() {
    let world = World::new();
    let (away, trouble) = (limited(MINUTE * 5), refused("no route"));
    let light = Scripted::of([(QUICK, Some(away)), (QUICK, Some(trouble)), (QUICK, None)]);
    let duty = Duty {
        tries: true,
        speaks: true,
    };
    world.keep("discovery", &light, duty);
    sleep(Duration::from_secs(1)).await;
    for n in 0..3 {
        let name = format!("endpoint/{n}");
        let failing = Scripted::of([(QUICK, Some(refused("reset")))]);
        world.keep(&name, &failing, Duty::default());
    }
    sleep(MINUTE * 4).await;
    // Trials a minute after the breaker opened, and another minute later; all is well then.
    assert_eq!(light.seconds_since(world.start)[..4], [0, 61, 121, 181]);
}

#[tokio::test(start_paused = true)]
async fn who_stays_away_on_purpose_is_not_overdue() {
    let world = World::new();
    let forbidden = Failure::Refused(Box::new(Refusal {
        status: 403,
        path: "/api/v1/users".to_owned(),
        anonymous: false,
        error: ApiError::Unexplained(None),
        request_id: Some("Z4nq1".to_owned()),
        date: None,
        limited: None,
        back_off: None,
    }));
    let run = Scripted::of([(QUICK, Some(forbidden)), (QUICK, Some(limited(MINUTE * 5)))]);
    world.keep("endpoint/users", &run, Duty::default());
    let overdue = "okta_probe_overdue{org=\"acme\",probe=\"endpoint/users\"}";
    for _ in 0..17 * 6 {
        sleep(Duration::from_secs(10)).await;
        assert_eq!(world.value(overdue), 0);
    }
    assert_eq!(run.seconds_since(world.start)[1], 600);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_panics_is_one_failure_and_the_next_comes_in_its_time() {
    let world = World::new();
    let run = Scripted::of([(QUICK, Some(Failure::Internal("panic".to_owned())))]);
    world.keep("endpoint/users", &run, Duty::default());
    sleep(MINUTE + Duration::from_secs(1)).await;
    assert_eq!(world.failures("endpoint/users", "internal"), 1);
    assert_eq!(run.begun().len(), 2);
}
