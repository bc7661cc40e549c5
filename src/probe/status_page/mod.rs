//! Status pages: Okta's own, a Statuspage v2, a feed. Here is what the rest of the program uses of
//! them; each format's reading is pure and in a file of its own.

mod cell;
mod entries;
mod feed;
mod okta;
#[cfg(test)]
mod properties;
mod read;
mod seen;
mod span;
mod statuspage;
mod text;
mod words;

pub use cell::{BadCell, Cell};
pub use read::{Format, Source, Unreadable, read, sniff};
pub use seen::{Component, FROZEN_AFTER, Incident, Seen};
pub use words::{Category, ComponentStatus, Indicator, Status};
