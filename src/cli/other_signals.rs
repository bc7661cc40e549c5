//! The signals that ask for something else than to stop. Left alone, each would end the process, and
//! a supervisor that restarts what failed would take that for its wish. SIGPIPE is not among them:
//! Rust has it ignored from the start, and a line about it, written where nobody reads, would bring
//! the next.

/// What SIGHUP asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hangup {
    /// That the settings be read again, which is heard elsewhere.
    Reloads,
    /// There are no settings to read.
    #[cfg(feature = "simulator")]
    MeansNothing,
}

/// The signals that people and supervisors send besides. From its making on none of them ends the
/// process.
pub(super) struct OtherSignals {
    #[cfg(unix)]
    hangup: Hangup,
    #[cfg(unix)]
    heard: Vec<(&'static str, tokio::signal::unix::Signal)>,
}

#[cfg(unix)]
impl OtherSignals {
    /// Listens for them from now on. One that the system would not let be listened for does what it
    /// always does.
    pub(super) fn new(hangup: Hangup) -> Self {
        use tokio::signal::unix::{SignalKind, signal};

        let kinds = [
            ("SIGHUP", SignalKind::hangup()),
            ("SIGUSR1", SignalKind::user_defined1()),
            ("SIGUSR2", SignalKind::user_defined2()),
        ];
        let heard = kinds
            .into_iter()
            .filter_map(|(name, kind)| Some((name, signal(kind).ok()?)));
        Self {
            hangup,
            heard: heard.collect(),
        }
    }

    /// Answers each in the log; it has no end.
    pub(super) async fn answered(self) {
        let each = self.heard.into_iter().map(async |(name, mut signal)| {
            while signal.recv().await.is_some() {
                if (name, self.hangup) != ("SIGHUP", Hangup::Reloads) {
                    answer(name);
                }
            }
        });
        futures_util::future::join_all(each).await;
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
fn answer(signal: &str) {
    tracing::warn!(
        signal,
        "it means nothing here, and ends nothing: SIGTERM does"
    );
}

#[cfg(not(unix))]
impl OtherSignals {
    /// There are none.
    pub(super) fn new(_hangup: Hangup) -> Self {
        Self {}
    }

    /// It has no end.
    pub(super) async fn answered(self) {
        std::future::pending::<()>().await;
    }
}
