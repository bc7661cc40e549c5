//! What a probe remembers, with stores that fail, dawdle, and are opened again.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;

use super::*;
use crate::{
    probe::MemoryKey,
    store::{Batch, InMemory, StoreError},
};

/// A store that does what it is told to.
#[derive(Debug, Default)]
struct Told {
    disk: Arc<InMemory>,
    /// How long it takes.
    takes: Mutex<Duration>,
    fails: Mutex<bool>,
    commits: AtomicUsize,
}

impl Told {
    async fn answer(&self) -> Result<(), String> {
        let takes = *self.takes.lock().unwrap();
        sleep(takes).await;
        let fails = *self.fails.lock().unwrap();
        if fails {
            Err("no space left".to_owned())
        } else {
            Ok(())
        }
    }

    /// The same disk, opened by another life of the process.
    fn reopened(&self) -> Arc<Self> {
        Arc::new(Self {
            disk: Arc::clone(&self.disk),
            ..Self::default()
        })
    }
}

impl Store for Told {
    fn load<'a>(&'a self, key: &'a MemoryKey) -> BoxFuture<'a, Result<Option<Value>, StoreError>> {
        Box::pin(async {
            self.answer().await.map_err(StoreError::Load)?;
            self.disk.load(key).await
        })
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async {
            self.commits.fetch_add(1, Ordering::Relaxed);
            self.answer().await.map_err(StoreError::Commit)?;
            self.disk.commit(batch).await
        })
    }
}

/// How many runs the probe remembers, by what is kept.
async fn kept(store: &Told) -> Option<u64> {
    let found = store.disk.load(&key()).await.unwrap()?;
    found["rotations"].as_u64()
}

async fn run(world: &World, store: &Arc<Told>, minutes: u32) -> Scripted {
    let probe = Scripted {
        remembers: true,
        ..Scripted::default()
    };
    let store: Arc<dyn Store> = Arc::clone(store) as Arc<dyn Store>;
    world.keep_in(&store, "endpoint/users", &probe, Duty::default());
    sleep(MINUTE * minutes + Duration::from_secs(30)).await;
    probe
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_is_known_to_the_next_life() {
    let (world, store) = (World::new(), Arc::new(Told::default()));
    run(&world, &store, 2).await;
    assert_eq!(kept(&store).await, Some(3));
    world.stop.cancel();

    let (world, store) = (World::new(), store.reopened());
    run(&world, &store, 0).await;
    assert_eq!(kept(&store).await, Some(4));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_loses_nothing_that_it_had_and_nothing_that_is_still_known() {
    let (world, store) = (World::new(), Arc::new(Told::default()));
    run(&world, &store, 0).await;
    *store.fails.lock().unwrap() = true;
    sleep(MINUTE * 2).await;
    assert_eq!(kept(&store).await, Some(1));
    *store.fails.lock().unwrap() = false;
    sleep(MINUTE).await;
    assert_eq!(
        kept(&store).await,
        Some(4),
        "all that was learned meanwhile"
    );
    world.stop.cancel();

    // It cannot even be read when the next life begins: nothing is written over what it holds.
    let (world, store) = (World::new(), store.reopened());
    *store.fails.lock().unwrap() = true;
    let probe = run(&world, &store, 2).await;
    assert_eq!(probe.begun().len(), 3, "watching goes on");
    assert_eq!(store.commits.load(Ordering::Relaxed), 0);
    *store.fails.lock().unwrap() = false;
    sleep(MINUTE).await;
    assert_eq!(kept(&store).await, Some(5), "one more than what it held");
}

#[tokio::test(start_paused = true)]
async fn a_slow_store_keeps_no_probe_from_its_next_run() {
    let (world, store) = (World::new(), Arc::new(Told::default()));
    *store.takes.lock().unwrap() = Duration::from_hours(1);
    let probe = run(&world, &store, 2).await;
    assert_eq!(probe.begun().len(), 3);
    assert_eq!(world.failures("endpoint/users", "overlap"), 0);
    *store.takes.lock().unwrap() = Duration::from_secs(1);
    sleep(MINUTE).await;
    assert!(kept(&store).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn what_taught_nothing_new_is_not_kept_again() {
    let (world, store) = (World::new(), Arc::new(Told::default()));
    let probe = Scripted::default();
    let place: Arc<dyn Store> = Arc::clone(&store) as Arc<dyn Store>;
    world.keep_in(&place, "endpoint/users", &probe, Duty::default());
    sleep(MINUTE * 5).await;
    assert_eq!(store.commits.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_memory_that_cannot_be_read_back_is_left_alone_and_watching_goes_on() {
    let (world, store) = (World::new(), Arc::new(Told::default()));
    let strange = Batch::from([(key(), serde_json::json!({"rotations": "many"}))]);
    store.disk.commit(strange.clone()).await.unwrap();
    let probe = run(&world, &store, 1).await;
    assert_eq!(probe.begun().len(), 2);
    let left = store.disk.load(&key()).await.unwrap();
    assert_eq!(left.as_ref(), strange.values().next());
}
