//! One org's circuit breaker: three failures in a row open it for a while, then one light probe
//! decides. It counts outcomes and holds no timer of its own.

use std::time::Duration;

use tokio::{sync::watch, time::Instant};

use crate::units::closed_list;

/// Failures in a row that open the breaker.
const FAILURES: u32 = 3;
/// How long it stays open before one probe may try.
const OPEN_FOR: Duration = Duration::from_mins(1);

/// The breaker of one org, shared by its keepers.
#[derive(Debug)]
pub struct Breaker {
    state: watch::Sender<State>,
    open_for: Duration,
}

/// What the breaker lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
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

impl State {
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

impl Default for Breaker {
    fn default() -> Self {
        Self::opening_for(OPEN_FOR)
    }
}

impl Breaker {
    /// A closed breaker that, once tripped, stays open this long.
    pub fn opening_for(open_for: Duration) -> Self {
        Self {
            state: watch::Sender::new(State::Closed { failures: 0 }),
            open_for,
        }
    }

    /// The state now.
    pub fn state(&self) -> State {
        *self.state.borrow()
    }

    /// May a probe run? The one that is a trial half-opens the breaker once its time has come.
    pub fn admits(&self, trial: bool) -> bool {
        let mut admitted = true;
        self.state.send_if_modified(|state| match *state {
            State::Closed { .. } => false,
            State::Open { until } if trial && until <= Instant::now() => {
                *state = State::HalfOpen;
                true
            }
            State::Open { .. } | State::HalfOpen => {
                admitted = false;
                false
            }
        });
        admitted
    }

    /// Learns how a run ended: whether it showed the org in trouble, or nothing of it at all.
    pub fn learn(&self, trouble: Option<bool>, trial: bool) {
        let open = State::Open {
            until: Instant::now() + self.open_for,
        };
        self.state.send_modify(|state| {
            let Some(trouble) = trouble else {
                // The trial is still owed.
                if *state == State::HalfOpen && trial {
                    *state = open;
                }
                return;
            };
            *state = match *state {
                State::Closed { failures } if trouble && failures + 1 < FAILURES => State::Closed {
                    failures: failures + 1,
                },
                // A run that began before the breaker opened proves nothing about now.
                State::HalfOpen if !trial => State::HalfOpen,
                State::Open { until } => State::Open { until },
                State::Closed { .. } | State::HalfOpen if trouble => open,
                State::Closed { .. } | State::HalfOpen => State::Closed { failures: 0 },
            };
        });
    }

    /// Returns when the breaker has been open for its time: a trial is due.
    pub async fn trial_due(&self) {
        let mut states = self.state.subscribe();
        loop {
            let state = *states.borrow_and_update();
            let wait = async {
                match state {
                    State::Open { until } => tokio::time::sleep_until(until).await,
                    State::Closed { .. } | State::HalfOpen => std::future::pending().await,
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn three_failures_open_it_and_one_trial_after_a_minute_decides() {
        let breaker = Breaker::default();
        breaker.learn(Some(true), false);
        breaker.learn(Some(true), false);
        breaker.learn(Some(false), false);
        breaker.learn(Some(true), false);
        breaker.learn(Some(true), false);
        assert!(
            breaker.admits(false),
            "a success in between began the count anew"
        );
        breaker.learn(Some(true), false);
        assert_eq!(breaker.state().label(), "open");
        assert!(!breaker.admits(true), "not before its time");

        let opened = Instant::now();
        breaker.trial_due().await;
        assert_eq!(opened.elapsed(), OPEN_FOR);
        assert!(!breaker.admits(false), "only the trial may pass");
        assert!(breaker.admits(true));
        assert_eq!(breaker.state().label(), "half_open");
        assert!(!breaker.admits(true), "one trial at a time");

        breaker.learn(None, true);
        assert_eq!(breaker.state().label(), "open", "nothing was tried");
        breaker.trial_due().await;
        assert!(breaker.admits(true));

        breaker.learn(Some(true), true);
        assert_eq!(breaker.state().label(), "open");
        breaker.trial_due().await;
        assert!(breaker.admits(true));
        breaker.learn(Some(false), false);
        assert_eq!(
            breaker.state().label(),
            "half_open",
            "an old run's success decides nothing"
        );
        breaker.learn(Some(false), true);
        assert_eq!(breaker.state().label(), "closed");
    }
}
