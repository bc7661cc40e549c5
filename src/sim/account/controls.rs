//! What may happen to an org's account.

use std::time::Duration;

use crate::sim::clock::after;
use crate::sim::controls::Controls;

impl Controls {
    /// Lets the org end so far from now, as a trial does.
    pub fn expire_org_in(&self, left: Duration) {
        let end = after(self.now(), left);
        self.world().account.expires = Some(end);
    }

    /// Lets the org be one that is paid for.
    pub fn pay_for_org(&self) {
        self.world().account.expires = None;
    }

    /// Lets Okta Support sign in for so long.
    pub fn open_support_access(&self, length: Duration) {
        let end = after(self.now(), length);
        self.world().account.support_until = Some(end);
    }

    /// Lets it sign in no longer.
    pub fn close_support_access(&self) {
        self.world().account.support_until = None;
    }

    /// What ThreatInsight does: `none`, `audit` or `block`.
    pub fn set_threat_action(&self, action: &'static str) {
        self.world().account.threat_action = action;
    }

    /// From which percentage of a bucket on Okta warns.
    pub fn set_warning_threshold(&self, percent: u32) {
        self.world().org.warning_threshold = percent;
    }

    /// Whether administrators get mails about limits at all.
    pub fn set_admin_notifications(&self, on: bool) {
        self.world().account.mails_of_limits = on;
    }

    /// Nobody gets Okta's mail of this kind any more.
    pub fn unsubscribe(&self, mail: &str) {
        let mut world = self.world();
        world.account.unsubscribed.insert(mail.to_owned());
    }

    /// Super administrators get it again.
    pub fn subscribe(&self, mail: &str) {
        self.world().account.unsubscribed.remove(mail);
    }
}
