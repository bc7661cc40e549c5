//! How much of each rate-limit window is seen, and at what cost: the exporter's own scheduling
//! beside plain polling, over 10,000 windows of each pattern that an application may follow.
//!
//! ```text
//! cargo bench --bench sampling
//! ```
//!
//! Everything runs in a time of its own and repeats with its seed. The application and the exporter
//! share one credential, whose limit is 300 a window; requests take 50 to 500 ms; the clocks drift
//! up to 2 s apart; `Date` and reset are whole seconds; a window opens with the first request that
//! finds none open. A poller keeps its interval exactly, and changes its phase every 100 polls.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

mod patterns;
#[path = "../../tests/it/support/virtual_okta.rs"]
#[expect(unreachable_pub, dead_code, reason = "the tests share it")]
mod virtual_okta;
mod world;

use world::{Figures, Sampler};

/// What a window grants: half of 600.
const LIMIT: u32 = 300;
/// Hundreds of windows that the application uses.
const HUNDREDS: u64 = 100;

/// A way to ask, by name.
type Way = (&'static str, fn() -> Sampler);

/// How the exporter asks, beside those who only keep an interval.
const WAYS: [Way; 4] = [
    ("aimed", || Sampler::Aimed),
    ("every 15 s", || Sampler::polling(15)),
    ("every 30 s", || Sampler::polling(30)),
    ("every 60 s", || Sampler::polling(60)),
];

fn main() {
    let rows = patterns::PATTERNS.map(|pattern| {
        let arrivals = pattern.course(LIMIT, HUNDREDS);
        let figures = WAYS.map(|(_, way)| world::live(way(), &arrivals, LIMIT));
        (pattern.name, figures)
    });
    let table = |title: &str, cell: fn(&Figures) -> String| {
        let ways = WAYS.map(|(way, _)| way).join(" | ");
        println!("| {title} | {ways} |\n|---|---|---|---|---|");
        for (name, figures) in &rows {
            println!("| {name} | {} |", figures.each_ref().map(cell).join(" | "));
        }
        println!();
    };
    table("use seen", |figures| percent(figures.seen));
    table("hot windows reported (false alarms)", |figures| {
        let share = f64::from(figures.reported) / f64::from(figures.hot.max(1));
        format!("{} ({})", percent(share), figures.false_alarms)
    });
    table("requests a window (a minute)", |figures| {
        format!("{:.2} ({:.2})", figures.a_window, figures.a_minute)
    });
    let hot = rows.map(|(name, [aimed, ..])| format!("{name} {} of {}", aimed.hot, aimed.windows));
    println!("hot windows: {}", hot.join(", "));
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
