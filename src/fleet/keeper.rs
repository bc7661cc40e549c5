//! One probe's keeper: waits, runs the probe, writes the outcome down, and decides when the next
//! run is due. All scheduling policy meets here; the probe knows nothing of it.

mod breakdown;
mod exhausted;
mod running;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{sleep_until, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use running::{Ended, Running, ended, held_back};

use super::{
    Board, Duty, Outcome, Pass, Plan, RunOnce, Verdict,
    aim::LONGEST_WINDOW,
    controls::OrgControls,
    events::Account,
    limits::{EndedRun, GatedRun, Limits, Purpose},
    memory::Remembered,
    report::{self, Reporter},
    schedule,
};
use crate::{
    okta::{Failure, Gate},
    probe::{AnyMemory, AnyObservation, Next},
    store::Store,
    units::Moment,
};

/// One probe's keeper.
#[derive(Debug)]
pub struct Keeper<R> {
    plan: Arc<Plan<R>>,
    board: Arc<Board>,
    /// What guards its org; a status page has none.
    controls: Option<OrgControls>,
    store: Arc<dyn Store>,
    duty: watch::Sender<Duty>,
}

/// Where a keeper stands.
#[derive(Debug)]
struct Progress {
    /// When the next run is due by the interval.
    due: Moment,
    /// It takes turns at the ends of windows, and the interval counts no longer,
    aims: bool,
    /// unless its turn does not come until then.
    late: Moment,
    running: Option<Running>,
    reporter: Reporter,
    remembered: Remembered,
}

impl<R: RunOnce> Keeper<R> {
    /// A keeper that carries out a plan and writes on a board; what the probe remembers is kept in
    /// this store.
    pub fn new(
        plan: Plan<R>,
        board: &Arc<Board>,
        controls: Option<OrgControls>,
        store: &Arc<dyn Store>,
    ) -> Self {
        Self {
            store: Arc::clone(store),
            duty: watch::Sender::new(plan.duty),
            plan: Arc::new(plan),
            board: Arc::clone(board),
            controls,
        }
    }

    /// What it does for its org, which may change while it is at work.
    pub fn duty(&self) -> watch::Sender<Duty> {
        self.duty.clone()
    }

    /// Watches until told to stop; a run under way is then given up.
    async fn watch(&self, stop: &CancellationToken) {
        let mut progress = Progress {
            due: Moment::now().after(self.plan.starts_in),
            aims: false,
            late: Moment::now().after(Duration::MAX),
            running: None,
            reporter: Reporter::default(),
            remembered: Remembered::nothing(&self.plan.run, &self.store, self.account()),
        };
        loop {
            // While a run is under way, none is late.
            let never = || Moment::now().after(Duration::MAX);
            let late = progress.running.as_ref().map_or(progress.late, |_| never());
            let late = progress.aims.then_some(late);
            let told_at = progress.running.as_ref().map(|running| running.told_at);
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.due(progress.due, late) => self.tick(&mut progress),
                () = self.exhausted(progress.due), if progress.running.is_none() => self.tick(&mut progress),
                () = self.trial_due(), if progress.running.is_none() => self.try_org(&mut progress),
                () = held_back(told_at) => self.tell_held_back(&mut progress),
                (ended, pass) = ended(&mut progress.running, &self.board) => {
                    progress.running = None;
                    let Ended { began, outcome, waited, remembered, trouble } = ended;
                    if let Some(pass) = pass {
                        pass.settle(verdict(&outcome));
                    }
                    if let Some(remembered) = remembered {
                        progress.remembered = remembered;
                        progress.reporter.store(&self.plan.id, trouble);
                    }
                    let sent = outcome.exchanges.first().map(|first| first.sent);
                    let began = sent.filter(|_| waited).unwrap_or(began);
                    if waited {
                        // The interval goes on from then, or each run would wait for longer.
                        let next = began.after(self.plan.interval);
                        progress.due = progress.due.max(next);
                    }
                    self.take((began, outcome), &mut progress);
                }
            }
        }
    }

    /// A run is due: it begins, or is left out and says why. While one waits to begin, that is it.
    fn tick(&self, progress: &mut Progress) {
        let now = Moment::now();
        let is_late = now >= progress.late;
        progress.due = if progress.aims {
            now.after(self.plan.interval)
        } else {
            self.next_tick(progress.due)
        };
        let mut purpose = match (progress.aims, is_late) {
            (false, _) => Purpose::Interval,
            (true, false) => Purpose::EndOfWindow,
            (true, true) => Purpose::Late,
        };
        if let Some(running) = &progress.running {
            match (running.purpose, running.holds_back()) {
                // Its turn came before any other request could be spared for it.
                (Purpose::Late, Some(_)) => {
                    progress.running = None;
                    purpose = Purpose::EndOfWindow;
                }
                (Purpose::Late, None) => return self.leave_turn(),
                (_, Some(_)) => return,
                (_, None) => {}
            }
        }
        let left_out = if progress.running.is_some() {
            Failure::Overlap
        } else {
            match self.admitted() {
                Ok(pass) => return self.begin(purpose, pass, progress),
                Err(failure) => failure,
            }
        };
        let outcome = Outcome::left_out(self.board.clock().now(), left_out);
        self.take((now, outcome), progress);
    }

    /// The breaker has been open for its time, and this probe may try its org.
    fn try_org(&self, progress: &mut Progress) {
        if let Ok(pass) = self.admitted() {
            self.begin(Purpose::Trial, pass, progress);
        }
    }

    /// A run begins; where the probe takes turns, it is its turn until that has ended. One that is
    /// late still has its turn to come.
    fn begin(&self, purpose: Purpose, pass: Option<Pass>, progress: &mut Progress) {
        if let Some(limits) = self.limits().filter(|_| progress.aims) {
            match purpose {
                Purpose::EndOfWindow => limits.begin(&self.plan.id.probe, false),
                Purpose::Interval | Purpose::Trial => self.leave_turn(),
                Purpose::Late => {}
            }
        }
        progress.running = Some(self.run(purpose, pass, &progress.remembered));
    }

    /// Its turn is others' until the run under way, which is none, has ended.
    fn leave_turn(&self) {
        if let Some(limits) = self.limits() {
            limits.begin(&self.plan.id.probe, true);
        }
    }

    /// The breaker's leave to run; what belongs to no org needs none.
    fn admitted(&self) -> Result<Option<Pass>, Failure> {
        match &self.controls {
            None => Ok(None),
            Some(controls) => match controls.breaker.admit(self.duty.borrow().tries) {
                Some(pass) => Ok(Some(pass)),
                None => Err(Failure::BreakerOpen),
            },
        }
    }

    /// Runs the probe in a task of its own: a panic there is a failure of one run, not the end of
    /// the keeper.
    fn run(&self, purpose: Purpose, pass: Option<Pass>, remembered: &Remembered) -> Running {
        let (plan, mut remembered) = (Arc::clone(&self.plan), remembered.clone());
        let began = Moment::now();
        // Whoever is late has waited.
        let patience = match purpose {
            Purpose::Late => Duration::from_secs(1),
            _ => plan.interval.min(LONGEST_WINDOW),
        };
        let gated = GatedRun {
            probe: plan.id.probe.clone(),
            purpose,
        };
        let gate = self.limits().map(|limits| Arc::new(limits.gate(gated)));
        let (passed, limits) = (gate.clone(), self.limits().cloned());
        let task = AbortOnDropHandle::new(tokio::spawn(async move {
            let mut trouble = remembered.recall(&plan.run).await.err();
            let asked = passed.as_deref().map(|gate| gate as &dyn Gate);
            let mut outcome = plan.run.run_once(&remembered.memory, asked).await;
            if !remembered.may_learn() {
                outcome.memory = None;
            }
            if let Some(memory) = &outcome.memory {
                let seen = outcome.result.observation.as_ref();
                let events = seen.map(AnyObservation::events).unwrap_or_default();
                if let Some(limits) = limits {
                    limits.told(events);
                }
                let failed = remembered.learn(memory.clone(), events).await.err();
                trouble = trouble.or(failed);
            }
            Ended {
                began,
                outcome,
                waited: passed.is_some_and(|gate| gate.has_waited()),
                remembered: Some(remembered),
                trouble,
            }
        }));
        Running {
            began,
            purpose,
            pass,
            gate,
            told_at: began.after(patience),
            task,
        }
    }

    /// A run has waited for the budget for as long as its interval, and goes on waiting: that is told.
    fn tell_held_back(&self, progress: &mut Progress) {
        let Some(running) = &mut progress.running else {
            return;
        };
        let patience = self.plan.interval.min(LONGEST_WINDOW);
        running.told_at = Moment::now().after(patience);
        if let Some(why) = running.holds_back() {
            let outcome = Outcome::left_out(self.board.clock().now(), why);
            self.write(outcome, progress);
        }
    }

    /// Comes back when the next run is due: by the clock, or by turns at the ends of windows.
    async fn due(&self, due: Moment, late: Option<Moment>) {
        match self.limits().zip(late) {
            Some((limits, late)) => {
                let turn = limits.turn(&self.plan.id.probe);
                drop(timeout_at(late.instant(), turn).await);
            }
            None => sleep_until(due.instant()).await,
        }
    }

    /// Until when a probe's turn at the end of a window is waited for, given when it last ran: many
    /// that take turns would each be silent for long.
    fn late_after(&self, ran: Moment) -> Moment {
        ran.after(self.plan.interval.saturating_add(LONGEST_WINDOW))
    }

    async fn trial_due(&self) {
        let Some(controls) = &self.controls else {
            return std::future::pending().await;
        };
        let mut duty = self.duty.subscribe();
        // The sender lives in `self`.
        drop(duty.wait_for(|duty| duty.tries).await);
        controls.breaker.trial_due().await;
    }

    /// The tick after this one. Ticks missed while the machine slept are not made up for.
    fn next_tick(&self, due: Moment) -> Moment {
        let now = Moment::now();
        let next = due.after(self.plan.interval);
        if next > now {
            next
        } else {
            now.after(self.plan.interval)
        }
    }

    /// Decides when the next run is due, by the interval or at the end of a window, and writes the
    /// outcome down.
    fn take(&self, (began, outcome): (Moment, Outcome), progress: &mut Progress) {
        let interval = self.plan.interval;
        let now = Moment::now();
        let failure = outcome.result.failure.as_ref();
        let away =
            failure.and_then(|failure| schedule::stay_away(failure, interval, fastrand::f64()));
        let away = away.map(|away| now.after(away));
        progress.due = self.due_after(&outcome, progress.due, away);
        // Who was refused has not run: it comes back when it may, or it would lose its place.
        let late = match &outcome.result.failure {
            Some(Failure::Budget { .. }) => progress.late,
            _ => self.late_after(began),
        };
        progress.late = away.map_or(late, |away| late.max(away));
        if let Some(limits) = self.limits().filter(|_| self.plan.run.aims_at_windows()) {
            let run = EndedRun {
                probe: &self.plan.id.probe,
                api: self.plan.id.name(),
                at: began,
                interval,
                not_before: away,
            };
            progress.aims = limits.ended(run);
        }
        self.write(outcome, progress);
    }

    /// When the next run is due by the interval, given how this one ended: after an interval at the
    /// latest, within a minute after a failure, however long an earlier run was to keep away, unless
    /// this one is to.
    fn due_after(&self, outcome: &Outcome, due: Moment, away: Option<Moment>) -> Moment {
        let now = Moment::now();
        let due = due.min(now.after(self.plan.interval));
        if let Some(failure) = &outcome.result.failure {
            let soon = matches!(failure, Failure::Budget { .. });
            let due = if soon { now } else { due };
            let again = schedule::try_again(failure, self.plan.interval);
            let due = again.map_or(due, |again| due.min(now.after(again)));
            return away.map_or(due, |away| due.max(away));
        }
        match outcome.memory.as_ref().map(AnyMemory::next) {
            None | Some(Next::AtInterval) => due,
            Some(Next::Soon) => due.min(now.after(schedule::ask_again(self.plan.interval))),
            Some(Next::Within(wait)) => due.min(now.after(wait)),
            Some(Next::Now) => now,
        }
    }

    /// When the next run is due at the latest: by that the probe is overdue.
    fn next_run(&self, progress: &Progress) -> Moment {
        let Some(limits) = self.limits().filter(|_| progress.aims) else {
            return progress.due;
        };
        let turn = limits.next_turn(&self.plan.id.probe);
        turn.map_or(progress.late, |turn| turn.min(progress.late))
    }

    fn account(&self) -> Option<Arc<Account>> {
        self.controls.as_ref()?.events.clone()
    }

    fn limits(&self) -> Option<&Arc<Limits>> {
        self.controls.as_ref().map(|controls| &controls.limits)
    }

    fn write(&self, outcome: Outcome, progress: &mut Progress) {
        let id = &self.plan.id;
        progress.reporter.report(id, &outcome);
        let expected_in = self.next_run(progress).since(Moment::now());
        self.board.record(id, outcome, expected_in);
        for found in self.limits().map(|l| l.take_found()).unwrap_or_default() {
            report::buckets(id, &found);
        }
        let now = self.board.clock().now();
        let findings = self.board.findings(id, self.duty.borrow().speaks, now);
        progress.reporter.find(id, findings);
    }
}

/// What a run showed of its org. One that asked nothing, for want of a secret or of a descriptor,
/// has seen nothing.
fn verdict(outcome: &Outcome) -> Verdict {
    let failure = outcome.result.failure.as_ref();
    if outcome.exchanges.is_empty() || failure.is_some_and(Failure::is_own) {
        Verdict::Unknown
    } else if failure.is_some_and(Failure::is_org_trouble) {
        Verdict::Trouble
    } else {
        Verdict::Well
    }
}
