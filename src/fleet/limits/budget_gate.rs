//! What one run may spend: the gate that its requests pass. Where the share of the limit is spent, a
//! run waits for its turn; only one that is to see the end of a window does not, since that will not
//! wait. Whether a run waits for too long is judged by its keeper, which says so.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::time::{sleep, timeout};

use super::{
    asker::{GatedRun, Purpose},
    org_limits::Limits,
    queue::Place,
    refused::Refused,
};
use crate::{
    okta::{Charge, Exchange, ExhaustedWindow, Failure, Gate, Ticket},
    units::Moment,
};

/// How long to wait before asking again where nobody knows how long it takes, and nothing is heard.
const SOON: Duration = Duration::from_secs(5);
/// How long one that is to see the end of a window waits for what requests under way tell.
const AIMED: Duration = Duration::from_secs(1);

/// What one run may spend.
#[derive(Debug)]
pub struct BudgetGate {
    limits: Arc<Limits>,
    run: GatedRun,
    stands: Mutex<Stands>,
}

/// How a run stands.
#[derive(Debug, Default)]
struct Stands {
    /// It has sent a request.
    begun: bool,
    /// It had to wait before that.
    waited: bool,
    /// What it waits for.
    refused: Option<Failure>,
}

/// A place in the queue, given up where the run is.
struct Waiting<'a>(&'a Limits, Place);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.give_up(self.1);
    }
}

impl Limits {
    /// What a run may spend.
    pub fn gate(self: &Arc<Self>, run: GatedRun) -> BudgetGate {
        BudgetGate {
            limits: Arc::clone(self),
            run,
            stands: Mutex::default(),
        }
    }
}

impl BudgetGate {
    /// Why the run has not begun, while it waits for that.
    pub fn holds_back(&self) -> Option<Failure> {
        let stands = self.stands();
        stands.refused.clone().filter(|_| !stands.begun)
    }

    /// True where the run had to wait before it began.
    pub fn has_waited(&self) -> bool {
        self.stands().waited
    }

    fn stands(&self) -> MutexGuard<'_, Stands> {
        self.stands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Comes back once the request may be sent.
    async fn wait(&self, charge: &Charge) -> Ticket {
        let mut changed = self.limits.changes();
        let mut waiting: Option<Waiting<'_>> = None;
        loop {
            changed.borrow_and_update();
            let place = waiting.as_ref().map(|waiting| waiting.1);
            let refused = match self.limits.admit(charge, &self.run, place) {
                Ok(ticket) => return ticket,
                Err(refused) => refused,
            };
            self.refuse(charge, refused);
            if place.is_none() {
                let place = self.limits.wait(charge, self.run.purpose);
                waiting = Some(Waiting(&self.limits, place));
            }
            let wait = refused.wait(Moment::now()).unwrap_or(SOON);
            tokio::select! {
                () = sleep(wait) => {}
                // The sender lives in `limits`.
                _ = changed.changed() => {}
            }
        }
    }

    fn refuse(&self, charge: &Charge, refused: Refused) {
        let mut stands = self.stands();
        stands.waited |= !stands.begun;
        stands.refused = Some(failure(charge, refused));
    }

    fn admitted(&self, ticket: Ticket) -> Ticket {
        let mut stands = self.stands();
        stands.begun = true;
        stands.refused = None;
        ticket
    }
}

fn failure(charge: &Charge, refused: Refused) -> Failure {
    Failure::Budget {
        why: format!("{refused} ({})", charge.bucket),
        again_in: refused.wait(Moment::now()).unwrap_or(SOON),
    }
}

impl Gate for BudgetGate {
    fn admit(&self, charge: Charge) -> BoxFuture<'_, Result<Ticket, Failure>> {
        Box::pin(async move {
            let waits = self.run.purpose != Purpose::EndOfWindow || self.stands().begun;
            let most = if waits { Duration::MAX } else { AIMED };
            match timeout(most, self.wait(&charge)).await {
                Ok(ticket) => Ok(self.admitted(ticket)),
                Err(_) => Err(self
                    .holds_back()
                    .unwrap_or_else(|| failure(&charge, Refused::Unknown))),
            }
        })
    }

    fn settle(&self, ticket: Option<Ticket>, exchange: &Exchange) {
        self.limits.settle(ticket, exchange);
    }

    fn abandon(&self, ticket: Ticket, sent: bool) {
        self.limits.abandon(ticket, sent);
    }

    fn exhausted(&self) -> Vec<ExhaustedWindow> {
        self.limits.exhausted_windows()
    }
}
