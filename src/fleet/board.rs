//! What is known now, shared by those who learn and those who read. Outcomes come in, series go out;
//! nothing here asks or waits. What is known is in [`Facts`](super::facts::Facts).

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::{
    Outcome, ProbeId, arrangement::Arrangement, facts::Facts, findings::Findings, past::OrgPast,
    requests::Requests, row::Row,
};
use crate::{
    metrics::Page,
    okta::{Exchange, Failure},
    store::Health,
    units::{Moment, Name, Timestamp, WallClock},
};

/// What is known now. Shared by the keepers, who write, and the web, which reads.
#[derive(Debug)]
pub struct Board {
    facts: Mutex<Facts>,
    recorded: watch::Sender<()>,
    clock: WallClock,
    store: Health,
    requests: Mutex<Requests>,
}

impl Board {
    /// An empty board.
    pub fn new() -> Self {
        Self::with_clock(WallClock::default())
    }

    /// An empty board that asks this clock for the time of day.
    pub fn with_clock(clock: WallClock) -> Self {
        Self {
            facts: Mutex::default(),
            recorded: watch::Sender::new(()),
            clock,
            store: Health::default(),
            requests: Mutex::default(),
        }
    }

    /// The same board, which also tells how keeping goes.
    #[must_use]
    pub fn keeping_in(self, store: &Health) -> Self {
        Self {
            store: store.clone(),
            ..self
        }
    }

    /// How keeping goes.
    pub(super) fn store(&self) -> &Health {
        &self.store
    }

    /// What tells its time of day.
    pub fn clock(&self) -> &WallClock {
        &self.clock
    }

    /// Makes room for a probe, so that its counters start at 0.
    pub fn expect(&self, id: ProbeId, kind: &'static str, interval: Duration) {
        let row = Row::new(kind, interval, Moment::now());
        let mut facts = self.lock();
        facts.owner(id.org.as_ref());
        facts.rows.insert(Arc::new(id), Arc::new(row));
    }

    /// Takes away what is no longer watched and makes room for what is new, all at once: nobody
    /// reads a state between two configurations.
    pub(super) fn arrange(&self, arrangement: Arrangement) {
        self.lock().arrange(arrangement, Moment::now());
    }

    /// Writes an outcome down. `expected_in` tells when the next is due.
    pub fn record(&self, id: &ProbeId, mut outcome: Outcome, expected_in: Duration) {
        let exchanges = std::mem::take(&mut outcome.exchanges);
        let now = Moment::now();
        self.noted().note(id, &exchanges);
        {
            let mut facts = self.lock();
            let owner = facts.owner(id.org.as_ref());
            if id.org.is_none() {
                // Nothing guards a page, so that nobody has settled these.
                for exchange in &exchanges {
                    owner.limits.settle(None, exchange);
                }
            }
            let shows_limits = exchanges.iter().any(shows_limit);
            owner.learn(id, exchanges);
            if shows_limits {
                let open = owner.limits.open(now);
                owner.past.note_usage(self.clock.at(now), open);
            }
            // What is held back on purpose is no run.
            if !matches!(outcome.result.failure, Some(Failure::Budget { .. })) {
                let ended = (outcome.took, outcome.result.failure.is_some());
                owner.past.note_run(&id.probe, outcome.ended(), ended);
            }
            if let Some(row) = facts.rows.get_mut(id) {
                Arc::make_mut(row).record(outcome, now, now.after(expected_in));
            }
            facts.judge(id.org.as_ref(), (now, self.clock.at(now)));
        }
        self.recorded.send_replace(());
    }

    /// What keeps this probe broke down, and nothing is known of it until it has run again.
    pub(super) fn broke_down(&self, id: &ProbeId) {
        if let Some(row) = self.lock().rows.get_mut(id) {
            let row = Arc::make_mut(row);
            row.is_broken_down = true;
            row.breakdowns += 1;
        }
    }

    /// The probes whose keeper broke down and that have not run since.
    pub fn broken_down(&self) -> Vec<ProbeId> {
        let facts = self.lock();
        let broken = facts.rows.iter().filter(|(_, row)| row.is_broken_down);
        broken.map(|(id, _)| id.as_ref().clone()).collect()
    }

    /// Tells of each outcome that was recorded; tests wait on it in place of sleeping.
    pub fn recorded(&self) -> watch::Receiver<()> {
        self.recorded.subscribe()
    }

    /// True once every probe has ended its first run.
    pub fn is_ready(&self) -> bool {
        self.lock().rows.values().all(|row| row.has_run())
    }

    /// How many probes have ended their first run, and how many there are.
    pub fn first_round(&self) -> (usize, usize) {
        let facts = self.lock();
        let done = facts.rows.values().filter(|row| row.has_run());
        (done.count(), facts.rows.len())
    }

    /// Draws every series, as of this time of day. Nobody who has something to write down waits for
    /// it.
    pub fn draw(&self, now: Timestamp, page: &mut Page) {
        self.facts().draw((self.clock.moment(now), now), page);
        self.store.draw(page);
    }

    /// What is wrong with a probe though it did not fail; with its whole org, where that is asked.
    pub(super) fn findings(&self, id: &ProbeId, whole_org: bool, now: Timestamp) -> Findings {
        let moment = self.clock.moment(now);
        self.lock().findings(id, whole_org, (moment, now))
    }

    /// The past of each org, and (as `None`) of what belongs to none.
    pub(super) fn pasts(&self) -> Vec<(Option<Name>, Arc<OrgPast>)> {
        let facts = self.lock();
        let owners = facts.owners.iter();
        owners
            .map(|(org, owner)| (org.clone(), Arc::clone(&owner.past)))
            .collect()
    }

    /// The last requests.
    pub fn requests(&self) -> Requests {
        self.noted().clone()
    }

    fn noted(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known at this moment.
    pub(super) fn facts(&self) -> Facts {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shows_limit(exchange: &Exchange) -> bool {
    let answer = exchange.answer.as_ref();
    answer.is_ok_and(|answer| answer.rate_limit.is_some())
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}
