//! What a scrape costs: time per series and memory, by the size of the page.
//!
//! ```text
//! cargo bench --bench page
//! ```
//!
//! The page is drawn from the board and the limits of a fleet whose probes have all ended a run, just
//! as a scrape draws it. Beside it, in the same rounds so that a busy machine slows all alike, the `prometheus`
//! crate makes the same series in its usual way: vectors set in a fresh registry. For memory, each
//! way has a process of its own, because none should start with what another left behind.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::{
    collections::BTreeMap, env, fs, hint::black_box, io, process::Command, thread, time::Duration,
};

use okta_exporter::{
    fleet::{Board, Outcome, ProbeId, limits::Limits},
    metrics::Page,
    okta::{Exchange, Phases, RateLimit, ResponseMeta, ServedChain},
    probe::ProbeResult,
    units::{Moment, Name, Timestamp},
};
use prometheus::{GaugeVec, Opts, Registry, TextEncoder};
use tokio::time::Instant;

/// How many series the pages have, about: a board grows by whole probes.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// How many endpoint probes an org has here.
const PROBES_PER_ORG: usize = 20;
/// The name of one of them.
const ENDPOINT: &str = "endpoint-";
/// The argument by which the benchmark asks itself for the memory of one way, by name.
const MEMORY_OF: &str = "--memory-of";

/// What is scraped, and how each way holds it.
struct Scraped {
    known: Known,
    now: Timestamp,
    series: usize,
    rows: Vec<Row>,
}

/// What a page is drawn from.
#[derive(Default)]
struct Known {
    board: Board,
    limits: BTreeMap<String, Limits>,
}

/// One family of the page as the `prometheus` crate has to be told it.
struct Row {
    name: String,
    labels: Vec<String>,
    samples: Samples,
}

/// Label values, in the order of the family's labels, and a value.
type Samples = Vec<(Vec<String>, f64)>;

/// A way to make the text of a page, and its name.
type Way = (&'static str, fn(&Scraped) -> String);

/// The first is ours; the other is what it is measured against.
const WAYS: [Way; 2] = [("Page", page), ("registry", registry)];

fn main() -> io::Result<()> {
    if let Some(asked) = env::args().skip_while(|arg| arg != MEMORY_OF).nth(1) {
        let scraped = Scraped::new(SIZES.into_iter().max().unwrap_or_default());
        for way in WAYS.iter().filter(|(name, _)| *name == asked) {
            // On a thread of its own, as in a server: there the allocator uses other arenas.
            thread::scope(|scope| {
                scope.spawn(|| memory(way, &scraped));
            });
        }
        return Ok(());
    }
    println!("resident memory, MB, beyond what it was before the first scrape");
    for (name, _) in WAYS {
        Command::new(env::current_exe()?)
            .args([MEMORY_OF, name])
            .status()?;
    }
    time();
    Ok(())
}

impl Scraped {
    /// A board grown until its page has so many series.
    fn new(series: usize) -> Self {
        let now = Timestamp::now();
        let of_one = count(&drawn(&filled(now, 2), now)) - count(&drawn(&filled(now, 1), now));
        let known = filled(now, series.div_ceil(of_one.max(1)));
        let text = drawn(&known, now);
        Self {
            series: count(&text),
            rows: rows(&text),
            known,
            now,
        }
    }
}

/// So many probes, each with one answered request behind it.
fn filled(now: Timestamp, probes: usize) -> Known {
    let mut known = Known::default();
    for i in 0..probes {
        let name = format!("acme-{}", i / PROBES_PER_ORG);
        let org: Option<Name> = name.parse().ok();
        let credential: Option<Name> = format!("credential-{}", i % 5).parse().ok();
        let id = ProbeId {
            org,
            probe: format!("endpoint/{ENDPOINT}{i}"),
        };
        let interval = Duration::from_mins(1);
        known.board.expect(id.clone(), "endpoint", interval);
        let used = (i * 7919 % 600) as u64;
        let answered = ResponseMeta {
            status: 200,
            request_id: None,
            error_code: None,
            date: Some(now),
            rate_limit: Some(RateLimit {
                limit: 600,
                remaining: 600 - used,
                reset: now.saturating_add(interval).unwrap_or(now),
            }),
            limited: None,
            chain: Some(ServedChain {
                leaf_end: now,
                earliest_end: Some(now),
            }),
        };
        let took = Duration::from_millis(90 + used);
        let exchange = Exchange {
            api: format!("{ENDPOINT}{i}").into(),
            path: format!("/api/v1/apps/{i}"),
            credential,
            bucket: Some(format!("/api/v1/apps/{}", i % PROBES_PER_ORG).into()),
            at: now,
            sent: Moment::now(),
            took,
            phases: Phases {
                first_byte: Some(took),
                ..Phases::default()
            },
            answer: Ok(answered),
        };
        known
            .limits
            .entry(name)
            .or_default()
            .settle(None, &exchange);
        let outcome = Outcome {
            at: now,
            took: Some(took),
            result: ProbeResult {
                observation: None,
                failure: None,
            },
            memory: None,
            exchanges: vec![exchange],
        };
        known.board.record(&id, outcome, interval);
    }
    known
}

fn page(scraped: &Scraped) -> String {
    drawn(&scraped.known, scraped.now)
}

fn drawn(known: &Known, now: Timestamp) -> String {
    let mut page = Page::new();
    known.board.draw(now, &mut page);
    for (org, limits) in &known.limits {
        limits.draw(org, Moment::now(), &mut page);
    }
    page.text()
}

fn registry(scraped: &Scraped) -> String {
    fill_registry(&scraped.rows).unwrap_or_default()
}

fn fill_registry(rows: &[Row]) -> prometheus::Result<String> {
    let registry = Registry::new();
    for row in rows {
        let labels: Vec<&str> = row.labels.iter().map(String::as_str).collect();
        let gauges = GaugeVec::new(Opts::new(row.name.as_str(), "Same text."), &labels)?;
        registry.register(Box::new(gauges.clone()))?;
        for (values, value) in &row.samples {
            gauges.get_metric_with_label_values(values)?.set(*value);
        }
    }
    TextEncoder::new().encode_to_string(&registry.gather())
}

/// How many series a page's text holds.
fn count(text: &str) -> usize {
    text.lines().filter(|line| !line.starts_with('#')).count()
}

/// A page's series taken apart; no label value here holds a quote or a comma.
fn rows(text: &str) -> Vec<Row> {
    let mut rows: BTreeMap<(String, Vec<String>), Samples> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((series, value)) = line.rsplit_once(' ') else {
            continue;
        };
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let pairs = labels.trim_end_matches('}').split(',');
        let pairs = pairs.filter_map(|pair| pair.split_once('='));
        // `le` belongs to histograms; the crate would refuse it on a gauge.
        let (names, values) = pairs
            .map(|(name, value)| {
                let name = if name == "le" { "upto" } else { name };
                (name.to_owned(), value.trim_matches('"').to_owned())
            })
            .unzip();
        let sample = (values, value.parse().unwrap_or_default());
        rows.entry((name.to_owned(), names))
            .or_default()
            .push(sample);
    }
    let row = |((name, labels), samples)| Row {
        name,
        labels,
        samples,
    };
    rows.into_iter().map(row).collect()
}

/// The median time of each way and size.
fn time() {
    println!("\nns per series (median), and times the first");
    for size in SIZES {
        let scraped = Scraped::new(size);
        let mut rounds = WAYS.map(|_| Vec::new());
        for _ in 0..(1_000_000 / size).clamp(15, 201) {
            for ((_, way), took) in WAYS.iter().zip(&mut rounds) {
                let start = Instant::now();
                black_box(way(black_box(&scraped)));
                took.push(start.elapsed().as_nanos());
            }
        }
        let medians = rounds.map(|mut took| {
            took.sort_unstable();
            took.get(took.len() / 2).copied().unwrap_or_default() as f64 / scraped.series as f64
        });
        print!("{:>8} series", scraped.series);
        for ((name, _), median) in WAYS.iter().zip(medians) {
            let times = median / medians.first().copied().unwrap_or(median);
            print!("   {name} {median:.0} (×{times:.1})");
        }
        println!();
    }
}

/// Resident memory around the first scrape, later ones, and two at once.
fn memory((name, way): &Way, scraped: &Scraped) {
    let Some(before) = resident("VmRSS") else {
        println!("{name:>10}: not known on this system");
        return;
    };
    let more = |field| resident(field).map_or(f64::NAN, |now| now - before);
    let repeat = || (0..20).for_each(|_| drop(black_box(way(scraped))));

    forget_peak();
    let size = way(scraped).len() as f64 / 1e6;
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
    println!(
        "{name:>10}: {} series, text {size:.1}, before {before:.1}",
        scraped.series
    );
    for (scrapes, peak, after) in [
        ("first scrape", peak, once),
        ("20 more", later_peak, often),
        ("2 × 20 at once", peak_of_two, after_two),
    ] {
        println!("{scrapes:>28}: peak {peak:+6.1}, after {after:+6.1}");
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
