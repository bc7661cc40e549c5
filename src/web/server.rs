//! The addresses that are served: bound first, answered once there is a board, drained in the end.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::sync::watch;

use super::{Reloads, Shared, descriptors, paths, router, thread::Thread};
use crate::{
    fleet::{Board, Hooks},
    listener::{self, Bounds, Clients, Listener},
    okta::SecretReloads,
};

/// How long answers under way may take once the program was told to stop.
pub const DRAIN: Duration = Duration::from_secs(10);

/// How long a client may take for its first request, hands shaken included, and how long it may be
/// silent then: longer than people scrape at, so that a scraper keeps its connection.
const FIRST_REQUEST: Duration = Duration::from_secs(10);
const NEXT_REQUEST: Duration = Duration::from_secs(150);

/// How the exporter is served.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Where to listen: `:6582`, `127.0.0.1:6582`, `[::1]:0`.
    pub listen: Vec<String>,
    /// The path of the metrics.
    pub telemetry_path: String,
    /// The host names that requests may be made under, besides addresses; none stands for all.
    pub allowed_hosts: Vec<String>,
    /// Counts the log lines that were dropped; `None` where nobody counts them.
    pub dropped_lines: Option<Arc<AtomicU64>>,
}

/// The exporter cannot be served so.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum CannotServe {
    #[error("cannot listen on {address}: {why}; {}", fix(why))]
    Listen { address: String, why: io::Error },
    #[error("no thread can be started that answers: {0}")]
    Thread(io::Error),
    #[error("`--web.listen-address` names no address")]
    NoAddress,
    #[error(
        "`--web.telemetry-path={0}` must begin with `/` and be none of /, /-/…, /api/…, /hooks/…, /config, /guide/…, /runbooks/…; it stands for itself \
         alone: letters, digits and `/-._~`, without `?`, `#`, blanks or `..`, and no part that begins with `:`"
    )]
    TelemetryPath(String),
}

impl Serving {
    /// Refuses what can be seen to be wrong before anything is bound.
    pub fn check(&self) -> Result<(), CannotServe> {
        let path = self.telemetry_path.as_str();
        if !paths::is_free(path) {
            return Err(CannotServe::TelemetryPath(path.to_owned()));
        }
        for address in &self.listen {
            let port = address
                .rsplit_once(':')
                .map(|(_, port)| port.parse::<u16>());
            if !matches!(port, Some(Ok(_))) {
                return Err(CannotServe::Listen {
                    address: address.clone(),
                    why: io::Error::new(io::ErrorKind::InvalidInput, "it names no port"),
                });
            }
        }
        if self.listen.is_empty() {
            return Err(CannotServe::NoAddress);
        }
        Ok(())
    }
}

/// What to do about an address that cannot be listened on.
fn fix(why: &io::Error) -> &'static str {
    match why.kind() {
        io::ErrorKind::AddrInUse => {
            "is another exporter running? `--web.listen-address` names another"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need a privilege: `--web.listen-address` names another"
        }
        _ => {
            "write it as `:6582`, `127.0.0.1:6582` or `[::1]:6582`, with an address of this machine"
        }
    }
}

/// What is served.
#[derive(Debug)]
pub struct Served {
    /// What is known.
    pub board: Arc<Board>,
    /// The configuration as it may be shown, asked for at each request.
    pub shown: watch::Receiver<Arc<str>>,
    /// How often secret files held something new.
    pub secret_reloads: SecretReloads,
    /// Who may deliver.
    pub hooks: Hooks,
    /// What a reload is asked of.
    pub reloads: Reloads,
}

/// Every address bound, so that a wrong one is told before Okta is asked anything.
pub struct Bound {
    thread: Thread,
    listeners: Vec<Listener>,
    clients: Clients,
    telemetry_path: String,
    allowed_hosts: Vec<String>,
    dropped_lines: Option<Arc<AtomicU64>>,
}

impl Bound {
    /// Binds every address.
    pub async fn new(serving: &Serving) -> Result<Self, CannotServe> {
        serving.check()?;
        let thread = Thread::new().map_err(CannotServe::Thread)?;
        let clients = Clients::new(Bounds {
            most: descriptors::for_clients(),
            first_request: FIRST_REQUEST,
            next_request: NEXT_REQUEST,
        });
        let mut listeners = Vec::new();
        for address in &serving.listen {
            let listener = thread.bind(address).await;
            let listener = listener.map_err(|why| CannotServe::Listen {
                address: address.clone(),
                why,
            })?;
            if let Some(why) = listener.fell_back() {
                tracing::warn!(
                    asked = address,
                    error = %why,
                    "there is no IPv6 to listen at: serving at 0.0.0.0, over IPv4 alone"
                );
            }
            listeners.push(listener.admitting(clients.clone()));
        }
        Ok(Self {
            thread,
            listeners,
            clients,
            telemetry_path: serving.telemetry_path.clone(),
            allowed_hosts: serving.allowed_hosts.clone(),
            dropped_lines: serving.dropped_lines.clone(),
        })
    }

    /// Answers at every address what is served.
    pub fn serve(self, served: Served) -> Server {
        let Served {
            board,
            shown,
            secret_reloads,
            hooks,
            reloads,
        } = served;
        let router = router(Shared {
            board,
            stats: Arc::default(),
            clients: self.clients,
            telemetry_path: self.telemetry_path.into(),
            allowed_hosts: self.allowed_hosts.into(),
            configuration: shown,
            secret_reloads,
            dropped_lines: self.dropped_lines,
            hooks,
            reloads,
        });
        let addresses = self.listeners.iter().map(Listener::address).collect();
        let listeners = self.listeners.into_iter();
        let serve = |listener: Listener| self.thread.serve(listener, router.clone());
        Server {
            addresses,
            servers: listeners.map(serve).collect(),
            _thread: self.thread,
        }
    }
}

/// Every address served. Dropping it cuts every connection.
#[derive(Debug)]
pub struct Server {
    servers: Vec<listener::Server>,
    addresses: Vec<SocketAddr>,
    _thread: Thread,
}

impl Server {
    /// Where it listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Takes no new request, and lets those under way end.
    pub async fn drain(self) {
        let servers = self.servers.into_iter();
        let drained = join_all(servers.map(|server| server.drain(DRAIN))).await;
        if drained.contains(&false) {
            tracing::warn!(
                after_seconds = DRAIN.as_secs(),
                "gave up on answers still under way"
            );
        }
    }
}
