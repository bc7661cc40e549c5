//! One org's rate limits, shared by its keepers, its requests and the board: each exchange is learned
//! here once, when it is settled; here is decided when to sample next, and whether a request may be
//! sent. Nothing here sends a request.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::sleep_until};

use super::{
    asker::{GatedRun, Purpose},
    bucket_mismatch::BucketMismatch,
    queue::Place,
    refused::Refused,
    round_robin::{Member, Scheduled},
    spending::Asker,
    state::LimitsState,
};
use crate::{
    fleet::aim::NextSample,
    okta::{Charge, Exchange, OktaClock, Ticket},
    units::{Moment, Share},
};

/// One org's rate limits.
#[derive(Debug)]
pub struct Limits {
    pub(super) share: Share,
    pub(super) okta_clock: OktaClock,
    state: Mutex<LimitsState>,
    changed: watch::Sender<()>,
}

/// How a run of a probe that aims at windows ended.
#[derive(Debug, Clone, Copy)]
pub struct EndedRun<'a> {
    /// The probe.
    pub probe: &'a str,
    /// The short name of what it asks.
    pub api: &'a str,
    /// When the run began.
    pub at: Moment,
    /// How often it is to run.
    pub interval: Duration,
    /// How soon it may run again at the earliest, where its failure says so.
    pub not_before: Option<Moment>,
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(Share::TWENTIETH)
    }
}

impl Limits {
    /// Nothing is known yet; of each limit this share may be spent.
    pub fn new(share: Share) -> Self {
        Self {
            share,
            okta_clock: OktaClock::default(),
            state: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }

    /// With the clock of this org, which its client goes by as well.
    #[must_use]
    pub fn with_okta_clock(self, okta_clock: OktaClock) -> Self {
        Self { okta_clock, ..self }
    }

    /// The org's clock, as learned from what was settled here.
    pub fn okta_clock(&self) -> &OktaClock {
        &self.okta_clock
    }

    /// May a request be sent now? One that may is to be settled or abandoned.
    pub(super) fn admit(
        &self,
        charge: &Charge,
        run: &GatedRun,
        place: Option<Place>,
    ) -> Result<Ticket, Refused> {
        let now = Moment::now();
        let mut state = self.lock();
        let bucket = state.bucket(charge);
        let asker = Asker {
            purpose: run.purpose,
            others_aim: bucket.round_robin.others_than(&run.probe),
            place,
        };
        bucket.spending.admit(now, self.share, asker)?;
        let ticket = state.begin(charge);
        drop(state);
        if place.is_some() {
            // There may be another request for who comes next.
            self.tell_change();
        }
        Ok(ticket)
    }

    /// A run waits from now on to send a request.
    pub(super) fn wait(&self, charge: &Charge, purpose: Purpose) -> Place {
        self.lock().wait(charge, purpose)
    }

    /// It waits no longer.
    pub(super) fn give_up(&self, place: Place) {
        if self.lock().give_up(place) {
            self.tell_change();
        }
    }

    /// Learns what came of a request, whichever probe made it: once.
    pub fn settle(&self, ticket: Option<Ticket>, exchange: &Exchange) {
        self.okta_clock.learn(exchange);
        let by = (&self.okta_clock, self.share);
        let mut state = self.lock();
        if let Some(ticket) = ticket {
            state.end(ticket);
        }
        state.learn(exchange, by, Moment::now());
        drop(state);
        self.tell_change();
    }

    /// Nothing will be heard of a request that was admitted. It is spent if it may have been `sent`.
    pub fn abandon(&self, ticket: Ticket, sent: bool) {
        if let Some(bucket) = self.lock().end(ticket).filter(|_| sent) {
            bucket.lose(Moment::now());
        }
        self.tell_change();
    }

    /// What was found of buckets since this was asked last, each once.
    pub fn take_found(&self) -> Vec<BucketMismatch> {
        std::mem::take(&mut self.lock().found)
    }

    /// A run of a probe that aims at windows has ended: its next one is scheduled in the bucket in
    /// which its request was counted, or where it takes turns already. `false` if it never made one.
    pub fn ended(&self, run: EndedRun<'_>) -> bool {
        let now = Moment::now();
        let mut state = self.lock();
        let Some(key) = state.take_key(run.api).or_else(|| state.turn_of(run.probe)) else {
            return false;
        };
        for (other, bucket) in &mut state.buckets {
            if *other != key && bucket.round_robin.has(run.probe) {
                bucket.round_robin.leave(run.probe);
                bucket.schedule(&self.okta_clock, self.share, now);
            }
        }
        let bucket = state.buckets.entry(key).or_default();
        let member = Member {
            interval: run.interval,
            last: run.at,
            not_before: run.not_before,
        };
        bucket.round_robin.enter(run.probe, member);
        bucket.schedule(&self.okta_clock, self.share, now);
        drop(state);
        self.tell_change();
        true
    }

    /// The sample of this probe that is scheduled.
    pub fn scheduled(&self, probe: &str) -> Option<NextSample> {
        self.turn_of(probe).map(|scheduled| scheduled.next)
    }

    /// A run of this probe begins: as it was scheduled, or else `apart` from others' turns.
    pub fn begin(&self, probe: &str, apart: bool) {
        let mut state = self.lock();
        let mut buckets = state.buckets.values_mut();
        if let Some(bucket) = buckets.find(|bucket| bucket.round_robin.has(probe)) {
            bucket.round_robin.begin(probe, apart);
            bucket.schedule(&self.okta_clock, self.share, Moment::now());
        }
        drop(state);
        self.tell_change();
    }

    /// Comes back when it is this probe's turn.
    pub async fn turn(&self, probe: &str) {
        let mut changed = self.changes();
        loop {
            changed.borrow_and_update();
            let due = self
                .turn_of(probe)
                .map(|scheduled| scheduled.next.at.instant());
            let waiting = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = waiting => return,
                // The sender lives in `self`.
                _ = changed.changed() => {}
            }
        }
    }

    /// When this probe's next turn is at the latest, where that is known: where it need not wait for
    /// others, nor for a budget of one request. The end that it is to see may turn out to be that of a
    /// window which opened later.
    pub(in crate::fleet) fn next_turn(&self, probe: &str) -> Option<Moment> {
        let state = self.lock();
        let mut buckets = state.buckets.values();
        let bucket = buckets.find(|bucket| bucket.round_robin.has(probe))?;
        let is_free = bucket.spending.allowed(self.share) != Some(1);
        let turn = bucket.round_robin.next_turn(probe).filter(|_| is_free)?;
        Some(turn.after(bucket.aim.length()))
    }

    /// Tells of each change of what is known.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(super) fn tell_change(&self) {
        self.changed.send_replace(());
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, LimitsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn_of(&self, probe: &str) -> Option<Scheduled> {
        let state = self.lock();
        let buckets = state.buckets.values();
        let mut turns = buckets.filter_map(|bucket| bucket.round_robin.scheduled());
        turns.find(|scheduled| scheduled.probe == probe).cloned()
    }
}
