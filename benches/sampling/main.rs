//! How much of each rate-limit window is seen, and at what cost: the exporter's own scheduling
//! beside plain polling, over 10,000 minutes of each pattern that an application may follow.
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
mod world;

use world::{Figures, Sampler};

/// What a window grants: half of 600.
const LIMIT: u32 = 300;
const MINUTES: u32 = 10_000;

fn main() {
    println!(
        "| application | asked | a minute | a window | use seen | hot windows | reported | false |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (name, add) in patterns::PATTERNS {
        let arrivals = patterns::course(add, (LIMIT, MINUTES), 1);
        let samplers = [
            ("aimed", Sampler::aimed()),
            ("every 15 s", Sampler::polling(15)),
            ("every 30 s", Sampler::polling(30)),
            ("every 60 s", Sampler::polling(60)),
        ];
        for (asked, sampler) in samplers {
            let figures = world::live(sampler, &arrivals, (LIMIT, 2));
            println!("| {name} | {asked} | {} |", row(&figures));
        }
    }
}

fn row(figures: &Figures) -> String {
    let Figures {
        windows: _,
        a_minute,
        a_window,
        seen,
        hot,
        reported,
        false_alarms,
    } = *figures;
    let seen = 100.0 * seen;
    let share = 100.0 * f64::from(reported) / f64::from(hot.max(1));
    format!("{a_minute:.2} | {a_window:.2} | {seen:.1} % | {hot} | {share:.1} % | {false_alarms}")
}
