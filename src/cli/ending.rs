//! How a command that serves comes to its end: by itself once it is told to stop, which takes as
//! long as draining may; and if it does not, or is told a second time, all the same.

use std::{process::ExitCode, time::Duration};

use tokio::runtime::{Builder, Runtime};

use super::{
    logging,
    other_signals::{Hangup, OtherSignals},
    output::{Fatal, exit_code, fail},
    signal::StopSignals,
};
use crate::web;

/// How long after it was told to stop it ends, whatever hangs.
const PATIENCE: Duration = web::DRAIN.saturating_add(Duration::from_secs(1));

/// Runs what serves on the runtime's own threads. Signals are waited for apart from them: whatever
/// blocks those, it can be stopped.
pub(super) fn bounded(
    runtime: &Runtime,
    serving: impl Future<Output = Result<(), impl Into<Fatal> + Send + 'static>> + Send + 'static,
    hangup: Hangup,
) -> ExitCode {
    let apart = match Builder::new_current_thread().enable_all().build() {
        Ok(apart) => apart,
        Err(error) => return fail(&format!("the runtime cannot be set up: {error}")),
    };
    let _context = apart.enter();
    let others = OtherSignals::new(hangup);
    let serving = runtime.spawn(async { serving.await.map_err(Into::into) });
    apart.block_on(async {
        let given_up = async {
            let mut stop = StopSignals::new();
            stop.received().await;
            tokio::select! {
                signal = stop.received() => {
                    tracing::warn!(signal, "told to stop a second time: stopped at once");
                }
                () = tokio::time::sleep(PATIENCE) => {
                    let after_seconds = PATIENCE.as_secs();
                    tracing::warn!(after_seconds, "gave up on what hangs: stopped");
                }
            }
        };
        tokio::select! {
            ended = serving => exit_code(ended.unwrap_or_else(|e| Err(Fatal::Said(e.to_string())))),
            () = others.answered() => ExitCode::FAILURE,
            () = given_up => {
                logging::flush();
                ExitCode::SUCCESS
            }
        }
    })
}
