//! What was made of what was written, so that the same writing read again is the same thing: a
//! client keeps its connections and what it knows of Okta's clock, a credential its tokens. And what is
//! counted of all that was ever made.

use std::{collections::BTreeMap, sync::Arc};

use super::fingerprint::Fingerprint;
use crate::{
    okta::{Client, Credential, SecretReloads},
    units::WallClock,
};

/// The clients and credentials of a configuration, by what was written of them.
#[derive(Debug, Clone, Default)]
pub struct Made {
    clients: BTreeMap<Fingerprint, Client>,
    credentials: BTreeMap<Fingerprint, Arc<Credential>>,
    secret_reloads: SecretReloads,
    clock: WallClock,
}

impl Made {
    /// Nothing yet, in a world where this clock tells the time of day.
    pub fn in_the_time_of(clock: &WallClock) -> Self {
        Self {
            clock: clock.clone(),
            ..Self::default()
        }
    }

    /// Nothing yet, which counts on.
    pub(super) fn after(earlier: &Self) -> Self {
        Self {
            secret_reloads: earlier.secret_reloads.clone(),
            clock: earlier.clock.clone(),
            ..Self::default()
        }
    }

    /// How often files that are named for secrets held something new.
    pub fn secret_reloads(&self) -> &SecretReloads {
        &self.secret_reloads
    }

    /// What tells the time of day to all that is made.
    pub fn clock(&self) -> &WallClock {
        &self.clock
    }

    /// The client of an org with this fingerprint.
    pub(super) fn client(&self, org: Fingerprint) -> Option<Client> {
        self.clients.get(&org).cloned()
    }

    /// The credential with this fingerprint, or this one where there is none yet.
    pub(super) fn credential(
        &self,
        written: Fingerprint,
        new: &Arc<Credential>,
    ) -> Arc<Credential> {
        Arc::clone(self.credentials.get(&written).unwrap_or(new))
    }

    /// Remembers a client.
    pub(super) fn keep_client(&mut self, org: Fingerprint, client: &Client) {
        self.clients.insert(org, client.clone());
    }

    /// Remembers a credential.
    pub(super) fn keep_credential(&mut self, written: Fingerprint, credential: &Arc<Credential>) {
        self.credentials.insert(written, Arc::clone(credential));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::okta::SecretFile;

    #[test]
    fn what_was_counted_before_a_reload_is_not_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let (path, first) = (dir.path().join("token"), Made::default());
        let file = SecretFile::new(path.clone(), first.secret_reloads());
        for secret in ["one", "two"] {
            std::fs::write(&path, secret).unwrap();
            file.read().unwrap();
        }
        let second = Made::after(&first);
        assert_eq!(second.secret_reloads().count(), 1);
        std::fs::write(&path, "three").unwrap();
        file.read().unwrap();
        assert_eq!(second.secret_reloads().count(), 2);
    }
}
