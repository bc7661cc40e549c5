//! One org's circuit breaker: three failures in a row open it for a while, then one light probe
//! decides. It counts verdicts and holds no timer of its own.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::Instant};

use crate::units::closed_list;

/// Failures in a row that open the breaker.
const FAILURES: u32 = 3;
/// How long it stays open before one probe may try.
const OPEN_FOR: Duration = Duration::from_mins(1);

/// The breaker of one org, shared by its keepers.
#[derive(Debug)]
pub struct Breaker {
    inner: watch::Sender<Inner>,
    open_for: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Inner {
    state: BreakerState,
    /// How often it has opened: what was let through before proves nothing afterwards.
    opened: u64,
}

/// What the breaker lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Everything; so many failures came in a row.
    Closed {
        /// Failures in a row so far.
        failures: u32,
    },
    /// Nothing, until then.
    Open {
        /// When one probe may try.
        until: Instant,
    },
    /// One probe is trying; the others wait for its verdict.
    HalfOpen,
}

closed_list! {
    /// A state without its numbers, in the order of trouble.
    pub enum StateName {
        Closed = "closed",
        Open = "open",
        HalfOpen = "half_open",
    }
}

impl BreakerState {
    /// The state's name.
    pub fn name(self) -> StateName {
        match self {
            Self::Closed { .. } => StateName::Closed,
            Self::Open { .. } => StateName::Open,
            Self::HalfOpen => StateName::HalfOpen,
        }
    }

    /// The label value.
    pub fn label(self) -> &'static str {
        self.name().as_str()
    }
}

/// What a run showed of its org.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The org answered as it should, or refused for a reason of its own.
    Well,
    /// A server error, or no conversation at all.
    Trouble,
    /// Nothing: the run asked nothing, or was given up.
    Unknown,
}

/// Leave to run once. Whoever holds it owes the breaker a verdict; one that is dropped without it
/// has shown nothing.
#[derive(Debug)]
#[must_use = "the run's verdict is owed"]
pub struct Pass {
    breaker: Arc<Breaker>,
    opened: u64,
    trial: bool,
    settled: bool,
}

impl Default for Breaker {
    fn default() -> Self {
        Self::opening_for(OPEN_FOR)
    }
}

impl Breaker {
    /// A closed breaker that, once tripped, stays open this long.
    pub fn opening_for(open_for: Duration) -> Self {
        let state = BreakerState::Closed { failures: 0 };
        Self {
            inner: watch::Sender::new(Inner { state, opened: 0 }),
            open_for,
        }
    }

    /// The state now.
    pub fn state(&self) -> BreakerState {
        self.inner.borrow().state
    }

    /// Lets a run pass, or not. One of a probe that may try half-opens the breaker once its time
    /// has come: that run is the trial.
    pub fn admit(self: &Arc<Self>, may_try: bool) -> Option<Pass> {
        let mut trial = false;
        let mut admitted = true;
        self.inner.send_if_modified(|inner| match inner.state {
            BreakerState::Closed { .. } => false,
            BreakerState::Open { until } if may_try && until <= Instant::now() => {
                trial = true;
                inner.state = BreakerState::HalfOpen;
                true
            }
            BreakerState::Open { .. } | BreakerState::HalfOpen => {
                admitted = false;
                false
            }
        });
        admitted.then(|| Pass {
            breaker: Arc::clone(self),
            opened: self.inner.borrow().opened,
            trial,
            settled: false,
        })
    }

    /// Returns when the breaker has been open for its time: a trial is due.
    pub async fn trial_due(&self) {
        let mut states = self.inner.subscribe();
        loop {
            let state = states.borrow_and_update().state;
            let wait = async {
                match state {
                    BreakerState::Open { until } => tokio::time::sleep_until(until).await,
                    BreakerState::Closed { .. } | BreakerState::HalfOpen => {
                        std::future::pending::<()>().await;
                    }
                }
            };
            tokio::select! {
                () = wait => return,
                changed = states.changed() => if changed.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    fn learn(&self, pass: &Pass, verdict: Verdict) {
        let until = Instant::now() + self.open_for;
        self.inner.send_if_modified(|inner| {
            let current = pass.opened == inner.opened;
            let next = match (inner.state, verdict) {
                // A run that was let through before the breaker opened proves nothing about now.
                _ if !current => return false,
                (BreakerState::HalfOpen, Verdict::Well) if pass.trial => {
                    BreakerState::Closed { failures: 0 }
                }
                // Of a trial that showed nothing another one is still owed.
                (BreakerState::HalfOpen, _) if pass.trial => BreakerState::Open { until },
                (BreakerState::Closed { .. }, Verdict::Well) => {
                    BreakerState::Closed { failures: 0 }
                }
                (BreakerState::Closed { failures }, Verdict::Trouble) => {
                    if failures + 1 < FAILURES {
                        let failures = failures + 1;
                        BreakerState::Closed { failures }
                    } else {
                        BreakerState::Open { until }
                    }
                }
                _ => return false,
            };
            if let BreakerState::Open { .. } = next {
                inner.opened += 1;
            }
            inner.state = next;
            true
        });
    }
}

impl Pass {
    /// Settles what is owed.
    pub fn settle(mut self, verdict: Verdict) {
        self.settled = true;
        self.breaker.learn(&self, verdict);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if !self.settled {
            self.breaker.learn(self, Verdict::Unknown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(breaker: &Arc<Breaker>) -> Pass {
        breaker.admit(false).unwrap()
    }

    /// An open breaker, after three failures of runs that began one after the other.
    fn open() -> Arc<Breaker> {
        let breaker = Arc::<Breaker>::default();
        for _ in 0..FAILURES {
            pass(&breaker).settle(Verdict::Trouble);
        }
        assert_eq!(breaker.state().label(), "open");
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn three_failures_open_it_and_one_trial_after_a_minute_decides() {
        let breaker = Arc::<Breaker>::default();
        for verdict in [
            Verdict::Trouble,
            Verdict::Trouble,
            Verdict::Well,
            Verdict::Trouble,
            Verdict::Unknown,
            Verdict::Trouble,
        ] {
            pass(&breaker).settle(verdict);
        }
        let state = breaker.state();
        assert_eq!(state, BreakerState::Closed { failures: 2 }, "counted anew");

        let breaker = open();
        assert!(breaker.admit(true).is_none(), "not before its time");
        let opened = Instant::now();
        breaker.trial_due().await;
        assert_eq!(opened.elapsed(), OPEN_FOR);
        assert!(breaker.admit(false).is_none(), "only the trial may pass");
        let trial = breaker.admit(true).unwrap();
        assert_eq!(breaker.state().label(), "half_open");
        assert!(breaker.admit(true).is_none(), "one trial at a time");
        trial.settle(Verdict::Trouble);
        assert_eq!(breaker.state().label(), "open");

        breaker.trial_due().await;
        breaker.admit(true).unwrap().settle(Verdict::Well);
        assert_eq!(breaker.state().label(), "closed");
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_shows_nothing_or_is_given_up_is_owed_again() {
        let breaker = open();
        breaker.trial_due().await;
        breaker.admit(true).unwrap().settle(Verdict::Unknown);
        assert_eq!(breaker.state().label(), "open");
        breaker.trial_due().await;
        drop(breaker.admit(true).unwrap());
        assert_eq!(breaker.state().label(), "open");
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_begun_before_the_breaker_opened_does_not_close_it() {
        let breaker = Arc::<Breaker>::default();
        let (slow, slower) = (breaker.admit(true).unwrap(), breaker.admit(true).unwrap());
        for _ in 0..FAILURES {
            pass(&breaker).settle(Verdict::Trouble);
        }
        slow.settle(Verdict::Well);
        assert_eq!(breaker.state().label(), "open");
        breaker.trial_due().await;
        let trial = breaker.admit(true).unwrap();
        slower.settle(Verdict::Well);
        assert_eq!(breaker.state().label(), "half_open", "it is no trial");
        trial.settle(Verdict::Well);
        assert_eq!(breaker.state().label(), "closed");
    }

    #[tokio::test(start_paused = true)]
    async fn failures_of_before_do_not_count_after_it_has_closed() {
        let breaker = Arc::<Breaker>::default();
        let slow: Vec<Pass> = (0..FAILURES).map(|_| pass(&breaker)).collect();
        for _ in 0..FAILURES {
            pass(&breaker).settle(Verdict::Trouble);
        }
        breaker.trial_due().await;
        breaker.admit(true).unwrap().settle(Verdict::Well);
        for pass in slow {
            pass.settle(Verdict::Trouble);
        }
        assert_eq!(breaker.state(), BreakerState::Closed { failures: 0 });
    }
}
