//! Bind, launch, serve, drain: the whole exporter as one value that tests can start as well.

use std::{net::SocketAddr, sync::Arc};

use futures_util::future::join_all;

use crate::{
    config::Config,
    fleet::{Board, Fleet},
    listener::{Listener, Server},
    web,
};

/// How the exporter is served.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Where to listen: `:6582`, `127.0.0.1:6582`, `[::1]:0`.
    pub listen: Vec<String>,
    /// The path of the metrics.
    pub telemetry_path: String,
}

/// The exporter at work.
#[derive(Debug)]
pub struct App {
    board: Arc<Board>,
    fleet: Fleet,
    servers: Vec<Server>,
    addresses: Vec<SocketAddr>,
}

/// The exporter could not start.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum CannotStart {
    #[error("cannot listen on {address}: {why}; {}", mend(why))]
    Listen {
        address: String,
        why: std::io::Error,
    },
    #[error("`--web.listen-address` names no address")]
    NoAddress,
    #[error(
        "`--web.telemetry-path={0}` must begin with `/` and be none of /, /-/…, /api/…, /config"
    )]
    TelemetryPath(String),
}

/// What to do about an address that cannot be listened on.
fn mend(why: &std::io::Error) -> &'static str {
    match why.kind() {
        std::io::ErrorKind::AddrInUse => {
            "is another exporter running? `--web.listen-address` names another"
        }
        std::io::ErrorKind::PermissionDenied => {
            "ports below 1024 need a privilege: `--web.listen-address` names another"
        }
        _ => {
            "write it as `:6582`, `127.0.0.1:6582` or `[::1]:6582`, with an address of this machine"
        }
    }
}

impl App {
    /// Binds first, so that a wrong address is told before Okta is asked anything; then starts.
    pub async fn start(mut config: Config, serving: &Serving) -> Result<Self, CannotStart> {
        let path = serving.telemetry_path.as_str();
        let taken = path == "/"
            || path.starts_with("/-/")
            || path.starts_with("/api/")
            || path == "/config"
            || path.contains(['{', '}', '*']);
        if !path.starts_with('/') || taken {
            return Err(CannotStart::TelemetryPath(path.to_owned()));
        }
        let mut listeners = Vec::new();
        for address in &serving.listen {
            let listener = Listener::bind(address).await;
            listeners.push(listener.map_err(|why| CannotStart::Listen {
                address: address.clone(),
                why,
            })?);
        }
        if listeners.is_empty() {
            return Err(CannotStart::NoAddress);
        }
        let addresses = listeners.iter().map(Listener::address).collect();
        let board = Arc::new(Board::new());
        let shown = std::mem::take(&mut config.shown);
        let fleet = Fleet::launch(config, &board);
        let router = web::router(Arc::clone(&board), path, &shown);
        let listeners = listeners.into_iter();
        Ok(Self {
            board,
            fleet,
            servers: listeners
                .map(|listener| listener.serve(router.clone()))
                .collect(),
            addresses,
        })
    }

    /// Where it listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// What it knows.
    pub fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// Takes no new request, lets those under way end, and stops asking Okta.
    pub async fn drain(self) {
        let servers = self.servers.into_iter();
        let drained = join_all(servers.map(|server| server.drain(web::DRAIN)));
        let (drained, ()) = tokio::join!(drained, self.fleet.stop());
        if drained.contains(&false) {
            tracing::warn!(
                after_seconds = web::DRAIN.as_secs(),
                "gave up on answers still under way"
            );
        }
    }
}
