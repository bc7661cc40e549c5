//! The event hook of an org, as its deliveries come in: let in by its secret, and answered well once
//! what they tell is kept.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderName};
use tokio::sync::Semaphore;

use super::{account::Account, delivery_result::DeliveryResult, secret::HookSecret};
use crate::{
    config,
    fleet::limits::Limits,
    okta::event::Delivery,
    units::{Moment, Name, Timestamp},
};

/// How many events may wait to be kept.
const MOST_WAITING: usize = 20_000;
/// How often it is logged that a hook is refused.
const TOLD_EVERY: Duration = Duration::from_mins(1);

/// The event hook of one org.
#[derive(Debug)]
pub struct Hook {
    org: Name,
    header: HeaderName,
    secret: HookSecret,
    account: Arc<Account>,
    limits: Arc<Limits>,
    room: Semaphore,
    /// When it was last logged that a delivery was refused.
    told: Mutex<Option<Moment>>,
}

/// The event hooks of all orgs, as they are configured now.
#[derive(Debug, Clone, Default)]
pub struct Hooks(Arc<Mutex<BTreeMap<Name, Arc<Hook>>>>);

impl Hook {
    pub(in crate::fleet) fn new(
        org: Name,
        hook: config::EventHook,
        (account, limits): (Arc<Account>, Arc<Limits>),
    ) -> Self {
        Self {
            org,
            header: hook.header,
            secret: HookSecret::new(hook.secret),
            account,
            limits,
            room: Semaphore::new(MOST_WAITING),
            told: Mutex::default(),
        }
    }

    /// Whether a request with these headers is the hook's; else what it is.
    pub async fn admit(&self, headers: &HeaderMap) -> Result<(), DeliveryResult> {
        let told = headers.get(&self.header);
        let told = told.map(http::HeaderValue::as_bytes).unwrap_or_default();
        match self.secret.is(told).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.refused(&"it does not bring the secret of `event_hook`");
                Err(DeliveryResult::Unauthorized)
            }
            Err(why) => {
                self.refused(&why);
                Err(DeliveryResult::Unavailable)
            }
        }
    }

    /// Counts what was delivered, and comes back once it is kept.
    pub async fn take(&self, delivery: &Delivery) -> Result<(), DeliveryResult> {
        let events = u32::try_from(delivery.page.entries().max(1)).unwrap_or(u32::MAX);
        let Ok(_room) = self.room.try_acquire_many(events) else {
            self.refused(&"too many deliveries wait to be kept");
            return Err(DeliveryResult::Unavailable);
        };
        self.limits.told(&delivery.page.events);
        let kept = self.account.told_by_hook(delivery, Timestamp::now()).await;
        kept.map_err(|why| {
            self.refused(&why);
            DeliveryResult::Unavailable
        })
    }

    /// Counts what came of a delivery.
    pub fn count(&self, result: DeliveryResult) {
        self.account.count(result);
    }

    /// Logs why a delivery is refused, now and then.
    fn refused(&self, why: &dyn std::fmt::Display) {
        let now = Moment::now();
        {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.is_some_and(|told| now.since(told) < TOLD_EVERY) {
                return;
            }
            *told = Some(now);
        }
        let org = self.org.as_str();
        tracing::warn!(org, "a delivery of the event hook is refused: {why}");
    }
}

impl Hooks {
    /// The hook of this org.
    pub fn of(&self, org: &str) -> Option<Arc<Hook>> {
        let org: Name = org.parse().ok()?;
        let hooks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hooks.get(&org).cloned()
    }

    /// Those of another configuration.
    pub(in crate::fleet) fn replace(&self, hooks: BTreeMap<Name, Arc<Hook>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = hooks;
    }
}
