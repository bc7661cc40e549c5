//! The aim against a bucket that lives as Okta's do, in a time of its own.

mod rules;
mod strange;

use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::{
    okta::{Exchange, Phases, RateLimit, ResponseMeta},
    units::Timestamp,
};

/// When the tests begin, in milliseconds.
const START: i64 = 1_757_607_698_250;

/// One credential's counter in one bucket, and who else spends from it.
struct Bucket {
    limit: u64,
    /// Milliseconds.
    length: i64,
    /// When others ask, by Okta's clock, in order.
    others: Vec<i64>,
    used: u64,
    ends: i64,
    /// Every window that was opened: its end and its final use.
    windows: Vec<(i64, u64)>,
}

impl Bucket {
    fn new(limit: u64, seconds: i64, others: impl IntoIterator<Item = i64>) -> Self {
        Self {
            limit,
            length: seconds * 1000,
            others: others.into_iter().map(|at| START + at).collect(),
            used: 0,
            ends: i64::MIN,
            windows: Vec::new(),
        }
    }

    fn spend(&mut self, at: i64) {
        if self.ends <= at {
            self.windows.push((self.ends, self.used));
            (self.used, self.ends) = (0, at + self.length);
        }
        self.used = (self.used + 1).min(self.limit);
    }

    /// A request of ours at this moment.
    fn ask(&mut self, at: i64) -> RateLimit {
        let due = self.others.partition_point(|&other| other <= at);
        for other in self.others.drain(..due).collect::<Vec<_>>() {
            self.spend(other);
        }
        self.spend(at);
        RateLimit {
            limit: self.limit,
            remaining: self.limit - self.used,
            reset: Timestamp::from_second(self.ends.div_euclid(1000)).unwrap(),
        }
    }
}

/// A prober: its clocks, its latency, and what came of its samples.
struct Prober {
    aim: Aim,
    clock: OktaClock,
    interval: Duration,
    /// How far Okta's clock is ahead, and how long a request takes there and back.
    ahead: i64,
    took: fn(i64) -> i64,
    spare: bool,
    now: i64,
    last: Option<i64>,
    samples: Vec<(NextSample, RateLimitSample)>,
}

fn moment(ms: i64) -> Moment {
    Moment::test_millis(ms)
}

/// The same in milliseconds again.
fn millis(moment: Moment) -> i64 {
    moment.millis_since(Moment::test_millis(0))
}

/// An answer to what was sent then and took so long, written at this moment of Okta's clock.
fn answer((sent, took): (i64, i64), counted: i64, rate_limit: Option<RateLimit>) -> Exchange {
    Exchange {
        api: "users".into(),
        path: "/api/v1/users".to_owned(),
        credential: None,
        bucket: Some("/api/v1/users".into()),
        at: Timestamp::UNIX_EPOCH,
        sent: moment(sent),
        took: Duration::from_millis(took.unsigned_abs()),
        phases: Phases::default(),
        answer: Ok(ResponseMeta {
            status: 200,
            request_id: None,
            error_code: None,
            date: Timestamp::from_second(counted.div_euclid(1000)).ok(),
            rate_limit,
            limited: None,
            chain: None,
        }),
    }
}

impl Prober {
    fn new(interval: u64) -> Self {
        Self {
            aim: Aim::default(),
            clock: OktaClock::default(),
            interval: Duration::from_secs(interval),
            ahead: 0,
            took: |_| 100,
            spare: true,
            now: START,
            last: None,
            samples: Vec::new(),
        }
    }

    /// Takes one more sample, whenever the aim says.
    fn sample(&mut self, bucket: &mut Bucket) {
        let request = SampleRequest {
            now: moment(self.now),
            last: self.last.map(moment),
            interval: self.interval,
            not_before: None,
            spare: self.spare,
        };
        let next = self.aim.next(&self.clock, &request);
        let sent = millis(next.at);
        let took = (self.took)(i64::try_from(self.samples.len()).unwrap());
        let counted = sent + took / 2 + self.ahead;
        let answer = answer((sent, took), counted, Some(bucket.ask(counted)));
        self.learn(&answer);
        let sample = RateLimitSample::of(&answer).unwrap();
        self.samples.push((next, sample));
    }

    fn learn(&mut self, answer: &Exchange) {
        self.clock.learn(answer);
        match RateLimitSample::of(answer) {
            Some(sample) => self.aim.learn(&sample),
            None => self.aim.learn_nothing(answer.sent, answer.answered_at()),
        }
        self.last = Some(millis(answer.sent));
        self.now = millis(answer.answered_at());
    }

    /// The samples as text, a line each.
    fn timeline(&self) -> String {
        let mut text = String::new();
        for (next, sample) in &self.samples {
            let read = sample.rate_limit;
            let left = read.reset.as_millisecond() - (millis(sample.sent) + self.ahead);
            writeln!(
                text,
                "{:>8.1} s  used {:>3} of {}  {:>5.1} s before the reset  {}",
                (millis(sample.sent) - START) as f64 / 1e3,
                read.limit - read.remaining,
                read.limit,
                left as f64 / 1e3,
                next.why
            )
            .unwrap();
        }
        text
    }
}

/// Whoever asks whenever: the windows that a prober met, and which of its samples fell into each.
fn by_window(prober: &Prober) -> Vec<(i64, Vec<Why>)> {
    let mut windows: Vec<(i64, Vec<Why>)> = Vec::new();
    for (next, sample) in &prober.samples {
        let reset = sample.rate_limit.reset.as_second();
        match windows.last_mut() {
            Some((known, whys)) if *known == reset => whys.push(next.why),
            _ => windows.push((reset, vec![next.why])),
        }
    }
    windows
}

/// One request each so many milliseconds, for an hour.
fn steady(every: i64) -> impl Iterator<Item = i64> {
    (0..3_600_000 / every).map(move |n| n * every)
}

fn samples(prober: &mut Prober, bucket: &mut Bucket, count: usize) -> String {
    for _ in 0..count {
        prober.sample(bucket);
    }
    prober.timeline()
}

#[test]
fn a_busy_bucket_is_looked_at_once_in_each_window_just_before_its_end() {
    let mut bucket = Bucket::new(50, 60, steady(1_400));
    insta::assert_snapshot!(samples(&mut Prober::new(60), &mut bucket, 12));
}

#[test]
fn an_idle_bucket_is_opened_and_watched_to_its_end() {
    let mut bucket = Bucket::new(50, 60, []);
    insta::assert_snapshot!(samples(&mut Prober::new(60), &mut bucket, 8));
}

#[test]
fn a_lasting_answer_without_headers_leaves_the_interval() {
    let mut bucket = Bucket::new(50, 60, steady(1_400));
    let mut prober = Prober::new(60);
    samples(&mut prober, &mut bucket, 5);
    for _ in 0..BLIND {
        let request = SampleRequest {
            now: moment(prober.now),
            last: prober.last.map(moment),
            interval: prober.interval,
            not_before: None,
            spare: true,
        };
        let next = prober.aim.next(&prober.clock, &request);
        let sent = millis(next.at);
        prober.learn(&answer((sent, 0), sent, None));
    }
    prober.sample(&mut bucket);
    let (next, _) = prober.samples.last().unwrap();
    assert_eq!(next.why, Why::Interval);
}

proptest! {
    /// No sample is sooner than now or later than an interval and two windows; and no window is
    /// sampled twice without a reason, nor three times for any.
    #[test]
    fn whatever_others_do_the_looks_stay_few_and_in_bounds(
        others in proptest::collection::vec(1_i64..40_000, 0..400),
        seconds in prop_oneof![Just(5_i64), Just(10), Just(15), Just(60), Just(300)],
        interval in prop_oneof![Just(10_u64), Just(60), Just(150), Just(600)],
        ahead in -2_000_i64..2_000,
        latency in prop_oneof![Just(20_i64), Just(130), Just(480)],
    ) {
        let mut at = 0;
        let others = others.into_iter().map(|gap| { at += gap; at }).collect::<Vec<_>>();
        let mut bucket = Bucket::new(50, seconds, others);
        let mut prober = Prober::new(interval);
        prober.ahead = ahead;
        prober.took = match latency {
            20 => |_| 20,
            130 => |n| 60 + n * 7_919 % 140,
            _ => |n| 50 + n * 7_919 % 450,
        };
        let longest = i64::try_from(interval).unwrap() * 1000 + 2 * seconds * 1000 + 120_000;
        for _ in 0..60 {
            let before = prober.now;
            prober.sample(&mut bucket);
            let sent = millis(prober.samples.last().unwrap().0.at);
            prop_assert!(before <= sent && sent - before <= longest, "{}", prober.timeline());
        }
        for (_, whys) in by_window(&prober).split_off(2) {
            let reasons = whys.iter().skip(1).all(|why| matches!(why, Why::SecondSample { .. } | Why::TooShort | Why::Interval));
            prop_assert!(reasons && whys.len() <= 2 || seconds <= 5, "{whys:?}\n{}", prober.timeline());
        }
        prop_assert!(prober.aim.missed() <= 6, "{}\n{}", prober.aim.missed(), prober.timeline());
    }
}

#[test]
fn short_and_long_windows_are_learned_and_aimed_at_alike() {
    let ten = || Bucket::new(50, 10, steady(700));
    let mut text = samples(&mut Prober::new(60), &mut ten(), 6);
    text += &samples(&mut Prober::new(5), &mut ten(), 6);
    let mut five_minutes = Bucket::new(5_000, 300, steady(900));
    text += &samples(&mut Prober::new(60), &mut five_minutes, 6);
    insta::assert_snapshot!(text);
}

#[test]
fn an_interval_longer_than_a_window_is_kept_to_the_nearest_end() {
    let mut bucket = Bucket::new(50, 60, steady(2_000));
    insta::assert_snapshot!(samples(&mut Prober::new(300), &mut bucket, 8));
}

#[test]
fn a_bucket_that_goes_quiet_and_comes_back_is_seen_again() {
    let quiet = steady(2_000).filter(|at| !(200_000..500_000).contains(at));
    let mut bucket = Bucket::new(50, 60, quiet);
    insta::assert_snapshot!(samples(&mut Prober::new(60), &mut bucket, 14));
}

#[test]
fn a_look_that_comes_too_late_is_a_miss_and_widens_the_guard() {
    let mut bucket = Bucket::new(50, 60, steady(1_400));
    let mut prober = Prober::new(60);
    prober.sample(&mut bucket);
    let guard = prober.aim.guard(&prober.clock, moment(prober.now));
    prober.took = |_| 9_000;
    prober.sample(&mut bucket);
    assert_eq!(prober.aim.missed(), 1, "{}", prober.timeline());
    assert!(prober.aim.guard(&prober.clock, moment(prober.now)) > guard);
    prober.took = |_| 100;
    samples(&mut prober, &mut bucket, 30);
    assert_eq!(prober.aim.missed(), 1, "{}", prober.timeline());
    let (_, last) = prober.samples.last().unwrap();
    let read = last.rate_limit;
    let left = read.reset.as_millisecond() - millis(last.sent);
    assert!((0..12_000).contains(&left), "still in its window: {left}");
}

#[test]
fn oktas_clock_that_jumps_is_learned_anew() {
    for jump in [-2_500, 2_500, 3_600_000] {
        let others = (0..10_000).map(|n| n * 1_400);
        let mut bucket = Bucket::new(50, 60, others);
        let mut prober = Prober::new(60);
        samples(&mut prober, &mut bucket, 6);
        // Okta's clock was set, or this machine slept.
        prober.ahead += jump;
        let before = prober.samples.len();
        for _ in 0..8 {
            if prober.samples.len() == before {
                // One answer tells the new time.
                let counted = prober.now + 1_000 + prober.ahead;
                prober.learn(&answer((prober.now + 950, 100), counted, None));
            }
            prober.sample(&mut bucket);
        }
        for (next, sample) in prober.samples.iter().skip(before + 3) {
            let end = sample.rate_limit.reset.as_millisecond();
            let left = end - (millis(sample.sent) + prober.ahead);
            assert!(
                (0..2_500).contains(&left) || next.why == Why::Length,
                "{jump}: {left}\n{}",
                prober.timeline()
            );
        }
    }
}

#[test]
fn who_must_stay_away_is_aimed_at_a_later_window() {
    let mut bucket = Bucket::new(50, 60, steady(1_400));
    let mut prober = Prober::new(60);
    samples(&mut prober, &mut bucket, 6);
    let away = moment(prober.now + 200_000);
    let request = SampleRequest {
        now: moment(prober.now),
        last: prober.last.map(moment),
        interval: prober.interval,
        not_before: Some(away),
        spare: true,
    };
    let next = prober.aim.next(&prober.clock, &request);
    assert!(
        matches!(next.why, Why::Following { windows: 4, .. }),
        "{next:?}"
    );
    assert!(away <= next.at);
}
