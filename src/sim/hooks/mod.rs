//! The org's event hooks: who is told of which events, and what is still to be told. How it is
//! delivered stands in [`delivery`].

mod controls;
mod delivery;
mod event_hook;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Bytes;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

pub use event_hook::EventHook;

/// What of the types that may be pushed the simulation writes, or is likely to be told to.
const ELIGIBLE: &[&str] = &[
    "security.threat.detected",
    "system.api_token.create",
    "system.api_token.request_outside_allowed_range",
    "system.api_token.revoke",
    "system.log_stream.lifecycle.activate",
    "system.log_stream.lifecycle.deactivate",
    "system.org.rate_limit.violation",
    "system.org.rate_limit.warning",
    "user.account.lock",
    "user.authentication.auth_via_mfa",
    "user.session.start",
];

/// How many events wait for a hook at most; what comes then is lost to it. Okta pushes 400,000 a day.
const MOST_WAITING: usize = 400_000;

/// What became of a hook's events and deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookTotals {
    /// Events that it was to be told of.
    pub events: u64,
    /// Events of which none of its answers was 2xx, or that too many waited before.
    pub lost: u64,
    /// Events of which an answer was 2xx.
    pub delivered: u64,
    /// The uuids of the delivered events, as they were answered; the first 400,000 are kept.
    pub acknowledged: Vec<String>,
    /// Requests, whatever came of them.
    pub posts: u64,
    /// Requests that were sent again after a timeout or a 5xx.
    pub retries: u64,
}

impl HookTotals {
    fn end(&mut self, batch: Vec<Told>, is_delivered: bool) {
        let events = batch.len() as u64;
        if !is_delivered {
            self.lost += events;
            return;
        }
        self.delivered += events;
        let room = MOST_WAITING.saturating_sub(self.acknowledged.len());
        let uuids = batch.into_iter().map(|told| told.uuid);
        self.acknowledged.extend(uuids.take(room));
    }

    fn is_settled(&self) -> bool {
        self.events == self.lost + self.delivered
    }
}

/// One event to be pushed.
#[derive(Clone, Debug)]
pub(super) struct Told {
    uuid: String,
    text: Bytes,
}

impl Told {
    pub(super) fn new(uuid: &str, text: Bytes) -> Self {
        let uuid = uuid.to_owned();
        Self { uuid, text }
    }
}

/// A verified hook.
#[derive(Debug)]
pub(super) struct Hook {
    pub(super) id: String,
    setup: EventHook,
    is_active: AtomicBool,
    waiting: mpsc::Sender<Told>,
    totals: watch::Sender<HookTotals>,
}

impl Hook {
    /// A hook, and where its events come out.
    fn new(id: &str, setup: EventHook) -> (Self, mpsc::Receiver<Told>) {
        let (waiting, events) = mpsc::channel(MOST_WAITING);
        let hook = Self {
            id: id.to_owned(),
            setup,
            is_active: AtomicBool::new(true),
            waiting,
            totals: watch::Sender::default(),
        };
        (hook, events)
    }

    fn is_active(&self) -> bool {
        self.is_active.load(Ordering::Relaxed)
    }

    fn deactivate(&self) {
        self.is_active.store(false, Ordering::Relaxed);
    }

    /// Lets it be told of an event.
    pub(super) fn tell(&self, event: Told) {
        let is_lost = self.waiting.try_send(event).is_err();
        self.totals.send_modify(|totals| {
            totals.events += 1;
            totals.lost += u64::from(is_lost);
        });
    }
}

/// The hooks of one org.
#[derive(Debug, Default)]
pub(super) struct Hooks(Vec<Arc<Hook>>);

impl Hooks {
    /// The hooks that are told of events of this type.
    pub(super) fn told_of(&self, event_type: &str) -> Vec<Arc<Hook>> {
        let hooks = self.0.iter();
        let told = |hook: &&Arc<Hook>| hook.is_active() && hook.setup.wants(event_type);
        hooks.filter(told).cloned().collect()
    }

    /// As the Management API lists them; secrets are shown nowhere.
    pub(super) fn list(&self) -> Vec<Value> {
        let entity = |hook: &Arc<Hook>| {
            let key = hook.setup.header.as_ref().map(|(name, _)| name);
            json!({
                "id": hook.id,
                "name": hook.id,
                "status": if hook.is_active() { "ACTIVE" } else { "INACTIVE" },
                "verificationStatus": "VERIFIED",
                "events": { "type": "EVENT_TYPE", "items": hook.setup.types },
                "channel": {
                    "type": "HTTP",
                    "version": "1.0.0",
                    "config": {
                        "uri": hook.setup.url,
                        "headers": [],
                        "method": "POST",
                        "authScheme": { "type": "HEADER", "key": key },
                    },
                },
            })
        };
        self.0.iter().map(entity).collect()
    }
}
