//! One keeper per probe: when to ask, and what is known. All scheduling policy is in this room;
//! what an answer means is the probes', and how it is served is the web's.

pub mod aim;
mod board;
mod breaker;
mod controls;
mod estimate;
mod facts;
mod families;
mod findings;
mod keeper;
mod ledger;
pub mod limits;
mod plan;
mod report;
mod row;
mod run;
mod schedule;
mod tokens;
mod view;

use std::{collections::BTreeMap, sync::Arc};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{config::Config, metrics::Family, units::Name};
use limits::Limits;

pub use board::Board;
pub use breaker::{Breaker, BreakerState, Pass, Verdict};
pub use controls::OrgControls;
pub use findings::{by_oktas_clock, certificate, clock, incidents, scopes};
pub use keeper::Keeper;
pub use plan::{Duty, Plan, ProbeId, plans};
pub use run::{Outcome, ProbeRun, RunOnce};
pub use view::{LimitView, Noted, OrgView, ProbeView, Trouble, View};

/// The keepers at work. Dropping it stops them.
#[derive(Debug)]
pub struct Fleet {
    keepers: JoinSet<()>,
    stop: CancellationToken,
}

impl Fleet {
    /// Starts a keeper for each probe of the configuration; they write on the board.
    pub fn launch(config: Config, board: &Arc<Board>) -> Self {
        let mut controls: BTreeMap<Name, OrgControls> = BTreeMap::new();
        for (name, org) in &config.orgs {
            let of_org = OrgControls {
                breaker: Arc::default(),
                limits: Arc::new(Limits::new(org.budget)),
            };
            board.introduce(name, org.cell.clone(), of_org.clone());
            board.admit(name, org.credentials.values().cloned().collect());
            controls.insert(name.clone(), of_org);
        }
        let stop = CancellationToken::new();
        let mut keepers = JoinSet::new();
        for plan in plans(config) {
            board.expect(plan.id.clone(), plan.run.probe.kind(), plan.interval);
            let of_org = plan.id.org.as_ref().and_then(|org| controls.get(org));
            let keeper = Keeper::new(plan, board, of_org.cloned());
            keepers.spawn(keeper.keep(stop.clone()));
        }
        Self { keepers, stop }
    }

    /// Stops every keeper and waits until the last has gone.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.keepers.join_next().await.is_some() {}
    }
}

/// Every family that may stand on the page, the process's own left out.
pub fn families() -> Vec<&'static Family> {
    let mut all = crate::probe::families();
    all.extend(families::FAMILIES_HERE);
    all.extend(ledger::FAMILIES);
    all.extend(limits::FAMILIES);
    all.extend(tokens::FAMILIES);
    all
}
