//! What one run saw, and what is known since. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::read::{Entry, Server};
use crate::probe::{listing::Listing, round::Learned, unfamiliar::Unfamiliar};

/// What one run saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The servers by their labels, and whether these are all.
    pub(super) servers: Learned<(BTreeMap<String, Server>, bool)>,
    pub(super) unfamiliar: Unfamiliar,
    pub(super) withheld: Option<String>,
}

/// What is known: what a disturbance kept from being read is as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    pub(super) servers: BTreeMap<String, Server>,
    pub(super) unfamiliar: Unfamiliar,
}

impl Observation {
    pub(super) fn read(listing: Learned<Listing<Entry>>) -> Self {
        let mut unfamiliar = Unfamiliar::default();
        let servers = listing.and_then(|listing| {
            let (mut servers, mut labels) = (BTreeMap::new(), BTreeSet::new());
            for entry in listing.entries {
                if let Some((label, server)) = entry.read(&labels, &mut unfamiliar) {
                    labels.insert(label.clone());
                    servers.insert(label, server);
                }
            }
            Some((servers, listing.is_complete))
        });
        Self {
            servers,
            unfamiliar,
            withheld: None,
        }
    }
}

impl Memory {
    /// What is known after one more run.
    pub(super) fn learn(self, seen: &Observation) -> Self {
        let servers = match seen.servers.clone() {
            Learned::Known((servers, true)) => servers,
            // Of those on pages that were not read, nothing new is known.
            Learned::Known((servers, false)) => {
                let mut known = self.servers;
                known.extend(servers);
                known
            }
            Learned::Unknown => BTreeMap::new(),
            Learned::Missed => self.servers,
        };
        Self {
            servers,
            unfamiliar: seen.unfamiliar.clone().and(self.unfamiliar),
        }
    }
}
