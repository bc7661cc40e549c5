//! The past of one org, shared by the board and by who keeps it: neither waits for the other for long.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    chunk::{Chunk, LimitId},
    spans::{HOUR, Noted, Runs, Spans, Used, span_of},
    told::{PastSpan, PastUsage},
};
use crate::{okta::RateLimit, units::Timestamp};

/// The most probes and the most limits of an org of which the past is known.
const MOST: usize = 100;
/// Whose last span is so much older gives way to another.
const SILENT: u32 = 24 * HOUR;

/// The past of one org: 288 spans, 3,456 bytes, of a probe at most, 2,304 of a limit, and of a hundred
/// of each at most; so no org takes more than 600 kB, and one of fifteen probes and ten limits, all of
/// them asked each quarter of an hour, 75 kB.
#[derive(Default)]
pub(in crate::fleet) struct OrgPast {
    /// The org by its address: what is kept of another org under this name is not this one's.
    origin: String,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    probes: BTreeMap<String, Spans<Runs>>,
    limits: BTreeMap<LimitId, Spans<Used>>,
    /// What an earlier life left is part of it.
    is_recalled: bool,
}

impl OrgPast {
    /// Of an org of which nothing is known yet.
    pub(in crate::fleet) fn new(origin: String) -> Self {
        Self {
            origin,
            known: Mutex::default(),
        }
    }

    /// The address of its org.
    pub(in crate::fleet) fn origin(&self) -> &str {
        &self.origin
    }

    /// Notes a run that ended then, or was left out.
    pub(in crate::fleet) fn note_run(
        &self,
        probe: &str,
        ended: Timestamp,
        (took, failed): (Option<Duration>, bool),
    ) {
        let (mut known, span) = (self.lock(), span_of(ended));
        if let Some(spans) = of(&mut known.probes, probe.to_owned(), span) {
            spans.note(span, Runs::one(took, failed));
        }
    }

    /// Notes how much of these limits is used.
    pub(in crate::fleet) fn note_usage(
        &self,
        at: Timestamp,
        limits: impl IntoIterator<Item = (LimitId, RateLimit)>,
    ) {
        let (mut known, span) = (self.lock(), span_of(at));
        for (id, read) in limits {
            if let Some(spans) = of(&mut known.limits, id, span) {
                spans.note(span, Used::of(read));
            }
        }
    }

    /// Its probe is gone, and so is its past.
    pub(in crate::fleet) fn forget(&self, probe: &str) {
        self.lock().probes.remove(probe);
    }

    /// How a probe's runs went, the oldest span first.
    pub(in crate::fleet) fn runs(&self, probe: &str, now: Timestamp) -> Vec<PastSpan> {
        let known = self.lock();
        let spans = known.probes.get(probe).into_iter();
        let told = spans.flat_map(|spans| spans.until(span_of(now)));
        told.map(PastSpan::of).collect()
    }

    /// How much of a limit was used, the oldest span first.
    pub(in crate::fleet) fn usage(&self, limit: &LimitId, now: Timestamp) -> Vec<PastUsage> {
        let known = self.lock();
        let spans = known.limits.get(limit).into_iter();
        let told = spans.flat_map(|spans| spans.until(span_of(now)));
        told.map(PastUsage::of).collect()
    }

    /// True once what an earlier life left is part of it: until then nothing of it is kept.
    pub(super) fn is_recalled(&self) -> bool {
        self.lock().is_recalled
    }

    /// Adds what an earlier life left.
    pub(super) fn recall(&self, chunks: Vec<Chunk>) {
        let mut known = self.lock();
        for Chunk { probes, limits } in chunks {
            for (probe, spans) in probes {
                add(&mut known.probes, probe, &spans);
            }
            for (limit, spans) in limits {
                add(&mut known.limits, limit, &spans);
            }
        }
        known.is_recalled = true;
    }

    /// What was noted in one part of time.
    pub(super) fn within(&self, is_within: impl Fn(u32) -> bool) -> Chunk {
        let known = self.lock();
        let probes = known.probes.iter();
        let probes = probes.map(|(probe, spans)| (probe.clone(), spans.within(&is_within)));
        let limits = known.limits.iter();
        let limits = limits.map(|(limit, spans)| (limit.clone(), spans.within(&is_within)));
        Chunk {
            probes: probes.filter(|(_, spans)| !spans.is_empty()).collect(),
            limits: limits.filter(|(_, spans)| !spans.is_empty()).collect(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The spans of one of these; `None` where there are too many others that are not silent.
fn of<K: Ord + Clone, T: Noted>(
    all: &mut BTreeMap<K, Spans<T>>,
    key: K,
    span: u32,
) -> Option<&mut Spans<T>> {
    if all.len() >= MOST && !all.contains_key(&key) {
        let silent = all
            .iter()
            .filter_map(|(key, spans)| Some((spans.last()?, key)))
            .min_by_key(|(last, _)| *last);
        let (last, silent) = silent?;
        if last.saturating_add(SILENT) > span {
            return None;
        }
        let silent = silent.clone();
        all.remove(&silent);
    }
    Some(all.entry(key).or_default())
}

fn add<K: Ord + Clone, T: Noted>(all: &mut BTreeMap<K, Spans<T>>, key: K, spans: &Spans<T>) {
    let last = spans.last().unwrap_or_default();
    if let Some(known) = of(all, key, last) {
        known.take_in(spans);
    }
}

impl fmt::Debug for OrgPast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrgPast")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 * 3_600 + hours * 3_600).unwrap()
    }

    fn run(past: &OrgPast, probe: &str, hours: i64) {
        past.note_run(probe, at(hours), (Some(Duration::from_secs(1)), false));
    }

    #[test]
    fn of_very_many_probes_a_hundred_have_a_past_and_who_is_silent_for_a_day_gives_way() {
        let past = OrgPast::default();
        for n in 0..1_000 {
            run(&past, &format!("endpoint/{n}"), 0);
        }
        let known = |n: usize, now| past.runs(&format!("endpoint/{n}"), at(now)).len();
        assert_eq!((known(99, 0), known(100, 0)), (1, 0));
        for n in 1..100 {
            run(&past, &format!("endpoint/{n}"), 20);
        }
        run(&past, "endpoint/100", 23);
        assert_eq!(known(100, 24), 0);
        run(&past, "endpoint/100", 24);
        assert_eq!((known(0, 24), known(100, 24)), (0, 1));
        past.forget("endpoint/1");
        assert_eq!(known(1, 24), 0);
    }

    #[test]
    fn what_an_earlier_life_left_is_added_to_what_happened_since() {
        let (earlier, later) = (OrgPast::default(), OrgPast::default());
        let id = || {
            (
                "monitor".to_owned(),
                "/api/v1/users".to_owned(),
                "users".to_owned(),
            )
        };
        let read = |remaining| RateLimit {
            limit: 100,
            remaining,
            reset: Timestamp::UNIX_EPOCH,
        };
        run(&earlier, "discovery", 0);
        earlier.note_usage(at(0), [(id(), read(10))]);
        let left = earlier.within(|_| true);
        run(&later, "discovery", 0);
        later.note_usage(at(0), [(id(), read(50))]);
        assert!(!later.is_recalled());
        later.recall(vec![left]);
        assert!(later.is_recalled());
        let runs = later.runs("discovery", at(0));
        assert_eq!((runs.len(), runs[0].runs, runs[0].at), (1, 2, at(0)));
        let usage = later.usage(&id(), at(0));
        assert_eq!(usage.len(), 1);
        assert!((usage[0].used_ratio - 0.9).abs() < 1e-6);
        assert!(earlier.within(|_| false).is_empty());
    }
}
