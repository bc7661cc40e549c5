//! Bind, launch, serve, drain: the whole exporter as one value that tests can start as well.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::{mpsc, watch};

use crate::{
    config::{Config, Made, Shown},
    fleet::{Board, Changes, Fleet, PastKeeper},
    listener::Address,
    store::{CannotOpen, FileStore, Health, InMemory, Store},
    web::{self, Bound, CannotServe, ReloadRequest, Reloads, Served, Serving},
};

/// The exporter at work.
#[derive(Debug)]
pub struct App {
    board: Arc<Board>,
    fleet: Fleet,
    server: web::Server,
    /// The file that it keeps memories in; `None` where it keeps them in memory only.
    store: Option<(PathBuf, Arc<FileStore>)>,
    /// Keeps there what happened in the last days.
    past: Option<PastKeeper>,
    /// The configuration in force, as it may be shown.
    shown: watch::Sender<Arc<Shown>>,
    reloads: Reloads,
    reloads_asked: mpsc::Receiver<ReloadRequest>,
}

/// The exporter cannot start.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it")]
pub enum CannotStart {
    #[error(transparent)]
    Serve(#[from] CannotServe),
    #[error(transparent)]
    Open(#[from] CannotOpen),
}

impl App {
    /// Binds and opens first, so that a wrong address or file is told before Okta is asked anything;
    /// then starts.
    pub async fn start(mut config: Config, serving: &Serving) -> Result<Self, CannotStart> {
        let bound = Bound::new(serving).await?;
        let file = if let Some(path) = config.storage.take() {
            let store = open(&path).await?;
            Some((path, store))
        } else {
            tracing::info!(
                "what is remembered is forgotten at the end: `storage.path` names a file to keep it in"
            );
            None
        };
        let (store, health): (Arc<dyn Store>, Health) = match &file {
            Some((_, store)) => (Arc::clone(store) as Arc<dyn Store>, store.health().clone()),
            None => (Arc::new(InMemory::default()), Health::default()),
        };
        let board = Arc::new(Board::with_clock(config.made.clock().clone()).keeping_in(&health));
        let (reloads, reloads_asked) = Reloads::new(&config.shown.json);
        let (shown, asked) = watch::channel(std::mem::take(&mut config.shown).into());
        let mut fleet = Fleet::new(&board, Arc::clone(&store));
        fleet.apply(config).await;
        let past = file.as_ref().map(|_| PastKeeper::start(&board, store));
        let server = bound.serve(Served {
            board: Arc::clone(&board),
            shown: asked,
            secret_reloads: fleet.made().secret_reloads().clone(),
            hooks: fleet.hooks().clone(),
            reloads: reloads.clone(),
        });
        Ok(Self {
            board,
            fleet,
            server,
            store: file,
            past,
            shown,
            reloads,
            reloads_asked,
        })
    }

    /// What another configuration may take over, where the same is written.
    pub fn made(&self) -> &Made {
        self.fleet.made()
    }

    /// Watches what this configuration says from now on; what it says as before goes on.
    pub async fn apply(&mut self, mut config: Config) -> Changes {
        let shown = std::mem::take(&mut config.shown);
        let path = config.storage.as_deref();
        let in_use = self.store.as_ref().map(|(path, _)| path.as_path());
        if path != in_use {
            let name = |path: Option<&Path>| path.map(|path| path.display().to_string());
            tracing::warn!(
                path = name(path),
                in_use = name(in_use),
                "`storage.path` has changed, and what is remembered stays where it is: restart to change that"
            );
        }
        let changes = self.fleet.apply(config).await;
        self.reloads.succeeded(&shown.json);
        self.shown.send_replace(shown.into());
        changes
    }

    /// Asks for a reload, and knows how the last one went.
    pub fn reloads(&self) -> &Reloads {
        &self.reloads
    }

    /// Somebody asks that the settings be read again, which is for the caller to do.
    pub async fn reload_asked(&mut self) -> ReloadRequest {
        match self.reloads_asked.recv().await {
            Some(asked) => asked,
            // The sender lives in `self`.
            None => std::future::pending().await,
        }
    }

    /// Where it listens.
    pub fn addresses(&self) -> &[Address] {
        self.server.addresses()
    }

    /// What is spoken there: `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        self.server.scheme()
    }

    /// What it knows.
    pub fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// Takes no new request, lets those under way end, and stops asking Okta.
    pub async fn drain(self) {
        tokio::join!(self.server.drain(), self.fleet.stop());
        if let Some(past) = self.past {
            past.stop().await;
        }
        if let Some((_, store)) = self.store {
            store.close().await;
        }
    }
}

async fn open(path: &Path) -> Result<Arc<FileStore>, CannotOpen> {
    let store = FileStore::open(path).await?;
    let path = path.display().to_string();
    tracing::info!(path, "what is remembered is kept in a file");
    Ok(Arc::new(store))
}
