//! What one probe remembers: recalled before its first run, kept after each run that taught
//! something. Both happen in the run's own task, and never while the board is locked; what the
//! store does not do in time, or at all, never keeps the probe from watching.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{RunOnce, events::Account};
use crate::{
    okta::event::Event,
    probe::{AnyMemory, MemoryKey},
    store::{Batch, Store, StoreError},
};

/// How long the store may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What one probe remembers, and where that is kept.
#[derive(Debug, Clone)]
pub(super) struct Remembered {
    /// What it remembers now.
    pub(super) memory: Arc<AnyMemory>,
    /// What the store is known to hold; `None` where that is not known.
    kept: Option<Arc<AnyMemory>>,
    /// Where it is kept; `None` for a kind of which nothing is worth keeping.
    place: Option<(Arc<dyn Store>, MemoryKey)>,
    /// What an earlier life of the probe left has been read.
    recalled: bool,
    /// Where the events that it tells of are counted, and kept together with this.
    account: Option<Arc<Account>>,
}

impl Remembered {
    /// Nothing, so far.
    pub(super) fn nothing<R: RunOnce>(
        run: &R,
        store: &Arc<dyn Store>,
        account: Option<Arc<Account>>,
    ) -> Self {
        let place = run.memory_key().map(|key| (Arc::clone(store), key));
        Self {
            memory: Arc::new(run.no_memory()),
            kept: None,
            recalled: place.is_none(),
            place,
            account: account.filter(|_| run.tells_events()),
        }
    }

    /// Reads what an earlier life of the probe left, once. Until that has succeeded nothing is
    /// kept, so that no memory is lost to a store that was away for a while.
    pub(super) async fn recall<R: RunOnce>(&mut self, run: &R) -> Result<(), StoreError> {
        let Some((store, key)) = self.place.as_ref().filter(|_| !self.recalled) else {
            return Ok(());
        };
        let loaded = if let Some(account) = &self.account {
            account.recall().await?;
            timeout(PATIENCE, account.memory(key)).await
        } else {
            timeout(PATIENCE, store.load(key)).await
        };
        let late = || StoreError::Load(format!("it took longer than {} s", PATIENCE.as_secs()));
        if let Some(written) = loaded.map_err(|_| late())?? {
            let read = run.memory(written);
            let memory = Arc::new(read.map_err(|e| StoreError::Unreadable(e.to_string()))?);
            self.memory = Arc::clone(&memory);
            self.kept = Some(memory);
        }
        self.recalled = true;
        Ok(())
    }

    /// Whether what a run taught may be learned. Events that cannot be counted yet are asked for
    /// again.
    pub(super) fn may_learn(&self) -> bool {
        self.recalled || self.account.is_none()
    }

    /// Takes over what a run taught, counts the events that it told of, and keeps it where it is
    /// something new.
    pub(super) async fn learn(
        &mut self,
        memory: AnyMemory,
        events: &[Event],
    ) -> Result<(), StoreError> {
        if let Some((account, (_, key))) = self.account.as_ref().zip(self.place.as_ref()) {
            let written = memory.to_json();
            let written = written.map_err(|e| StoreError::Commit(e.to_string()))?;
            self.memory = Arc::new(memory);
            return account.told_by_log(events, (key, written)).await;
        }
        self.memory = Arc::new(memory);
        let Some((store, key)) = self.place.as_ref().filter(|_| self.recalled) else {
            return Ok(());
        };
        if self.kept.as_ref() == Some(&self.memory) {
            return Ok(());
        }
        self.kept = None;
        let written = self.memory.to_json();
        let written = written.map_err(|e| StoreError::Commit(e.to_string()))?;
        let commit = store.commit(Batch::from([(key.clone(), written)]));
        let late = || StoreError::Commit(format!("it took longer than {} s", PATIENCE.as_secs()));
        timeout(PATIENCE, commit).await.map_err(|_| late())??;
        self.kept = Some(Arc::clone(&self.memory));
        Ok(())
    }
}
