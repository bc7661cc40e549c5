//! When the program is told to stop.

/// The signals that tell the program to stop. From its making on none of them ends the process by
/// itself, so it is made before anybody is told that the program is there.
pub(super) struct StopSignals {
    #[cfg(unix)]
    terminated: Option<tokio::signal::unix::Signal>,
    #[cfg(unix)]
    interrupted: Option<tokio::signal::unix::Signal>,
}

impl StopSignals {
    /// Waits for SIGTERM and Ctrl-C from now on.
    pub(super) fn new() -> Self {
        #[cfg(unix)]
        let listen = |kind| tokio::signal::unix::signal(kind).ok();
        Self {
            #[cfg(unix)]
            terminated: listen(tokio::signal::unix::SignalKind::terminate()),
            #[cfg(unix)]
            interrupted: listen(tokio::signal::unix::SignalKind::interrupt()),
        }
    }

    /// Returns when the program is told to stop, with what told it.
    #[cfg(unix)]
    pub(super) async fn received(&mut self) -> &'static str {
        tokio::select! {
            () = next(&mut self.terminated) => "SIGTERM",
            () = next(&mut self.interrupted) => "SIGINT",
        }
    }

    /// Returns when the program is told to stop, with what told it.
    #[cfg(not(unix))]
    pub(super) async fn received(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "SIGINT",
            Err(_) => std::future::pending().await,
        }
    }
}

/// Waits for a signal; for ever, where the system would not let it be listened for.
#[cfg(unix)]
async fn next(signal: &mut Option<tokio::signal::unix::Signal>) {
    let told = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if told.is_none() {
        std::future::pending::<()>().await;
    }
}
