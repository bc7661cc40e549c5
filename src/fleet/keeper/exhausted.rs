//! A run that is made because a limit of the org ran out.

use super::Keeper;
use crate::{fleet::RunOnce, units::Moment};

impl<R: RunOnce> Keeper<R> {
    /// Comes back when a limit of the org has run out and this probe asks who was active. One that is to
    /// keep away for longer than its interval does not.
    pub(super) async fn exhausted(&self, due: Moment) {
        let until_due = due.since(Moment::now());
        match self.limits() {
            Some(limits)
                if self.plan.run.asks_when_exhausted() && until_due <= self.plan.interval =>
            {
                limits.exhausted().await;
            }
            _ => std::future::pending().await,
        }
    }
}
