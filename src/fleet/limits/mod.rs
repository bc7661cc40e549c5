//! What is known of one org's rate limits, and what is decided by it: samples and windows, when to
//! sample next, whether a request may be sent. One place for all, since they know the same things: a
//! bucket's windows, and Okta's clock by ours. An exchange comes in by one door, [`Limits::settle`].

mod api_samples;
mod asker;
mod bucket_assignment;
mod bucket_correlation;
mod bucket_limit;
mod bucket_mismatch;
mod budget_gate;
mod draw;
mod exhausted;
mod exhausted_windows;
mod families;
mod forget;
mod limit_key;
mod org_limits;
mod queue;
mod refused;
mod round_robin;
mod spending;
mod state;
#[cfg(test)]
mod tests;
mod window;

pub use asker::{GatedRun, Purpose};
pub use bucket_mismatch::{BucketApi, BucketMismatch, Relation};
pub use budget_gate::BudgetGate;
pub(super) use draw::KnownLimit;
pub(super) use families::FAMILIES;
pub use org_limits::{EndedRun, Limits};
pub use refused::Refused;
