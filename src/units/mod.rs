//! Values with a rule: parse or refuse; the time of day, and elapsed time. No policy.

pub mod build;
mod cell;
mod cell_list;
mod closed_list;
mod hidden;
mod host;
mod interval;
mod moment;
mod name;
mod okta_time;
mod org_url;
mod share;
mod shown_url;
mod soon;
mod suggest;
mod text_file;
mod text;
mod wall_clock;
mod wrapped;

pub use cell::{BadCell, Cell};
pub use cell_list::{CellList, Reach};
pub(crate) use closed_list::closed_list;
pub use hidden::is_hidden;
pub use host::BadHost;
pub(crate) use host::check_host;
pub use interval::{BadInterval, Interval};
pub use jiff::Timestamp;
pub use moment::Moment;
pub use name::{BadName, Name};
pub use okta_time::OktaTime;
pub(crate) use org_url::is_loopback;
pub use org_url::{BadUrl, OrgUrl};
pub use share::{BadShare, Share};
pub(crate) use shown_url::{REDACTED, without_secrets};
pub(crate) use soon::soon;
pub use suggest::suggestion;
pub use text::{head, split_within};
pub use text_file::NoText;
pub(crate) use text_file::{
    is_mounted_by_kubernetes, read_regular, read_soon, read_text, unmarked,
};
pub use wall_clock::WallClock;
pub use wrapped::wrapped;

/// A secret: it neither prints nor serialises, and its memory is zeroed when dropped. In a panic's
/// message it is what its `Debug` shows.
///
/// ```
/// let secret = okta_exporter::units::Secret::from("s3cr3t");
/// assert_eq!(format!("{secret:?}"), "SecretBox<str>([REDACTED])");
/// ```
///
/// It cannot be formatted,
///
/// ```compile_fail,E0277
/// println!("{}", okta_exporter::units::Secret::from("s3cr3t"));
/// ```
///
/// and not be serialised:
///
/// ```compile_fail,E0277
/// serde_json::to_string(&okta_exporter::units::Secret::from("s3cr3t"));
/// ```
///
/// What is written in a configuration passes through the reader of YAML, and what is in the
/// environment stays there; neither is ours to zero. A file is read into one buffer, which is.
pub type Secret = secrecy::SecretString;
