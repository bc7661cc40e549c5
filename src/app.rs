//! Bind, launch, serve, drain: the whole exporter as one value that tests can start as well.

use std::{net::SocketAddr, sync::Arc};

use tokio::sync::watch;

use crate::{
    config::{Config, Made},
    fleet::{Board, Changes, Fleet},
    web::{self, Bound, CannotServe, Served, Serving},
};

/// The exporter at work.
#[derive(Debug)]
pub struct App {
    board: Arc<Board>,
    fleet: Fleet,
    server: web::Server,
    /// The configuration in force, as it may be shown.
    shown: watch::Sender<Arc<str>>,
}

impl App {
    /// Binds first, so that a wrong address is told before Okta is asked anything; then starts.
    pub async fn start(mut config: Config, serving: &Serving) -> Result<Self, CannotServe> {
        let bound = Bound::new(serving).await?;
        let board = Arc::new(Board::new());
        let (shown, asked) = watch::channel(std::mem::take(&mut config.shown).into());
        let mut fleet = Fleet::new(&board);
        fleet.apply(config).await;
        let server = bound.serve(Served {
            board: Arc::clone(&board),
            shown: asked,
            secret_reloads: fleet.made().secret_reloads().clone(),
            hooks: fleet.hooks().clone(),
        });
        Ok(Self {
            board,
            fleet,
            server,
            shown,
        })
    }

    /// What another configuration may take over, where the same is written.
    pub fn made(&self) -> &Made {
        self.fleet.made()
    }

    /// Watches what this configuration says from now on; what it says as before goes on.
    pub async fn apply(&mut self, mut config: Config) -> Changes {
        let shown = std::mem::take(&mut config.shown);
        let changes = self.fleet.apply(config).await;
        self.shown.send_replace(shown.into());
        changes
    }

    /// Where it listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        self.server.addresses()
    }

    /// What it knows.
    pub fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// Takes no new request, lets those under way end, and stops asking Okta.
    pub async fn drain(self) {
        tokio::join!(self.server.drain(), self.fleet.stop());
    }
}
