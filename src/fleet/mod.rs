//! One keeper per probe: when to ask, and what is known. All scheduling policy is in this room;
//! what an answer means is the probes', and how it is served is the web's.

mod accounts;
pub mod aim;
mod arrangement;
mod board;
mod breaker;
mod controls;
mod estimate;
mod events;
mod facts;
mod families;
mod findings;
mod footprint;
mod history;
mod home;
mod judge;
mod keeper;
mod keepers;
mod ledger;
pub mod limits;
mod memory;
mod org_verdict;
mod past;
mod plan;
mod report;
mod requests;
mod row;
mod run;
mod schedule;
mod tokens;
mod view;

use crate::metrics::Family;

pub use board::Board;
pub use breaker::{Breaker, BreakerState, Pass, Verdict};
pub use controls::OrgControls;
pub use events::{Account, DeliveryResult, Hook, Hooks, Watched};
pub use findings::{certificate, clock, incidents, scopes, unmatched};
pub use history::PastRun;
pub use home::Home;
pub use keeper::Keeper;
pub use keepers::{Changes, Fleet};
pub use org_verdict::{OrgVerdict, Signs, VerdictWord, Whereabouts, Witness, is_silence};
pub use past::{PastKeeper, PastSpan, PastUsage};
pub use plan::{Duty, Plan, ProbeId, plans};
pub use requests::{PastRequest, Requests};
pub use run::{Outcome, ProbeRun, RunOnce};
pub use view::{
    Counts, EndView, IncidentView, LimitView, Noted, OrgView, ProbeView, Trouble, VerdictView, View,
};

/// Every family that may stand on the page, the process's own left out.
pub fn families() -> Vec<&'static Family> {
    let mut all = crate::probe::families();
    all.extend(families::FAMILIES_HERE);
    all.extend(events::FAMILIES);
    all.extend(ledger::FAMILIES);
    all.extend(limits::FAMILIES);
    all.extend(tokens::FAMILIES);
    all.extend(crate::store::FAMILIES);
    all
}
