//! What happens where a keeper breaks down itself, and not a run of it: it is counted and logged,
//! and watching begins anew.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Keeper, RunOnce};

/// How soon a keeper that broke down begins anew.
pub(super) const AFTER_BREAKDOWN: Duration = Duration::from_secs(10);

impl<R: RunOnce> Keeper<R> {
    /// Keeps the probe until told to stop, whatever breaks here.
    pub async fn keep(self, stop: CancellationToken) {
        let id = &self.plan.id;
        while AssertUnwindSafe(self.watch(&stop))
            .catch_unwind()
            .await
            .is_err()
        {
            self.board.broke_down(id);
            let (org, probe) = (id.org_label(), id.probe.as_str());
            let again_in_seconds = AFTER_BREAKDOWN.as_secs();
            tracing::error!(
                org,
                probe,
                again_in_seconds,
                "what keeps this probe broke down, a fault in okta-exporter: please report it; it begins anew"
            );
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(AFTER_BREAKDOWN) => {}
            }
        }
    }
}
