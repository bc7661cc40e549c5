//! When the program is told to stop.

/// Returns when the program is told to stop: SIGTERM, or Ctrl-C.
pub(super) async fn told_to_stop() -> &'static str {
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = terminated => "SIGTERM",
        interrupted = tokio::signal::ctrl_c() => match interrupted {
            Ok(()) => "SIGINT",
            Err(_) => std::future::pending().await,
        },
    }
}
