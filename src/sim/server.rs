//! Listening: plain or TLS, each connection cut when the server stops. What is answered is not
//! decided here.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};

use super::tls::Tls;

/// A socket that is bound and does not answer yet: its address is known before what it serves.
pub(super) struct Server {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    pub(super) ca_pem: Option<String>,
}

impl Server {
    pub(super) async fn bind(address: SocketAddr, tls: Option<&Tls>) -> io::Result<Self> {
        let built = tls.map(Tls::build).transpose().map_err(io::Error::other)?;
        let (tls, ca_pem) = built
            .map(|(config, pem)| (TlsAcceptor::from(config), pem))
            .unzip();
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self {
            listener,
            address,
            tls,
            ca_pem,
        })
    }

    pub(super) fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Serves until `stop` is cancelled; `accepted` is called once for each connection.
    pub(super) fn serve(
        self,
        router: Router,
        stop: CancellationToken,
        accepted: impl Fn() + Send + Sync + 'static,
    ) -> Serving {
        let (ready, handshaken) = mpsc::channel(16);
        let door = Door {
            listener: self.listener,
            tls: self.tls,
            ready,
            stop: stop.clone(),
        };
        let hall = Hall {
            handshaken,
            address: self.address,
        };
        let work = stop.clone();
        let task = tokio::spawn(async move {
            let serve = async { axum::serve(hall, router).await };
            work.run_until_cancelled(async {
                tokio::select! {
                    () = door.open(accepted) => {}
                    ended = serve => drop(ended),
                }
            })
            .await;
        });
        Serving {
            task,
            stop: stop.drop_guard(),
        }
    }
}

/// A server at work; dropping it stops it.
pub(super) struct Serving {
    task: JoinHandle<()>,
    stop: DropGuard,
}

impl Serving {
    pub(super) async fn shutdown(self) {
        let Self { task, stop } = self;
        drop(stop);
        // The task only ends; if it panicked, there is nothing left to stop.
        drop(task.await);
    }
}

/// Takes connections in and shakes hands with each in a task of its own, so that a client that
/// stalls in its handshake keeps nobody else waiting.
struct Door {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    ready: mpsc::Sender<Wire>,
    stop: CancellationToken,
}

impl Door {
    async fn open(self, accepted: impl Fn()) {
        let mut handshakes = JoinSet::new();
        loop {
            tokio::select! {
                incoming = self.listener.accept() => {
                    // An accept can fail for the one connection or for want of file handles;
                    // either way the next may succeed.
                    let Ok((stream, _)) = incoming else {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    };
                    accepted();
                    handshakes.spawn(shake(stream, self.tls.clone(), self.ready.clone(), self.stop.clone()));
                }
                Some(_) = handshakes.join_next() => {}
            }
        }
    }
}

async fn shake(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    ready: mpsc::Sender<Wire>,
    stop: CancellationToken,
) {
    let inner: Box<dyn Duplex> = match tls {
        None => Box::new(stream),
        Some(tls) => match tls.accept(stream).await {
            Ok(stream) => Box::new(stream),
            // A client that refuses the certificate is what a test may want.
            Err(_) => return,
        },
    };
    let wire = Wire {
        inner,
        cut: Box::pin(stop.cancelled_owned()),
    };
    // The hall is gone only when the server stops.
    drop(ready.send(wire).await);
}

/// Where connections wait to be served once hands are shaken.
struct Hall {
    handshaken: mpsc::Receiver<Wire>,
    address: SocketAddr,
}

impl Listener for Hall {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        match self.handshaken.recv().await {
            Some(wire) => (wire, self.address),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection that fails as soon as the server stops. A graceful end would wait for answers
/// that are meant never to end.
struct Wire {
    inner: Box<dyn Duplex>,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Wire {
    fn intact(&mut self, context: &mut Context<'_>) -> io::Result<&mut Box<dyn Duplex>> {
        match self.cut.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionAborted.into()),
            Poll::Pending => Ok(&mut self.inner),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.intact(context) {
            Ok(inner) => Pin::new(inner).poll_read(context, buffer),
            Err(cut) => Poll::Ready(Err(cut)),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.intact(context) {
            Ok(inner) => Pin::new(inner).poll_write(context, bytes),
            Err(cut) => Poll::Ready(Err(cut)),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.intact(context) {
            Ok(inner) => Pin::new(inner).poll_flush(context),
            Err(cut) => Poll::Ready(Err(cut)),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
