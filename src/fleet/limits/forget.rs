//! What goes when a probe goes: its turn, and what only its requests showed.

use std::collections::BTreeSet;

use super::{
    bucket_limit::BucketLimit,
    limit_key::{LimitKey, credential_label},
    org_limits::Limits,
};
use crate::{fleet::footprint::Fed, okta::Charge};

impl Limits {
    /// A probe aims here no longer.
    pub(in crate::fleet) fn leave(&self, probe: &str) {
        let mut state = self.lock();
        for bucket in state.buckets.values_mut() {
            bucket.round_robin.leave(probe);
        }
        drop(state);
        self.tell_change();
    }

    /// Forgets what is gone, and the buckets of it in which nothing is left. Which buckets turned
    /// out to be one is still true, and holds.
    pub(in crate::fleet) fn forget(&self, gone: &[Fed], left: impl Iterator<Item = Charge>) {
        let mut state = self.lock();
        let left: Vec<Charge> = left.collect();
        let keys: BTreeSet<LimitKey> = left.iter().map(|charge| state.key(charge)).collect();
        for fed in gone {
            let is_asked =
                |left: &Charge| (&left.credential, &left.api) == (&fed.credential, &fed.api);
            if !left.iter().any(is_asked) {
                let credential = credential_label(fed.credential.as_ref());
                if let Some(assignment) = state.assignments.get_mut(&credential) {
                    assignment.hide(&fed.api);
                }
                state.exceeded.remove(&(credential, fed.api.clone()));
                state.charged.remove(&fed.api);
            }
            let Some(charge) = fed.charge() else { continue };
            let key = state.key(&charge);
            let Some(bucket) = state.buckets.get_mut(&key) else {
                continue;
            };
            bucket.apis.remove(&charge.api);
            if !keys.contains(&key) && bucket.spending.is_idle() {
                state.buckets.remove(&key);
            }
        }
        // A run that was given up told nobody what it had asked.
        let is_left =
            |key: &LimitKey, bucket: &BucketLimit| keys.contains(key) || bucket.is_in_use();
        state.buckets.retain(|key, bucket| is_left(key, bucket));
    }
}
