//! Bind, launch, serve, drain: the whole exporter as one value that tests can start as well.

use std::{net::SocketAddr, sync::Arc};

use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    fleet::{Board, Fleet},
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
    servers: JoinSet<std::io::Result<()>>,
    addresses: Vec<SocketAddr>,
    stop: CancellationToken,
}

/// The exporter could not start.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum CannotStart {
    #[error("cannot listen on {address}: {why}; {}", fix(why))]
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
fn fix(why: &std::io::Error) -> &'static str {
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
            listeners.push(bind(address).await?);
        }
        if listeners.is_empty() {
            return Err(CannotStart::NoAddress);
        }
        let addresses = listeners
            .iter()
            .filter_map(|listener| listener.local_addr().ok())
            .collect();
        let (board, stop) = (Arc::new(Board::new()), CancellationToken::new());
        let shown = std::mem::take(&mut config.shown);
        let fleet = Fleet::launch(config, &board);
        let router = web::router(Arc::clone(&board), path, &shown);
        let mut servers = JoinSet::new();
        for listener in listeners {
            let (router, stop) = (router.clone(), stop.clone());
            servers.spawn(async move {
                axum::serve(listener, router)
                    .with_graceful_shutdown(stop.cancelled_owned())
                    .await
            });
        }
        Ok(Self {
            board,
            fleet,
            servers,
            addresses,
            stop,
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
    pub async fn drain(mut self) {
        self.stop.cancel();
        self.fleet.stop().await;
        let served = async {
            while let Some(ended) = self.servers.join_next().await {
                if let Ok(Err(error)) = ended {
                    tracing::warn!(%error, "a listener ended badly");
                }
            }
        };
        if tokio::time::timeout(web::DRAIN, served).await.is_err() {
            tracing::warn!(
                after_seconds = web::DRAIN.as_secs(),
                "gave up on answers still under way"
            );
        }
    }
}

async fn bind(address: &str) -> Result<TcpListener, CannotStart> {
    let failed = |why| CannotStart::Listen {
        address: address.to_owned(),
        why,
    };
    let Some(port) = address.strip_prefix(':') else {
        return TcpListener::bind(address).await.map_err(failed);
    };
    // Every address: of both families where the machine has both.
    match TcpListener::bind(format!("[::]:{port}")).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind(format!("0.0.0.0:{port}"))
            .await
            .map_err(failed),
    }
}
