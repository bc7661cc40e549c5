//! The benchmark's own code over fewer windows, so that its figures cannot rot unseen.

#[path = "../../benches/sampling/patterns.rs"]
mod patterns;
#[path = "../../benches/sampling/world.rs"]
mod world;

use crate::support::virtual_okta;
use patterns::PATTERNS;
use world::{Figures, Sampler, live};

const LIMIT: u32 = 300;

fn figures(pattern: usize, sampler: Sampler) -> Figures {
    let arrivals = PATTERNS[pattern].course(LIMIT, 3);
    live(sampler, &arrivals, LIMIT)
}

fn reported(figures: &Figures) -> f64 {
    f64::from(figures.reported) / f64::from(figures.hot)
}

#[test]
fn one_request_a_minute_sees_nearly_all_of_every_window() {
    for (number, pattern) in PATTERNS.iter().enumerate() {
        let name = pattern.name;
        let aimed = figures(number, Sampler::Aimed);
        assert!(aimed.windows >= 200, "{name}: {aimed:?}");
        assert!(aimed.a_minute <= 1.1, "{name}: {aimed:?}");
        assert!(aimed.seen >= 0.95, "{name}: {aimed:?}");
        assert_eq!(aimed.false_alarms, 0, "{name}: {aimed:?}");
    }
}

#[test]
fn hot_windows_are_reported_where_polling_as_often_misses_nine_in_ten() {
    let aimed = figures(0, Sampler::Aimed);
    let polled = figures(0, Sampler::polling(60));
    assert!(aimed.hot > 100 && polled.hot > 100, "{aimed:?} {polled:?}");
    assert!(reported(&aimed) >= 0.99, "{aimed:?}");
    assert!(reported(&polled) <= 0.25, "{polled:?}");
    assert!((aimed.a_window - 1.0).abs() < 0.05, "{aimed:?}");
    let often = figures(0, Sampler::polling(15));
    assert!(often.seen < aimed.seen, "{often:?} {aimed:?}");
}
