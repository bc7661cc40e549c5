//! How a request reaches Okta: DNS and connecting with their times taken. What came of
//! it is in [`sorting`](super::sorting) where it failed; what is asked is in [`request`](super::request), what the answer means in
//! [`response`](super::response).

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::time::Instant;
use tower::{Layer, Service};

use super::{certificate::ServedChain, exchange::Phases};
use crate::okta::Phase;

tokio::task_local! {
    /// The request on whose behalf this task connects. hyper connects inside the future of the
    /// request that wants a connection, so a task-local finds its way through reqwest's layers.
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
    one_url: bool,
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

    /// What the request carries serves at its own URL only.
    pub(super) fn serves_one_url(&self) {
        self.with(|marks| marks.one_url = true);
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

    fn with<T>(&self, f: impl FnOnce(&mut Marks) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn current() -> Self {
        // A connection that hyper goes on making after its request is gone has no trace: its
        // times go into one that nobody reads.
        TRACE.try_with(Clone::clone).unwrap_or_default()
    }
}

/// The system's resolver, timed.
pub(super) struct Resolver;

/// A name that did not resolve: a type of its own, so that it can be told from a refused connection.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {detail}")]
pub(super) struct DnsError {
    /// Not always the org's: with a proxy it is the proxy's name that is looked up here.
    pub(super) name: String,
    pub(super) detail: String,
}

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let trace = Trace::current();
        async move {
            let start = Instant::now();
            trace.with(|marks| marks.waiting_for = Some(Phase::Dns));
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            trace.with(|marks| {
                marks.phases.dns = Some(start.elapsed());
                marks.waiting_for = Some(Phase::Connect);
            });
            let unknown = |detail: String| DnsError {
                name: name.as_str().to_owned(),
                detail,
            };
            let found: Vec<SocketAddr> = found.map_err(|e| unknown(e.to_string()))?.collect();
            if found.is_empty() {
                return Err(unknown("no address".to_owned()).into());
            }
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        }
        .boxed()
    }
}

/// A layer that takes the time of connecting, TCP and TLS together, DNS left out.
#[derive(Clone, Copy)]
pub(super) struct TimedConnect;

/// A connector with its time taken.
#[derive(Clone)]
pub(super) struct Timed<S>(S);

impl<S> Layer<S> for TimedConnect {
    type Service = Timed<S>;

    fn layer(&self, connector: S) -> Timed<S> {
        Timed(connector)
    }
}

impl<S, R> Service<R> for Timed<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let trace = Trace::current();
        trace.with(|marks| {
            marks.waiting_for = Some(Phase::Connect);
            marks.connection = Some(Connection::Begun);
        });
        let connecting = self.0.call(target);
        async move {
            let start = Instant::now();
            let connected = connecting.await;
            trace.with(|marks| {
                let dns = marks.phases.dns.unwrap_or_default();
                marks.phases.connect = Some(start.elapsed().saturating_sub(dns));
                marks.waiting_for = Some(Phase::FirstByte);
                marks.connection = Some(Connection::Ended);
            });
            connected
        }
        .boxed()
    }
}

/// A redirect that was refused, told in words that name the fix.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct RefusedRedirect(pub(super) String);

/// Follows redirects within one origin only: a credential must never travel to another host. Where a
/// form or a proof goes along, or a limit counts, none is followed: the form would be lost, the proof
/// names its URL, and nobody admitted the hop.
pub(super) fn redirects_stay_home() -> reqwest::redirect::Policy {
    const MOST: usize = 5;
    reqwest::redirect::Policy::custom(|attempt| {
        let refused = match attempt.previous().first() {
            Some(first) if first.origin() != attempt.url().origin() => Some(format!(
                "redirected to another host ({}): not followed, since a credential would go along; \
                 put the host that Okta redirects to into the configuration",
                attempt.url().origin().ascii_serialization()
            )),
            _ if Trace::current().with(|marks| marks.one_url) => Some(format!(
                "redirected to {}: not followed, since what was sent serves, and is counted, at the path that was asked only",
                attempt.url().path()
            )),
            _ if attempt.previous().len() > MOST => {
                Some(format!("redirected more than {MOST} times: a loop"))
            }
            _ => None,
        };
        match refused {
            Some(why) => attempt.error(RefusedRedirect(why)),
            None => attempt.follow(),
        }
    })
}
