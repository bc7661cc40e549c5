//! When a probe runs next: pure, from how the last run ended. The keeper waits; this only counts.

use std::time::Duration;

use crate::okta::{Failure, Reason, Refusal};

/// How far apart the first runs of one org are: twenty a second, so that an org is complete within
/// a second, and none of its buckets meets a burst.
pub(super) const APART: Duration = Duration::from_millis(50);
/// So many orgs begin side by side. With twenty runs a second each this machine makes six hundred
/// first requests a second, and a thousand orgs of fifteen probes are through in 26 s.
const SIDE_BY_SIDE: usize = 30;
/// A probe that may not run is tried this many intervals apart: somebody may grant it in between.
const FORBIDDEN: u32 = 10;
/// How soon a run that failed is repeated, where its interval is longer than a minute: what lasts a
/// moment should not be believed for an hour.
const FAILED: Duration = Duration::from_secs(50);
/// How soon an answer that left something open is asked for again.
const UNSETTLED: Duration = Duration::from_secs(15);

/// When each group of probes begins, given how many probes each has: an org's are one group.
pub(super) fn starts(counts: &[usize]) -> Vec<Duration> {
    let mut starts = Vec::with_capacity(counts.len());
    let mut begin = Duration::ZERO;
    for side_by_side in counts.chunks(SIDE_BY_SIDE) {
        // Not at the same moment: each has a place of its own between two of the others' runs.
        let places = (0..).zip(side_by_side);
        starts.extend(places.map(|(place, _)| begin + Duration::from_millis(place)));
        let longest = side_by_side.iter().copied().max().unwrap_or_default();
        begin += APART * u32::try_from(longest).unwrap_or(u32::MAX);
    }
    starts
}

/// How long after a run's end the next may start at the earliest; `None` leaves it to the interval.
/// `jitter` is a random share from 0 to 1, so that a fleet does not come back in step.
pub(super) fn stay_away(failure: &Failure, interval: Duration, jitter: f64) -> Option<Duration> {
    if let Failure::Budget { again_in, .. } = failure {
        return Some(spread(*again_in, jitter));
    }
    // Of what is remembered of an earlier request, part is over, and who remembers it asks no sooner.
    let refusal = failure.refusal().filter(|_| !failure.is_remembered());
    if let Some(back_off) = refusal.and_then(|refusal| refusal.back_off) {
        return Some(spread(back_off, jitter));
    }
    is_forbidden(failure).then(|| interval.saturating_mul(FORBIDDEN))
}

/// True where Okta, or what is known of a token, says that a credential may not. An edge that turns a
/// request away says nothing of permissions, and nobody grants what is public.
fn is_forbidden(failure: &Failure) -> bool {
    let of_okta = |refusal: &Refusal| refusal.request_id.is_some() && !refusal.anonymous;
    failure.reason() == Reason::Forbidden && failure.refusal().is_none_or(of_okta)
}

fn spread(wait: Duration, jitter: f64) -> Duration {
    wait + wait
        .mul_f64(0.1)
        .max(Duration::from_secs(1))
        .mul_f64(jitter)
}

/// How long after a failure the next run may start at the latest; `None` leaves it to the interval.
/// Who is to keep away does so all the same, and a run that has not ended will say how it did.
pub(super) fn try_again(failure: &Failure, interval: Duration) -> Option<Duration> {
    let waits = matches!(failure.reason(), Reason::Overlap | Reason::Budget);
    (!waits && interval > Duration::from_mins(1)).then_some(FAILED)
}

/// How long after a run that left something open the next may start at the latest.
pub(super) fn ask_again(interval: Duration) -> Duration {
    UNSETTLED.min(interval)
}

#[cfg(test)]
mod tests;
