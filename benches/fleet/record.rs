//! What the server remembers: windows that open with the first request, and when it was asked.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::orgs::{ENDPOINTS, PUBLIC};

/// What every window grants.
const LIMIT: u64 = 600;
/// How long it lasts, in seconds.
const WINDOW: u64 = 60;

pub(crate) struct Record(Mutex<Notes>);

struct Notes {
    /// Of each org and endpoint: requests so far, and the end in seconds since the epoch.
    windows: Vec<(u64, u64)>,
    /// Of each org and public document: when it was last asked for.
    asked: Vec<Option<Instant>>,
    gaps: Vec<Duration>,
    requests: u64,
}

/// The numbers of the three rate-limit headers.
pub(crate) struct Headers {
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    pub(crate) reset: u64,
}

impl Record {
    pub(crate) fn new(orgs: usize) -> Self {
        Self(Mutex::new(Notes {
            windows: vec![(0, 0); orgs * ENDPOINTS.len()],
            asked: vec![None; orgs * PUBLIC.len()],
            gaps: Vec::new(),
            requests: 0,
        }))
    }

    /// A public document was asked for.
    pub(crate) fn asked(&self, org: usize, place: usize) {
        let (mut notes, now) = (self.lock(), Instant::now());
        notes.requests += 1;
        let last = notes.asked.get_mut(org * PUBLIC.len() + place);
        let gap = last
            .and_then(|last| last.replace(now))
            .map(|last| now - last);
        notes.gaps.extend(gap);
    }

    /// A request was charged to an endpoint's window.
    pub(crate) fn charged(&self, org: usize, place: usize) -> Headers {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now = now.as_secs();
        let mut notes = self.lock();
        notes.requests += 1;
        let mut used = 1;
        let mut reset = now + WINDOW;
        if let Some(window) = notes.windows.get_mut(org * ENDPOINTS.len() + place) {
            if now < window.1 {
                (used, reset) = (window.0 + 1, window.1);
            }
            *window = (used, reset);
        }
        Headers {
            limit: LIMIT,
            remaining: LIMIT.saturating_sub(used),
            reset,
        }
    }

    /// What was noted; then notes anew.
    pub(crate) fn tell(&self, interval: Duration) -> Value {
        let mut notes = self.lock();
        let mut off: Vec<f64> = notes
            .gaps
            .drain(..)
            .map(|gap| 1e3 * (gap.as_secs_f64() - interval.as_secs_f64()).abs())
            .collect();
        off.sort_unstable_by(f64::total_cmp);
        let at = |percent: usize| {
            let place = off.len().saturating_sub(1) * percent / 100;
            off.get(place).copied().unwrap_or_default()
        };
        json!({
            "requests": std::mem::take(&mut notes.requests),
            "median": at(50), "p99": at(99), "most": at(100),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
