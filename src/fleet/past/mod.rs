//! What happened in the last three days, in spans of a quarter of an hour: how each probe's runs went,
//! and how much of each limit was used. For people, who come when it is over; the last few runs, each by
//! itself, are in [`history`](super::history). Kept in the store, where there is one.

mod chunk;
mod keep;
mod org_past;
mod spans;
mod told;

pub use keep::PastKeeper;
pub(super) use org_past::OrgPast;
pub use told::{PastSpan, PastUsage};
