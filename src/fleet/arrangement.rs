//! What a configuration makes of the board: room for what is new, and no trace of what is gone.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::{
    OrgControls, ProbeId,
    facts::{Facts, Owner},
    past::OrgPast,
    row::Row,
};
use crate::{
    okta::Credential,
    units::{Cell, Moment, Name},
};

/// What a configuration makes of the board.
#[derive(Debug, Default)]
pub(super) struct Arrangement {
    /// Every org.
    pub(super) orgs: BTreeMap<Name, Introduction>,
    /// The probes of hosts that tell whose fault silence is, and the orgs that each tells of.
    pub(super) controls: BTreeMap<String, BTreeSet<Name>>,
    /// Probes to make room for.
    pub(super) added: Vec<Expected>,
    /// Probes that ask otherwise from now on.
    pub(super) changed: Vec<Expected>,
    /// Probes that go, and all that only they knew.
    pub(super) removed: Vec<ProbeId>,
}

/// One org, as it is configured.
#[derive(Debug)]
pub(super) struct Introduction {
    /// What is configured of its cell.
    pub(super) cell: Option<Cell>,
    /// Who may ask it.
    pub(super) credentials: Vec<Arc<Credential>>,
    /// What guards it.
    pub(super) controls: OrgControls,
    /// What happened there in the last three days.
    pub(super) past: Arc<OrgPast>,
    /// Nothing that was known under its name holds.
    pub(super) is_new: bool,
}

/// One probe that is to come.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) id: ProbeId,
    pub(super) kind: &'static str,
    pub(super) interval: Duration,
    /// The credentials that it asks with.
    pub(super) asks_with: BTreeSet<Name>,
}

impl Facts {
    /// Takes away what is no longer watched and makes room for what is new.
    pub(super) fn arrange(&mut self, arrangement: Arrangement, now: Moment) {
        let Arrangement {
            orgs,
            controls,
            added,
            changed,
            removed,
        } = arrangement;
        self.controls = controls;
        let stays = |org: &Option<Name>| org.as_ref().is_none_or(|org| orgs.contains_key(org));
        self.owners.retain(|org, _| stays(org));
        for id in &removed {
            self.rows.remove(id);
            if let Some(owner) = self.owners.get_mut(&id.org) {
                let owner = Arc::make_mut(owner);
                owner.footprints.forget(&id.probe);
                owner.limits.leave(&id.probe);
                owner.past.forget(&id.probe);
            }
        }
        for (name, org) in orgs {
            let Introduction {
                cell,
                credentials,
                controls,
                past,
                is_new,
            } = org;
            let owner = self.owner(Some(&name));
            if is_new {
                *owner = Owner::default();
            }
            owner.cell = cell;
            owner.credentials = credentials;
            owner.breaker = Some(controls.breaker);
            owner.ledger.follow(controls.limits.okta_clock());
            owner.limits = controls.limits;
            owner.events = controls.events;
            owner.past = past;
        }
        for expected in added {
            let Expected {
                id, kind, interval, ..
            } = expected;
            self.owner(id.org.as_ref());
            let row = Row::new(kind, interval, now);
            self.rows.insert(Arc::new(id), Arc::new(row));
        }
        for expected in changed {
            let Expected {
                id,
                interval,
                asks_with,
                ..
            } = expected;
            if let Some(row) = self.rows.get_mut(&id) {
                Arc::make_mut(row).begin_anew(interval, now);
            }
            let owner = self.owner(id.org.as_ref());
            owner.footprints.change(&id.probe, &asks_with);
            owner.limits.leave(&id.probe);
        }
        for owner in self.owners.values_mut() {
            Arc::make_mut(owner).tidy();
        }
    }
}
