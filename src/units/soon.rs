//! What touches files and may hang, such as on a network file system that is gone, where somebody waits
//! for it and there is no other thread yet to wait on.

use std::{sync::mpsc, thread, time::Duration};

/// How long it is waited for.
const SOON: Duration = Duration::from_secs(2);

/// What this comes to, or `None` where it takes too long. It is then left to hang on a thread of its own.
pub(crate) fn soon<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, result) = mpsc::sync_channel(1);
    let apart = thread::Builder::new().name("file".to_owned());
    apart.spawn(move || drop(done.send(work()))).ok()?;
    result.recv_timeout(SOON).ok()
}
