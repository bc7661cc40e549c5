//! `--web.config.file`, as Prometheus' exporters have it: TLS, certificates of clients, users, headers, a
//! rate limit. The file is read at each request and each handshake, so whatever puts another in its
//! place is in force at once and nothing has to be watched; what was made of it is kept for as long as it
//! says the same.

mod bcrypt_hash;
mod client_auth;
mod client_ca;
mod gate;
mod headers;
mod names;
mod rate_limit;
mod scalar;
mod schema;
mod tls;
mod users;
mod yaml;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustls::ServerConfig;
use secrecy::zeroize::Zeroizing;
use tokio::time::timeout;

use crate::units::{NoText, read_regular, soon};
use schema::Settings;
use tls::{Material, Spoken};

pub(super) use gate::{Gate, guard};
pub use tls::BadTls;
pub use users::BadUser;
pub use yaml::Wrong;

/// The longest file worth reading, certificates and users and all.
const LONGEST: u64 = 1024 * 1024;
/// How long a read may take, and how long it is waited for one that hangs.
const PATIENCE: Duration = Duration::from_secs(2);

/// The file cannot be served by.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it")]
pub enum BadConfigFile {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] NoText),
    #[error(transparent)]
    Wrong(#[from] Wrong),
    #[error(transparent)]
    User(#[from] BadUser),
    #[error(transparent)]
    Tls(#[from] BadTls),
}

/// The file, and what was made of what it said last.
#[derive(Debug)]
pub(super) struct ConfigFile {
    path: PathBuf,
    /// Held while the file is read, by the thread that reads: behind one that hangs nobody gathers.
    seen: Arc<tokio::sync::Mutex<Seen>>,
    /// What was wrong with it last, so that it is told once.
    told: Mutex<Option<String>>,
}

#[derive(Default)]
struct Seen {
    settings: Option<(Zeroizing<String>, Arc<Settings>)>,
    tls: Option<(Arc<Settings>, Material, Option<Arc<ServerConfig>>)>,
}

/// What is fixed at the start, whatever the file says later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fixed {
    pub(super) tls: bool,
    pub(super) http2: bool,
    rate: rate_limit::Rate,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seen")
    }
}

/// Reads the file and all that it names, and tells what can be seen to be wrong: all that keeps an
/// exporter from starting.
pub(super) fn check(path: &Path) -> Result<Fixed, BadConfigFile> {
    let path = path.to_owned();
    let checked = soon(move || {
        let mut seen = Seen::default();
        let settings = seen.settings(&path)?;
        users::check(&settings.users)?;
        let fixed = Fixed {
            tls: Material::read(&settings.tls, directory(&path))?.is_some(),
            http2: settings.http2,
            rate: settings.rate,
        };
        if fixed.tls {
            tls::check_http2(&settings.tls, fixed.http2)?;
            seen.tls(&path, fixed.http2)?;
        }
        Ok(fixed)
    });
    checked.unwrap_or(Err(BadConfigFile::Unreadable(NoText::Hangs)))
}

impl ConfigFile {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            seen: Arc::default(),
            told: Mutex::default(),
        }
    }

    /// What the file says now; `None` where it is wrong, which is told in the log.
    async fn settings(&self) -> Option<Arc<Settings>> {
        let path = self.path.clone();
        self.read(move |seen| seen.settings(&path)).await
    }

    /// What hands are shaken by now; `None` where it is wrong or speaks of no TLS, which is told in
    /// the log.
    pub(super) async fn tls(&self, http2: bool) -> Option<Arc<ServerConfig>> {
        let path = self.path.clone();
        let tls = self.read(move |seen| {
            // A server that speaks TLS never speaks anything else.
            let tls = seen.tls(&path, http2)?;
            tls.ok_or(BadConfigFile::Tls(BadTls::Missing("cert")))
        });
        tls.await.flatten()
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Seen) -> Result<T, BadConfigFile> + Send + 'static,
    ) -> Option<T> {
        let turn = Arc::clone(&self.seen).lock_owned();
        let reading = async {
            let mut seen = turn.await;
            tokio::task::spawn_blocking(move || read(&mut seen)).await
        };
        let read = match timeout(PATIENCE, reading).await {
            Ok(Ok(read)) => read,
            Ok(Err(_)) | Err(_) => Err(BadConfigFile::Unreadable(NoText::Hangs)),
        };
        self.tell(read.as_ref().err());
        read.ok()
    }

    /// Tells what is wrong once, and once that it is well again.
    fn tell(&self, wrong: Option<&BadConfigFile>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let now = wrong.map(ToString::to_string);
        if *told == now {
            return;
        }
        let file = self.path.display();
        if let Some(why) = &now {
            tracing::error!(
                %file, why, "the web configuration cannot be used: requests and handshakes are refused until it can"
            );
        } else {
            tracing::info!(%file, "the web configuration can be used again");
        }
        *told = now;
    }
}

impl Seen {
    fn settings(&mut self, path: &Path) -> Result<Arc<Settings>, BadConfigFile> {
        let text = read_regular(path, LONGEST)?;
        if let Some((same, settings)) = &self.settings
            && *same == text
        {
            return Ok(Arc::clone(settings));
        }
        let settings = Arc::new(Settings::parse(&text)?);
        self.settings = Some((text, Arc::clone(&settings)));
        Ok(settings)
    }

    /// `None` where the file speaks of no TLS; within, `None` where there is nothing to be spoken.
    #[expect(
        clippy::option_option,
        reason = "the one is no TLS, the other no handshake"
    )]
    fn tls(
        &mut self,
        path: &Path,
        http2: bool,
    ) -> Result<Option<Option<Arc<ServerConfig>>>, BadConfigFile> {
        let settings = self.settings(path)?;
        let Some(material) = Material::read(&settings.tls, directory(path))? else {
            return Ok(None);
        };
        if let Some((same, as_before, config)) = &self.tls
            && Arc::ptr_eq(same, &settings)
            && *as_before == material
        {
            return Ok(Some(config.clone()));
        }
        let Spoken { config, remarks } = material.speak(&settings.tls, http2)?;
        for remark in remarks {
            tracing::warn!(file = %path.display(), "of the web configuration: {remark}");
        }
        self.tls = Some((settings, material, config.clone()));
        Ok(Some(config))
    }
}

/// What relative paths count from.
fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}
