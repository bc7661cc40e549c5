//! How serving goes: counts that are drawn with everything else.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::families::{REQUESTS, SCRAPE};
use crate::metrics::{Histogram, Page};

/// Buckets for drawing a page: from a small one to one of a hundred thousand series.
const BUCKETS: &[f64] = &[
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0,
];

/// How serving goes.
#[derive(Debug)]
pub(super) struct Stats(Mutex<Counts>);

#[derive(Debug)]
struct Counts {
    requests: BTreeMap<(String, u16), u64>,
    scrapes: Histogram,
}

impl Default for Stats {
    fn default() -> Self {
        Self(Mutex::new(Counts {
            requests: BTreeMap::new(),
            scrapes: Histogram::new(BUCKETS),
        }))
    }
}

impl Stats {
    pub(super) fn answered(&self, handler: &str, code: u16) {
        *self
            .lock()
            .requests
            .entry((handler.to_owned(), code))
            .or_default() += 1;
    }

    pub(super) fn scraped(&self, took: Duration) {
        self.lock().scrapes.observe(took.as_secs_f64());
    }

    pub(super) fn draw(&self, page: &mut Page) {
        let counts = self.lock();
        for ((handler, code), count) in &counts.requests {
            page.push(&REQUESTS, &[handler, &code.to_string()], *count as f64);
        }
        page.histogram(&SCRAPE, &[], &counts.scrapes);
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
