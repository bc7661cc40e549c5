//! Bind, launch, serve, drain: the whole exporter as one value that tests can start as well.

use std::{net::SocketAddr, sync::Arc};

use tokio::sync::watch;

use crate::{
    config::Config,
    fleet::{Board, Fleet},
    web::{self, Bound, CannotServe, Serving},
};

/// The exporter at work.
#[derive(Debug)]
pub struct App {
    board: Arc<Board>,
    fleet: Fleet,
    server: web::Server,
}

impl App {
    /// Binds first, so that a wrong address is told before Okta is asked anything; then starts.
    pub async fn start(mut config: Config, serving: &Serving) -> Result<Self, CannotServe> {
        let bound = Bound::new(serving).await?;
        let board = Arc::new(Board::new());
        let (_, shown) = watch::channel(std::mem::take(&mut config.shown).into());
        let mut fleet = Fleet::new(&board);
        fleet.apply(config).await;
        let secret_reloads = fleet.made().secret_reloads().clone();
        let server = bound.serve(Arc::clone(&board), shown, secret_reloads);
        Ok(Self {
            board,
            fleet,
            server,
        })
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
