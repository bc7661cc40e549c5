//! From a port to connections that are ready: hands are shaken with each apart from the others, so
//! that a client that stalls in its handshake keeps nobody else waiting.

use std::{
    io,
    sync::{Arc, atomic::AtomicU64, atomic::Ordering},
    time::Duration,
};

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::connection::Connection;

/// How many connections may be in their handshake; more wait in the system's queue.
const HANDSHAKES: usize = 256;
/// How long a client may take for its handshake.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many connections may be ready and not served yet.
const READY: usize = 16;
/// How long to wait where the system has no connection to give, for want of file handles mostly.
const PAUSE: Duration = Duration::from_millis(50);

/// Takes connections in.
pub(super) struct Acceptor {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
    accepted: Arc<AtomicU64>,
    ready: mpsc::Sender<Connection>,
    cut: CancellationToken,
}

/// Where connections wait to be served once hands are shaken.
pub(super) struct Queue {
    ready: mpsc::Receiver<Connection>,
    served: u64,
}

/// Which of a listener's connections a request came over, in the order in which they are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionNumber(pub u64);

impl Connected<IncomingStream<'_, Queue>> for ConnectionNumber {
    fn connect_info(stream: IncomingStream<'_, Queue>) -> Self {
        *stream.remote_addr()
    }
}

impl Acceptor {
    /// `accepted` counts; what is taken in fails as soon as `cut` is cancelled.
    pub(super) fn new(
        tcp: TcpListener,
        tls: Option<TlsAcceptor>,
        accepted: Arc<AtomicU64>,
        cut: CancellationToken,
    ) -> (Self, Queue) {
        let (ready, queue) = mpsc::channel(READY);
        let acceptor = Self {
            tcp,
            tls,
            accepted,
            ready,
            cut,
        };
        let queue = Queue {
            ready: queue,
            served: 0,
        };
        (acceptor, queue)
    }

    /// Runs until nobody serves what it takes in; then the port is closed.
    pub(super) async fn run(self) {
        let mut handshakes = JoinSet::new();
        loop {
            tokio::select! {
                incoming = self.tcp.accept(), if handshakes.len() < HANDSHAKES => {
                    // An accept can fail for the one connection or for want of file handles;
                    // either way the next may succeed.
                    let Ok((stream, _)) = incoming else {
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    };
                    self.accepted.fetch_add(1, Ordering::Relaxed);
                    handshakes.spawn(self.handshake(stream));
                }
                Some(_) = handshakes.join_next() => {}
                () = self.ready.closed() => return,
            }
        }
    }

    fn handshake(&self, stream: TcpStream) -> impl Future<Output = ()> + Send + use<> {
        let (tls, ready, cut) = (self.tls.clone(), self.ready.clone(), self.cut.clone());
        async move {
            let connection = match tls {
                None => Connection::new(stream, cut),
                Some(tls) => match tokio::time::timeout(PATIENCE, tls.accept(stream)).await {
                    Ok(Ok(stream)) => Connection::new(stream, cut),
                    // Whether to trust the certificate is the client's choice.
                    Ok(Err(_)) | Err(_) => return,
                },
            };
            // Nobody takes it only once the server stops.
            drop(ready.send(connection).await);
        }
    }
}

impl axum::serve::Listener for Queue {
    type Io = Connection;
    /// Nobody asks where a connection came from, but which one it is.
    type Addr = ConnectionNumber;

    async fn accept(&mut self) -> (Connection, ConnectionNumber) {
        match self.ready.recv().await {
            Some(connection) => {
                self.served += 1;
                (connection, ConnectionNumber(self.served))
            }
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<ConnectionNumber> {
        Ok(ConnectionNumber(0))
    }
}
