//! One way to take a lock in this room; no data lives here.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes the lock even if a holder panicked: a simulated world has no invariant worth dying for,
/// and a failed assertion in one test helper must not hide behind a poisoned lock.
pub(super) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
