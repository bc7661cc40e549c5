//! Running a probe once. When to, and what becomes of it, is the [keeper](super::Keeper)'s.

use std::{fmt, time::Duration};

use serde_json::Value;
use tokio::time::Instant;

use crate::{
    okta::{Client, Exchange, Failure, Gate, Session},
    probe::{AnyMemory, AnyObservation, BadMemory, MemoryKey, Probe, ProbeResult},
    units::Timestamp,
};

/// What came of one run.
#[derive(Debug)]
pub struct Outcome {
    /// When it began.
    pub at: Timestamp,
    /// How long it took; absent for a run that was left out.
    pub took: Option<Duration>,
    /// What was seen, and what failed.
    pub result: ProbeResult<AnyObservation>,
    /// What is remembered since; absent where nothing was learned.
    pub memory: Option<AnyMemory>,
    /// The requests it made.
    pub exchanges: Vec<Exchange>,
}

/// Something that can be run once, again and again.
pub trait RunOnce: fmt::Debug + Send + Sync + 'static {
    /// True where a run is best made at the end of a rate-limit window, and at no other time.
    fn aims_at_windows(&self) -> bool;

    /// True where a limit of the org that runs out is a reason to run.
    fn asks_when_exhausted(&self) -> bool {
        false
    }

    /// True where it follows the org's log: what its runs see are events, each of which counts once.
    fn tells_events(&self) -> bool {
        false
    }

    /// What is remembered before anything was learned.
    fn no_memory(&self) -> AnyMemory;

    /// Under what its memory is kept; `None` where nothing is worth keeping.
    fn memory_key(&self) -> Option<MemoryKey> {
        None
    }

    /// A memory that was kept.
    fn memory(&self, _written: Value) -> Result<AnyMemory, BadMemory> {
        Ok(self.no_memory())
    }

    /// Runs once, knowing what is remembered; `gate` is asked before each request that counts
    /// against a limit.
    fn run_once(
        &self,
        known: &AnyMemory,
        gate: Option<&dyn Gate>,
    ) -> impl Future<Output = Outcome> + Send;
}

/// A probe, the client that it asks through, and how long each of its requests may take.
#[derive(Debug)]
pub struct ProbeRun {
    /// The probe.
    pub probe: Probe,
    /// The client it asks through.
    pub client: Client,
    /// How long each of its requests may take.
    pub timeout: Duration,
}

impl RunOnce for ProbeRun {
    fn aims_at_windows(&self) -> bool {
        self.probe.aims_at_windows()
    }

    fn asks_when_exhausted(&self) -> bool {
        self.probe.asks_when_exhausted()
    }

    fn tells_events(&self) -> bool {
        matches!(self.probe, Probe::SystemLog(_))
    }

    fn no_memory(&self) -> AnyMemory {
        self.probe.no_memory()
    }

    fn memory_key(&self) -> Option<MemoryKey> {
        self.probe.memory_key(self.client.origin())
    }

    fn memory(&self, written: Value) -> Result<AnyMemory, BadMemory> {
        self.probe.memory(written)
    }

    async fn run_once(&self, known: &AnyMemory, gate: Option<&dyn Gate>) -> Outcome {
        let mut okta = Session::new(&self.client, self.timeout);
        if let Some(gate) = gate {
            okta = okta.through(gate);
        }
        let (at, start) = (okta.here(), Instant::now());
        let result = self.probe.run(&okta, known).await;
        let observed = result.observation.as_ref();
        let memory = observed.map(|observation| known.clone().learn(observation));
        Outcome {
            at,
            took: Some(start.elapsed()),
            result,
            memory,
            exchanges: okta.take_exchanges(),
        }
    }
}

impl Outcome {
    /// When it ended.
    pub(super) fn ended(&self) -> Timestamp {
        let took = self.took.unwrap_or_default();
        self.at.saturating_add(took).unwrap_or(self.at)
    }

    /// A run that did not take place.
    pub(super) fn left_out(at: Timestamp, failure: Failure) -> Self {
        Self {
            at,
            took: None,
            result: ProbeResult {
                observation: None,
                failure: Some(failure),
            },
            memory: None,
            exchanges: Vec::new(),
        }
    }
}
