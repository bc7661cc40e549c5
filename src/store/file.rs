//! Memories in one file, which survives the process and whatever ends it. One thing is done at a
//! time, never on a thread that others wait for. A batch is kept in one transaction, together with
//! those that came while the disk was at work: a thousand orgs wait for a few writes. After any error
//! the file is closed and opened again before it is used, since only that tells what it holds.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use redb::{Database, ReadableDatabase};
use serde_json::Value;
use tokio::{
    sync::{Mutex as Turns, oneshot},
    task::spawn_blocking,
    time::timeout,
};

use super::{
    Batch, Store,
    error::StoreError,
    health::{Health, Operation},
    open::{self, CannotOpen, MEMORIES, Opened},
};
use crate::{probe::MemoryKey, units::Moment};

/// How long one thing may take. Whoever waits for longer than that waits for a disk that hangs.
const PATIENCE: Duration = Duration::from_secs(3);
/// A file that cannot be opened is left alone for so long: opening reads all of it.
const RESPITE: Duration = Duration::from_secs(1);

/// Keeps memories in a file.
#[derive(Debug)]
pub struct FileStore {
    file: Arc<Turns<Handle>>,
    /// What the next to have its turn keeps for all.
    waiting: Mutex<Vec<Waiting>>,
    health: Health,
}

/// A batch, and who waits for it.
#[derive(Debug)]
struct Waiting {
    batch: Batch,
    done: oneshot::Sender<Result<(), String>>,
}

/// Opens the file, given whether it was open before: then none is made where it is gone.
type Opener = Box<dyn Fn(bool) -> Result<Opened, CannotOpen> + Send>;

/// The file, open or not.
struct Handle {
    path: PathBuf,
    opener: Opener,
    opened: Option<Opened>,
    was_open: bool,
    /// When it could not be opened, and why.
    refused: Option<(Moment, String)>,
    health: Health,
}

impl FileStore {
    /// Opens this file, or makes it. What may pass by itself, such as a full disk, is no error: the
    /// store then works from the moment on when that has passed.
    pub async fn open(path: &Path) -> Result<Self, CannotOpen> {
        let (place, health) = (path.to_owned(), Health::of(path));
        let reopen = move |was_open: bool| {
            if was_open {
                open::open(&place)
            } else {
                open::open_or_create(&place)
            }
        };
        let store = Self::by(path, Box::new(reopen), health);
        let mut handle = Arc::clone(&store.file).lock_owned().await;
        let opening = spawn_blocking(move || {
            handle.opened = Some(handle.open()?);
            Ok(())
        });
        let passing = |why: String| CannotOpen::Passing {
            path: path.to_owned(),
            why,
        };
        let opened = match timeout(PATIENCE, opening).await {
            Ok(Ok(opened)) => opened,
            Ok(Err(broke_down)) => Err(CannotOpen::Damaged {
                path: path.to_owned(),
                why: broke_down.to_string(),
            }),
            Err(_) => Err(passing(late())),
        };
        match opened {
            Err(why) if why.may_pass() => {
                let why = StoreError::Load(why.to_string());
                store.health.failed(Operation::Load, &why);
            }
            opened => opened?,
        }
        Ok(store)
    }

    fn by(path: &Path, opener: Opener, health: Health) -> Self {
        let handle = Handle {
            path: path.to_owned(),
            opener,
            opened: None,
            was_open: false,
            refused: None,
            health: health.clone(),
        };
        Self {
            file: Arc::new(Turns::new(handle)),
            waiting: Mutex::default(),
            health,
        }
    }

    /// How keeping goes.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Closes the file, so that the next to open it need not look for what broke off. Whoever has
    /// something to keep after that opens it again.
    pub async fn close(&self) {
        let closing = async {
            let mut handle = Arc::clone(&self.file).lock_owned().await;
            spawn_blocking(move || drop(handle.opened.take())).await
        };
        if !matches!(timeout(PATIENCE, closing).await, Ok(Ok(()))) {
            tracing::debug!("the store was not closed in time");
        }
    }

    /// Does something with the file, open, when it is its turn.
    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, String> {
        let turn = async {
            // What is begun is done, whether or not somebody still waits for it.
            let mut handle = Arc::clone(&self.file).lock_owned().await;
            let done = spawn_blocking(move || handle.work(work)).await;
            done.unwrap_or_else(|broke_down| Err(broke_down.to_string()))
        };
        let done = timeout(PATIENCE, turn).await;
        done.unwrap_or_else(|_| Err(late()))
    }

    /// Keeps a batch with all others that wait, or has it kept by whoever has a turn before.
    async fn keep(&self, batch: Batch) -> Result<(), String> {
        let (done, told) = oneshot::channel();
        self.waiting(|waiting| waiting.push(Waiting { batch, done }));
        let turn = async {
            let mut handle = Arc::clone(&self.file).lock_owned().await;
            let all = self.waiting(std::mem::take);
            if !all.is_empty() {
                drop(spawn_blocking(move || handle.keep(all)));
            }
            let broke_down = |_| Err("the store broke down".to_owned());
            told.await.unwrap_or_else(broke_down)
        };
        let done = timeout(PATIENCE, turn).await;
        done.unwrap_or_else(|_| Err(late()))
    }

    /// Does something with all that wait, those who gave up left out.
    fn waiting<T>(&self, what: impl FnOnce(&mut Vec<Waiting>) -> T) -> T {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|waiting| !waiting.done.is_closed());
        what(&mut waiting)
    }

    fn told<T>(&self, operation: Operation, done: Result<T, StoreError>) -> Result<T, StoreError> {
        match &done {
            Ok(_) => self.health.worked(operation),
            Err(why) => self.health.failed(operation, why),
        }
        done
    }
}

impl Store for FileStore {
    fn load<'a>(&'a self, key: &'a MemoryKey) -> BoxFuture<'a, Result<Option<Value>, StoreError>> {
        Box::pin(async {
            let of = key.clone();
            let found = self.turn(move |database| read(database, &of)).await;
            let found = found.and_then(|written| match written {
                Some(written) => serde_json::from_slice(&written).map_err(|e| e.to_string()),
                None => Ok(None),
            });
            self.told(Operation::Load, found.map_err(StoreError::Load))
        })
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async {
            let kept = self.keep(batch).await;
            self.told(Operation::Commit, kept.map_err(StoreError::Commit))
        })
    }
}

impl Handle {
    /// Opens the file, whatever came of it before.
    fn open(&mut self) -> Result<Opened, CannotOpen> {
        let opened = (self.opener)(self.was_open);
        match &opened {
            Ok(opened) => {
                self.was_open = true;
                self.refused = None;
                self.health.measured(opened.size());
            }
            Err(why) => self.refused = Some((Moment::now(), why.to_string())),
        }
        opened
    }

    /// The file, open. Who does not give it back has closed it.
    fn take(&mut self) -> Result<Opened, String> {
        if let Some(opened) = self.opened.take().filter(Opened::is_in_place) {
            return Ok(opened);
        }
        match &self.refused {
            Some((at, why)) if Moment::now().since(*at) < RESPITE => Err(why.clone()),
            _ => self.open().map_err(|why| why.to_string()),
        }
    }

    fn work<T>(
        &mut self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, String> {
        let opened = self.take()?;
        let done = work(&opened.database);
        let done = done.map_err(|why| format!("{}: {why}", self.path.display()))?;
        self.health.measured(opened.size());
        self.opened = Some(opened);
        Ok(done)
    }

    /// Keeps all of these in one transaction, and tells those who wait.
    fn keep(&mut self, all: Vec<Waiting>) {
        let batches = all.iter().map(|waiting| &waiting.batch);
        let kept = self.work(|database| write(database, batches));
        for waiting in all {
            // Who does not wait any more need not know.
            drop(waiting.done.send(kept.clone()));
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("path", &self.path)
            .field("opened", &self.opened)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}

fn read(database: &Database, key: &MemoryKey) -> Result<Option<Vec<u8>>, redb::Error> {
    let table = database.begin_read()?.open_table(MEMORIES)?;
    let found = table.get(columns(key))?;
    Ok(found.map(|written| written.value().to_vec()))
}

fn write<'a>(
    database: &Database,
    batches: impl Iterator<Item = &'a Batch>,
) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    let mut table = transaction.open_table(MEMORIES)?;
    for (key, memory) in batches.flatten() {
        let written = memory.to_string();
        table.insert(columns(key), written.as_bytes())?;
    }
    drop(table);
    transaction.commit()?;
    Ok(())
}

fn columns(MemoryKey { origin, kind, id }: &MemoryKey) -> (&str, &str, &str) {
    (origin, kind, id)
}

fn late() -> String {
    format!("it took longer than {} s", PATIENCE.as_secs())
}

#[cfg(test)]
mod tests;
