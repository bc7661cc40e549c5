//! A run under way, and how it comes to its end.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep_until;
use tokio_util::task::AbortOnDropHandle;

use crate::{
    fleet::{
        Board, Outcome, Pass,
        limits::{BudgetGate, Purpose},
        memory::Remembered,
    },
    okta::Failure,
    store::StoreError,
    units::Moment,
};

/// A run under way.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) began: Moment,
    pub(super) purpose: Purpose,
    /// What it owes its org's breaker.
    pub(super) pass: Option<Pass>,
    pub(super) gate: Option<Arc<BudgetGate>>,
    /// If it has not begun by then, it is told why.
    pub(super) told_at: Moment,
    pub(super) task: AbortOnDropHandle<Ended>,
}

/// How a run came to its end.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) began: Moment,
    pub(super) outcome: Outcome,
    /// It had to wait for the budget before it began.
    pub(super) waited: bool,
    /// What is remembered since; `None` where the run itself broke down.
    pub(super) remembered: Option<Remembered>,
    /// What the store could not do.
    pub(super) trouble: Option<StoreError>,
}

impl Running {
    /// Why it has not begun, while it waits for the budget.
    pub(super) fn holds_back(&self) -> Option<Failure> {
        self.gate.as_ref()?.holds_back()
    }
}

/// Comes back when the run under way is to tell why it waits, if it does; never, if there is none.
pub(super) async fn held_back(told_at: Option<Moment>) {
    match told_at {
        Some(told_at) => sleep_until(told_at.instant()).await,
        None => std::future::pending().await,
    }
}

/// Waits for the run under way; for ever, if there is none.
pub(super) async fn ended(running: &mut Option<Running>, board: &Board) -> (Ended, Option<Pass>) {
    let Some(running) = running else {
        return std::future::pending().await;
    };
    let (began, task) = (running.began, &mut running.task);
    let ended = task.await.unwrap_or_else(|error| Ended {
        began,
        waited: false,
        outcome: Outcome {
            took: Some(Duration::ZERO),
            ..Outcome::left_out(board.clock().now(), Failure::Internal(error.to_string()))
        },
        remembered: None,
        trouble: None,
    });
    (ended, running.pass.take())
}
