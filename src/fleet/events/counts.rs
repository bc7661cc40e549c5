//! What events came to, as it is drawn and as it is kept.

use std::{collections::BTreeSet, ops::Range};

use serde::{Deserialize, Serialize};

use super::{
    keys::{FailureKey, HookKey, LimitKey, LogKey, OffenderKey, UNKNOWN},
    ring::Ring,
    tally::Tally,
};
use crate::{
    okta::event::RateLimitEvent,
    units::{OktaTime, Timestamp},
};

/// What events came to. What an earlier version did not count begins with nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Counts {
    /// What the log told.
    pub(super) log: Tally<LogKey>,
    /// What it told again.
    pub(super) duplicates: u64,
    pub(super) failures: Tally<FailureKey>,
    /// What log and hooks told of limits.
    pub(super) limits: Tally<LimitKey>,
    pub(super) offenders: Tally<OffenderKey>,
    /// What hooks told.
    pub(super) hook: Tally<HookKey>,
    /// The hooks that delivered, by Okta's ids.
    pub(super) hooks: BTreeSet<Box<str>>,
    pub(super) last_delivery: Option<Timestamp>,
    /// Events that were meant for one of them and never came.
    pub(super) missed: u64,
    /// Of the events that hooks may tell as well, those before this number were looked at.
    pub(super) judged: u64,
    /// The numbers of the ids that are kept beside these counts.
    pub(super) ids: Ids<Range<u64>>,
}

/// Something of each of the rings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Ids<T> {
    /// Told by the log.
    pub(super) log: T,
    /// Told by hooks.
    pub(super) hook: T,
    /// Told by the log, and hooks may tell them as well.
    pub(super) shared: T,
}

impl<T> Ids<T> {
    /// The same of each.
    pub(super) fn map<U>(&self, of: impl Fn(&T) -> U) -> Ids<U> {
        Ids {
            log: of(&self.log),
            hook: of(&self.hook),
            shared: of(&self.shared),
        }
    }

    /// All three by their names.
    pub(super) fn each(&self) -> [(&'static str, &T); 3] {
        let Self { log, hook, shared } = self;
        [("log", log), ("hook", hook), ("shared", shared)]
    }
}

impl Ids<Ring> {
    /// The numbers that each holds.
    pub(super) fn numbers(&self) -> Ids<Range<u64>> {
        self.map(|ring| ring.first()..ring.next())
    }
}

impl Counts {
    /// Counts an event about a limit.
    pub(super) fn limit(&mut self, event: &RateLimitEvent, at: Option<OktaTime>) {
        let bucket = event.bucket.clone().unwrap_or_else(|| UNKNOWN.into());
        let key = LimitKey {
            event: event.kind,
            scope: event.scope,
            bucket,
        };
        self.limits.count(key, at);
        if let Some(offender) = &event.offender
            && event.kind.is_violation()
        {
            let key = OffenderKey {
                kind: offender.kind,
                principal: offender.id.clone(),
            };
            self.offenders.count(key, at);
        }
    }

    /// How many series caps have dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.log.dropped()
            + self.failures.dropped()
            + self.limits.dropped()
            + self.offenders.dropped()
            + self.hook.dropped()
    }
}
