//! What a command says on standard output and standard error, and its exit status. Log lines are
//! [`super::logging`]'s.

use std::{fmt::Display, io::Write as _, process::ExitCode};

use super::logging;

/// The exit status of a command line that cannot be understood, as sysexits.h has it: 1 and 2 are
/// what `diagnose` finds.
pub(super) const USAGE: u8 = 64;

/// Why a command could not do what it was asked to.
pub(super) enum Fatal {
    /// For a person at a terminal.
    Said(String),
    /// For whoever reads log lines, one each.
    Logged(Vec<String>),
}

impl From<String> for Fatal {
    fn from(message: String) -> Self {
        Self::Said(message)
    }
}

/// Writes to standard output, for people and for pipes.
pub(super) fn print(text: &str) -> Result<(), String> {
    match std::io::stdout().write_all(text.as_bytes()) {
        // Whoever reads on in `head` has seen enough.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(format!("the output cannot be written: {error}"))
        }
        _ => Ok(()),
    }
}

/// Writes a line to standard error, for a person at a terminal. Where nobody reads, nothing is told.
pub(super) fn say(line: impl Display) {
    // There is nobody to be told why it cannot be written, and `eprintln!` would panic.
    drop(writeln!(std::io::stderr(), "{line}"));
}

/// Tells how a command ended, after all that it logged.
pub(super) fn exit_code(ended: Result<(), impl Into<Fatal>>) -> ExitCode {
    logging::flush();
    match ended.map_err(Into::into) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Fatal::Said(message)) => fail(&message),
        Err(Fatal::Logged(lines)) => {
            for line in lines {
                tracing::error!("{line}");
            }
            logging::flush();
            ExitCode::FAILURE
        }
    }
}

/// Says why on standard error, in words for a person at a terminal.
pub(super) fn fail(message: &str) -> ExitCode {
    fail_with(1, message)
}

/// The same, with an exit status of its own.
pub(super) fn fail_with(status: u8, message: &str) -> ExitCode {
    say(format_args!("okta-exporter: {message}"));
    ExitCode::from(status)
}
