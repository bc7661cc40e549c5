//! One application and one exporter that share a credential, in virtual time: what was used of each
//! window in the end, and what the exporter saw of it. The exporter is its real keeper, limits and
//! board; a poller asks by a plain timer instead of a keeper.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fastrand::Rng;
use okta_exporter::{
    sim::{RateLimitBucket, RateLimitHeaders},
    units::Timestamp,
};
use tokio::time::sleep;

use super::{
    patterns::Arrival,
    virtual_okta::{START, VirtualOkta, VirtualProbe},
};

/// From this use on a window is hot.
const HOT: f64 = 0.9;
/// How far the clocks are apart at most, and how long they take from one end to the other, in
/// milliseconds.
const SKEW: i64 = 2_000;
const SKEW_TURNS_IN: i64 = 86_400_000;
/// The seed of latencies and phases.
const SEED: u64 = 2;
/// A poller begins anew, at another phase, after so many polls.
const POLLS: u32 = 100;

/// When the exporter asks.
#[derive(Clone, Copy)]
pub(super) enum Sampler {
    /// As the exporter itself does.
    Aimed,
    /// At this interval.
    Polling(Duration),
}

impl Sampler {
    pub(super) fn polling(seconds: u64) -> Self {
        Self::Polling(Duration::from_secs(seconds))
    }
}

/// A window that is over, as Okta knows it.
#[derive(Clone, Copy, Default)]
struct Window {
    reset: i64,
    used: u32,
    /// What the application used of it.
    by_others: u32,
}

/// What it all came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    /// Windows that the application used.
    pub(super) windows: u32,
    /// The exporter's requests a minute.
    pub(super) a_minute: f64,
    /// Its requests for each window that there was, those that itself opened included.
    pub(super) a_window: f64,
    /// The share of a window's final use that was seen, on average.
    pub(super) seen: f64,
    /// Windows with at least 90 % of their limit used in the end.
    pub(super) hot: u32,
    /// Of them, those reported as such.
    pub(super) reported: u32,
    /// Windows reported as hot that were not.
    pub(super) false_alarms: u32,
}

/// Lets both live through the application's course.
pub(super) fn live(sampler: Sampler, arrivals: &[Arrival], limit: u32) -> Figures {
    fastrand::seed(SEED);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(watched(sampler, arrivals, limit)),
        Err(_) => Figures::default(),
    }
}

async fn watched(sampler: Sampler, arrivals: &[Arrival], limit: u32) -> Figures {
    let end = arrivals.last().map_or(0, |last| millis(last.at));
    let world = Arc::new(Mutex::new(World {
        bucket: RateLimitBucket::new(limit, Duration::from_mins(1)),
        arrivals: arrivals.to_vec(),
        arrived: 0,
        current: Window::default(),
        over: Vec::new(),
        asked: 0,
    }));
    let asked = Arc::clone(&world);
    let answer = move |_: &str, at: i64| lock(&asked).ask(at);
    let okta = VirtualOkta::new(SEED, |ours| -skew(ours), Box::new(answer));
    let probe = VirtualProbe {
        name: "users",
        bucket: "/api/v1/users",
        interval: Duration::from_mins(1),
        aims: true,
        requests: 1,
        tries: false,
    };
    match sampler {
        Sampler::Aimed => drop(okta.keep(probe, Duration::ZERO)),
        Sampler::Polling(interval) => {
            drop(tokio::spawn(poll(
                Arc::clone(&okta),
                VirtualProbe { interval, ..probe },
            )));
        }
    }
    let mut told = Told::default();
    let mut recorded = okta.board().recorded();
    while okta.age() < end && recorded.changed().await.is_ok() {
        told.learn(&okta, lock(&world).current.reset);
    }
    let world = lock(&world);
    Figures {
        a_minute: f64::from(world.asked) * 60_000.0 / end.max(1) as f64,
        a_window: f64::from(world.asked) / world.over.len().max(1) as f64,
        ..compare(&world.over, &told.usage, f64::from(limit))
    }
}

/// Asks at its interval, and at another phase from time to time.
async fn poll(okta: Arc<VirtualOkta>, probe: VirtualProbe) {
    let mut rng = Rng::with_seed(SEED);
    let every = u64::try_from(probe.interval.as_millis()).unwrap_or_default();
    loop {
        sleep(Duration::from_millis(rng.u64(0..every))).await;
        let mut tick = tokio::time::interval(probe.interval);
        for _ in 0..POLLS {
            tick.tick().await;
            okta.poll(&probe).await;
        }
    }
}

/// Ours minus Okta's, in milliseconds.
fn skew(at: i64) -> i64 {
    let drifted = 2 * SKEW * at.rem_euclid(SKEW_TURNS_IN) / SKEW_TURNS_IN;
    if at.div_euclid(SKEW_TURNS_IN) % 2 == 0 {
        drifted - SKEW
    } else {
        SKEW - drifted
    }
}

fn millis(at: u64) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

/// The application and Okta's counter.
struct World {
    bucket: RateLimitBucket,
    arrivals: Vec<Arrival>,
    /// How many of them are over.
    arrived: usize,
    current: Window,
    over: Vec<Window>,
    /// How often the exporter asked.
    asked: u32,
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// A request of the exporter's, after all that the application did until then.
    fn ask(&mut self, at: i64) -> Result<RateLimitHeaders, RateLimitHeaders> {
        while let Some(&Arrival { at: then, requests }) = self.arrivals.get(self.arrived) {
            if millis(then) > at {
                break;
            }
            self.arrived += 1;
            for _ in 0..requests {
                // Refused or not, it is gone.
                let (Ok(_) | Err(_)) = self.count(millis(then), 1);
            }
        }
        self.asked += 1;
        self.count(at, 0)
    }

    fn count(&mut self, at: i64, by_others: u32) -> Result<RateLimitHeaders, RateLimitHeaders> {
        let moment = Timestamp::from_millisecond(START + at).unwrap_or(Timestamp::MAX);
        let answered = self.bucket.take(moment);
        let (Ok(headers) | Err(headers)) = answered;
        if headers.reset != self.current.reset {
            self.over.push(self.current);
            self.current = Window {
                reset: headers.reset,
                ..Window::default()
            };
        }
        self.current.used = headers.limit - headers.remaining;
        self.current.by_others += by_others;
        answered
    }
}

/// What the exporter's page tells of windows that are over: `okta_rate_limit_window_usage_ratio`.
#[derive(Default)]
struct Told {
    reset: Option<i64>,
    usage: BTreeMap<i64, f64>,
}

impl Told {
    /// When an answer shows that another window has begun, the page is read for the one before.
    fn learn(&mut self, okta: &VirtualOkta, reset: i64) {
        if let Some(before) = self.reset.replace(reset).filter(|before| *before != reset) {
            let usage = usage(&okta.page());
            self.usage.extend(usage.map(|usage| (before, usage)));
        }
    }
}

fn usage(page: &str) -> Option<f64> {
    let mut lines = page.lines();
    let series = lines.find(|line| line.starts_with("okta_rate_limit_window_usage_ratio{"))?;
    series.rsplit_once(' ')?.1.parse().ok()
}

/// What was told of the windows that the application used, the last one left out, as it is not over.
fn compare(over: &[Window], told: &BTreeMap<i64, f64>, limit: f64) -> Figures {
    let mut figures = Figures::default();
    let mut shares = 0.0;
    for window in over.iter().filter(|window| window.by_others > 0) {
        let told = told.get(&window.reset).copied().unwrap_or_default();
        let used = f64::from(window.used) / limit;
        figures.windows += 1;
        shares += told / used;
        figures.hot += u32::from(used >= HOT);
        figures.reported += u32::from(used >= HOT && told >= HOT);
        figures.false_alarms += u32::from(used < HOT && told >= HOT);
    }
    figures.seen = shares / f64::from(figures.windows.max(1));
    figures
}
