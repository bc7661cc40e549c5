//! The account of one org's events, shared by the keeper of its log, by the endpoint of its hooks and
//! by the board. What it comes to is in [`state`](super::state); here is how it is kept: what was
//! told, the ids and the cursor that belong to it in one transaction, or none of it. Never while
//! somebody draws.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::{sync::Mutex as Turns, time::timeout};

use super::{
    chunks,
    counts::{Counts, Ids},
    delivery_result::DeliveryResult,
    ring::Ring,
    state::{State, Watched},
};
use crate::{
    okta::event::{Delivery, Event},
    probe::MemoryKey,
    store::{Batch, Store, StoreError},
    units::{Moment, Name, Timestamp},
};

/// Under what accounts are kept.
const KIND: &str = "events";
/// How long the store may take for all that is recalled or kept at once.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where the account could not be recalled, nobody tries again for so long.
const RESPITE: Duration = Duration::from_secs(1);

/// The account of one org's events.
pub struct Account {
    org: Name,
    /// The org by its address: what is kept of another org under this name is not this one's.
    origin: String,
    store: Arc<dyn Store>,
    ledger: Mutex<Ledger>,
    /// Recalling and keeping happen one after the other, in the order in which they were asked for.
    turns: Turns<()>,
}

/// What is known, and how much of it is kept.
#[derive(Debug, Default)]
struct Ledger {
    watched: Arc<Watched>,
    /// What the events have come to; `None` until what an earlier life left was recalled.
    state: Option<State>,
    /// What the log's probe remembers as of this state, by where it is kept.
    memories: Batch,
    /// It changes with whatever is to be kept.
    version: u64,
    /// The version that the store is known to hold,
    kept: u64,
    /// and the numbers of the ids that it does not.
    kept_ids: Ids<u64>,
    /// How often something was to be kept,
    attempts: u64,
    /// and the last time that this failed.
    failed: Option<(u64, StoreError)>,
    /// What came of deliveries, in this life of the process.
    deliveries: BTreeMap<DeliveryResult, u64>,
    /// The last time that nothing could be recalled.
    not_recalled: Option<(Moment, StoreError)>,
}

/// Something was told, and is to be kept.
#[derive(Debug, Clone, Copy)]
struct Owed {
    version: u64,
    /// So many attempts to keep something had begun before.
    attempts: u64,
}

impl Account {
    /// An org's account, of which nothing is known yet.
    pub fn new(org: Name, origin: String, store: Arc<dyn Store>) -> Self {
        Self {
            org,
            origin,
            store,
            ledger: Mutex::default(),
            turns: Turns::default(),
        }
    }

    /// The address of its org.
    pub(in crate::fleet) fn origin(&self) -> &str {
        &self.origin
    }

    /// What its events are watched for from now on.
    pub fn watch(&self, watched: Watched) {
        self.lock().watched = Arc::new(watched);
    }

    /// Reads what an earlier life left, once. Until that has succeeded nothing is counted, so that
    /// nothing counts twice and nothing is written over.
    pub(in crate::fleet) async fn recall(&self) -> Result<(), StoreError> {
        if self.lock().state.is_some() {
            return Ok(());
        }
        let _turn = self.turns.lock().await;
        {
            let ledger = self.lock();
            if ledger.state.is_some() {
                return Ok(());
            }
            if let Some((at, why)) = &ledger.not_recalled
                && Moment::now().since(*at) < RESPITE
            {
                return Err(why.clone());
            }
        }
        let read = timeout(PATIENCE, self.read()).await;
        let read = read.unwrap_or_else(|_| Err(StoreError::Load(late())));
        let mut ledger = self.lock();
        match read {
            Ok(state) => {
                ledger.kept_ids = state.all();
                ledger.state = Some(state);
                ledger.not_recalled = None;
                Ok(())
            }
            Err(why) => {
                ledger.not_recalled = Some((Moment::now(), why.clone()));
                Err(why)
            }
        }
    }

    /// What the log's probe remembers: as of this state, else as it was kept.
    pub(in crate::fleet) async fn memory(
        &self,
        key: &MemoryKey,
    ) -> Result<Option<Value>, StoreError> {
        let key = self.key_of_memory(key);
        let known = self.lock().memories.get(&key).cloned();
        match known {
            Some(known) => Ok(Some(known)),
            None => self.store.load(&key).await,
        }
    }

    /// Counts what the log told, and keeps it together with what its probe remembers since.
    pub async fn told_by_log(
        &self,
        events: &[Event],
        (key, memory): (&MemoryKey, Value),
    ) -> Result<(), StoreError> {
        self.recall().await?;
        let key = self.key_of_memory(key);
        let owed = self.tell(|state, memories, watched| {
            let counted = state.told_by_log(events, watched, Moment::now());
            let before = memories.insert(key, memory.clone());
            counted || before != Some(memory)
        });
        self.keep(owed).await
    }

    /// Counts what a hook delivered. Where this is no error, it is kept.
    pub(in crate::fleet) async fn told_by_hook(
        &self,
        delivery: &Delivery,
        shown: Timestamp,
    ) -> Result<(), StoreError> {
        self.recall().await?;
        let owed = self.tell(|state, _, watched| {
            state.told_by_hook(delivery, watched, (Moment::now(), shown))
        });
        self.keep(owed).await
    }

    /// Counts what came of a delivery.
    pub(super) fn count(&self, result: DeliveryResult) {
        *self.lock().deliveries.entry(result).or_default() += 1;
    }

    /// How many deliveries came to this.
    pub(super) fn deliveries(&self, result: DeliveryResult) -> u64 {
        self.lock()
            .deliveries
            .get(&result)
            .copied()
            .unwrap_or_default()
    }

    /// What it is watched for.
    pub(super) fn watched(&self) -> Arc<Watched> {
        Arc::clone(&self.lock().watched)
    }

    /// Shows what is known, if anything is.
    pub(super) fn show(&self, show: impl FnOnce(&State)) {
        if let Some(state) = &self.lock().state {
            show(state);
        }
    }

    /// Counts something, and tells what is to be kept then.
    fn tell(&self, count: impl FnOnce(&mut State, &mut Batch, &Watched) -> bool) -> Owed {
        let mut ledger = self.lock();
        let Ledger {
            state,
            memories,
            watched,
            ..
        } = &mut *ledger;
        if let Some(state) = state
            && count(state, memories, watched)
        {
            ledger.version += 1;
        }
        Owed {
            version: ledger.version,
            attempts: ledger.attempts,
        }
    }

    /// Has all kept that is owed. Whoever waits meanwhile has what they owe kept at once, with all
    /// that others owe.
    async fn keep(&self, owed: Owed) -> Result<(), StoreError> {
        let _turn = self.turns.lock().await;
        let (batch, next_ids, version, attempt) = {
            let mut ledger = self.lock();
            if ledger.kept >= owed.version {
                return Ok(());
            }
            match &ledger.failed {
                // It was part of that attempt, which was as good as one of its own.
                Some((attempt, why)) if *attempt > owed.attempts => return Err(why.clone()),
                _ => {}
            }
            ledger.attempts += 1;
            let (batch, next_ids) = self.batch(&ledger)?;
            (batch, next_ids, ledger.version, ledger.attempts)
        };
        let kept = timeout(PATIENCE, self.store.commit(batch)).await;
        let kept = kept.unwrap_or_else(|_| Err(StoreError::Commit(late())));
        let mut ledger = self.lock();
        match &kept {
            Ok(()) => {
                ledger.kept = version;
                ledger.kept_ids = next_ids;
            }
            Err(why) => ledger.failed = Some((attempt, why.clone())),
        }
        kept
    }

    /// All that the store may not hold.
    fn batch(&self, ledger: &Ledger) -> Result<(Batch, Ids<u64>), StoreError> {
        let mut batch = ledger.memories.clone();
        let Some(state) = &ledger.state else {
            return Ok((batch, ledger.kept_ids.clone()));
        };
        let written = state.written(&ledger.kept_ids);
        let (documents, next_ids) = written.map_err(|e| StoreError::Commit(e.to_string()))?;
        let documents = documents.into_iter();
        batch.extend(documents.map(|(name, document)| (self.key(&name), document)));
        Ok((batch, next_ids))
    }

    async fn read(&self) -> Result<State, StoreError> {
        let Some(counts) = self.store.load(&self.key("counts")).await? else {
            return Ok(State::default());
        };
        let counts = serde_json::from_value::<Counts>(counts);
        let counts = counts.map_err(|e| self.unreadable("counts", &e))?;
        let [log, hook, shared] = counts.ids.each();
        let told = Ids {
            log: self.read_ids(log).await?,
            hook: self.read_ids(hook).await?,
            shared: self.read_ids(shared).await?,
        };
        Ok(State::read(counts, told))
    }

    async fn read_ids(&self, (name, numbers): (&str, &Range<u64>)) -> Result<Ring, StoreError> {
        let mut documents = Vec::new();
        for chunk in chunks::names(numbers.clone()) {
            let key = self.key(&format!("{name}/{chunk}"));
            documents.extend(self.store.load(&key).await?);
        }
        let read = chunks::read(&documents, numbers.clone());
        read.map_err(|why| self.unreadable(name, &why))
    }

    fn unreadable(&self, what: &str, why: &dyn fmt::Display) -> StoreError {
        let org = &self.org;
        StoreError::Unreadable(format!(
            "what the events of {org} came to (`{what}`) cannot be read: {why}"
        ))
    }

    fn key(&self, document: &str) -> MemoryKey {
        MemoryKey {
            origin: self.origin.clone(),
            kind: KIND,
            id: format!("{}/{document}", self.org),
        }
    }

    /// Two names may stand for one org, and each has counted for itself.
    fn key_of_memory(&self, key: &MemoryKey) -> MemoryKey {
        MemoryKey {
            id: format!("{}/{}", self.org, key.id),
            ..key.clone()
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { org, origin, .. } = self;
        f.debug_struct("Account")
            .field("org", org)
            .field("origin", origin)
            .finish_non_exhaustive()
    }
}

fn late() -> String {
    format!("it took longer than {} s", PATIENCE.as_secs())
}
