//! One probe's keeper: waits, runs the probe, writes the outcome down, and decides when the next
//! run is due. All scheduling policy meets here; the probe knows nothing of it.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    Board, Breaker, Outcome, Plan,
    board::Guards,
    limits::{Limits, ProbeRun},
    report, schedule,
};
use crate::{
    okta::{Failure, Session},
    probe::{Observation, ProbeResult},
    units::Timestamp,
};

/// One probe's keeper.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) plan: Arc<Plan>,
    pub(super) board: Arc<Board>,
    /// Who guards its org; a status page has none.
    pub(super) guards: Option<Guards>,
}

impl Keeper {
    /// Keeps the probe until told to stop; a run under way is then given up.
    pub(super) async fn keep(self, stop: CancellationToken) {
        let mut due = Instant::now() + self.plan.offset;
        let mut running: Option<AbortOnDropHandle<Outcome>> = None;
        let mut reporter = report::Reporter::default();
        // True once it takes turns at the ends of windows; until then the interval counts.
        let mut aims = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.due(due, aims) => {
                    due = self.next_tick(due);
                    self.begin(aims);
                    match self.left_out(running.is_some()) {
                        Some(failure) => {
                            aims = self.take(Outcome::left_out(failure), &mut due, &mut reporter);
                        }
                        None => running = Some(self.run(aims)),
                    }
                }
                () = self.trial_due(), if running.is_none() => {
                    if self.left_out(false).is_none() {
                        self.begin(aims);
                        running = Some(self.run(false));
                    }
                }
                outcome = ended(&mut running) => {
                    running = None;
                    if let Some(Guards { breaker, .. }) = &self.guards {
                        let failure = outcome.result.failure.as_ref();
                        let trouble = || failure.is_some_and(Failure::is_org_trouble);
                        // A run that asked nothing, for want of a secret, has seen nothing of the org.
                        let learnt = (!outcome.exchanges.is_empty()).then(trouble);
                        breaker.learn(learnt, self.plan.trial);
                    }
                    aims = self.take(outcome, &mut due, &mut reporter);
                }
            }
        }
    }

    /// Why a run that is due must be left out.
    fn left_out(&self, running: bool) -> Option<Failure> {
        let admitted = |breaker: &Arc<Breaker>| breaker.admits(self.plan.trial);
        if running {
            Some(Failure::Overlap)
        } else if self.breaker().is_none_or(admitted) {
            None
        } else {
            Some(Failure::BreakerOpen)
        }
    }

    /// Runs the probe in a task of its own: a panic there is a failure of one run, not the end of
    /// the keeper.
    fn run(&self, aimed: bool) -> AbortOnDropHandle<Outcome> {
        let plan = Arc::clone(&self.plan);
        let gate = self.limits().map(|limits| limits.gate(aimed));
        AbortOnDropHandle::new(tokio::spawn(async move {
            let mut okta = Session::new(&plan.client, plan.timeout);
            if let Some(gate) = &gate {
                okta = okta.through(gate);
            }
            let (at, start) = (Timestamp::now(), Instant::now());
            let result = plan.probe.run(&okta).await;
            Outcome {
                at,
                took: Some(start.elapsed()),
                result,
                exchanges: okta.take_exchanges(),
            }
        }))
    }

    async fn trial_due(&self) {
        match self.breaker() {
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

    /// Writes an outcome down and decides when the next run is due; true if that is at the end of a
    /// window, and no longer by `due`.
    fn take(&self, outcome: Outcome, due: &mut Instant, reporter: &mut report::Reporter) -> bool {
        let interval = self.plan.interval;
        let at = outcome.at;
        let failure = outcome.result.failure.as_ref();
        let away =
            failure.and_then(|failure| schedule::stay_away(failure, interval, fastrand::f64()));
        *due = self.due_after(&outcome, *due, away);
        self.write(outcome, *due, reporter);
        let Some(limits) = self.limits().filter(|_| self.plan.probe.aims_at_windows()) else {
            return false;
        };
        let now = Timestamp::now();
        let run = ProbeRun {
            probe: &self.plan.id.probe,
            api: self.plan.id.name(),
            at,
            interval,
            not_before: away.and_then(|away| now.saturating_add(away).ok()),
        };
        limits.ended(run)
    }

    /// When the next run is due by the interval, given how this one ended.
    fn due_after(&self, outcome: &Outcome, due: Instant, away: Option<Duration>) -> Instant {
        let now = Instant::now();
        if let Some(failure) = &outcome.result.failure {
            let soon = matches!(failure, Failure::Budget { .. });
            let due = if soon { now } else { due };
            return away.map_or(due, |away| due.max(now + away));
        }
        if outcome
            .result
            .seen
            .as_ref()
            .is_some_and(Observation::is_unsettled)
        {
            return due.min(now + schedule::look_again(self.plan.interval));
        }
        due
    }

    /// Comes back when the next run is due: by the clock, or by turns at the ends of windows.
    async fn due(&self, due: Instant, aims: bool) {
        match self.limits().filter(|_| aims) {
            Some(limits) => limits.turn(&self.plan.id.probe).await,
            None => sleep_until(due).await,
        }
    }

    fn begin(&self, aims: bool) {
        if let Some(limits) = self.limits().filter(|_| aims) {
            limits.begin(&self.plan.id.probe);
        }
    }

    fn breaker(&self) -> Option<&Arc<Breaker>> {
        self.guards.as_ref().map(|guards| &guards.breaker)
    }

    fn limits(&self) -> Option<&Arc<Limits>> {
        self.guards.as_ref().map(|guards| &guards.limits)
    }

    fn write(&self, outcome: Outcome, due: Instant, reporter: &mut report::Reporter) {
        reporter.report(&self.plan, &outcome);
        let by_turns = self
            .limits()
            .and_then(|limits| limits.rhythm(&self.plan.id.probe, self.plan.interval));
        let expected_in = by_turns.unwrap_or_else(|| due.saturating_duration_since(Instant::now()));
        self.board.record(&self.plan.id, outcome, expected_in);
        for found in self
            .limits()
            .into_iter()
            .flat_map(|limits| limits.take_found())
        {
            report::buckets(&self.plan.id, &found);
        }
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
            result: ProbeResult {
                seen: None,
                failure: Some(failure),
            },
            exchanges: Vec::new(),
        }
    }
}
