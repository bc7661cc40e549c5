//! An Okta in virtual time, and probes that ask it: real keepers live hours with it in moments,
//! under a paused clock. The benchmark of sampling uses it as well.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fastrand::Rng;
use jiff::Timestamp;
use okta_exporter::{
    config::Fingerprint,
    fleet::{Board, Duty, Keeper, OrgControls, Outcome, Plan, ProbeId, RunOnce, limits::Limits},
    metrics::Page,
    okta::{
        ApiError, Charge, Exchange, Failure, Gate, LimitKind, OktaClock, Phases, RateLimit,
        Refusal, ResponseMeta, Ticket,
    },
    probe::{AnyMemory, ProbeResult},
    sim::RateLimitHeaders,
    store::{InMemory, Store},
    units::{Moment, Share, WallClock},
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// When it all begins, by the exporter's clock, in milliseconds since the epoch.
pub const START: i64 = 1_757_607_698_250;

/// How long a probe waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What Okta answers to a request that counts against a bucket at a moment of its clock, in
/// milliseconds since the start: what the headers say, or the same with a 429.
pub type Answer = Box<dyn FnMut(&str, i64) -> Result<RateLimitHeaders, RateLimitHeaders> + Send>;

/// What comes between a request and its answer: it may change either, or keep the answer back.
pub type Weather = Box<dyn FnMut(&Charge, &mut Reply) + Send>;

/// An answer on its way.
#[derive(Debug)]
pub struct Reply {
    /// How long it takes to come back.
    pub back: Duration,
    /// What it says; without it none comes.
    pub meta: Option<ResponseMeta>,
}

/// How an org lives.
pub struct Circumstances {
    /// The seed of latencies.
    pub seed: u64,
    /// What the exporter may spend.
    pub budget: Share,
    /// How far Okta's clock is ahead at a moment since the start, both in milliseconds.
    pub ahead: Box<dyn Fn(i64) -> i64 + Send + Sync>,
    /// What Okta answers.
    pub answer: Answer,
    /// What becomes of that.
    pub weather: Weather,
}

/// When a probe was last heard of.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    /// It sent a request.
    pub sent: Moment,
    /// It was answered.
    pub answered: Option<Moment>,
}

/// One org in virtual time, and the exporter that watches it.
pub struct VirtualOkta {
    board: Arc<Board>,
    controls: OrgControls,
    store: Arc<dyn Store>,
    clock: WallClock,
    begun: Moment,
    ahead: Box<dyn Fn(i64) -> i64 + Send + Sync>,
    answer: Mutex<Answer>,
    weather: Mutex<Weather>,
    latencies: Mutex<Rng>,
    heard: Mutex<BTreeMap<String, Heard>>,
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
    /// It may try the org when the breaker has been open for its time.
    pub tries: bool,
}

impl VirtualProbe {
    fn id(&self) -> ProbeId {
        ProbeId {
            org: "acme".parse().ok(),
            probe: format!("endpoint/{}", self.name),
        }
    }

    fn charge(&self) -> Charge {
        Charge {
            credential: "monitor".parse().ok(),
            api: self.name.into(),
            bucket: self.bucket.into(),
        }
    }
}

/// What a keeper runs: the probe, and whom it asks.
#[derive(Debug)]
struct VirtualRun(VirtualProbe, Arc<VirtualOkta>);

impl VirtualOkta {
    /// An org that answers so. Requests take 50 to 500 ms, by a seed.
    pub fn new(
        seed: u64,
        ahead: impl Fn(i64) -> i64 + Send + Sync + 'static,
        answer: Answer,
    ) -> Arc<Self> {
        Self::under(Circumstances {
            seed,
            budget: Share::TWENTIETH,
            ahead: Box::new(ahead),
            answer,
            weather: Box::new(|_, _| {}),
        })
    }

    /// An org that lives so.
    pub fn under(circumstances: Circumstances) -> Arc<Self> {
        let Circumstances {
            seed,
            budget,
            ahead,
            answer,
            weather,
        } = circumstances;
        let start = Timestamp::from_millisecond(START).unwrap_or_default();
        let clock = WallClock::of_the_runtime(start);
        let limits = Limits::new(budget).with_okta_clock(OktaClock::beside(clock.clone()));
        Arc::new(Self {
            board: Arc::new(Board::with_clock(clock.clone())),
            controls: OrgControls {
                limits: Arc::new(limits),
                ..OrgControls::default()
            },
            store: Arc::new(InMemory::default()),
            clock,
            begun: Moment::now(),
            ahead,
            answer: Mutex::new(answer),
            weather: Mutex::new(weather),
            latencies: Mutex::new(Rng::with_seed(seed)),
            heard: Mutex::default(),
        })
    }

    /// When a probe was last heard of; `None` before it sent anything.
    pub fn heard(&self, probe: &VirtualProbe) -> Option<Heard> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.get(probe.name).copied()
    }

    /// What the exporter knows.
    pub fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// What the exporter would serve now.
    pub fn page(&self) -> String {
        let (now, mut page) = (self.clock.now(), Page::new());
        self.board.draw(now, &mut page);
        self.controls.limits.draw("acme", Moment::now(), &mut page);
        page.text()
    }

    /// True where the status page says that the budget holds this probe back.
    pub fn holds_back(&self, probe: &VirtualProbe) -> bool {
        let view = self.board.view(self.clock.now());
        let mut probes = view.orgs.iter().flat_map(|org| &org.probes);
        let id = probe.id();
        probes.any(|told| told.probe == id.probe && told.held_back.is_some())
    }

    /// How long it has lived, in milliseconds.
    pub fn age(&self) -> i64 {
        Moment::now().millis_since(self.begun)
    }

    /// The time of day, which a test may set.
    pub fn clock(&self) -> &WallClock {
        &self.clock
    }

    /// Has a keeper keep a probe, from so long on until told to stop.
    pub fn keep(self: &Arc<Self>, probe: VirtualProbe, starts_in: Duration) -> CancellationToken {
        let id = probe.id();
        self.board.expect(id.clone(), "endpoint", probe.interval);
        let tries = probe.tries;
        let plan = Plan {
            id,
            interval: probe.interval,
            run: VirtualRun(probe, Arc::clone(self)),
            starts_in,
            duty: Duty {
                tries,
                ..Duty::default()
            },
            fingerprint: Fingerprint::default(),
        };
        let (controls, stop) = (self.controls.clone(), CancellationToken::new());
        let keeper = Keeper::new(plan, &self.board, Some(controls), &self.store);
        drop(tokio::spawn(keeper.keep(stop.clone())));
        stop
    }

    /// Asks without a keeper and without a budget, and lets the exporter learn from the answer.
    pub async fn poll(&self, probe: &VirtualProbe) {
        let (id, at) = (probe.id(), self.clock.now());
        let exchange = self.request(probe).await;
        self.controls.limits.settle(None, &exchange);
        let outcome = Outcome {
            at,
            took: Some(exchange.took),
            result: ProbeResult {
                observation: None,
                failure: None,
            },
            memory: None,
            exchanges: vec![exchange],
        };
        self.board.record(&id, outcome, probe.interval);
    }

    /// Sends one request and waits for its answer, for so long as a probe does.
    async fn request(&self, probe: &VirtualProbe) -> Exchange {
        let charge = probe.charge();
        let (at, sent) = (self.clock.now(), Moment::now());
        self.hear(probe, |heard| heard.sent = sent);
        let (there, back) = self.latency();
        sleep(there).await;
        let ours = self.age();
        let theirs = ours + (self.ahead)(ours);
        let mut reply = Reply {
            back,
            meta: Some(self.answer(&charge, theirs)),
        };
        {
            let mut weather = self.weather.lock().unwrap_or_else(PoisonError::into_inner);
            weather(&charge, &mut reply);
        }
        let given_up = TIMEOUT.saturating_sub(there);
        let answer = if let Some(meta) = reply.meta.filter(|_| reply.back < given_up) {
            sleep(reply.back).await;
            self.hear(probe, |heard| heard.answered = Some(Moment::now()));
            Ok(meta)
        } else {
            sleep(given_up).await;
            Err("timeout")
        };
        Exchange {
            api: charge.api,
            path: String::new(),
            credential: charge.credential,
            bucket: Some(charge.bucket),
            at,
            sent,
            took: Moment::now().since(sent),
            phases: Phases::default(),
            answer,
        }
    }

    /// What Okta answers at a moment of its clock.
    fn answer(&self, charge: &Charge, theirs: i64) -> ResponseMeta {
        let answered = {
            let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
            answer(&charge.bucket, theirs)
        };
        let limited = answered.is_err().then_some(LimitKind::Limit);
        let (Ok(headers) | Err(headers)) = answered;
        let second = (START + theirs).div_euclid(1_000);
        ResponseMeta {
            status: if limited.is_some() { 429 } else { 200 },
            request_id: Some("Z4nq1".to_owned()),
            error_code: None,
            date: Timestamp::from_second(second).ok(),
            rate_limit: Some(RateLimit {
                limit: headers.limit.into(),
                remaining: headers.remaining.into(),
                reset: Timestamp::from_second(headers.reset).unwrap_or(Timestamp::MAX),
            }),
            limited,
            chain: None,
        }
    }

    fn hear(&self, probe: &VirtualProbe, what: impl FnOnce(&mut Heard)) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        what(heard.entry(probe.name.to_owned()).or_insert(Heard {
            sent: Moment::now(),
            answered: None,
        }));
    }

    /// How long a request is on its way there, and its answer back.
    fn latency(&self) -> (Duration, Duration) {
        let mut rng = self
            .latencies
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (took, share) = (rng.u64(50..=500), rng.u64(30..=70));
        let there = took * share / 100;
        (
            Duration::from_millis(there),
            Duration::from_millis(took - there),
        )
    }
}

/// A request that was admitted; where its run is given up, nothing will be heard of it.
struct Admitted<'a>(&'a dyn Gate, Option<Ticket>);

impl Admitted<'_> {
    fn settle(&mut self, exchange: &Exchange) {
        self.0.settle(self.1.take(), exchange);
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.1.take() {
            self.0.abandon(ticket, true);
        }
    }
}

/// The failure that an exchange is, if it is one.
fn failed(exchange: &Exchange) -> Option<Failure> {
    let Ok(answered) = &exchange.answer else {
        return Some(Failure::Connect {
            host: "acme.okta.com".to_owned(),
            detail: "it took too long".to_owned(),
        });
    };
    if answered.status < 400 {
        return None;
    }
    let left = answered.rate_limit.and_then(|read| {
        let left = read.reset.duration_since(answered.date?);
        Some(Duration::try_from(left).unwrap_or_default() + Duration::from_secs(1))
    });
    let back_off = answered.limited.map(|kind| match kind {
        LimitKind::Concurrency => Duration::from_secs(5),
        LimitKind::Limit | LimitKind::Unknown => left.unwrap_or(Duration::from_mins(1)),
    });
    Some(Failure::Refused(Box::new(Refusal {
        status: answered.status,
        path: exchange.path.clone(),
        anonymous: false,
        error: ApiError::Unexplained(None),
        request_id: answered.request_id.clone(),
        date: answered.date,
        limited: answered.limited,
        back_off: back_off.map(|wait| wait.min(Duration::from_mins(5))),
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
        let (at, start) = (okta.clock.now(), Moment::now());
        let (mut failure, mut exchanges) = (None, Vec::new());
        for _ in 0..probe.requests {
            let charge = probe.charge();
            let mut admitted = match gate {
                None => None,
                Some(gate) => match gate.admit(charge.clone()).await {
                    Ok(ticket) => Some(Admitted(gate, Some(ticket))),
                    Err(refused) => {
                        failure = Some(refused);
                        break;
                    }
                },
            };
            let exchange = okta.request(probe).await;
            if let Some(admitted) = &mut admitted {
                admitted.settle(&exchange);
            }
            failure = failed(&exchange);
            exchanges.push(exchange);
            if failure.is_some() {
                break;
            }
        }
        Outcome {
            at,
            took: Some(Moment::now().since(start)),
            result: ProbeResult {
                observation: None,
                failure,
            },
            memory: None,
            exchanges,
        }
    }
}
