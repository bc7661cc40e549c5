//! One event of the System Log, as far as anybody counts it, whether the log told it or an event
//! hook. Reading is pure and never fails for one event's sake: what is odd is read as far as it goes,
//! and what is no event at all is counted.

mod delivery;
mod kinds;
mod odd_object;
mod odd_text;
mod page;
mod rate_limit;
mod rate_limit_kinds;
mod raw;
mod read;

pub use delivery::{BadDelivery, Delivery};
pub use kinds::{EventOutcome, EventReason, EventSeverity};
pub use page::EventPage;
pub use rate_limit::{Offender, RateLimitEvent};
pub use rate_limit_kinds::{OffenderKind, RateLimitEventKind, RateLimitScope};
pub use read::{Event, EventId};
