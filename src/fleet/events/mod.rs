//! What an org's events come to, each counted once, whether the System Log told it, an event hook, or
//! both, and however often. What an event says is read by [`okta::event`](crate::okta::event).

mod account;
mod authentication;
mod chunks;
mod counts;
mod delivery_result;
mod draw;
mod families;
mod hook;
mod keys;
mod ring;
mod secret;
mod state;
mod tally;
#[cfg(test)]
mod tests;

pub use account::Account;
pub use delivery_result::DeliveryResult;
pub(super) use draw::draw;
pub(super) use families::ALL as FAMILIES;
pub use hook::{Hook, Hooks};
pub use state::Watched;
