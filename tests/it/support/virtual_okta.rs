//! An Okta in virtual time, and probes that ask it: real keepers live hours with it in moments,
//! under a paused clock. The benchmark of sampling uses it as well.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use fastrand::Rng;
use jiff::Timestamp;
use okta_exporter::{
    config::Fingerprint,
    fleet::{Board, Duty, Keeper, OrgControls, Outcome, Plan, ProbeId, RunOnce, limits::Limits},
    okta::{
        ApiError, Charge, Exchange, Failure, Gate, LimitKind, Phases, RateLimit, Refusal,
        ResponseMeta,
    },
    probe::{AnyMemory, ProbeResult},
    sim::RateLimitHeaders,
    store::{InMemory, Store},
    units::{Share, WallClock},
};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// When it all begins, by the exporter's clock, in milliseconds since the epoch.
pub const START: i64 = 1_757_607_698_250;

/// What Okta answers to a request that counts against a bucket at a moment of its clock, in
/// milliseconds since the start: what the headers say, or the same with a 429.
type Answer = Box<dyn FnMut(&str, i64) -> Result<RateLimitHeaders, RateLimitHeaders> + Send>;

/// One org in virtual time, and the exporter that watches it.
pub struct VirtualOkta {
    board: Arc<Board>,
    controls: OrgControls,
    store: Arc<dyn Store>,
    clock: WallClock,
    /// How far Okta's clock is ahead at a moment of ours, both in milliseconds.
    ahead: fn(i64) -> i64,
    answer: Mutex<Answer>,
    latencies: Mutex<Rng>,
}

impl fmt::Debug for VirtualOkta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualOkta").finish_non_exhaustive()
    }
}

/// A probe of it.
#[derive(Debug, Clone)]
pub struct VirtualProbe {
    /// Its name, and the short name of what it asks.
    pub name: &'static str,
    /// The bucket that its requests count against.
    pub bucket: &'static str,
    /// How often it runs.
    pub interval: Duration,
    /// It asks at the ends of windows.
    pub aims: bool,
    /// How many requests a run makes.
    pub requests: u32,
}

/// What a keeper runs: the probe, and whom it asks.
#[derive(Debug)]
struct VirtualRun(VirtualProbe, Arc<VirtualOkta>);

impl VirtualOkta {
    /// An org that answers so. Requests take 50 to 500 ms, by a seed.
    pub fn new(seed: u64, ahead: fn(i64) -> i64, answer: Answer) -> Arc<Self> {
        let start = Timestamp::from_millisecond(START).unwrap_or_default();
        let clock = WallClock::of_the_runtime(start);
        Arc::new(Self {
            board: Arc::new(Board::with_clock(clock)),
            controls: OrgControls {
                limits: Arc::new(Limits::with_clock(Share::TWENTIETH, clock)),
                ..OrgControls::default()
            },
            store: Arc::new(InMemory::default()),
            clock,
            ahead,
            answer: Mutex::new(answer),
            latencies: Mutex::new(Rng::with_seed(seed)),
        })
    }

    /// What the exporter knows.
    pub fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// How long it has lived, in milliseconds.
    pub fn age(&self) -> i64 {
        self.clock.now().as_millisecond() - START
    }

    /// Has a keeper keep a probe, from so long on until told to stop.
    pub fn keep(self: &Arc<Self>, probe: VirtualProbe, starts_in: Duration) -> CancellationToken {
        let id = ProbeId {
            org: "acme".parse().ok(),
            probe: format!("endpoint/{}", probe.name),
        };
        self.board.expect(id.clone(), "endpoint", probe.interval);
        let plan = Plan {
            id,
            interval: probe.interval,
            run: VirtualRun(probe, Arc::clone(self)),
            starts_in,
            duty: Duty::default(),
            fingerprint: Fingerprint::default(),
        };
        let (controls, stop) = (self.controls.clone(), CancellationToken::new());
        let keeper = Keeper::new(plan, &self.board, Some(controls), &self.store);
        drop(tokio::spawn(keeper.keep(stop.clone())));
        stop
    }

    /// Sends one request and waits for its answer.
    async fn request(&self, charge: Charge) -> Exchange {
        let (at, start) = (self.clock.now(), Instant::now());
        let (there, back) = self.latency();
        sleep(there).await;
        let ours = self.age();
        let theirs = ours + (self.ahead)(ours);
        let answered = {
            let mut answer = self.answer.lock().unwrap_or_else(|e| e.into_inner());
            answer(&charge.bucket, theirs)
        };
        sleep(back).await;
        let limited = answered.is_err().then_some(LimitKind::Limit);
        let (Ok(headers) | Err(headers)) = answered;
        let second = (START + theirs).div_euclid(1_000);
        Exchange {
            api: charge.api,
            path: String::new(),
            credential: charge.credential,
            bucket: Some(charge.bucket),
            at,
            took: start.elapsed(),
            phases: Phases::default(),
            answer: Ok(ResponseMeta {
                status: if limited.is_some() { 429 } else { 200 },
                request_id: None,
                error_code: None,
                date: Timestamp::from_second(second).ok(),
                rate_limit: Some(RateLimit {
                    limit: headers.limit.into(),
                    remaining: headers.remaining.into(),
                    reset: Timestamp::from_second(headers.reset).unwrap_or(Timestamp::MAX),
                }),
                limited,
                certificate_not_after: None,
            }),
        }
    }

    /// How long a request is on its way there, and its answer back.
    fn latency(&self) -> (Duration, Duration) {
        let mut rng = self.latencies.lock().unwrap_or_else(|e| e.into_inner());
        let (took, share) = (rng.u64(50..=500), rng.u64(30..=70));
        let there = Duration::from_millis(took * share / 100);
        (there, Duration::from_millis(took) - there)
    }
}

/// The failure that a 429 is.
fn refused(exchange: &Exchange) -> Option<Failure> {
    let answered = exchange.answer.as_ref().ok()?;
    let (limited, date) = (answered.limited?, answered.date?);
    let reset = answered.rate_limit?.reset;
    Some(Failure::Refused(Box::new(Refusal {
        status: answered.status,
        path: exchange.path.clone(),
        anonymous: false,
        error: ApiError::Unexplained(None),
        request_id: None,
        date: Some(date),
        limited: Some(limited),
        back_off: Duration::try_from(reset.duration_since(date)).ok(),
    })))
}

impl RunOnce for VirtualRun {
    fn aims_at_windows(&self) -> bool {
        self.0.aims
    }

    fn no_memory(&self) -> AnyMemory {
        AnyMemory::Endpoint(Box::default())
    }

    async fn run_once(&self, _known: &AnyMemory, gate: Option<&dyn Gate>) -> Outcome {
        let Self(probe, okta) = self;
        let (at, start) = (okta.clock.now(), Instant::now());
        let (mut failure, mut exchanges) = (None, Vec::new());
        for _ in 0..probe.requests {
            let charge = Charge {
                credential: "monitor".parse().ok(),
                api: probe.name.into(),
                bucket: probe.bucket.into(),
            };
            if let Some(gate) = gate {
                failure = gate.admit(charge.clone()).await.err();
            }
            if failure.is_some() {
                break;
            }
            let exchange = okta.request(charge).await;
            if let Some(gate) = gate {
                gate.settle(&exchange);
            }
            failure = refused(&exchange);
            exchanges.push(exchange);
            if failure.is_some() {
                break;
            }
        }
        Outcome {
            at,
            took: Some(start.elapsed()),
            result: ProbeResult {
                observation: None,
                failure,
            },
            memory: None,
            exchanges,
        }
    }
}
