//! What has the settings read again: SIGHUP, whoever asks for `/-/reload`, and, where that is wanted,
//! a file that holds something else.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::{MissedTickBehavior, interval};

use crate::{
    app::App,
    config::{Config, Fingerprint, LARGEST_FILE, Made, Problems},
    units::{Interval, read_text},
    web::Reloads,
};

/// The flags of reloading.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ReloadArgs {
    /// Read the settings again when the configuration file holds something else.
    #[arg(long = "config.enable-auto-reload")]
    pub(super) auto: bool,
    /// How often to look at the file.
    #[arg(
        long = "config.auto-reload-interval",
        value_name = "DURATION",
        default_value = "30s"
    )]
    pub(super) interval: Interval,
}

/// Where the settings are read.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) file: Option<PathBuf>,
    pub(super) environment: BTreeMap<String, String>,
}

impl Source {
    /// Reads them; what is written as before is taken over.
    pub(super) fn read(&self, earlier: &Made) -> Result<Config, Problems> {
        Config::load_after(earlier, self.file.as_deref(), &self.environment)
    }

    /// The same, without a look at secrets.
    pub(super) fn outline(&self) -> Result<Config, Problems> {
        Config::outline(self.file.as_deref(), &self.environment)
    }

    /// The same, beside all else that is done.
    async fn read_again(&self, earlier: &Made) -> Result<Config, Vec<String>> {
        let (source, earlier) = (self.clone(), earlier.clone());
        let read = tokio::task::spawn_blocking(move || source.read(&earlier)).await;
        match read {
            Ok(read) => read.map_err(|problems| problems.lines()),
            Err(broken) => Err(vec![format!("reading them broke down: {broken}")]),
        }
    }
}

/// Reads the settings again, and has them in force or as they were.
pub(super) async fn reload(app: &mut App, source: &Source) -> Result<String, Vec<String>> {
    match source.read_again(app.made()).await {
        Ok(config) => {
            for warning in &config.warnings {
                tracing::warn!("{warning}");
            }
            let changes = app.apply(config).await;
            tracing::info!(
                added = changes.added.len(),
                changed = changes.changed.len(),
                removed = changes.removed.len(),
                unchanged = changes.unchanged,
                "settings read again"
            );
            Ok(format!(
                "the settings are read again: {} probes added, {} changed, {} removed, {} go on undisturbed",
                changes.added.len(),
                changes.changed.len(),
                changes.removed.len(),
                changes.unchanged
            ))
        }
        Err(problems) => {
            app.reloads().failed();
            for problem in &problems {
                tracing::error!("{problem}");
            }
            tracing::error!("the settings stay as they were");
            Err(problems)
        }
    }
}

/// What may want a reload. It is made before the settings are read, so that nothing that happens from
/// then on is missed.
pub(super) struct Wishes {
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
    file: Option<WatchedFile>,
}

/// A file that is looked at again and again.
struct WatchedFile {
    path: PathBuf,
    every: Duration,
    known: Option<Fingerprint>,
}

impl Wishes {
    /// Listens for SIGHUP, and knows what the file holds now where that is wanted.
    pub(super) fn new(args: &ReloadArgs, file: Option<&Path>) -> Self {
        #[cfg(unix)]
        use tokio::signal::unix::{SignalKind, signal};

        let file = file.filter(|_| args.auto).map(|path| WatchedFile {
            path: path.to_owned(),
            every: args.interval.get(),
            known: content(path),
        });
        Self {
            #[cfg(unix)]
            hangup: signal(SignalKind::hangup()).ok(),
            file,
        }
    }

    /// Asks for a reload whenever something wants one; it has no end.
    pub(super) async fn asked_of(self, reloads: Reloads) {
        let changed = async {
            if let Some(file) = self.file {
                file.changed(&reloads).await;
            }
        };
        #[cfg(unix)]
        let hung_up = async {
            if let Some(mut hangup) = self.hangup {
                while hangup.recv().await.is_some() {
                    // What came of it is in the log.
                    drop(reloads.ask().await);
                }
            }
        };
        #[cfg(not(unix))]
        let hung_up = std::future::pending::<()>();
        tokio::join!(changed, hung_up);
    }
}

impl WatchedFile {
    /// Looks at what the file holds, not at when it was written: a mounted ConfigMap is replaced by
    /// links, and a file may be written twice in a second.
    async fn changed(mut self, reloads: &Reloads) {
        let mut ticks = interval(self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let path = self.path.clone();
            let now = tokio::task::spawn_blocking(move || content(&path)).await;
            // A file that is being replaced may be missing for a moment.
            let now = now.ok().flatten();
            if now.is_some() && now != self.known {
                self.known = now;
                drop(reloads.ask().await);
            }
        }
    }
}

fn content(file: &Path) -> Option<Fingerprint> {
    let text = read_text(file, LARGEST_FILE).ok()?;
    Some(Fingerprint::of(text.as_bytes()))
}
