//! Three days in a small picture: a stroke for each hour, so that its size is bounded whatever is
//! remembered. Red strokes are longer as well, and the title says in words what is drawn.

use maud::{Markup, html};

use super::words::percent;
use crate::{
    fleet::{PastSpan, PastUsage},
    units::Timestamp,
};

const HOURS: usize = 72;
/// How high a stroke may be.
const HEIGHT: f32 = 24.0;

/// What is hardly any time, in seconds.
const SHORT: f32 = 0.01;

/// The worst of each hour, the latest last; `None` where nothing is known.
type Hours = [Option<f32>; HOURS];

/// How much of a limit was used.
pub(super) fn of_limit(past: &[PastUsage], threshold: f64, now: Timestamp) -> Markup {
    let hours = by_hour(past.iter().map(|past| (past.at, past.used_ratio)), now);
    let known = || hours.iter().flatten();
    let is_over = |used: f32| f64::from(used) >= threshold;
    let highest = known().copied().fold(0.0, f32::max);
    let over = known().filter(|used| is_over(**used)).count();
    let title = format!(
        "Three days by the hour: at most {} used; {over} of {} hours at the warning threshold",
        percent(highest.into()),
        known().count()
    );
    picture(&title, &hours, |used| (used, is_over(used)))
}

/// How long a probe took, and when it failed.
pub(super) fn of_probe(past: &[PastSpan], now: Timestamp) -> Markup {
    let (mut runs, mut failures) = (0_u64, 0_u64);
    for span in past {
        runs += u64::from(span.runs);
        failures += u64::from(span.failures);
    }
    let times = past.iter().filter_map(|span| span.slowest_seconds);
    let slowest = times.fold(0.0, f32::max);
    // A failure is worse than any time: above all that a run may take.
    let worst = past.iter().map(|span| {
        let took = span.slowest_seconds.unwrap_or_default();
        (span.at, if span.failures > 0 { f32::MAX } else { took })
    });
    let hours = by_hour(worst, now);
    let title = format!(
        "Three days by the hour: {failures} of {runs} runs failed; the slowest took {:.0} ms",
        slowest * 1e3
    );
    picture(&title, &hours, |took| {
        let failed = took >= f32::MAX;
        // By the logarithm: one slow run does not flatten the others.
        let high = |seconds: f32| (1.0 + seconds / SHORT).ln();
        let share = high(took) / high(slowest).max(f32::MIN_POSITIVE);
        (if failed { 1.0 } else { share * 0.75 }, failed)
    })
}

fn by_hour(past: impl Iterator<Item = (Timestamp, f32)>, now: Timestamp) -> Hours {
    let mut hours = [None; HOURS];
    for (at, value) in past {
        let age = usize::try_from(now.duration_since(at).as_hours());
        let place = age.ok().and_then(|age| (HOURS - 1).checked_sub(age));
        if let Some(hour) = place.and_then(|place| hours.get_mut(place)) {
            *hour = Some(hour.unwrap_or(value).max(value));
        }
    }
    hours
}

/// Draws each hour as high as told, and red where that is told.
fn picture(title: &str, hours: &Hours, stroke: impl Fn(f32) -> (f32, bool)) -> Markup {
    let known = hours.iter().enumerate();
    let known = known.filter_map(|(place, value)| Some((place, stroke((*value)?))));
    let (red, plain): (Vec<_>, Vec<_>) = known.partition(|(_, (_, is_red))| *is_red);
    let path = |strokes: &[(usize, (f32, bool))]| {
        let high = |share: f32| (share.clamp(0.0, 1.0) * HEIGHT).max(1.0);
        let each = strokes.iter();
        let each = each.map(|(place, (share, _))| format!("M{place} 24v-{:.0}", high(*share)));
        each.collect::<Vec<_>>().concat()
    };
    html! {
        @if !(plain.is_empty() && red.is_empty()) {
            svg.spark viewBox="-1 0 73 24" preserveAspectRatio="none" role="img" {
                title { (title) }
                @if !plain.is_empty() { path d=(path(&plain)) {} }
                @if !red.is_empty() { path.red d=(path(&red)) {} }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours_ago(hours: i64, now: Timestamp) -> Timestamp {
        now - jiff::SignedDuration::from_hours(hours)
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    #[test]
    fn an_hour_is_as_high_as_its_worst_and_red_from_the_threshold_on() {
        let of = |hours, used_ratio| PastUsage {
            at: hours_ago(hours, now()),
            used_ratio,
        };
        let past = [
            of(80, 1.0),
            of(71, 0.5),
            of(0, 0.2),
            of(0, 0.95),
            of(-2, 1.0),
        ];
        let drawn = of_limit(&past, 0.9, now()).into_string();
        assert!(drawn.contains(r#"<path d="M0 24v-12">"#), "{drawn}");
        assert!(
            drawn.contains(r#"<path class="red" d="M71 24v-23">"#),
            "{drawn}"
        );
        assert!(drawn.contains("at most 95 % used; 1 of 2 hours"), "{drawn}");
    }

    #[test]
    fn a_failed_run_is_drawn_over_all_that_went_well_within_its_hour() {
        let of = |hours, failures, slowest_seconds| PastSpan {
            at: hours_ago(hours, now()),
            runs: 10,
            failures,
            slowest_seconds,
        };
        let past = [of(3, 0, Some(0.5)), of(2, 0, Some(1.0)), of(2, 1, None)];
        let drawn = of_probe(&past, now()).into_string();
        assert!(drawn.contains(r#"<path d="M68 24v-15">"#), "{drawn}");
        assert!(
            drawn.contains(r#"<path class="red" d="M69 24v-24">"#),
            "{drawn}"
        );
        assert!(drawn.contains("1 of 30 runs failed; the slowest took 1000 ms"));
    }

    #[test]
    fn whatever_is_remembered_the_picture_stays_small_and_nothing_is_drawn_of_nothing() {
        assert_eq!(of_probe(&[], now()).into_string(), "");
        let quarter = |n: i32| now() - jiff::SignedDuration::from_mins(15) * n;
        for value in [0.0, 0.5, 1.0, 1e9, f32::NAN, f32::INFINITY] {
            let past = (0..100_000).map(|n| PastUsage {
                at: quarter(n),
                used_ratio: value,
            });
            let past: Vec<_> = past.collect();
            let drawn = of_limit(&past, 0.9, now()).into_string();
            assert!(drawn.len() < 1_200, "{}", drawn.len());
        }
    }
}
