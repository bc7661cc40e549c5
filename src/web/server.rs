//! The addresses that are served: bound first, answered once there is a board, drained in the end.

use std::{io, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::sync::{Semaphore, watch};

use super::{
    Reloads, Shared,
    config_file::{ConfigFile, Fixed, Gate},
    descriptors, router,
    serving::{CannotServe, Serving, UNIX},
    stats::Stats,
    thread::Thread,
};
use crate::{
    config::Shown,
    fleet::{Board, Hooks},
    listener::{self, Address, Bounds, Clients, Listener, TlsConfigs},
    okta::SecretReloads,
};

/// How long answers under way may take once the program was told to stop.
pub const DRAIN: Duration = Duration::from_secs(10);

/// How long a client may take for its first request, hands shaken included, and how long it may be
/// silent then: longer than people scrape at, so that a scraper keeps its connection.
const FIRST_REQUEST: Duration = Duration::from_secs(10);
const NEXT_REQUEST: Duration = Duration::from_secs(150);

/// What is served.
#[derive(Debug)]
pub struct Served {
    /// What is known.
    pub board: Arc<Board>,
    /// The configuration as it may be shown, asked for at each request.
    pub shown: watch::Receiver<Arc<Shown>>,
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
    serving: Serving,
    scheme: &'static str,
    stats: Arc<Stats>,
    gate: Option<Arc<Gate>>,
}

impl Bound {
    /// Binds every address.
    pub async fn new(serving: &Serving) -> Result<Self, CannotServe> {
        let fixed = serving.fixed()?;
        let thread = Thread::new().map_err(CannotServe::Thread)?;
        let clients = Clients::new(Bounds {
            most: descriptors::for_clients(),
            first_request: FIRST_REQUEST,
            next_request: NEXT_REQUEST,
        });
        let stats: Arc<Stats> = Arc::default();
        let mut listeners = bind(serving, &thread).await?;
        let mut gate = None;
        if let (Some(path), Some(fixed)) = (&serving.config_file, fixed) {
            let file = Arc::new(ConfigFile::new(path));
            let Fixed { tls, http2, .. } = fixed;
            tracing::info!(file = %path.display(), tls, http2, "serving by the web configuration");
            if tls {
                let configs = configs(Arc::clone(&file), http2);
                let speak = |listener: Listener| listener.tls_by(Arc::clone(&configs));
                listeners = listeners.into_iter().map(speak).collect();
            }
            let speak = |listener: Listener| listener.http2(http2);
            listeners = listeners.into_iter().map(speak).collect();
            let of_flags = serving.clone();
            let exempt = move |path: &str| of_flags.is_exempt(path);
            let guard = Gate::new(file, fixed, exempt, Arc::clone(&stats));
            gate = Some(Arc::new(guard.map_err(CannotServe::Thread)?));
        }
        let admit = |listener: Listener| listener.admitting(clients.clone());
        Ok(Self {
            thread,
            listeners: listeners.into_iter().map(admit).collect(),
            clients,
            serving: serving.clone(),
            scheme: match fixed {
                Some(Fixed { tls: true, .. }) => "https",
                _ => "http",
            },
            stats,
            gate,
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
        let at_a_time = self.serving.max_requests.min(Semaphore::MAX_PERMITS);
        let scrapes = (at_a_time > 0).then(|| Arc::new(Semaphore::new(at_a_time)));
        let shared = Shared {
            board,
            stats: self.stats,
            clients: self.clients,
            scrapes,
            telemetry_path: self.serving.telemetry_path.into(),
            allowed_hosts: self.serving.allowed_hosts.into(),
            configuration: shown,
            secret_reloads,
            dropped_lines: self.serving.dropped_lines,
            hooks,
            reloads,
        };
        let router = router(shared, &self.serving.route_prefix, self.gate);
        let addresses = self.listeners.iter().map(Listener::address).cloned();
        let addresses = addresses.collect();
        let listeners = self.listeners.into_iter();
        let serve = |listener: Listener| self.thread.serve(listener, router.clone());
        Server {
            addresses,
            scheme: self.scheme,
            servers: listeners.map(serve).collect(),
            _thread: self.thread,
        }
    }
}

/// Everything that is to be listened at.
async fn bind(serving: &Serving, thread: &Thread) -> Result<Vec<Listener>, CannotServe> {
    if serving.systemd_socket {
        let passed = thread.run(async { Listener::passed_on() }).await;
        let passed = passed.map_err(CannotServe::Socket)?;
        return if passed.is_empty() {
            Err(CannotServe::NoSocket)
        } else {
            Ok(passed)
        };
    }
    let mut listeners = Vec::new();
    for address in &serving.listen {
        let (at, mode) = (address.clone(), serving.unix_socket_mode);
        let bound = thread.run(async move { bind_one(&at, mode).await });
        let listener = bound.await.map_err(|why| CannotServe::Listen {
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
        listeners.push(listener);
    }
    Ok(listeners)
}

async fn bind_one(address: &str, mode: u32) -> io::Result<Listener> {
    match address.strip_prefix(UNIX) {
        #[cfg(unix)]
        Some(path) => Listener::bind_unix(std::path::Path::new(path), mode),
        _ => Listener::bind(address).await,
    }
}

/// By what hands are shaken: what the file says as a client comes.
fn configs(file: Arc<ConfigFile>, http2: bool) -> TlsConfigs {
    Arc::new(move || {
        let file = Arc::clone(&file);
        Box::pin(async move { file.tls(http2).await })
    })
}

/// Every address served. Dropping it cuts every connection.
#[derive(Debug)]
pub struct Server {
    servers: Vec<listener::Server>,
    addresses: Vec<Address>,
    scheme: &'static str,
    _thread: Thread,
}

impl Server {
    /// Where it listens.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// What is spoken there: `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        self.scheme
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
