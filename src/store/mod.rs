//! What is remembered across runs, kept where the next life of its probe finds it. What is worth
//! remembering is told by [`probe`](crate::probe), and when it is kept by [`fleet`](crate::fleet).
//! Without a file it is kept in memory: there it outlives a reload, not the process.

mod contents;
mod error;
mod file;
mod health;
mod open;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use futures_util::future::BoxFuture;
use serde_json::Value;

pub use contents::{Contents, Document};
pub use error::StoreError;
pub use file::FileStore;
pub use health::{FAMILIES, Health};
pub use open::{CannotOpen, SCHEMA};

use crate::probe::MemoryKey;

/// Memories that belong together: all of them are kept, or none.
pub type Batch = BTreeMap<MemoryKey, Value>;

/// Keeps memories. Whoever asks bounds how long it waits.
pub trait Store: fmt::Debug + Send + Sync {
    /// The memory that was kept last under this key.
    fn load<'a>(&'a self, key: &'a MemoryKey) -> BoxFuture<'a, Result<Option<Value>, StoreError>>;

    /// Keeps a batch. After an error nobody knows whether it was kept: the next one holds all that
    /// this one held.
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// Keeps memories as long as the process lives.
#[derive(Debug, Default)]
pub struct InMemory(Mutex<Batch>);

impl Store for InMemory {
    fn load<'a>(&'a self, key: &'a MemoryKey) -> BoxFuture<'a, Result<Option<Value>, StoreError>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(key).cloned();
        Box::pin(async { Ok(found) })
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), StoreError>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(batch);
        Box::pin(async { Ok(()) })
    }
}
