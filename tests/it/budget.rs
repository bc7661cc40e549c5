use std::{
    collections::{BTreeMap, BinaryHeap},
    time::Duration,
};

use okta_exporter::{
    fleet::limits::{EndedRun, Limits, Refused},
    okta::{Charge, Exchange, LimitKind, Phases, RateLimit, ResponseMeta},
    sim::{ApiToken, Application, Org, Pattern, Principal, RateLimitBucket},
    units::{Name, Share, Timestamp, WallClock},
};
use tokio::time::{Instant, sleep_until};

use crate::support::{API_TOKEN, Exporter, Scrape, get, json};

/// When the hour begins, by the exporter's clock, in milliseconds.
const START: i64 = 1_757_607_698_250;
const HOUR: i64 = 3_600_000;
/// How far Okta's clock is ahead.
const AHEAD: i64 = 1_300;

/// A probe as the fleet would keep it, in a time of its own.
struct Keeper {
    name: &'static str,
    bucket: &'static str,
    interval: i64,
    /// It looks at the ends of windows.
    aims: bool,
    /// How many requests a run makes.
    requests: u32,
    made: u32,
    left_out: u32,
}

fn keeper(name: &'static str, bucket: &'static str, seconds: i64) -> Keeper {
    Keeper {
        name,
        bucket,
        interval: seconds * 1000,
        aims: false,
        requests: 1,
        made: 0,
        left_out: 0,
    }
}

fn aimed(name: &'static str, bucket: &'static str) -> Keeper {
    Keeper {
        aims: true,
        ..keeper(name, bucket, 60)
    }
}

impl Keeper {
    /// A run that began then.
    fn run(&self, at: Timestamp, not_before: Option<Timestamp>) -> EndedRun<'static> {
        EndedRun {
            probe: self.name,
            api: self.name,
            at,
            interval: Duration::from_millis(self.interval.cast_unsigned()),
            not_before,
        }
    }
}

/// What happens next, by the exporter's clock; the earliest comes first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Due(usize),
    ResponseMeta(usize, u64),
}

/// An hour of a fleet against the simulator's own counters.
struct World {
    limits: Limits,
    /// When the hour begins, by the runtime's clock.
    start: Instant,
    keepers: Vec<Keeper>,
    buckets: BTreeMap<&'static str, RateLimitBucket>,
    events: BinaryHeap<(std::cmp::Reverse<i64>, Event)>,
    under_way: BTreeMap<u64, (i64, Exchange)>,
    /// How many requests of ours fell into each window.
    spent: BTreeMap<(&'static str, i64), u32>,
    refused: u32,
    requests: u64,
}

fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap()
}

impl World {
    fn new(limits: &[(&'static str, u32, u64)], keepers: Vec<Keeper>) -> Self {
        let mut world = Self {
            limits: Limits::with_clock(Share::TWENTIETH, WallClock::of_the_runtime(moment(START))),
            start: Instant::now(),
            buckets: limits
                .iter()
                .map(|&(name, limit, seconds)| {
                    (
                        name,
                        RateLimitBucket::new(limit, Duration::from_secs(seconds)),
                    )
                })
                .collect(),
            keepers,
            events: BinaryHeap::new(),
            under_way: BTreeMap::new(),
            spent: BTreeMap::new(),
            refused: 0,
            requests: 0,
        };
        for index in 0..world.keepers.len() {
            let start = START + i64::try_from(10_000 * index / world.keepers.len()).unwrap();
            world.at(start, Event::Due(index));
        }
        world
    }

    fn at(&mut self, ms: i64, event: Event) {
        self.events.push((std::cmp::Reverse(ms), event));
    }

    async fn run(&mut self) {
        loop {
            // A look that is booked may be booked anew by whatever is learned: it is no event.
            let booked = (0..self.keepers.len())
                .filter_map(|index| {
                    let next = self.limits.scheduled(self.keepers[index].name)?;
                    Some((next.at.as_millisecond(), index))
                })
                .min();
            let event = self.events.peek().map(|(at, _)| at.0);
            let now = event.into_iter().chain(booked.map(|(at, _)| at)).min();
            let Some(now) = now.filter(|now| *now < START + HOUR) else {
                return;
            };
            sleep_until(self.start + Duration::from_millis((now - START).unsigned_abs())).await;
            match booked {
                Some((at, index)) if at <= event.unwrap_or(i64::MAX) => {
                    self.limits.begin(self.keepers[index].name);
                    self.ask(index, now);
                }
                _ => match self.events.pop().unwrap().1 {
                    Event::Due(index) => self.ask(index, now),
                    Event::ResponseMeta(index, number) => self.answered(index, number, now),
                },
            }
        }
    }

    fn ask(&mut self, index: usize, now: i64) {
        let keeper = &mut self.keepers[index];
        let credential: Name = "monitor".parse().unwrap();
        let aimed = keeper.aims && self.limits.scheduled(keeper.name).is_none() && keeper.made > 0;
        let charge = Charge {
            credential: Some(credential.clone()),
            api: keeper.name.into(),
            bucket: keeper.bucket.into(),
        };
        if let Err(refused) = self.limits.admit(&charge, aimed) {
            let until = match refused {
                Refused::Unknown => now + 500,
                Refused::Spent { until, .. } | Refused::Low { until, .. } => {
                    until.as_millisecond().max(now + 1)
                }
            };
            if refused != Refused::Unknown {
                keeper.left_out += 1;
            }
            if keeper.aims && keeper.made > 0 {
                let run = keeper.run(moment(now), Some(moment(until)));
                self.limits.ended(run);
            } else {
                self.at(until, Event::Due(index));
            }
            return;
        }
        keeper.made += 1;
        self.requests += 1;
        let took = 60 + (self.requests * 7_919 % 300).cast_signed();
        let counted = now + AHEAD + took / 2;
        let bucket = self.buckets.get_mut(keeper.bucket).unwrap();
        let (status, reading) = match bucket.take(moment(counted)) {
            Ok(reading) => (200, reading),
            Err(reading) => (429, reading),
        };
        *self
            .spent
            .entry((keeper.bucket, reading.reset))
            .or_default() += 1;
        self.refused += u32::from(status == 429);
        let exchange = Exchange {
            api: keeper.name.into(),
            path: String::new(),
            credential: Some(credential),
            bucket: Some(keeper.bucket.into()),
            at: moment(now),
            took: Duration::from_millis(took.cast_unsigned()),
            phases: Phases::default(),
            answer: Ok(ResponseMeta {
                status,
                request_id: None,
                error_code: None,
                date: Some(moment(counted.div_euclid(1000) * 1000)),
                rate_limit: Some(RateLimit {
                    limit: reading.limit.into(),
                    remaining: reading.remaining.into(),
                    reset: Timestamp::from_second(reading.reset).unwrap(),
                }),
                limited: (status == 429).then_some(LimitKind::Limit),
                certificate_not_after: None,
            }),
        };
        self.under_way.insert(self.requests, (now, exchange));
        self.at(now + took, Event::ResponseMeta(index, self.requests));
    }

    fn answered(&mut self, index: usize, number: u64, now: i64) {
        let (began, exchange) = self.under_way.remove(&number).unwrap();
        self.limits.settle(&exchange);
        let keeper = &self.keepers[index];
        if keeper.aims {
            self.limits.ended(keeper.run(moment(began), None));
        } else if keeper.made.is_multiple_of(keeper.requests) {
            self.at(now + keeper.interval, Event::Due(index));
        } else {
            self.at(now, Event::Due(index));
        }
    }

    fn made(&self, name: &str) -> u32 {
        self.keepers.iter().find(|k| k.name == name).unwrap().made
    }
}

#[tokio::test(start_paused = true)]
async fn no_mix_of_probes_spends_more_of_any_window_than_the_budget_and_none_meets_a_429() {
    let limits = [
        ("/api/v1/users", 300, 60),
        ("/api/v1/apps*", 10, 60),
        ("/api/v1*", 50, 60),
        ("/api/v1/logs", 60, 60),
        ("/oauth2/v1*", 40, 10),
        ("/otp", 5, 300),
    ];
    let inventory = |name, bucket, requests| Keeper {
        requests,
        ..keeper(name, bucket, 600)
    };
    let mut world = World::new(
        &limits,
        vec![
            aimed("users", "/api/v1/users"),
            aimed("users-too", "/api/v1/users"),
            keeper("users-often", "/api/v1/users", 5),
            aimed("apps", "/api/v1/apps*"),
            inventory("certificates", "/api/v1/apps*", 12),
            aimed("org", "/api/v1*"),
            inventory("integrations", "/api/v1*", 3),
            inventory("api_tokens", "/api/v1*", 1),
            keeper("eager", "/api/v1*", 1),
            keeper("system_log", "/api/v1/logs", 10),
            aimed("logs", "/api/v1/logs"),
            keeper("introspect", "/oauth2/v1*", 3),
            aimed("revoke", "/oauth2/v1*"),
            aimed("otp", "/otp"),
        ],
    );
    world.run().await;
    for ((bucket, reset), spent) in &world.spent {
        let (_, limit, _) = limits.iter().find(|(name, ..)| name == bucket).unwrap();
        let allowed = (limit / 20).max(1);
        assert!(
            *spent <= allowed,
            "{bucket}: {spent} of {allowed} in the window that ends at {reset}"
        );
    }
    assert_eq!(world.refused, 0);
    // The budget bit, and what it left was used: nobody starved.
    assert!(world.keepers.iter().any(|keeper| keeper.left_out > 0));
    let users = world.made("users") + world.made("users-too");
    assert!(
        (58..=64).contains(&users),
        "one look in each window, by turns: {users}"
    );
    assert!(world.made("users").abs_diff(world.made("users-too")) <= 2);
    assert!(world.made("org") >= 50, "{}", world.made("org"));
    assert!(
        world.made("certificates") >= 12,
        "{}",
        world.made("certificates")
    );
    // One request for each window of five minutes, and a window only where a request opens one.
    assert!(world.made("otp") >= 5, "{}", world.made("otp"));
}

#[tokio::test]
async fn what_the_budget_does_not_allow_is_left_out_and_explained() {
    let okta = Org::new("acme")
        .limit("/api/v1/users", 40)
        .window(Duration::from_hours(1))
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .start()
        .await
        .unwrap();
    let url = okta.url();
    let probes = ["one", "two"].map(|name| {
        format!(
            "{name}: {{ path: /api/v1/users, credential: monitor, sampling: interval, interval: 250ms, timeout: 250ms }}"
        )
    });
    let exporter = Exporter::start(&format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{url}', credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}, probes: {{ endpoint: {{ {} }} }} }} }}",
        probes.join(", ")
    ))
    .await;
    let left_out = r#"okta_probe_failures_total{reason="budget"}"#;
    // A token sees half of 40, of which a twentieth is one request.
    let page = exporter.until(|page| page.sum(left_out) >= 2.0).await;
    assert_eq!(okta.controls().request_count(), 1);
    let of_users = r#"{org="acme",credential="monitor",bucket="/api/v1/users"}"#;
    assert_eq!(
        page.value(&format!("okta_exporter_budget_ratio{of_users}")),
        1.0
    );
    let html = get(exporter.url()).await.text().await.unwrap();
    assert!(
        html.contains("the one request that the budget allows"),
        "{html}"
    );
    assert!(html.contains("raise <code>budget</code>"), "{html}");
}

#[tokio::test]
async fn one_look_at_the_end_of_a_window_sees_what_was_used_in_it() {
    let window = Duration::from_secs(6);
    let okta = Org::new("acme")
        .limit("/api/v1/users", 200)
        .window(window)
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .start()
        .await
        .unwrap();
    let application = Application::new(
        Principal::new("monitor"),
        "/api/v1/users",
        Pattern::Steady(900),
    );
    okta.controls().run(application);
    let probes = "{ endpoint: { users: { path: /api/v1/users, credential: monitor, interval: 5s, timeout: 5s } } }";
    let exporter = Exporter::watch(&okta, probes).await;
    let of = |family: &str| format!(r#"okta_rate_limit_{family}{{endpoint="users"}}"#);
    let hot = |page: &Scrape| page.get(&of("window_usage_ratio")) >= Some(0.75);
    let seen = |page: &Scrape| page.get(&of("windows_total")) >= Some(3.0);
    let page = exporter.until(|page| hot(page) && seen(page)).await;
    assert!(page.value(&of("window_phase_ratio")) >= 0.6, "{page}");
    assert!(page.value(&of("consumed_requests_total")) >= 75.0, "{page}");
    assert_eq!(page.value(&of("windows_exhausted_total")), 0.0);
    assert!(page.value("okta_rate_limit_guard_seconds") > 0.0);
    let own = page.value("okta_rate_limit_own_requests_total");
    assert!(
        own <= 3.0 * page.value(&of("windows_total")) + 3.0,
        "{page}"
    );
    let status = json(&format!("{}/api/v1/status", exporter.url())).await;
    let limit = &status["orgs"][0]["limits"][0];
    assert!(
        limit["next_sample"].is_string() && limit["next_sample_is"].is_string(),
        "{limit}"
    );
}
