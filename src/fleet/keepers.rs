//! The keepers at work, and how they come to be those of another configuration: what is written as
//! it was goes on undisturbed, what is gone takes its series along, what is new begins.

use std::{collections::BTreeMap, sync::Arc};

use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    Board, Duty, Keeper, OrgControls, Plan, ProbeId, accounts,
    arrangement::{Arrangement, Expected, Introduction},
    events::{Hook, Hooks},
    limits::Limits,
    past::OrgPast,
    plan,
};
use crate::{
    config::{Config, Fingerprint, Made, Org},
    store::Store,
    units::Name,
};

/// The keepers at work. Dropping it stops them.
#[derive(Debug)]
pub struct Fleet {
    board: Arc<Board>,
    orgs: BTreeMap<Name, Guarded>,
    keepers: BTreeMap<ProbeId, Kept>,
    made: Made,
    store: Arc<dyn Store>,
    hooks: Hooks,
    stop: CancellationToken,
}

/// What a configuration changed, by probe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Probes that were not there before.
    pub added: Vec<ProbeId>,
    /// Probes that are asked otherwise from now on.
    pub changed: Vec<ProbeId>,
    /// Probes that are no longer there.
    pub removed: Vec<ProbeId>,
    /// How many probes go on as they were.
    pub unchanged: usize,
}

/// What guards an org, and what was written of it.
#[derive(Debug)]
struct Guarded {
    fingerprint: Fingerprint,
    controls: OrgControls,
    past: Arc<OrgPast>,
}

/// A keeper at work, and what was written of its probe.
#[derive(Debug)]
struct Kept {
    fingerprint: Fingerprint,
    duty: watch::Sender<Duty>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Fleet {
    /// A fleet without a keeper; what it will learn is written on this board, and what it remembers
    /// is kept in this store.
    pub fn new(board: &Arc<Board>, store: Arc<dyn Store>) -> Self {
        Self {
            store,
            board: Arc::clone(board),
            orgs: BTreeMap::new(),
            keepers: BTreeMap::new(),
            made: Made::default(),
            hooks: Hooks::default(),
            stop: CancellationToken::new(),
        }
    }

    /// What the next configuration may take over, where the same is written.
    pub fn made(&self) -> &Made {
        &self.made
    }

    /// The event hooks of the configuration in force, whichever that is.
    pub fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    /// Makes the keepers those of this configuration. Counters, limits, breakers and minted tokens
    /// of what is written as before live on, and no request of it comes early or twice.
    pub async fn apply(&mut self, mut config: Config) -> Changes {
        self.made = std::mem::take(&mut config.made);
        let mut arrangement = Arrangement::default();
        self.guard(&config.orgs, &mut arrangement);
        let controls = config.controls.iter();
        arrangement.controls = controls
            .map(|(id, control)| (id.clone(), control.orgs.clone()))
            .collect();
        let mut plans: BTreeMap<ProbeId, Plan> = BTreeMap::new();
        for plan in plan::plans_of(config) {
            plans.insert(plan.id.clone(), plan);
        }
        let mut changes = Changes::default();
        let mut ending = Vec::new();
        for (id, kept) in std::mem::take(&mut self.keepers) {
            match plans.get(&id) {
                Some(plan) if plan.fingerprint == kept.fingerprint => {
                    kept.duty.send_replace(plan.duty);
                    plans.remove(&id);
                    changes.unchanged += 1;
                    self.keepers.insert(id, kept);
                    continue;
                }
                Some(_) => changes.changed.push(id),
                None => changes.removed.push(id),
            }
            kept.stop.cancel();
            ending.push(kept.task);
        }
        for task in ending {
            // One that panicked has ended as well.
            drop(task.await);
        }
        let mut plans: Vec<Plan> = plans.into_values().collect();
        plan::spread(&mut plans);
        arrangement.removed.clone_from(&changes.removed);
        for plan in &plans {
            let id = plan.id.clone();
            let list = if changes.changed.contains(&id) {
                &mut arrangement.changed
            } else {
                changes.added.push(id.clone());
                &mut arrangement.added
            };
            list.push(Expected {
                id,
                kind: plan.run.probe.kind(),
                interval: plan.interval,
                asks_with: plan
                    .run
                    .probe
                    .credentials()
                    .into_iter()
                    .map(|c| c.name.clone())
                    .collect(),
            });
        }
        self.board.arrange(arrangement);
        for plan in plans {
            self.begin(plan);
        }
        changes
    }

    /// Stops every keeper and waits until the last has gone.
    pub async fn stop(mut self) {
        self.stop.cancel();
        for kept in std::mem::take(&mut self.keepers).into_values() {
            drop(kept.task.await);
        }
    }

    /// What guards each org: as before, where the org is the same.
    fn guard(&mut self, orgs: &BTreeMap<Name, Org>, arrangement: &mut Arrangement) {
        let mut before = std::mem::take(&mut self.orgs);
        let mut hooks = BTreeMap::new();
        for (name, org) in orgs {
            let earlier = before.remove(name);
            let account = earlier.as_ref().and_then(|e| e.controls.events.clone());
            let events = accounts::account(name, org, account, &self.store);
            let origin = org.client.origin().origin().ascii_serialization();
            let past = earlier.as_ref().map(|earlier| Arc::clone(&earlier.past));
            let past = past.filter(|past| past.origin() == origin);
            let past = past.unwrap_or_else(|| Arc::new(OrgPast::new(origin)));
            let same = earlier.filter(|guarded| guarded.fingerprint == org.fingerprint);
            let is_new = same.is_none();
            let mut guarded = same.unwrap_or_else(|| Guarded {
                fingerprint: org.fingerprint,
                controls: OrgControls {
                    breaker: Arc::default(),
                    limits: Arc::new(
                        Limits::new(org.budget).with_okta_clock(org.client.okta_clock().clone()),
                    ),
                    events: None,
                },
                past: Arc::clone(&past),
            });
            guarded.controls.events = events;
            if let Some((hook, account)) =
                org.event_hook.clone().zip(guarded.controls.events.clone())
            {
                let limits = Arc::clone(&guarded.controls.limits);
                // So that counts stand there before the first delivery, which tries again.
                let recalled = Arc::clone(&account);
                drop(tokio::spawn(async move { recalled.recall().await }));
                let hook = Hook::new(name.clone(), hook, (account, limits));
                hooks.insert(name.clone(), Arc::new(hook));
            }
            let introduction = Introduction {
                cell: org.cell.clone(),
                credentials: org.credentials.values().cloned().collect(),
                controls: guarded.controls.clone(),
                past,
                is_new,
            };
            arrangement.orgs.insert(name.clone(), introduction);
            self.orgs.insert(name.clone(), guarded);
        }
        self.hooks.replace(hooks);
    }

    fn begin(&mut self, plan: Plan) {
        let controls = plan.id.org.as_ref().and_then(|org| self.orgs.get(org));
        let controls = controls.map(|guarded| guarded.controls.clone());
        let (id, fingerprint) = (plan.id.clone(), plan.fingerprint);
        let stop = self.stop.child_token();
        let keeper = Keeper::new(plan, &self.board, controls, &self.store);
        let duty = keeper.duty();
        let task = tokio::spawn(keeper.keep(stop.clone()));
        self.keepers.insert(
            id,
            Kept {
                fingerprint,
                duty,
                stop,
                task,
            },
        );
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
