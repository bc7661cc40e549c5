//! What one run may spend: the gate that its requests pass. Where the share of the limit is spent, a
//! run that has not begun waits for the next window if that begins within the probe's interval, and
//! is put off if not; one that has begun waits in any case, as a run of many requests would otherwise
//! never come to its end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::time::sleep;

use super::{
    asker::{GatedRun, Purpose},
    org_limits::Limits,
    refused::Refused,
};
use crate::{
    okta::{Charge, Exchange, Failure, Gate, Ticket},
    units::Moment,
};

/// The longest that a request of a run that has begun waits: longer than any window lasts.
const PATIENCE: Duration = Duration::from_secs(330);
/// The longest that a run waits before it begins: as long as the longest window.
const MOST: Duration = Duration::from_mins(5);
/// How long a run waits at least for what other requests tell that are under way.
const LEAST: Duration = Duration::from_secs(30);
/// How long to stay away where nobody knows how long it takes.
const SOON: Duration = Duration::from_secs(5);

/// What one run may spend.
#[derive(Debug)]
pub struct BudgetGate {
    limits: Arc<Limits>,
    run: GatedRun,
    begun: AtomicBool,
    waiting: AtomicBool,
    waited: AtomicBool,
}

impl Limits {
    /// What a run may spend.
    pub fn gate(self: &Arc<Self>, run: GatedRun) -> BudgetGate {
        BudgetGate {
            limits: Arc::clone(self),
            run,
            begun: AtomicBool::new(false),
            waiting: AtomicBool::new(false),
            waited: AtomicBool::new(false),
        }
    }
}

impl BudgetGate {
    /// True while the run waits for leave to send its first request.
    pub fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) && !self.begun.load(Ordering::Relaxed)
    }

    /// True where the run had to wait before it began.
    pub fn has_waited(&self) -> bool {
        self.waited.load(Ordering::Relaxed)
    }

    /// How long this refusal is waited for, given since when it has been; `None` if no longer.
    fn patience(&self, refused: Refused, since: Moment) -> Option<Duration> {
        let now = Moment::now();
        let interval = self.run.interval.min(MOST);
        let most = match refused {
            _ if self.begun.load(Ordering::Relaxed) => PATIENCE,
            Refused::Unknown | Refused::UnderWay { .. } => interval.max(LEAST),
            // The end of its window does not wait, and who is late has waited.
            _ if matches!(self.run.purpose, Purpose::EndOfWindow | Purpose::Late) => Duration::ZERO,
            _ => interval,
        };
        let left = since.after(most).since(now);
        let wait = match refused {
            // Who comes before may not need all of its time.
            Refused::Claimed { .. } => refused.wait(now)?.min(left),
            _ => refused.wait(now).unwrap_or(SOON.min(left)),
        };
        (!left.is_zero() && wait <= left).then_some(wait)
    }
}

impl Gate for BudgetGate {
    fn admit(&self, charge: Charge) -> BoxFuture<'_, Result<Ticket, Failure>> {
        Box::pin(async move {
            let mut changed = self.limits.changes();
            let since = Moment::now();
            loop {
                changed.borrow_and_update();
                let refused = match self.limits.admit(&charge, &self.run) {
                    Ok(ticket) => {
                        self.begun.store(true, Ordering::Relaxed);
                        return Ok(ticket);
                    }
                    Err(refused) => refused,
                };
                let Some(wait) = self.patience(refused, since) else {
                    self.waiting.store(false, Ordering::Relaxed);
                    return Err(Failure::Budget {
                        why: format!("{refused} ({})", charge.bucket),
                        again_in: refused.wait(Moment::now()).unwrap_or(SOON),
                    });
                };
                self.waiting.store(true, Ordering::Relaxed);
                if !self.begun.load(Ordering::Relaxed) {
                    self.waited.store(true, Ordering::Relaxed);
                }
                tokio::select! {
                    () = sleep(wait) => {}
                    // The sender lives in `limits`.
                    _ = changed.changed() => {}
                }
            }
        })
    }

    fn settle(&self, ticket: Option<Ticket>, exchange: &Exchange) {
        self.limits.settle(ticket, exchange);
    }

    fn abandon(&self, ticket: Ticket, sent: bool) {
        self.limits.abandon(ticket, sent);
    }
}
