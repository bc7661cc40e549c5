//! What a scrape costs: time per series and memory, by the size of the page.
//!
//! ```text
//! cargo bench --bench page
//! ```
//!
//! The page is drawn by [`draw`] from a stand-in for the board. Beside it, in the same rounds so
//! that a busy machine slows all alike, the same text is made in the two usual ways with the
//! `prometheus` crate: its model built by hand, and vectors set in a fresh registry.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::{fs, hint::black_box};

use okta_exporter::metrics::{Family, Page};
use prometheus::{GaugeVec, Opts, Registry, TextEncoder, proto};
use tokio::time::Instant;

const LABELS: &[&str] = &["org", "credential", "bucket", "endpoint"];

/// Every family of the page: the gauges of a rate limit, which most pages mostly consist of.
const FAMILIES: &[Family] = &[
    Family::gauge(
        "okta_rate_limit_limit",
        "Requests allowed in a window.",
        LABELS,
    ),
    Family::gauge(
        "okta_rate_limit_remaining",
        "Requests left in the window.",
        LABELS,
    ),
    Family::gauge(
        "okta_rate_limit_reset_timestamp_seconds",
        "When the window ends.",
        LABELS,
    ),
    Family::gauge(
        "okta_rate_limit_usage_ratio",
        "Share of the window used.",
        LABELS,
    ),
    Family::gauge(
        "okta_rate_limit_window_usage_ratio",
        "The same, as the window ended.",
        LABELS,
    ),
];

/// How many series the pages have.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

/// One endpoint's rate limit, as a board would hold it.
struct Row {
    labels: [String; 4],
    values: [f64; 5],
}

/// A way to make the text of a page, and its name.
type Way = (&'static str, fn(&[Row]) -> String);

/// The ways to make the same text. The first is ours; the others are what it is measured against.
const WAYS: [Way; 3] = [
    ("Page", page),
    ("model by hand", model),
    ("registry", registry),
];

fn main() {
    let board = board(SIZES.into_iter().max().unwrap_or_default());
    memory(&board);
    time(&board);
}

/// Rows enough for a number of series.
fn board(series: usize) -> Vec<Row> {
    let row = |i: usize| {
        let used = (i * 7919 % 600) as f64;
        Row {
            labels: [
                format!("acme-{}", i / 500),
                format!("credential-{}", i % 5),
                format!("/api/v1/apps/{}", i % 100 / 5),
                format!("endpoint-{i}"),
            ],
            values: [
                600.0,
                600.0 - used,
                1_785_600_060.0,
                used / 600.0,
                used / 601.0,
            ],
        }
    };
    (0..series.div_ceil(FAMILIES.len())).map(row).collect()
}

/// What a scrape does: replace this to draw from something else.
fn draw(page: &mut Page, board: &[Row]) {
    for row in board {
        let labels = row.labels.each_ref().map(String::as_str);
        for (family, value) in FAMILIES.iter().zip(row.values) {
            page.push(family, &labels, value);
        }
    }
}

fn page(board: &[Row]) -> String {
    let mut page = Page::new();
    draw(&mut page, board);
    page.text()
}

fn model(board: &[Row]) -> String {
    let family = |(i, family): (usize, &Family)| {
        let metric = |row: &Row| {
            let pair = |(name, value): (&&str, &String)| {
                let mut pair = proto::LabelPair::default();
                pair.set_name((*name).to_owned());
                pair.set_value(value.clone());
                pair
            };
            let mut gauge = proto::Gauge::default();
            gauge.set_value(row.values.get(i).copied().unwrap_or_default());
            let mut metric = proto::Metric::from_gauge(gauge);
            metric.set_label(LABELS.iter().zip(&row.labels).map(pair).collect());
            metric
        };
        let mut model = proto::MetricFamily::default();
        model.set_name(family.name().to_owned());
        model.set_help(family.help().to_owned());
        model.set_field_type(proto::MetricType::GAUGE);
        model.set_metric(board.iter().map(metric).collect());
        model
    };
    let families: Vec<_> = FAMILIES.iter().enumerate().map(family).collect();
    TextEncoder::new()
        .encode_to_string(&families)
        .unwrap_or_default()
}

fn registry(board: &[Row]) -> String {
    fill_registry(board).unwrap_or_default()
}

fn fill_registry(board: &[Row]) -> prometheus::Result<String> {
    let registry = Registry::new();
    for (i, family) in FAMILIES.iter().enumerate() {
        let gauges = GaugeVec::new(Opts::new(family.name(), family.help()), family.labels())?;
        registry.register(Box::new(gauges.clone()))?;
        for row in board {
            let value = row.values.get(i).copied().unwrap_or_default();
            gauges
                .with_label_values(&row.labels.each_ref().map(String::as_str))
                .set(value);
        }
    }
    TextEncoder::new().encode_to_string(&registry.gather())
}

/// The median time of each way and size.
fn time(board: &[Row]) {
    println!(
        "\nns per series (median), and times the first\n{:>8}",
        "series"
    );
    for series in SIZES {
        let board = board.get(..series / FAMILIES.len()).unwrap_or_default();
        let mut rounds = WAYS.map(|_| Vec::new());
        for _ in 0..(1_000_000 / series).clamp(15, 201) {
            for ((_, way), took) in WAYS.iter().zip(&mut rounds) {
                let start = Instant::now();
                black_box(way(black_box(board)));
                took.push(start.elapsed().as_nanos());
            }
        }
        let medians = rounds.map(|mut took| {
            took.sort_unstable();
            took.get(took.len() / 2).copied().unwrap_or_default() as f64 / series as f64
        });
        print!("{series:>8}");
        for ((name, _), median) in WAYS.iter().zip(medians) {
            let times = median / medians.first().copied().unwrap_or(median);
            print!("   {name} {median:.0} (×{times:.1})");
        }
        println!();
    }
}

/// Resident memory around scrapes of the largest page, ours first, in a process that has made no
/// other yet.
fn memory(board: &[Row]) {
    let Some(before) = resident("VmRSS") else {
        println!("resident memory: not known on this system");
        return;
    };
    let series = board.len() * FAMILIES.len();
    println!("resident memory, MB, {series} series; {before:.1} before the first scrape");
    for (name, way) in WAYS {
        let before = resident("VmRSS").unwrap_or_default();
        // 5 resets the peak that the kernel remembers.
        let fresh_peak = fs::write("/proc/self/clear_refs", "5").is_ok();
        let size = way(board).len() as f64 / 1e6;
        let peak = resident("VmHWM").filter(|_| fresh_peak).unwrap_or(f64::NAN);
        let once = resident("VmRSS").unwrap_or_default();
        for _ in 0..20 {
            black_box(way(board));
        }
        let often = resident("VmRSS").unwrap_or_default();
        println!(
            "{name:>14}: text {size:.1}, before {before:.1}, peak {peak:.1} (+{:.1}), after 1 \
             {once:.1} ({:+.1}), after 21 {often:.1} ({:+.1})",
            peak - before,
            once - before,
            often - before,
        );
    }
}

/// A figure of `/proc/self/status`, in megabytes.
fn resident(field: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}
