//! Takes the time of connecting: TCP and TLS together, DNS left out.

use std::task::{Context, Poll};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::time::Instant;
use tower::{Layer, Service};

use super::trace::Trace;

/// The layer that takes the time.
#[derive(Clone, Copy)]
pub(super) struct ConnectionTimer;

/// A connector with its time taken.
#[derive(Clone)]
pub(super) struct Timed<S>(S);

impl<S> Layer<S> for ConnectionTimer {
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
        trace.connecting();
        let connecting = self.0.call(target);
        async move {
            let start = Instant::now();
            let connected = connecting.await;
            trace.connected(start.elapsed());
            connected
        }
        .boxed()
    }
}
