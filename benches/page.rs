//! What a scrape costs: time per series and memory, by the size of the page.
//!
//! ```text
//! cargo bench --bench page
//! ```
//!
//! The page is drawn by [`draw`] from a stand-in for the board. Beside it, in the same rounds so
//! that a busy machine slows all alike, the same text is made in the two usual ways with the
//! `prometheus` crate: its model built by hand, and vectors set in a fresh registry. For memory,
//! each way has a process of its own, because none should start with what another left behind.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::{env, fs, hint::black_box, io, process::Command, thread};

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

/// The argument by which the benchmark asks itself for the memory of one way, by name.
const MEMORY_OF: &str = "--memory-of";

fn main() -> io::Result<()> {
    let board = board(SIZES.into_iter().max().unwrap_or_default());
    if let Some(asked) = env::args().skip_while(|arg| arg != MEMORY_OF).nth(1) {
        for way in WAYS.iter().filter(|(name, _)| *name == asked) {
            // On a thread of its own, as in a server: there the allocator uses other arenas.
            thread::scope(|scope| {
                scope.spawn(|| memory(way, &board));
            });
        }
        return Ok(());
    }
    let series = board.len() * FAMILIES.len();
    println!("resident memory, MB, beyond what it was before; {series} series");
    for (name, _) in WAYS {
        Command::new(env::current_exe()?)
            .args([MEMORY_OF, name])
            .status()?;
    }
    time(&board);
    Ok(())
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

/// Resident memory around the first scrape, later ones, and two at once.
fn memory((name, way): &Way, board: &[Row]) {
    let Some(before) = resident("VmRSS") else {
        println!("{name:>14}: not known on this system");
        return;
    };
    let more = |field| resident(field).map_or(f64::NAN, |now| now - before);
    let repeat = || (0..20).for_each(|_| drop(black_box(way(board))));

    forget_peak();
    let size = way(board).len() as f64 / 1e6;
    let (peak, once) = (more("VmHWM"), more("VmRSS"));
    // Later scrapes are told apart from the first: the allocator learns from what was freed.
    forget_peak();
    repeat();
    let (later_peak, often) = (more("VmHWM"), more("VmRSS"));
    forget_peak();
    thread::scope(|scope| {
        scope.spawn(repeat);
        scope.spawn(repeat);
    });
    let (peak_of_two, after_two) = (more("VmHWM"), more("VmRSS"));
    println!("{name:>14}: before {before:.1}, text {size:.1}");
    for (scrapes, peak, after) in [
        ("first scrape", peak, once),
        ("20 more", later_peak, often),
        ("2 × 20 at once", peak_of_two, after_two),
    ] {
        println!("{scrapes:>32}: peak {peak:+6.1}, after {after:+6.1}");
    }
}

/// Has the kernel forget the peak it remembers. Where it refuses, peaks are those since the start.
fn forget_peak() {
    drop(fs::write("/proc/self/clear_refs", "5"));
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
