//! One connection where one is enough. Requests that are made at once, while none is pooled, would
//! each begin their own: that the host speaks HTTP/2 is known only once one of them has connected.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use tokio::sync::RwLock;

use super::trace::{Connection, Trace};

/// How soon after it was made a connection can be shared: HTTP/2 has shaken hands by then. It is
/// waited for only by those who came while it was made, and where the answer takes longer.
const SHARED_WITHIN: Duration = Duration::from_millis(50);

/// Lets the first of several requests connect, and holds the others until that has come to an end,
/// good or bad. Then each goes its own way: over the new connection, or with HTTP/1.1 or after a
/// failure over one that it makes itself.
#[derive(Debug, Default)]
pub(super) struct FirstConnection(RwLock<()>);

impl FirstConnection {
    /// Runs a request of this trace.
    pub(super) async fn share<F: Future>(&self, trace: &Trace, request: F) -> F::Output {
        let Ok(connecting) = self.0.try_write() else {
            trace.await_connection(true);
            drop(self.0.read().await);
            trace.await_connection(false);
            return request.await;
        };
        let mut request = pin!(request);
        // Whether it finds a pooled connection or begins one shows as soon as it is polled.
        let answered = poll_fn(|context| match request.as_mut().poll(context) {
            Poll::Ready(answered) => Poll::Ready(Some(answered)),
            Poll::Pending if trace.connection() == Some(Connection::Begun) => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
        });
        if let Some(answered) = answered.await {
            return answered;
        }
        if trace.connection().is_some()
            && let Ok(answered) = tokio::time::timeout(SHARED_WITHIN, &mut request).await
        {
            return answered;
        }
        drop(connecting);
        request.await
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_over_a_connection_that_is_there_keeps_nobody_waiting() {
        let first = FirstConnection::default();
        let (slow, fast) = (Trace::default(), Trace::default());
        let begun = Instant::now();
        let second = async {
            first.share(&fast, std::future::ready(())).await;
            begun.elapsed()
        };
        let hour = tokio::time::sleep(Duration::from_hours(1));
        let ((), waited) = tokio::join!(first.share(&slow, hour), second);
        assert_eq!(waited, Duration::ZERO);
        assert_eq!(begun.elapsed(), Duration::from_hours(1));
    }
}
