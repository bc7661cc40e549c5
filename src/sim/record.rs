//! What the simulation received, for tests to ask about. It decides nothing.

use std::collections::VecDeque;
use std::sync::Mutex;

use jiff::Timestamp;
use tokio::sync::watch;

use super::lock::hold;

/// Enough for any test; a long demo must not grow without bound.
const KEPT: usize = 4096;

/// One request as it was received, and how it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// When it arrived, by the simulation's clock.
    pub at: Timestamp,
    /// The version of HTTP it came by.
    pub version: http::Version,
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without its question mark.
    pub query: Option<String>,
    /// The caller, where its credential is known to the org.
    pub principal: Option<String>,
    /// The status answered; absent while no answer was sent.
    pub status: Option<u16>,
}

/// A bounded ring of requests, and how many there were in all.
#[derive(Debug)]
pub(super) struct Record {
    ring: Mutex<Ring>,
    total: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Ring {
    kept: VecDeque<Received>,
    forgotten: u64,
}

impl Record {
    pub(super) fn new() -> Self {
        Self {
            ring: Mutex::default(),
            total: watch::Sender::new(0),
        }
    }

    /// Notes an arrival; the number finds it again when it is answered.
    pub(super) fn arrived(&self, request: Received) -> u64 {
        let mut ring = hold(&self.ring);
        if ring.kept.len() == KEPT {
            ring.kept.pop_front();
            ring.forgotten += 1;
        }
        let number = ring.forgotten + ring.kept.len() as u64;
        ring.kept.push_back(request);
        drop(ring);
        self.total.send_modify(|total| *total += 1);
        number
    }

    pub(super) fn amend(&self, number: u64, change: impl FnOnce(&mut Received)) {
        let mut ring = hold(&self.ring);
        let place = number
            .checked_sub(ring.forgotten)
            .and_then(|n| usize::try_from(n).ok());
        if let Some(request) = place.and_then(|place| ring.kept.get_mut(place)) {
            change(request);
        }
    }

    pub(super) fn requests(&self) -> Vec<Received> {
        hold(&self.ring).kept.iter().cloned().collect()
    }

    pub(super) fn total(&self) -> u64 {
        *self.total.borrow()
    }

    /// Returns once `path` was asked for at least `times` times.
    pub(super) async fn until_asked(&self, path: &str, times: usize) {
        let asked = |_: &u64| {
            hold(&self.ring)
                .kept
                .iter()
                .filter(|request| request.path == path)
                .count()
                >= times
        };
        let mut total = self.total.subscribe();
        // The sender lives in `self`, so the wait can only end by the condition.
        drop(total.wait_for(asked).await);
    }
}
