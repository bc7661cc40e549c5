//! Which orgs have an account of their events, and what that counts.

use std::sync::Arc;

use super::events::{Account, Watched};
use crate::{
    config::Org,
    probe::{Probe, system_log},
    store::Store,
    units::Name,
};

/// The account of an org whose log is followed, or whose hook delivers: the one that it had, as long
/// as it is the same org.
pub(super) fn account(
    name: &Name,
    org: &Org,
    earlier: Option<Arc<Account>>,
    store: &Arc<dyn Store>,
) -> Option<Arc<Account>> {
    let log = org.probes.iter().find_map(|planned| match &planned.probe {
        Probe::SystemLog(log) => Some(log),
        _ => None,
    });
    if log.is_none() && org.event_hook.is_none() {
        return None;
    }
    let origin = org.client.origin().origin().ascii_serialization();
    let same = earlier.filter(|account| account.origin() == origin);
    let account =
        same.unwrap_or_else(|| Arc::new(Account::new(name.clone(), origin, Arc::clone(store))));
    account.watch(Watched {
        log: log.is_some(),
        hook: org.event_hook.is_some(),
        types: match log {
            Some(log) => log.event_types().map(Into::into).collect(),
            None => system_log::EVENT_TYPES
                .iter()
                .copied()
                .map(Into::into)
                .collect(),
        },
    });
    Some(account)
}
