//! What an org's events have come to, and who told which: an event counts once, whoever tells it,
//! and however often. Pure, but for the moment that it is told.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;

use super::{
    authentication, chunks,
    counts::{Counts, Ids},
    keys::{FailureKey, HookKey, LogKey, OTHER},
    ring::{Ring, Told},
};
use crate::{
    metrics::Histogram,
    okta::event::{Delivery, Event},
    units::{Moment, Timestamp},
};

/// An event that is meant for a hook and has not come by it for so long has been lost.
const LOST_AFTER: Duration = Duration::from_mins(5);
/// An org has at most so many event hooks.
const MOST_HOOKS: usize = 25;
/// By how many seconds a hook may be sooner than the log, or later.
const LEADS: &[f64] = &[
    -300.0, -60.0, -10.0, -1.0, 0.0, 1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0,
];

/// Documents by their names.
pub(super) type Documents = Vec<(String, Value)>;

/// What an org's events are watched for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// Its log is followed.
    pub log: bool,
    /// A hook of it delivers here.
    pub hook: bool,
    /// The types of events that are counted by their names.
    pub types: BTreeSet<Box<str>>,
}

/// What an org's events have come to, and which were told.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) counts: Counts,
    told: Ids<Ring>,
    /// By how much hooks were sooner, in this life of the process.
    pub(super) lead: Histogram,
}

impl Default for State {
    fn default() -> Self {
        Self::of(Counts::default(), Ids::default())
    }
}

impl State {
    fn of(counts: Counts, told: Ids<Ring>) -> Self {
        Self {
            counts,
            told,
            lead: Histogram::new(LEADS),
        }
    }

    /// Counts what a page of the log tells. True where that changed anything.
    pub(super) fn told_by_log(&mut self, events: &[Event], watched: &Watched, at: Moment) -> bool {
        for event in events {
            self.log_event(event, watched, at);
        }
        self.judge(at) || !events.is_empty()
    }

    /// Counts what a delivery tells, which came at this time of day. True where anything of it was
    /// not told before.
    pub(super) fn told_by_hook(
        &mut self,
        delivery: &Delivery,
        watched: &Watched,
        (at, shown): (Moment, Timestamp),
    ) -> bool {
        let counts = &mut self.counts;
        counts.last_delivery = Some(shown);
        if let Some(hook) = &delivery.hook
            && counts.hooks.len() < MOST_HOOKS
        {
            counts.hooks.insert(hook.clone());
        }
        let mut is_new = false;
        for event in &delivery.page.events {
            is_new |= self.hook_event(event, watched, at);
        }
        self.judge(at) || is_new
    }

    fn log_event(&mut self, event: &Event, watched: &Watched, at: Moment) {
        let told = Told {
            at,
            in_this_life: true,
            meant: event
                .hooks
                .iter()
                .any(|hook| self.counts.hooks.contains(hook)),
        };
        if !self.told.log.tell(event.id, told) {
            self.counts.duplicates += 1;
            return;
        }
        let key = LogKey {
            event_type: watched.label(&event.event_type),
            outcome: event.outcome,
            severity: event.severity,
        };
        self.counts.log.count(key, event.published);
        if let Some(event_type) = authentication::failed(event) {
            let key = FailureKey {
                event_type: event_type.into(),
                reason: event.reason,
            };
            self.counts.failures.count(key, None);
        }
        if told.meant || event.rate_limit.is_some() {
            self.told.shared.tell(event.id, told);
        }
        let by_hook = self.told.hook.get(event.id);
        if let Some(by_hook) = by_hook.filter(|told| told.in_this_life) {
            self.lead.observe(at.since(by_hook.at).as_secs_f64());
        }
        if let Some(limit) = &event.rate_limit
            && by_hook.is_none()
        {
            self.counts.limit(limit, event.published);
        }
    }

    fn hook_event(&mut self, event: &Event, watched: &Watched, at: Moment) -> bool {
        let told = Told {
            at,
            in_this_life: true,
            meant: true,
        };
        if !self.told.hook.tell(event.id, told) {
            return false;
        }
        let key = HookKey {
            event_type: watched.label(&event.event_type),
            outcome: event.outcome,
        };
        self.counts.hook.count(key, None);
        let by_log = self.told.shared.get(event.id);
        if let Some(by_log) = by_log.filter(|told| told.in_this_life) {
            self.lead.observe(-at.since(by_log.at).as_secs_f64());
        }
        if let Some(limit) = &event.rate_limit
            && by_log.is_none()
        {
            self.counts.limit(limit, event.published);
        }
        true
    }

    /// Counts the events that should have come by a hook by now. True where there were any to look
    /// at.
    fn judge(&mut self, now: Moment) -> bool {
        let before = self.counts.judged;
        while let Some((number, id, told)) = self.told.shared.at_or_after(self.counts.judged) {
            if now.since(told.at) < LOST_AFTER {
                break;
            }
            if told.meant && self.told.hook.get(id).is_none() {
                self.counts.missed += 1;
            }
            self.counts.judged = number + 1;
        }
        self.counts.judged != before
    }

    /// The documents that hold all this, but for ids before these numbers; and the numbers from
    /// which on ids come later.
    pub(super) fn written(&self, kept: &Ids<u64>) -> serde_json::Result<(Documents, Ids<u64>)> {
        let counts = Counts {
            ids: self.told.numbers(),
            ..self.counts.clone()
        };
        let mut documents = vec![("counts".to_owned(), serde_json::to_value(counts)?)];
        for ((name, ring), (_, kept)) in self.told.each().into_iter().zip(kept.each()) {
            let chunks = chunks::written(ring, *kept).into_iter();
            documents.extend(chunks.map(|(chunk, written)| (format!("{name}/{chunk}"), written)));
        }
        Ok((documents, self.told.map(Ring::next)))
    }

    /// The numbers from which on nothing is kept, of what was just read.
    pub(super) fn all(&self) -> Ids<u64> {
        self.told.map(Ring::next)
    }

    /// What was kept: the counts, and the ids that belong to them.
    pub(super) fn read(counts: Counts, told: Ids<Ring>) -> Self {
        Self::of(counts, told)
    }
}

impl Watched {
    /// What a type of event is called among the counts.
    fn label(&self, event_type: &str) -> Box<str> {
        let known = self.types.get(event_type).cloned();
        known.unwrap_or_else(|| OTHER.into())
    }
}
