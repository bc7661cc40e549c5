//! The way by which whoever decides what may be spent is asked before each request that counts
//! against a limit, and told what came of it. What it decides by is not the client's business.

use std::{borrow::Cow, time::Duration};

use futures_util::future::BoxFuture;

use super::exchange::Exchange;
use crate::okta::Failure;
use crate::units::{Name, OktaTime};

/// A list of last uses that is so late still tells of a window: what is used all the time is written
/// down each half minute.
const TELLS_FOR: Duration = Duration::from_secs(10);

/// What a request counts against.
#[derive(Debug, Clone)]
pub struct Charge {
    /// Whose limit.
    pub credential: Option<Name>,
    /// The endpoint's short name.
    pub api: Cow<'static, str>,
    /// The bucket that its path is taken for.
    pub bucket: Cow<'static, str>,
}

/// Stands for one request that was admitted, until it is settled or abandoned: wherever what it
/// counts against is counted meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// A window of one of the org's limits in which nothing was left, by Okta's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExhaustedWindow {
    /// The bucket, as it is called here or, where an event told of it, by Okta.
    pub bucket: String,
    /// When it began,
    pub from: OktaTime,
    /// and when it ends.
    pub to: OktaTime,
}

impl ExhaustedWindow {
    /// Whether the last uses that Okta tells at this moment tell of it: later, what was used since
    /// hides what was used within.
    pub fn is_told_at(&self, at: OktaTime) -> bool {
        self.from <= at && at <= self.to.plus(TELLS_FOR)
    }
}

/// Decides whether a request may be sent. Each that was admitted is then settled or abandoned.
pub trait Gate: std::fmt::Debug + Send + Sync {
    /// Comes back once the request may be sent, or with the reason why it must not be.
    fn admit(&self, charge: Charge) -> BoxFuture<'_, Result<Ticket, Failure>>;

    /// Learns what came of a request, also of one that counted against no limit and has no ticket,
    /// and teaches the org's [`OktaClock`](crate::okta::OktaClock) by it.
    fn settle(&self, ticket: Option<Ticket>, exchange: &Exchange);

    /// Nothing will be heard of a request that was admitted. It may have been `sent`, or surely not.
    fn abandon(&self, ticket: Ticket, sent: bool);

    /// The last windows of the org's limits in which nothing was left, whoever saw that.
    fn exhausted(&self) -> Vec<ExhaustedWindow> {
        Vec::new()
    }
}

impl Exchange {
    /// What it counted against; `None` for public metadata.
    pub fn charge(&self) -> Option<Charge> {
        Some(Charge {
            credential: self.credential.clone(),
            api: self.api.clone(),
            bucket: self.bucket.clone()?,
        })
    }
}
