//! What systemd is told of the service, where it started it and asks for that (`Type=notify`): that it
//! serves, and that it ends. Anybody else is told nothing.

use sd_notify::NotifyState;

/// It serves.
pub(super) fn ready(orgs: usize, probes: usize) {
    let status = format!("watching {orgs} orgs with {probes} probes");
    tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

/// It ends.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager cannot be told how it goes");
    }
}
