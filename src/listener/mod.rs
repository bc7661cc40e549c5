//! Listening for HTTP: a port or a Unix socket bound, connections taken in, plain or over TLS, and in
//! the end let go: those under way are finished first, or cut. What is answered is a router of the
//! caller's. How a connection is served is in `accept.rs`, who may stay connected in `clients.rs`, and
//! by what hands are shaken in `tls.rs`.

mod accept;
mod address;
mod clients;
mod linger;
mod socket;
#[cfg(test)]
mod tests;
mod tls;
#[cfg(unix)]
mod unix_socket;

use std::{
    io,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use axum::Router;
use rustls::ServerConfig;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

pub use accept::ConnectionNumber;
use accept::{Acceptor, Answering};
pub use address::Address;
pub use clients::{Bounds, Clients};
use socket::Socket;
pub use tls::TlsConfigs;

/// A socket that is bound and does not answer yet: its address is known before what it serves.
pub struct Listener {
    socket: Socket,
    address: Address,
    tls: Option<TlsConfigs>,
    http2: bool,
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
            None => Self::of(Socket::bind(address).await?),
            Some(port) => Self::or(Socket::bind_both(port), &format!("0.0.0.0:{port}")).await,
        }
    }

    /// Listens at a path in the file system, for whom this mode lets connect.
    #[cfg(unix)]
    pub fn bind_unix(path: &std::path::Path, mode: u32) -> io::Result<Self> {
        unix_socket::UnixSocket::bind(path, mode).and_then(|socket| Self::of(Socket::Unix(socket)))
    }

    /// What systemd listens at and passes on.
    pub fn passed_on() -> io::Result<Vec<Self>> {
        let sockets = Socket::passed_on()?;
        sockets.into_iter().map(Self::of).collect()
    }

    /// What was bound, or the other address where this machine cannot have the one.
    async fn or(bound: io::Result<Socket>, other: &str) -> io::Result<Self> {
        match bound {
            Ok(socket) => Self::of(socket),
            // Whoever holds the port, or keeps it from us, does so for both.
            Err(why) if is_about_the_port(&why) => Err(why),
            Err(why) => {
                let mut listener = Self::of(Socket::bind(other).await?)?;
                listener.fell_back = Some(why);
                Ok(listener)
            }
        }
    }

    fn of(socket: Socket) -> io::Result<Self> {
        Ok(Self {
            address: socket.address()?,
            socket,
            tls: None,
            http2: true,
            accepted: Arc::default(),
            clients: Clients::unbounded(),
            fell_back: None,
        })
    }

    /// Speaks TLS.
    #[must_use]
    pub fn tls(self, config: Arc<ServerConfig>) -> Self {
        self.tls_by(Arc::new(move || {
            let config = Some(Arc::clone(&config));
            Box::pin(std::future::ready(config))
        }))
    }

    /// Speaks TLS by what is told at each handshake.
    #[must_use]
    pub fn tls_by(mut self, configs: TlsConfigs) -> Self {
        self.tls = Some(configs);
        self
    }

    /// Speaks HTTP/2 besides HTTP/1.1, as it does unless told otherwise.
    #[must_use]
    pub fn http2(mut self, http2: bool) -> Self {
        self.http2 = http2;
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
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// How many connections were ever accepted, counted on while it serves.
    pub fn accepted(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.accepted)
    }

    /// Answers from now on. Must be called within a runtime.
    pub fn serve(self, router: Router) -> Server {
        let draining = CancellationToken::new();
        let acceptor = Acceptor {
            socket: self.socket,
            accepted: self.accepted,
            clients: self.clients,
            answering: Answering {
                tls: self.tls,
                http2: self.http2,
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
