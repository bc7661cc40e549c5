//! How wide the terminal is that somebody reads at.

use std::collections::BTreeMap;

/// How many columns there are: as COLUMNS says, else as the terminal on standard output does.
pub(super) fn columns(environment: &BTreeMap<String, String>) -> Option<usize> {
    let said = environment.get("COLUMNS");
    let said = said.and_then(|columns| columns.trim().parse().ok());
    said.or_else(told).filter(|columns| *columns > 0)
}

#[cfg(unix)]
fn told() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some(size.ws_col.into())
}

#[cfg(not(unix))]
fn told() -> Option<usize> {
    None
}
