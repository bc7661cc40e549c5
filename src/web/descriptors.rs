//! The descriptors that this process may have, and the share of them that is for clients: watching
//! must never lack one because somebody connects and says nothing.

/// The most clients at a time. A handful of Prometheus servers and people need one each.
const CLIENTS: usize = 512;
/// The share of all descriptors that clients may take, at most: one in so many.
const SHARE: u64 = 4;

/// Raises the soft limit to the hard one, as far as the system lets it, and tells how many clients
/// may be connected.
#[cfg(unix)]
pub(super) fn for_clients() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let in_force = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised,
        Err(why) => {
            tracing::debug!(%why, "the limit of open descriptors stays as it is");
            limit
        }
    };
    in_force.current.map_or(CLIENTS, |descriptors| {
        usize::try_from(descriptors / SHARE).map_or(CLIENTS, |share| share.clamp(1, CLIENTS))
    })
}

/// The system has no such limit.
#[cfg(not(unix))]
pub(super) fn for_clients() -> usize {
    CLIENTS
}
