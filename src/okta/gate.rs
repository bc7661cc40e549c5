//! The way by which whoever decides what may be spent is asked before each request that counts
//! against a limit, and told what came of it. What it decides by is not the client's business.

use futures_util::future::BoxFuture;

use super::{Exchange, Failure};
use crate::units::Name;

/// Decides whether a request may be sent.
pub trait Gate: std::fmt::Debug + Send + Sync {
    /// Comes back once the request may be sent, or with the reason why it must not be.
    fn admit<'a>(
        &'a self,
        credential: Option<&'a Name>,
        bucket: &'a str,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Learns what came of a request that was admitted.
    fn settle(&self, exchange: &Exchange);
}
