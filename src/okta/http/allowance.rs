//! How much a host may send: what the answers that it owes may have, with their heads, and little more.
//! Whatever else it sends for ever (interim answers, pings, records of TLS) costs as much work as it is
//! fast, and a connection over which more comes is given up.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What comes with an answer besides its body, in bytes: heads, certificates, what frames it. As much may
/// come where no answer is owed, such as the rest of one that was given up.
const BESIDES: usize = 768 << 10;

/// What the host of one client may still send, over all its connections.
#[derive(Clone, Debug)]
pub(super) struct Allowance(Arc<Mutex<Left>>);

#[derive(Debug)]
struct Left {
    bytes: usize,
    /// What the answers that it owes may have together.
    owed: usize,
}

/// An answer that the host owes. Dropping it says that it is owed no more.
pub(super) struct Owed {
    allowance: Allowance,
    most: usize,
}

impl Default for Allowance {
    fn default() -> Self {
        let left = Left {
            bytes: BESIDES,
            owed: 0,
        };
        Self(Arc::new(Mutex::new(left)))
    }
}

impl Allowance {
    /// An answer of at most so many bytes is asked for.
    pub(super) fn owe(&self, most: usize) -> Owed {
        let most = most.saturating_add(BESIDES);
        self.with(|left| {
            left.bytes = left.bytes.saturating_add(most);
            left.owed = left.owed.saturating_add(most);
        });
        Owed {
            allowance: self.clone(),
            most,
        }
    }

    /// So many came: whether they may.
    fn take(&self, came: usize) -> bool {
        self.with(|left| {
            let may = left.bytes >= came;
            left.bytes = left.bytes.saturating_sub(came);
            may
        })
    }

    fn with<T>(&self, f: impl FnOnce(&mut Left) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        self.allowance.with(|left| {
            left.owed = left.owed.saturating_sub(self.most);
            // What it did not use is not saved up.
            left.bytes = left.bytes.min(left.owed.saturating_add(BESIDES));
        });
    }
}

/// A stream from which no more can be read than is allowed.
pub(super) struct Metered<S> {
    stream: S,
    allowance: Allowance,
}

impl<S> Metered<S> {
    pub(super) fn new(stream: S, allowance: Allowance) -> Self {
        Self { stream, allowance }
    }
}

/// True for what [`Metered`] refuses to read. By its kind alone: HTTP/2 keeps nothing else of an error.
pub(super) fn is_used_up(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::QuotaExceeded
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let came = buffer.filled().len() - before;
        Poll::Ready(if self.allowance.take(came) {
            Ok(())
        } else {
            Err(io::ErrorKind::QuotaExceeded.into())
        })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_may_send_what_it_owes_and_saves_nothing_up() {
        let allowance = Allowance::default();
        assert!(allowance.take(BESIDES));
        assert!(!allowance.take(1), "nothing is owed");
        let (one, other) = (allowance.owe(1000), allowance.owe(2000));
        assert!(allowance.take(3000 + BESIDES));
        drop(one);
        assert!(allowance.take(BESIDES), "the other is still owed");
        assert!(!allowance.take(1));
        drop(other);
        for _ in 0..100 {
            drop(allowance.owe(1 << 20));
        }
        assert!(allowance.take(BESIDES));
        assert!(!allowance.take(1));
    }
}
