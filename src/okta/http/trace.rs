//! How far a request has come, and how long each phase of it took: noted by whoever takes part in it,
//! the [`resolver`](super::resolver) and the [`connector`](super::connector) among them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{certificate::ServedChain, exchange::Phases};
use crate::okta::Phase;

tokio::task_local! {
    /// The request on whose behalf this task connects. hyper connects inside the future of the
    /// request that wants a connection, so a task-local finds its way there.
    static TRACE: Trace;
}

/// How far one request has come, and how long each phase took.
#[derive(Clone, Default)]
pub(super) struct Trace(Arc<Mutex<Marks>>);

#[derive(Default)]
struct Marks {
    phases: Phases,
    waiting_for: Option<Phase>,
    connection: Option<Connection>,
    chain: Option<ServedChain>,
}

/// A connection that is made for one request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Connection {
    Begun,
    Ended,
}

impl Trace {
    /// Runs a request under this trace.
    pub(super) async fn scope<F: Future>(&self, request: F) -> F::Output {
        TRACE.scope(self.clone(), request).await
    }

    /// What the request waits for now; where nothing was noted, a pooled connection carries it.
    pub(super) fn waiting_for(&self) -> Phase {
        self.with(|marks| marks.waiting_for)
            .unwrap_or(Phase::FirstByte)
    }

    /// The connection that was begun for it; `None` where a pooled one carries it, or none yet.
    pub(super) fn connection(&self) -> Option<Connection> {
        self.with(|marks| marks.connection)
    }

    /// What was verified as a connection was made for it.
    pub(super) fn chain(&self) -> Option<ServedChain> {
        self.with(|marks| marks.chain)
    }

    /// Notes what was verified for the request on whose behalf this task connects. Behind a proxy that
    /// speaks TLS itself the host's comes last.
    pub(super) fn note_chain(chain: Option<ServedChain>) {
        Self::current().with(|marks| marks.chain = chain);
    }

    /// It waits for a connection that another request makes, or no longer does.
    pub(super) fn await_connection(&self, of_another: bool) {
        self.with(|marks| marks.waiting_for = of_another.then_some(Phase::Connect));
    }

    /// The first byte came, this long after the request began.
    pub(super) fn first_byte(&self, since_start: Duration) {
        self.with(|marks| {
            let connecting =
                marks.phases.dns.unwrap_or_default() + marks.phases.connect.unwrap_or_default();
            marks.phases.first_byte = Some(since_start.saturating_sub(connecting));
            marks.waiting_for = Some(Phase::Body);
        });
    }

    /// The last byte came, this long after the first.
    pub(super) fn body(&self, took: Duration) {
        self.with(|marks| marks.phases.body = Some(took));
    }

    /// The phases so far.
    pub(super) fn phases(&self) -> Phases {
        self.with(|marks| marks.phases)
    }

    /// Its name is being looked up.
    pub(super) fn looking_up(&self) {
        self.with(|marks| marks.waiting_for = Some(Phase::Dns));
    }

    /// The name was looked up, or it is known that it cannot be.
    pub(super) fn looked_up(&self, took: Duration) {
        self.with(|marks| {
            marks.phases.dns = Some(took);
            marks.waiting_for = Some(Phase::Connect);
        });
    }

    /// A connection is begun for it.
    pub(super) fn connecting(&self) {
        self.with(|marks| {
            marks.waiting_for = Some(Phase::Connect);
            marks.connection = Some(Connection::Begun);
        });
    }

    /// The connection stands, TLS included, or it failed: so long after it was begun.
    pub(super) fn connected(&self, took: Duration) {
        self.with(|marks| {
            let dns = marks.phases.dns.unwrap_or_default();
            marks.phases.connect = Some(took.saturating_sub(dns));
            marks.waiting_for = Some(Phase::FirstByte);
            marks.connection = Some(Connection::Ended);
        });
    }

    fn with<T>(&self, f: impl FnOnce(&mut Marks) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// That of the request on whose behalf this task runs.
    pub(super) fn current() -> Self {
        // A connection that hyper goes on making after its request is gone has no trace: its
        // times go into one that nobody reads.
        TRACE.try_with(Clone::clone).unwrap_or_default()
    }
}
