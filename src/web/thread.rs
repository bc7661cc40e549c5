//! The thread that answers, apart from those that ask: whatever watched servers keep those busy with, a
//! scrape waits for its own work alone.

use std::io;

use axum::Router;
use tokio::runtime::{Builder, Runtime};

use crate::listener::{Listener, Server};

/// How many pages may be drawn at a time, each on a thread of its own.
const DRAWING: usize = 8;

/// A runtime that answers and does nothing else. Dropping it cuts what is under way.
#[derive(Debug)]
pub(super) struct Thread(Option<Runtime>);

impl Thread {
    pub(super) fn new() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(DRAWING)
            .thread_name("web")
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Does what must be done here, such as binding what is answered here.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = io::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        let Some(runtime) = &self.0 else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        runtime.spawn(work).await.map_err(io::Error::other)?
    }

    /// Answers here.
    pub(super) fn serve(&self, listener: Listener, router: Router) -> Server {
        let _here = self.0.as_ref().map(Runtime::enter);
        listener.serve(router)
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // Waiting for its end is not allowed where it is dropped, which is on another runtime's thread.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
