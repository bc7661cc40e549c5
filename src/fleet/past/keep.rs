//! Keeping the past in a store: once for each span, and at the end. It has a task of its own, so that
//! no run and no scrape waits for a disk. What the store cannot do it tells by itself.

use std::{sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    chunk::{Chunk, SLOTS, part_of, slot_of},
    org_past::OrgPast,
    spans::span_of,
};
use crate::{
    fleet::Board,
    probe::MemoryKey,
    store::{Batch, Store, StoreError},
    units::Name,
};

/// Under what the past is kept.
const KIND: &str = "history";
/// How often it is looked whether a span is over, or an org has come.
const PACE: Duration = Duration::from_mins(1);
/// The most documents that are kept at once.
const AT_ONCE: usize = 100;
/// How long the store may take for each.
const PATIENCE: Duration = Duration::from_secs(5);

/// Keeps the past of every org on a board. Dropping it ends it at once.
#[derive(Debug)]
pub struct PastKeeper {
    stop: CancellationToken,
    task: AbortOnDropHandle<()>,
}

impl PastKeeper {
    /// Recalls what an earlier life left, and keeps what happens from now on.
    pub fn start(board: &Arc<Board>, store: Arc<dyn Store>) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(keep(Arc::clone(board), store, stop.clone()));
        let task = AbortOnDropHandle::new(task);
        Self { stop, task }
    }

    /// Keeps what happened until now, and ends.
    pub async fn stop(self) {
        self.stop.cancel();
        drop(self.task.await);
    }
}

async fn keep(board: Arc<Board>, store: Arc<dyn Store>, stop: CancellationToken) {
    let now = || span_of(board.clock().now());
    let mut kept = now();
    loop {
        let all = board.pasts();
        for (org, past) in all.iter().filter(|(_, past)| !past.is_recalled()) {
            if let Err(why) = recall(&store, org.as_ref(), past).await {
                let org = org.as_ref().map(Name::as_str);
                tracing::debug!(org, error = %why, "the past cannot be recalled yet");
                break;
            }
        }
        let is_over = stop.is_cancelled();
        let span = now();
        if span != kept || is_over {
            // Of the part that has just ended, too.
            let mut parts = vec![part_of(kept), part_of(span)];
            parts.dedup();
            if commit(&store, &all, &parts).await {
                kept = span;
            }
        }
        if is_over {
            return;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(PACE) => {}
        }
    }
}

/// Adds what an earlier life of an org left.
async fn recall(
    store: &Arc<dyn Store>,
    org: Option<&Name>,
    past: &OrgPast,
) -> Result<(), StoreError> {
    let mut chunks = Vec::new();
    for slot in 0..SLOTS {
        let key = key(org, past, slot);
        let loaded = timeout(PATIENCE, store.load(&key)).await;
        let loaded = loaded.unwrap_or_else(|_| Err(StoreError::Load(late())));
        chunks.extend(loaded?.and_then(Chunk::read));
    }
    past.recall(chunks);
    Ok(())
}

/// Keeps these parts of time of every org of which all is known. False where the store could not: then
/// it is not tried with the others.
async fn commit(
    store: &Arc<dyn Store>,
    all: &[(Option<Name>, Arc<OrgPast>)],
    parts: &[u32],
) -> bool {
    let mut batch = Batch::new();
    for (org, past) in all.iter().filter(|(_, past)| past.is_recalled()) {
        for part in parts {
            let chunk = past.within(|span| part_of(span) == *part);
            if chunk.is_empty() {
                continue;
            }
            let key = key(org.as_ref(), past, slot_of(*part));
            match chunk.written() {
                Ok(written) => drop(batch.insert(key, written)),
                Err(error) => tracing::debug!(%error, "the past cannot be written"),
            }
        }
        if batch.len() >= AT_ONCE && !commit_batch(store, std::mem::take(&mut batch)).await {
            return false;
        }
    }
    batch.is_empty() || commit_batch(store, batch).await
}

async fn commit_batch(store: &Arc<dyn Store>, batch: Batch) -> bool {
    let kept = timeout(PATIENCE, store.commit(batch)).await;
    let kept = kept.unwrap_or_else(|_| Err(StoreError::Commit(late())));
    if let Err(why) = &kept {
        tracing::debug!(error = %why, "the past is not kept this time");
    }
    kept.is_ok()
}

fn key(org: Option<&Name>, past: &OrgPast, slot: u32) -> MemoryKey {
    let org = org.map_or("", Name::as_str);
    MemoryKey {
        origin: past.origin().to_owned(),
        kind: KIND,
        id: format!("{org}/{slot}"),
    }
}

fn late() -> String {
    format!("it took longer than {} s", PATIENCE.as_secs())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::BoxFuture;
    use serde_json::Value;

    use super::*;
    use crate::{
        fleet::{Outcome, ProbeId},
        okta::Failure,
        store::InMemory,
        units::{Timestamp, WallClock},
    };

    const MINUTE: Duration = Duration::from_mins(1);

    #[derive(Debug, Default)]
    struct Counted {
        store: InMemory,
        commits: AtomicUsize,
        fails: std::sync::atomic::AtomicBool,
    }

    impl Store for Counted {
        fn load<'a>(
            &'a self,
            key: &'a MemoryKey,
        ) -> BoxFuture<'a, Result<Option<Value>, StoreError>> {
            if self.fails.load(Ordering::SeqCst) {
                return Box::pin(async { Err(StoreError::Load("away".to_owned())) });
            }
            self.store.load(key)
        }

        fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), StoreError>> {
            self.commits.fetch_add(1, Ordering::SeqCst);
            self.store.commit(batch)
        }
    }

    /// A board with one probe, whose clock shows this.
    fn board(start: Timestamp) -> Arc<Board> {
        let board = Board::with_clock(WallClock::of_the_runtime(start));
        board.expect(id(), "discovery", MINUTE);
        Arc::new(board)
    }

    fn id() -> ProbeId {
        ProbeId {
            org: "acme".parse().ok(),
            probe: "discovery".to_owned(),
        }
    }

    fn fail(board: &Board) {
        let outcome = Outcome::left_out(board.clock().now(), Failure::Overlap);
        board.record(&id(), outcome, MINUTE);
    }

    fn failures(board: &Board) -> Vec<u32> {
        let view = board.view(board.clock().now());
        let past = &view.orgs[0].probes[0].past;
        past.iter().map(|span| span.failures).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn each_span_is_kept_once_and_at_the_end_and_the_next_life_knows_it() {
        let counted = Arc::new(Counted::default());
        let store = || Arc::clone(&counted) as Arc<dyn Store>;
        let start = Timestamp::from_second(1_000_000 * 900).unwrap();
        let one = board(start);
        let keeper = PastKeeper::start(&one, store());
        for _ in 0..60 {
            fail(&one);
            sleep(MINUTE).await;
        }
        let commits = counted.commits.load(Ordering::SeqCst);
        assert!((3..=4).contains(&commits), "{commits}");
        fail(&one);
        keeper.stop().await;
        let known = failures(&one);
        assert_eq!(known.iter().sum::<u32>(), 61);

        let other = board(one.clock().now());
        counted.fails.store(true, Ordering::SeqCst);
        let keeper = PastKeeper::start(&other, store());
        sleep(MINUTE / 2).await;
        assert_eq!(failures(&other), [0; 0], "it cannot be read yet");
        counted.fails.store(false, Ordering::SeqCst);
        sleep(MINUTE).await;
        assert_eq!(failures(&other), known);
        keeper.stop().await;
        assert_eq!(failures(&other), known);
    }
}
