//! One probe's keeper: waits, runs the probe, writes the outcome down, and decides when the next
//! run is due. All scheduling policy meets here; the probe knows nothing of it.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{Board, Breaker, Outcome, Plan, report, schedule};
use crate::{
    okta::{Failure, Okta},
    probe::{Observation, Sight},
    units::Timestamp,
};

/// One probe's keeper.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) plan: Arc<Plan>,
    pub(super) board: Arc<Board>,
    pub(super) breaker: Option<Arc<Breaker>>,
}

impl Keeper {
    /// Keeps the probe until told to stop; a run under way is then given up.
    pub(super) async fn keep(self, stop: CancellationToken) {
        let mut due = Instant::now() + self.plan.offset;
        let mut running: Option<AbortOnDropHandle<Outcome>> = None;
        let mut reporter = report::Reporter::default();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep_until(due) => {
                    due = self.next_tick(due);
                    match self.left_out(running.is_some()) {
                        Some(failure) => self.write(Outcome::left_out(failure), due, &mut reporter),
                        None => running = Some(self.run()),
                    }
                }
                () = self.trial_due(), if running.is_none() => {
                    if self.left_out(false).is_none() {
                        running = Some(self.run());
                    }
                }
                outcome = ended(&mut running) => {
                    running = None;
                    due = self.due_after(&outcome, due);
                    if let Some(breaker) = &self.breaker {
                        let failure = outcome.sight.failure.as_ref();
                        let trouble = || failure.is_some_and(Failure::is_org_trouble);
                        // A run that asked nothing, for want of a secret, has seen nothing of the org.
                        let learnt = (!outcome.exchanges.is_empty()).then(trouble);
                        breaker.learn(learnt, self.plan.trial);
                    }
                    self.write(outcome, due, &mut reporter);
                }
            }
        }
    }

    /// Why a run that is due must be left out.
    fn left_out(&self, running: bool) -> Option<Failure> {
        let admitted = |breaker: &Arc<Breaker>| breaker.admits(self.plan.trial);
        if running {
            Some(Failure::Overlap)
        } else if self.breaker.as_ref().is_none_or(admitted) {
            None
        } else {
            Some(Failure::BreakerOpen)
        }
    }

    /// Runs the probe in a task of its own: a panic there is a failure of one run, not the end of
    /// the keeper.
    fn run(&self) -> AbortOnDropHandle<Outcome> {
        let plan = Arc::clone(&self.plan);
        AbortOnDropHandle::new(tokio::spawn(async move {
            let okta = Okta::new(&plan.client, plan.timeout);
            let (at, start) = (Timestamp::now(), Instant::now());
            let sight = plan.probe.run(&okta).await;
            Outcome {
                at,
                took: Some(start.elapsed()),
                sight,
                exchanges: okta.take_exchanges(),
            }
        }))
    }

    async fn trial_due(&self) {
        match &self.breaker {
            Some(breaker) if self.plan.trial => breaker.trial_due().await,
            _ => std::future::pending().await,
        }
    }

    /// The tick after this one. Ticks missed while the machine slept are not made up for.
    fn next_tick(&self, due: Instant) -> Instant {
        let now = Instant::now();
        let next = due + self.plan.interval;
        if next > now {
            next
        } else {
            now + self.plan.interval
        }
    }

    /// When the next run is due, given how this one ended.
    fn due_after(&self, outcome: &Outcome, due: Instant) -> Instant {
        let now = Instant::now();
        let interval = self.plan.interval;
        if let Some(failure) = &outcome.sight.failure {
            let away = schedule::stay_away(failure, interval, fastrand::f64());
            return away.map_or(due, |away| due.max(now + away));
        }
        if outcome
            .sight
            .seen
            .as_ref()
            .is_some_and(Observation::is_unsettled)
        {
            return due.min(now + schedule::look_again(interval));
        }
        due
    }

    fn write(&self, outcome: Outcome, due: Instant, reporter: &mut report::Reporter) {
        reporter.report(&self.plan, &outcome);
        let expected_in = due.saturating_duration_since(Instant::now());
        self.board.record(&self.plan.id, outcome, expected_in);
        // Of what is wrong with the org as a whole, one probe speaks for all.
        let whole_org = self.plan.trial;
        reporter.find(&self.plan, self.board.findings(&self.plan.id, whole_org));
    }
}

/// Waits for the run under way; for ever, if there is none.
async fn ended(running: &mut Option<AbortOnDropHandle<Outcome>>) -> Outcome {
    match running {
        None => std::future::pending().await,
        Some(run) => run.await.unwrap_or_else(|error| Outcome {
            took: Some(Duration::ZERO),
            ..Outcome::left_out(Failure::Internal(error.to_string()))
        }),
    }
}

impl Outcome {
    /// A run that did not take place.
    fn left_out(failure: Failure) -> Self {
        Self {
            at: Timestamp::now(),
            took: None,
            sight: Sight {
                seen: None,
                failure: Some(failure),
            },
            exchanges: Vec::new(),
        }
    }
}
