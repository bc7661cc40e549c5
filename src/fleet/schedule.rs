//! When a probe runs next: pure, from how the last run ended. The keeper waits; this only counts.

use std::time::Duration;

use crate::okta::{Failure, Reason};

/// How long a whole fleet's first runs are spread over, at most: long enough not to fire at once,
/// short enough that a restart does not leave dashboards empty.
const SPREAD: Duration = Duration::from_secs(10);
/// A probe that may not run is tried this many intervals apart: somebody may grant it in between.
const FORBIDDEN: u32 = 10;
/// How soon an answer that left something open is asked for again.
const UNSETTLED: Duration = Duration::from_secs(15);

/// When probe number `index` of `count` first runs, after the start.
pub(super) fn offset(index: usize, count: usize, interval: Duration) -> Duration {
    let share = index as f64 / count.max(1) as f64;
    SPREAD.min(interval).mul_f64(share)
}

/// How long after a run's end the next may start at the earliest; `None` leaves it to the interval.
/// `jitter` is a random share from 0 to 1, so that a fleet does not come back in step.
pub(super) fn stay_away(failure: &Failure, interval: Duration, jitter: f64) -> Option<Duration> {
    if let Failure::Budget { again_in, .. } = failure {
        return Some(spread(*again_in, jitter));
    }
    if let Some(back_off) = failure.refusal().and_then(|refusal| refusal.back_off) {
        return Some(spread(back_off, jitter));
    }
    (failure.reason() == Reason::Forbidden).then(|| interval * FORBIDDEN)
}

fn spread(wait: Duration, jitter: f64) -> Duration {
    wait + wait
        .mul_f64(0.1)
        .max(Duration::from_secs(1))
        .mul_f64(jitter)
}

/// How long after a run that left something open the next may start at the latest.
pub(super) fn look_again(interval: Duration) -> Duration {
    UNSETTLED.min(interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_runs_are_spread_and_none_waits_longer_than_its_interval() {
        let minute = Duration::from_mins(1);
        let starts: Vec<_> = (0..5)
            .map(|index| offset(index, 5, minute).as_secs())
            .collect();
        assert_eq!(starts, [0, 2, 4, 6, 8]);
        assert!(offset(4, 5, Duration::from_millis(100)) < Duration::from_millis(100));
        assert_eq!(offset(0, 0, minute), Duration::ZERO);
    }
}
