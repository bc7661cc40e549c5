//! Disks that are full, or hang, for a while.

use std::{
    io::{self, ErrorKind},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use redb::{StorageBackend, backends::InMemoryBackend};

use super::*;

/// A disk that is full, or hangs, for a while.
#[derive(Debug, Clone, Default)]
struct Disk {
    bytes: Arc<InMemoryBackend>,
    is_full: Arc<AtomicBool>,
    hangs: Arc<AtomicBool>,
    hung: Arc<AtomicUsize>,
    opened: Arc<AtomicUsize>,
    synced: Arc<AtomicUsize>,
}

impl Disk {
    fn room(&self) -> io::Result<()> {
        // A test that fails meanwhile ends all the same.
        for _ in 0..2000 {
            if !self.hangs.load(Ordering::Relaxed) {
                break;
            }
            self.hung.fetch_add(1, Ordering::Relaxed);
            thread::park_timeout(Duration::from_millis(1));
        }
        if self.is_full.load(Ordering::Relaxed) {
            return Err(ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn open(&self) -> Result<Opened, CannotOpen> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        let database = open::builder().create_with_backend(self.clone());
        let database = database.map_err(|why| CannotOpen::redb(Path::new("disk"), why))?;
        Ok(Opened::unnamed(database))
    }

    fn store(&self) -> FileStore {
        let (disk, path) = (self.clone(), Path::new("disk"));
        FileStore::by(path, Box::new(move |_| disk.open()), Health::of(path))
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.bytes.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.bytes.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.room()?;
        self.bytes.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.synced.fetch_add(1, Ordering::Relaxed);
        self.bytes.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.room()?;
        self.bytes.write(offset, data)
    }
}

#[tokio::test]
async fn a_full_disk_is_told_once_loses_nothing_that_was_kept_and_is_used_again_when_it_has_room() {
    let disk = Disk::default();
    let store = disk.store();
    store.commit(batch(0..10, 1)).await.unwrap();
    disk.is_full.store(true, Ordering::Relaxed);
    let why = store.commit(batch(0..20, 2)).await.unwrap_err();
    let StoreError::Commit(told) = &why else {
        panic!("{why:?}")
    };
    assert!(
        told.starts_with("disk: ") && told.contains("no storage space"),
        "{why}"
    );
    assert_eq!(store.health().findings()[0].what, why.to_string());
    let opened = disk.opened.load(Ordering::Relaxed);
    for _ in 0..10 {
        store.commit(batch(0..20, 2)).await.unwrap_err();
    }
    let tries = disk.opened.load(Ordering::Relaxed) - opened;
    assert!(
        tries <= 2,
        "opened {tries} times: each reads all of the file"
    );
    disk.is_full.store(false, Ordering::Relaxed);
    tokio::time::pause();
    tokio::time::advance(RESPITE).await;
    // Whoever does not open it again is refused for ever: it does.
    assert_eq!(says(&store, 1).await, Ok(Some(1)), "all or nothing");
    assert_eq!(says(&store, 11).await, Ok(None), "all or nothing");
    store.commit(batch(0..20, 2)).await.unwrap();
    assert_eq!(says(&store, 11).await, Ok(Some(2)));
    assert_eq!(store.health().findings(), []);
}

#[tokio::test]
async fn a_disk_that_hangs_takes_one_thread_and_nobody_waits_for_it_for_long() {
    let disk = Disk::default();
    let store = disk.store();
    store.commit(batch([0], 1)).await.unwrap();
    disk.hangs.store(true, Ordering::Relaxed);
    tokio::time::pause();
    let others = async {
        // Who comes before a write has begun may be part of it.
        while disk.hung.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        let commits = (1..100).map(|id| store.commit(batch([id], 2)));
        let commits = futures_util::future::join_all(commits);
        tokio::join!(commits, tokio::time::advance(PATIENCE * 2)).0
    };
    let (first, others) = tokio::join!(store.commit(batch([0], 2)), others);
    let late = StoreError::Commit("it took longer than 3 s".to_owned());
    let mut kept = others.iter().chain([&first]);
    assert!(kept.all(|kept| kept.as_ref() == Err(&late)), "{others:?}");
    disk.hangs.store(false, Ordering::Relaxed);
    store.commit(batch([0, 1], 3)).await.unwrap();
    assert_eq!(says(&store, 0).await, Ok(Some(3)));
    assert_eq!(says(&store, 1).await, Ok(Some(3)));
    // What had not begun when it was given up was never done.
    assert_eq!(says(&store, 99).await, Ok(None));
}

#[tokio::test]
async fn a_thousand_that_keep_at_once_wait_for_a_few_writes() {
    let disk = Disk::default();
    let store = disk.store();
    store.commit(batch([0], 1)).await.unwrap();
    let synced = disk.synced.load(Ordering::Relaxed);
    let commits = (0..1000).map(|id| store.commit(batch([id], 2)));
    let kept = futures_util::future::join_all(commits).await;
    assert!(kept.iter().all(Result::is_ok));
    let synced = disk.synced.load(Ordering::Relaxed) - synced;
    assert!(synced < 50, "{synced} times");
    assert_eq!(says(&store, 999).await, Ok(Some(2)));
}

#[tokio::test]
async fn who_gives_up_on_a_commit_that_has_begun_leaves_it_whole() {
    let disk = Disk::default();
    let store = disk.store();
    store.commit(batch(0..10, 1)).await.unwrap();
    disk.hangs.store(true, Ordering::Relaxed);
    tokio::select! {
        biased;
        _ = store.commit(batch(0..10, 2)) => panic!("it hangs"),
        () = tokio::time::sleep(Duration::from_millis(20)) => {}
    }
    disk.hangs.store(false, Ordering::Relaxed);
    for id in 0..10 {
        let first = says(&store, 0).await.unwrap();
        assert_eq!(says(&store, id).await, Ok(first));
    }
}
