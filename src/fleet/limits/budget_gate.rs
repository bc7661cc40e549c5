//! What one run may spend: the gate that its requests pass. A run that has not begun is put off
//! when the share of the limit is spent; one that has begun waits for the next window instead, as
//! a run of many requests would otherwise never come to its end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep};

use super::{org_limits::Limits, spending::Refused};
use crate::okta::{Charge, Exchange, Failure, Gate};

/// The longest that a request waits: longer than any window lasts.
const PATIENCE: Duration = Duration::from_secs(330);
/// How long to stay away where nobody knows how long it takes.
const SOON: Duration = Duration::from_secs(5);

/// What one run may spend.
#[derive(Debug)]
pub struct BudgetGate {
    limits: Arc<Limits>,
    /// The run was aimed at the end of a window.
    aimed: bool,
    begun: AtomicBool,
}

impl Limits {
    /// What a run may spend; `aimed` at the end of a window, or not.
    pub fn gate(self: &Arc<Self>, aimed: bool) -> BudgetGate {
        BudgetGate {
            limits: Arc::clone(self),
            aimed,
            begun: AtomicBool::new(false),
        }
    }
}

impl Gate for BudgetGate {
    fn admit(&self, charge: Charge) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let mut changed = self.limits.changes();
            let given_up = Instant::now() + PATIENCE;
            loop {
                changed.borrow_and_update();
                let Err(refused) = self.limits.admit(&charge, self.aimed) else {
                    self.begun.store(true, Ordering::Relaxed);
                    return Ok(());
                };
                let wait = refused.wait(self.limits.wall_clock.now()).unwrap_or(SOON);
                let patient = refused == Refused::Unknown || self.begun.load(Ordering::Relaxed);
                if !patient || Instant::now() + wait > given_up {
                    return Err(Failure::Budget {
                        why: format!("{refused} ({})", charge.bucket),
                        again_in: wait,
                    });
                }
                tokio::select! {
                    () = sleep(wait) => {}
                    // The sender lives in `limits`.
                    _ = changed.changed() => {}
                }
            }
        })
    }

    fn settle(&self, exchange: &Exchange) {
        self.limits.settle(exchange);
    }

    fn abandon(&self, charge: &Charge, sent: bool) {
        self.limits.abandon(charge, sent);
    }
}
