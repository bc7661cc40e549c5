//! No probe falls silent: real keepers live in virtual time with an Okta of random limits, windows,
//! clocks and troubles, and whoever sends nothing for longer than its interval and the longest window
//! says why. A few dozen hours belong to the tests; thousands are lived by a command of their own:
//!
//! ```text
//! cargo test --release --test it -- --ignored silence
//! ```
//!
//! A world that fails is told by its seed, and lived again with `SILENCE_SEED`.

mod weather;

use std::{
    env,
    fmt::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use okta_exporter::{
    sim::RateLimitBucket,
    units::{Moment, Share},
};
use tokio::time::sleep;

use crate::support::{
    Scrape,
    virtual_okta::{Circumstances, START, VirtualOkta, VirtualProbe},
};

/// The longest window there is.
const LONGEST: Duration = Duration::from_mins(5);
/// A request on its way, and what waits are spread by.
const SLACK: Duration = Duration::from_mins(1);
/// So many hours each world lives.
const HOURS: u64 = 4;
const BUCKETS: [&str; 3] = ["/api/v1/users", "/api/v1/apps*", "/api/v1*"];
const NAMES: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

/// One world, by its seed.
struct World {
    seed: u64,
    /// Nothing happens but what the exporter and its clock do.
    is_fair: bool,
    /// Limit and length in seconds of each bucket.
    buckets: Vec<(u32, u64)>,
    budget: f64,
    probes: Vec<VirtualProbe>,
}

fn one_of<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(..of.len())]
}

impl World {
    fn of(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let buckets: Vec<(u32, u64)> = (0..rng.usize(1..=BUCKETS.len()))
            .map(|_| {
                let limit = one_of(&mut rng, &[1, 5, 10, 20, 40, 50, 60, 100, 300, 600]);
                (limit, one_of(&mut rng, &[10, 15, 30, 60, 60, 60, 60, 300]))
            })
            .collect();
        let probes = NAMES[..rng.usize(1..=NAMES.len())].iter().enumerate();
        let probes = probes.map(|(number, name)| {
            let aims = rng.bool();
            let many = one_of(&mut rng, &[1, 1, 1, 1, 3, 12]);
            VirtualProbe {
                name,
                bucket: BUCKETS[rng.usize(..buckets.len())],
                interval: Duration::from_secs(one_of(&mut rng, &[5, 10, 30, 60, 60, 120, 600])),
                aims,
                // Who aims asks once: an endpoint.
                requests: if aims { 1 } else { many },
                tries: number == 0,
            }
        });
        let probes = probes.collect();
        Self {
            seed,
            is_fair: rng.bool(),
            budget: one_of(&mut rng, &[0.05, 0.05, 0.05, 0.2, 1.0]),
            buckets,
            probes,
        }
    }

    /// What a probe's bucket is.
    fn bucket(&self, probe: &VirtualProbe) -> (u32, u64) {
        let index = BUCKETS.iter().position(|name| *name == probe.bucket);
        self.buckets[index.unwrap()]
    }

    fn begin(&self) -> Arc<VirtualOkta> {
        let mut rng = Rng::with_seed(self.seed ^ 0xA5A5);
        let (apart, ppm) = (rng.i64(-3_600_000..3_600_000), rng.i64(-60..=60));
        let buckets = self.buckets.iter().zip(BUCKETS);
        let mut counters: Vec<_> = buckets
            .map(|(&(limit, seconds), name)| {
                (
                    name,
                    RateLimitBucket::new(limit, Duration::from_secs(seconds)),
                )
            })
            .collect();
        let (is_fair, mut others) = (self.is_fair, Rng::with_seed(self.seed ^ 0x5A5A));
        let answer = move |bucket: &str, at: i64| {
            let counter = counters.iter_mut().find(|(name, _)| *name == bucket);
            let (_, counter) = counter.unwrap();
            let at = Timestamp::from_millisecond(START + at).unwrap();
            for _ in 0..if is_fair { 0 } else { others.u32(0..20) } {
                let (Ok(_) | Err(_)) = counter.take(at);
            }
            counter.take(at)
        };
        VirtualOkta::under(Circumstances {
            seed: self.seed,
            budget: Share::try_from(self.budget).unwrap(),
            ahead: Box::new(move |at| apart + at * ppm / 1_000_000),
            answer: Box::new(answer),
            weather: if is_fair {
                Box::new(|_, _| {})
            } else {
                weather::random(self.seed)
            },
        })
    }

    /// Lives for so many hours; what is wrong, if anything is.
    fn live(&self, hours: u64) -> Result<(), String> {
        fastrand::seed(self.seed);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(self.watch(hours))
    }

    async fn watch(&self, hours: u64) -> Result<(), String> {
        let (begun, okta) = (Moment::now(), self.begin());
        let mut rng = Rng::with_seed(self.seed ^ 0x3C3C);
        for probe in &self.probes {
            okta.keep(probe.clone(), Duration::from_millis(rng.u64(0..5_000)));
        }
        while Moment::now().since(begun) < Duration::from_secs(hours * 3_600) {
            sleep(Duration::from_millis(rng.u64(1_000..15_000))).await;
            if rng.u32(0..200) == 0 {
                let steps = [3_600, -3_600, 86_400, -86_400, 2, -2];
                let step = one_of(&mut rng, &steps);
                okta.clock().step(SignedDuration::from_secs(step));
            }
            let looks = rng.u32(0..60) == 0;
            let mut page = looks.then(|| Scrape::parse(okta.page()));
            for probe in &self.probes {
                let sent = okta.heard(probe).map_or(begun, |heard| heard.sent);
                let silent = Moment::now().since(sent);
                if silent > probe.interval + LONGEST + SLACK || looks {
                    let page = page.get_or_insert_with(|| Scrape::parse(okta.page()));
                    self.judge(page, (probe, &okta), silent)?;
                    self.judge_samples(page, (probe, &okta))?;
                }
            }
        }
        Ok(())
    }

    fn judge(
        &self,
        page: &Scrape,
        (probe, okta): (&VirtualProbe, &VirtualOkta),
        silent: Duration,
    ) -> Result<(), String> {
        let of = |family: &str| {
            let series = format!(r#"{family}{{probe="endpoint/{}"}}"#, probe.name);
            page.get(&series)
        };
        let is_well = of("okta_probe_success") != Some(0.0);
        if is_well && silent > probe.interval + LONGEST + SLACK && !okta.holds_back(probe) {
            return Err(self.told(probe, &format!("silent for {silent:?}"), page));
        }
        // Where one request is all that may be sent, each has it in its turn, and every other one is
        // for the end of a window: where that was not open, three windows pass with the two.
        let (_, seconds) = self.bucket(probe);
        let here = self
            .probes
            .iter()
            .filter(|here| here.bucket == probe.bucket);
        let turns = 3 * u32::try_from(here.count()).unwrap();
        let turn = Duration::from_secs(seconds).mul_f64(1.1) + Duration::from_secs(10);
        if self.is_fair && silent > 2 * probe.interval + LONGEST + turn * (turns + 3) {
            return Err(self.told(probe, &format!("starved for {silent:?}"), page));
        }
        let is_overdue = of("okta_probe_overdue") == Some(1.0);
        if self.is_fair && probe.requests == 1 && is_overdue {
            return Err(self.told(probe, "overdue", page));
        }
        Ok(())
    }

    /// Nothing is shown of a window that is over.
    fn judge_samples(
        &self,
        page: &Scrape,
        (probe, okta): (&VirtualProbe, &VirtualOkta),
    ) -> Result<(), String> {
        let series = format!(r#"okta_rate_limit_remaining{{api="{}"}}"#, probe.name);
        let answered = okta.heard(probe).and_then(|heard| heard.answered);
        let age = answered.map(|answered| Moment::now().since(answered));
        if page.get(&series).is_some() && age > Some(LONGEST + Duration::from_secs(20)) {
            return Err(self.told(probe, &format!("a sample of {age:?} ago is shown"), page));
        }
        Ok(())
    }

    fn told(&self, probe: &VirtualProbe, what: &str, page: &Scrape) -> String {
        let mut text = format!(
            "seed {}: {} is {what}; budget {}, buckets {:?}, fair {}\n",
            self.seed, probe.name, self.budget, self.buckets, self.is_fair
        );
        for probe in &self.probes {
            writeln!(text, "{probe:?}").unwrap();
        }
        let its = [
            format!("/{}\"", probe.name),
            format!("\"{}\"", probe.name),
            "budget_ratio".to_owned(),
            "breaker".to_owned(),
        ];
        let page = page.to_string();
        let lines = page
            .lines()
            .filter(|line| its.iter().any(|its| line.contains(its)));
        for line in lines.filter(|line| !line.ends_with(" 0")) {
            writeln!(text, "{line}").unwrap();
        }
        text
    }
}

/// Lives so many hours in worlds of their own, on so many threads; the first that fails is told.
fn live(hours: u64, threads: u64) {
    let failed = Mutex::new(None);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let failed = &failed;
            scope.spawn(move || {
                for number in 0..hours.div_ceil(HOURS * threads) {
                    if failed.lock().unwrap().is_some() {
                        return;
                    }
                    let seed = number * threads + thread;
                    if let Err(why) = World::of(seed).live(HOURS) {
                        failed.lock().unwrap().get_or_insert(why);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_none(), "{}", failed.unwrap_or_default());
}

/// A number that whoever runs the tests gives.
#[expect(clippy::disallowed_methods, reason = "it is no setting of the program")]
fn given(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

#[test]
fn no_probe_is_silent_for_long_without_saying_why() {
    if let Some(seed) = given("SILENCE_SEED") {
        return World::of(seed).live(HOURS).unwrap();
    }
    live(48, 1);
}

#[test]
#[ignore = "it takes minutes: see CONTRIBUTING.md"]
fn no_probe_is_silent_for_long_in_ten_thousand_hours() {
    live(given("SILENCE_HOURS").unwrap_or(10_000), 2);
}
