//! A simulated Okta: `demo` and `simulate` run it, tests and benches ask it. It writes what Okta
//! documents and what recordings show, and shares no type with the client.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use okta_exporter::sim::{ApiToken, Fault, Mint, ORG, Org};
//!
//! let running = Org::new("acme").api_token(ApiToken::new("exporter", "00token")).start().await?;
//! let controls = running.controls();
//! controls.rotate_keys(ORG)?;
//! let _token = controls.mint(&Mint::by("default").scopes(["reports"]))?;
//! controls.fault("/api/v1/users", Fault::status(503).times(3));
//! controls.until_asked("/api/v1/users", 3).await;
//! # Ok(()) }
//! ```

mod account;
mod agents;
mod answer;
mod api_tokens;
mod background;
mod rate_limit_bucket;
mod bucket_patterns;
mod certificates;
mod clock;
mod credentials;
mod error;
mod faults;
mod faulty_bodies;
mod hooks;
mod integrations;
mod jws;
mod key_rotation;
mod keys;
mod counters;
mod lock;
mod nonces;
mod controls;
mod org;
mod proof;
mod record;
mod routes;
mod running;
pub mod scenario;
mod service_app;
mod status_page;
mod stops;
mod system_log;
mod tls;
mod token_life;
mod tokens;
mod world;

#[cfg(test)]
mod tests;

pub use background::{Application, Pattern};
pub use clock::Clock;
pub use controls::Controls;
pub use credentials::{ApiToken, Principal};
pub use error::Error;
pub use faults::Fault;
pub use hooks::{EventHook, HookTotals};
pub use org::Org;
pub use rate_limit_bucket::{RateLimitBucket, RateLimitHeaders};
pub use record::Received;
pub use running::Running;
pub use service_app::ServiceApp;
pub use status_page::{Incident, PageMode, RunningStatusPage, StatusPage};
pub use system_log::{Limited, LogEvent, LogTotals, odd_log_events};
pub use tls::Tls;
pub use tokens::Mint;

/// The name of the org's own authorization server, among the custom ones.
pub const ORG: &str = "org";
