//! The hand that gives an org event hooks and takes them away.

use std::sync::Arc;

use super::delivery::{Caller, deliver};
use super::{ELIGIBLE, EventHook, Hook, HookTotals};
use crate::sim::answer::{id, random};
use crate::sim::controls::Controls;
use crate::sim::error::Error;
use crate::sim::system_log::LogEvent;

impl Controls {
    /// Adds an event hook once it has answered the one-time challenge; returns its id. From now on
    /// it is told of what is written to the log, but for [`Controls::log_raw`].
    ///
    /// # Errors
    /// If it does not answer as Okta wants, or wants events that Okta pushes to nobody.
    pub async fn add_hook(&self, hook: EventHook) -> Result<String, Error> {
        let mut types = hook.types.iter();
        if let Some(other) = types.find(|wanted| !ELIGIBLE.contains(&wanted.as_str())) {
            return Err(Error::NotEligible(other.clone()));
        }
        let caller = Caller::new(&hook).map_err(Error::Unverified)?;
        caller
            .verify(&random(32))
            .await
            .map_err(Error::Unverified)?;
        let (name, waiting) = {
            let mut world = self.world();
            let name = id("who", world.hooks.0.len());
            let (hook, events) = Hook::new(&name, hook);
            let hook = Arc::new(hook);
            world.hooks.0.push(hook.clone());
            (name, deliver(self.clone(), (hook, caller), events))
        };
        let stop = self.stop_token();
        // The task ends with the org, so nobody needs its handle.
        drop(tokio::spawn(async move {
            stop.run_until_cancelled(waiting).await;
        }));
        self.log(&LogEvent::new("event_hook.verified").target("EventHook", &name));
        Ok(name)
    }

    /// What became of a hook's events so far; nothing for a hook that the org does not have.
    pub fn hook_totals(&self, hook: &str) -> HookTotals {
        let hook = self.hook(hook);
        hook.map(|hook| hook.totals.borrow().clone())
            .unwrap_or_default()
    }

    /// Returns once every event that a hook was to be told of has been delivered or lost.
    pub async fn until_hook_settled(&self, hook: &str) -> HookTotals {
        let Some(hook) = self.hook(hook) else {
            return HookTotals::default();
        };
        let mut totals = hook.totals.subscribe();
        let settled = totals.wait_for(HookTotals::is_settled).await;
        // The sender lives in `hook`, so the wait can only end by the condition.
        settled.map(|totals| totals.clone()).unwrap_or_default()
    }

    /// Tells a hook of nothing more that is written from now on.
    pub fn deactivate_hook(&self, hook: &str) {
        if let Some(hook) = self.hook(hook) {
            hook.deactivate();
            self.log(&LogEvent::new("event_hook.deactivated").target("EventHook", &hook.id));
        }
    }

    fn hook(&self, id: &str) -> Option<Arc<Hook>> {
        let world = self.world();
        world.hooks.0.iter().find(|hook| hook.id == id).cloned()
    }
}
