//! Values with a rule: parse or refuse. No I/O, no policy.

mod cell;
mod interval;
mod name;
mod org_url;
mod share;

pub use cell::{BadCell, Cell};
pub use interval::{BadInterval, Interval};
pub use jiff::Timestamp;
pub use name::{BadName, Name};
pub(crate) use org_url::is_loopback;
pub use org_url::{BadUrl, OrgUrl};
pub use share::{BadShare, Share};

/// A secret: it neither prints nor serialises, and its memory is zeroed when dropped.
pub type Secret = secrecy::SecretString;
