//! Listening for HTTP: a port bound, connections taken in, plain or over TLS, and in the end let
//! go: those under way are finished first, or cut. What is answered is a router of the caller's.
//! How a connection is served is in `accept.rs`, and who may stay connected in `clients.rs`.

mod accept;
mod clients;
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
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

pub use accept::ConnectionNumber;
use accept::{Acceptor, Answering};
pub use clients::{Bounds, Clients};

/// A port that is bound and does not answer yet: its address is known before what it serves.
pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    accepted: Arc<AtomicU64>,
    clients: Clients,
    fell_back: Option<io::Error>,
}

impl Listener {
    /// Binds `127.0.0.1:6582` or `[::1]:0`; `:6582` and `[::]:6582` stand for every address, of both
    /// families where the machine has both, of IPv4 alone where it has no other.
    pub async fn bind(address: &str) -> io::Result<Self> {
        let every = [":", "[::]:"];
        let port = every.iter().find_map(|every| address.strip_prefix(every));
        match port {
            None => Self::bind_or(address, None).await,
            Some(port) => {
                let (both, one) = (format!("[::]:{port}"), format!("0.0.0.0:{port}"));
                Self::bind_or(&both, Some(&one)).await
            }
        }
    }

    /// Binds the one address, or the other where this machine cannot have the one.
    async fn bind_or(address: &str, other: Option<&str>) -> io::Result<Self> {
        let (tcp, fell_back) = match (TcpListener::bind(address).await, other) {
            (Ok(tcp), _) => (tcp, None),
            // Whoever holds the port, or keeps it from us, does so for both.
            (Err(why), Some(other)) if !is_about_the_port(&why) => {
                (TcpListener::bind(other).await?, Some(why))
            }
            (Err(why), _) => return Err(why),
        };
        Ok(Self {
            fell_back,
            address: tcp.local_addr()?,
            tcp,
            tls: None,
            accepted: Arc::default(),
            clients: Clients::unbounded(),
        })
    }

    /// Speaks TLS.
    #[must_use]
    pub fn tls(mut self, config: Arc<ServerConfig>) -> Self {
        self.tls = Some(config.into());
        self
    }

    /// Lets in what these bounds allow, together with the others that have them.
    #[must_use]
    pub fn admitting(mut self, clients: Clients) -> Self {
        self.clients = clients;
        self
    }

    /// Why it listens at another address than was asked for: this machine has no IPv6.
    pub fn fell_back(&self) -> Option<&io::Error> {
        self.fell_back.as_ref()
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
        let draining = CancellationToken::new();
        let acceptor = Acceptor {
            tcp: self.tcp,
            accepted: self.accepted,
            clients: self.clients,
            answering: Answering {
                tls: self.tls,
                router,
                served: Arc::default(),
                draining: draining.clone(),
            },
        };
        Server {
            task: AbortOnDropHandle::new(tokio::spawn(acceptor.run())),
            draining,
        }
    }
}

fn is_about_the_port(why: &io::Error) -> bool {
    matches!(
        why.kind(),
        io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput
    )
}

/// A listener that answers. Dropping it closes the port and cuts every connection.
#[derive(Debug)]
pub struct Server {
    task: AbortOnDropHandle<()>,
    draining: CancellationToken,
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
        self.task.abort();
        // The task only ends; if it panicked, there is nothing left to stop.
        drop(self.task.await);
    }
}
