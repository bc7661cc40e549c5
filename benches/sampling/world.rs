//! One application and one exporter that share a credential, in a time of their own: what was used
//! of each window in the end, and what the exporter saw of it.

use std::{collections::BTreeMap, time::Duration};

use fastrand::Rng;
use okta_exporter::{
    fleet::{
        aim::{Aim, RateLimitSample, SampleRequest},
        limits::Limits,
    },
    metrics::Page,
    okta::{Exchange, OktaClock, Phases, RateLimit, ResponseMeta},
    sim,
    units::Timestamp,
};

use super::patterns::Arrival;

/// When it all begins, in milliseconds since the epoch.
const START: i64 = 1_757_607_698_250;
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
pub(super) enum Sampler {
    /// As the exporter itself does.
    Aimed(Box<Aimed>),
    /// Every so many milliseconds.
    Polling { every: i64, due: i64, left: u32 },
}

#[derive(Default)]
pub(super) struct Aimed {
    aim: Aim,
    clock: OktaClock,
    now: i64,
    last: Option<i64>,
}

impl Sampler {
    pub(super) fn aimed() -> Self {
        Self::Aimed(Box::default())
    }

    pub(super) fn polling(seconds: i64) -> Self {
        Self::Polling {
            every: seconds * 1_000,
            due: 0,
            left: 0,
        }
    }

    /// When it asks next, by its own clock, in milliseconds since the start.
    fn next(&mut self, rng: &mut Rng) -> i64 {
        match self {
            Self::Aimed(aimed) => {
                let request = SampleRequest {
                    now: moment(aimed.now),
                    last: aimed.last.map(moment),
                    interval: Duration::from_mins(1),
                    not_before: None,
                    spare: true,
                };
                let next = aimed.aim.next(&aimed.clock, &request);
                next.at.as_millisecond() - START
            }
            Self::Polling { every, due, left } => {
                if *left == 0 {
                    *due += rng.i64(0..*every);
                    *left = POLLS;
                } else {
                    *due += *every;
                }
                *left -= 1;
                *due
            }
        }
    }

    fn learn(&mut self, exchange: &Exchange) {
        if let (Self::Aimed(aimed), Some(sample)) = (self, RateLimitSample::of(exchange)) {
            aimed.clock.learn(exchange);
            aimed.aim.learn(&sample);
            aimed.now = sample.answered.as_millisecond() - START;
            aimed.last = Some(sample.sent.as_millisecond() - START);
        }
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
pub(super) fn live(mut sampler: Sampler, arrivals: &[Arrival], limit: u32) -> Figures {
    let mut world = World {
        bucket: sim::RateLimitBucket::new(limit, Duration::from_mins(1)),
        arrivals,
        current: Window::default(),
        over: Vec::new(),
    };
    let mut rng = Rng::with_seed(SEED);
    let end = arrivals.last().map_or(0, |last| millis(last.at));
    let mut requests: u32 = 0;
    let mut told = Told::default();
    loop {
        let sent = sampler.next(&mut rng);
        let took = rng.i64(50..=500);
        let counted = sent + took * rng.i64(30..=70) / 100 - skew(sent);
        if counted > end {
            break;
        }
        let reading = world.ask(counted);
        requests += 1;
        let second = (START + counted).div_euclid(1_000);
        let exchange = Exchange {
            api: "users".into(),
            path: "/api/v1/users".to_owned(),
            credential: "application".parse().ok(),
            bucket: Some("/api/v1/users".into()),
            at: moment(sent),
            took: Duration::from_millis(took.unsigned_abs()),
            phases: Phases::default(),
            answer: Ok(ResponseMeta {
                status: 200,
                error_code: None,
                date: Timestamp::from_second(second).ok(),
                rate_limit: Some(RateLimit {
                    limit: reading.limit.into(),
                    remaining: reading.remaining.into(),
                    reset: Timestamp::from_second(reading.reset).unwrap_or(Timestamp::MAX),
                }),
                limited: None,
                certificate_not_after: None,
                request_id: None,
            }),
        };
        sampler.learn(&exchange);
        told.learn(&exchange, reading.reset);
    }
    Figures {
        a_minute: f64::from(requests) * 60_000.0 / end.max(1) as f64,
        a_window: f64::from(requests) / world.over.len().max(1) as f64,
        ..compare(&world.over, &told.usage, f64::from(limit))
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

fn moment(at: i64) -> Timestamp {
    Timestamp::from_millisecond(START + at).unwrap_or(Timestamp::MAX)
}

struct World<'a> {
    bucket: sim::RateLimitBucket,
    arrivals: &'a [Arrival],
    current: Window,
    over: Vec<Window>,
}

impl World<'_> {
    /// A request of the exporter's, after all that the application did until then.
    fn ask(&mut self, at: i64) -> sim::RateLimitHeaders {
        while let Some((arrival, later)) = self.arrivals.split_first() {
            if millis(arrival.at) > at {
                break;
            }
            self.arrivals = later;
            for _ in 0..arrival.requests {
                self.take(millis(arrival.at), 1);
            }
        }
        self.take(at, 0)
    }

    fn take(&mut self, at: i64, by_others: u32) -> sim::RateLimitHeaders {
        let reading = match self.bucket.take(moment(at)) {
            Ok(reading) | Err(reading) => reading,
        };
        if reading.reset != self.current.reset {
            self.over.push(self.current);
            self.current = Window {
                reset: reading.reset,
                ..Window::default()
            };
        }
        self.current.used = reading.limit - reading.remaining;
        self.current.by_others += by_others;
        reading
    }
}

/// What the exporter's page tells of windows that are over: `okta_rate_limit_window_usage_ratio`.
#[derive(Default)]
struct Told {
    limits: Limits,
    reset: Option<i64>,
    usage: BTreeMap<i64, f64>,
}

impl Told {
    /// Settles an exchange. When it shows that another window has begun, the page is read for the
    /// one before.
    fn learn(&mut self, exchange: &Exchange, reset: i64) {
        self.limits.settle(exchange);
        if let Some(before) = self.reset.replace(reset).filter(|before| *before != reset) {
            let usage = self.read(exchange.answered_at());
            self.usage.extend(usage.map(|usage| (before, usage)));
        }
    }

    fn read(&self, now: Timestamp) -> Option<f64> {
        let mut page = Page::new();
        self.limits.draw("acme", now, &mut page);
        let text = page.text();
        let mut lines = text.lines();
        let series = lines.find(|line| line.starts_with("okta_rate_limit_window_usage_ratio{"))?;
        series.rsplit_once(' ')?.1.parse().ok()
    }
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
