//! Listening for HTTP: a port bound, connections taken in, plain or over TLS, and in the end let
//! go: those under way are finished first, or cut. What is answered is a router of the caller's.
//! How a connection becomes ready is in `accept.rs`.

mod accept;
mod connection;
#[cfg(test)]
mod tests;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use axum::Router;
use rustls::ServerConfig;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};

use accept::Acceptor;
pub use accept::ConnectionNumber;

/// A port that is bound and does not answer yet: its address is known before what it serves.
pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    accepted: Arc<AtomicU64>,
}

impl Listener {
    /// Binds `127.0.0.1:6582` or `[::1]:0`; `:6582` stands for every address, of both families
    /// where the machine has both.
    pub async fn bind(address: &str) -> io::Result<Self> {
        let tcp = match address.strip_prefix(':') {
            None => TcpListener::bind(address).await?,
            Some(port) => match TcpListener::bind(format!("[::]:{port}")).await {
                Ok(tcp) => tcp,
                Err(_) => TcpListener::bind(format!("0.0.0.0:{port}")).await?,
            },
        };
        Ok(Self {
            address: tcp.local_addr()?,
            tcp,
            tls: None,
            accepted: Arc::default(),
        })
    }

    /// Speaks TLS.
    #[must_use]
    pub fn tls(mut self, config: Arc<ServerConfig>) -> Self {
        self.tls = Some(config.into());
        self
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections were ever accepted, counted on while it serves.
    pub fn accepted(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.accepted)
    }

    /// Answers from now on. Must be called within a runtime.
    pub fn serve(self, router: Router) -> Server {
        let (cut, draining) = (CancellationToken::new(), CancellationToken::new());
        let (acceptor, queue) = Acceptor::new(self.tcp, self.tls, self.accepted, cut.clone());
        let service = router.into_make_service_with_connect_info::<ConnectionNumber>();
        let serve =
            axum::serve(queue, service).with_graceful_shutdown(draining.clone().cancelled_owned());
        let uncut = cut.clone();
        let task = tokio::spawn(async move {
            // Serving ends by draining only, and takes the acceptor with it.
            let work = async { tokio::join!(acceptor.run(), serve) };
            uncut.run_until_cancelled(work).await;
        });
        Server {
            task,
            draining,
            cut: cut.drop_guard(),
        }
    }
}

/// A listener that answers. Dropping it closes the port and cuts every connection.
#[derive(Debug)]
pub struct Server {
    task: JoinHandle<()>,
    draining: CancellationToken,
    cut: DropGuard,
}

impl Server {
    /// Closes the port, lets requests under way be answered for so long, and cuts what is left;
    /// whether nothing was.
    pub async fn drain(mut self, within: Duration) -> bool {
        self.draining.cancel();
        tokio::time::timeout(within, &mut self.task).await.is_ok()
    }

    /// Closes the port and cuts every connection.
    pub async fn shutdown(self) {
        let Self { task, cut, .. } = self;
        drop(cut);
        // The task only ends; if it panicked, there is nothing left to stop.
        drop(task.await);
    }
}
