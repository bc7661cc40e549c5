use std::{collections::BTreeMap, time::Duration};

use okta_exporter::{
    fleet::limits::Limits,
    metrics::Page,
    okta::{Buckets, Exchange, LimitKind, Phases, RateLimit, ResponseMeta},
    units::{Moment, Timestamp},
};
use proptest::prelude::*;
use reqwest::header::HeaderMap;

use crate::support::Scrape;

/// One recorded answer. Times are Okta's, in seconds since the epoch.
#[derive(Clone, Debug)]
struct Row {
    date: i64,
    org: &'static str,
    method: &'static str,
    path: &'static str,
    status: u16,
    error: &'static str,
    limit: &'static str,
    remaining: &'static str,
    reset: &'static str,
}

/// Everything that was recorded, in the order of time.
fn rows() -> Vec<Row> {
    let text = include_str!("../fixtures/rate-limit-observations.csv");
    let row = |line: &'static str| {
        let columns: Vec<&str> = line.split(',').collect();
        Row {
            date: columns[0].parse().unwrap(),
            org: columns[1],
            method: columns[2],
            path: columns[3],
            status: columns[4].parse().unwrap(),
            error: columns[5],
            limit: columns[6],
            remaining: columns[7],
            reset: columns[8],
        }
    };
    let mut rows: Vec<Row> = text.lines().skip(1).map(row).collect();
    // Of answers in one second, the one that left more came first.
    let left = |row: &Row| row.remaining.parse::<i64>().unwrap_or_default();
    rows.sort_by_key(|row| (row.date, -left(row)));
    rows
}

impl Row {
    /// Its headers as they came.
    fn headers(&self) -> HeaderMap {
        let lines = [
            ("x-rate-limit-limit", self.limit),
            ("x-rate-limit-remaining", self.remaining),
            ("x-rate-limit-reset", self.reset),
        ];
        let sent = lines.iter().filter(|(_, value)| !value.is_empty());
        sent.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    fn read(&self) -> Option<RateLimit> {
        RateLimit::read(&self.headers())
    }
}

/// An org, a method and a path.
type Endpoint = (&'static str, &'static str, &'static str);

/// The answers of each endpoint that showed a limit: windows are its counter's, one after another.
fn series() -> BTreeMap<Endpoint, Vec<(Row, RateLimit)>> {
    let mut series: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows() {
        if let Some(read) = row.read() {
            let endpoint = (row.org, row.method, row.path);
            series.entry(endpoint).or_default().push((row, read));
        }
    }
    series
}

#[test]
fn every_recorded_answer_is_classified() {
    let rows = rows();
    assert_eq!(rows.len(), 510);
    let mut without = 0;
    for row in &rows {
        if row.status == 429 {
            assert_eq!(
                LimitKind::of_429(&row.headers()),
                LimitKind::Limit,
                "{row:?}"
            );
            assert_eq!(row.error, "E0000047");
        }
        if let Some(read) = row.read() {
            assert_eq!(read.limit.to_string(), row.limit, "{row:?}");
            assert_eq!(read.remaining.to_string(), row.remaining, "{row:?}");
            assert_eq!(read.reset.as_second().to_string(), row.reset, "{row:?}");
            assert!((0.0..=1.0).contains(&read.usage_ratio()), "{row:?}");
        } else {
            assert_eq!([row.limit, row.remaining, row.reset], [""; 3], "{row:?}");
            assert_eq!(row.error, "E0000015", "{row:?}");
            without += 1;
        }
    }
    assert_eq!(without, 10);
}

#[test]
fn every_recorded_path_has_a_bucket_and_its_limit_is_the_only_one_there() {
    let buckets = Buckets::default();
    let mut limits: BTreeMap<_, BTreeMap<u64, Vec<Row>>> = BTreeMap::new();
    for row in rows() {
        let bucket = buckets.of(row.method, row.path).unwrap();
        if let Some(read) = row.read() {
            let seen = limits.entry((row.org, bucket)).or_default();
            seen.entry(read.limit).or_default().push(row);
        }
    }
    assert!(limits.len() >= 8, "{:?}", limits.keys());
    for ((_, bucket), seen) in limits {
        // Verifying a domain is limited by itself: 15 in place of 50. No list says so.
        let odd = |row: &Row| row.path == "/api/v1/domains/default/verify";
        let usual = seen.values().filter(|rows| !rows.iter().all(odd));
        assert_eq!(usual.count(), 1, "{bucket}");
    }
}

#[test]
fn no_recorded_window_is_longer_than_it_is_and_each_ends_before_the_next_begins() {
    let (mut windows, mut answers) = (0, 0);
    for ((_, method, path), rows) in series() {
        let mut open: Option<RateLimit> = None;
        for (row, read) in rows {
            let reset = read.reset.as_second();
            assert!((0..=60).contains(&(reset - row.date)), "{row:?}");
            answers += 1;
            if let Some(open) = open.filter(|open| open.reset == read.reset) {
                let less = read.remaining < open.remaining || read.remaining == 0;
                assert!(less, "each request leaves less: {row:?} after {open:?}");
            } else {
                let over = open.is_none_or(|open| open.reset.as_second() <= row.date);
                assert!(over, "{method} {path}: {row:?} before the end of {open:?}");
                windows += 1;
            }
            open = Some(read);
        }
    }
    assert_eq!((answers, windows), (500, 329));
}

/// What windows came to: how many there were, how many ran out, what was used of them at least.
type Totals = (f64, f64, f64);

/// What the answers prove, each window by the one that left least.
fn proved(answers: &[(Row, RateLimit)]) -> Totals {
    let mut used: BTreeMap<i64, (u64, bool)> = BTreeMap::new();
    for (_, read) in answers {
        let window = used.entry(read.reset.as_second()).or_default();
        window.0 = window.0.max(read.limit - read.remaining);
        window.1 |= read.remaining == 0;
    }
    let exhausted = used.values().filter(|(_, exhausted)| *exhausted).count();
    let consumed: u64 = used.values().map(|(used, _)| used).sum();
    (used.len() as f64, exhausted as f64, consumed as f64)
}

/// What the exporter makes of them: settled, and read from the page an hour later. Each
/// endpoint has a credential of its own here, so that none learns from another.
fn counted(series: &BTreeMap<Endpoint, Vec<(Row, RateLimit)>>) -> Vec<Totals> {
    let limits = Limits::default();
    let buckets = Buckets::default();
    // Each as long after the first as it was; when that was is nothing to the limits.
    let (begun, mut last) = (Moment::now(), Moment::now());
    let rows = series.values().flatten().map(|(row, _)| row.date);
    let first = rows.min().unwrap_or_default();
    for (number, answers) in series.values().enumerate() {
        for (row, read) in answers {
            let at = Timestamp::from_second(row.date).unwrap();
            let sent = begun.after_millis((row.date - first) * 1_000);
            last = last.max(sent);
            let exchange = Exchange {
                api: "recorded".into(),
                path: row.path.to_owned(),
                credential: Some(format!("c{number}").parse().unwrap()),
                bucket: buckets.of(row.method, row.path),
                at,
                sent,
                took: Duration::ZERO,
                phases: Phases::default(),
                answer: Ok(ResponseMeta {
                    status: row.status,
                    error_code: None,
                    date: Some(at),
                    rate_limit: Some(*read),
                    limited: (row.status == 429).then_some(LimitKind::Limit),
                    chain: None,
                    request_id: None,
                }),
            };
            limits.settle(None, &exchange);
        }
    }
    let mut page = Page::new();
    let later = last.after(Duration::from_hours(1));
    limits.draw("acme", later, &mut page);
    let page = Scrape::parse(page.text());
    let total = |name: &str, number: usize| {
        let series = format!(r#"okta_rate_limit_{name}_total{{credential="c{number}"}}"#);
        page.value(&series)
    };
    (0..series.len())
        .map(|number| {
            (
                total("windows", number),
                total("windows_exhausted", number),
                total("consumed_requests", number),
            )
        })
        .collect()
}

#[test]
fn the_exporter_counts_the_windows_that_the_recorded_answers_prove() {
    let series = series();
    let proved: Vec<Totals> = series.values().map(|answers| proved(answers)).collect();
    assert_eq!(counted(&series), proved);
    let windows: f64 = proved.iter().map(|(windows, ..)| windows).sum();
    let exhausted: f64 = proved.iter().map(|(_, exhausted, _)| exhausted).sum();
    assert_eq!((windows, exhausted), (329.0, 5.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn answers_that_are_missing_or_come_out_of_turn_make_no_window_and_hide_none(seed: u64) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut series = series();
        for answers in series.values_mut() {
            let kept = rng.f64();
            answers.retain(|_| rng.f64() < kept);
            // Within a window an answer may overtake another.
            for _ in 0..answers.len() {
                let at = rng.usize(..answers.len());
                let same = |(a, b): (&(Row, RateLimit), &(Row, RateLimit))| a.1.reset == b.1.reset;
                if answers.get(at).zip(answers.get(at + 1)).is_some_and(same) {
                    answers.swap(at, at + 1);
                }
            }
        }
        series.retain(|_, answers| !answers.is_empty());
        let proved: Vec<Totals> = series.values().map(|answers| proved(answers)).collect();
        prop_assert_eq!(counted(&series), proved);
    }
}

#[test]
fn buckets_are_those_that_recorded_answers_show() {
    const EVIDENCE: &str = include_str!("../fixtures/bucket-evidence.csv");
    let bucket = |path: &str| Buckets::default().of("GET", path);
    let mut agree = 0;
    let mut against = Vec::new();
    for line in EVIDENCE.lines().skip(1) {
        let columns: Vec<&str> = line.split(',').collect();
        let [one, other, same, different] = columns[..] else {
            panic!("{line}");
        };
        let [same, different] = [same, different].map(|count| count.parse::<u32>().unwrap());
        let (for_it, against_it) = if bucket(one) == bucket(other) {
            (same, different)
        } else {
            (different, same)
        };
        agree += for_it;
        if against_it > 0 {
            against.push((one, other, against_it));
        }
    }
    // Both count with `/api/v1/users`, the one through `…/factors`: somebody's recording errs.
    let contradicted = (
        "/api/v1/users/{id}/lifecycle/deactivate",
        "/api/v1/users/{id}/roles/{id}/targets/groups/{id}",
        3,
    );
    assert_eq!((agree, against), (3204, vec![contradicted]));
}
