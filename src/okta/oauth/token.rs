//! An access token and what it is still good for. How it is kept is in
//! [`token_cache`](super::token_cache).

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::time::Instant;

use crate::units::{OktaTime, Secret};

/// How long before its end another one is asked for. Until its end it serves all the same.
const MARGIN: Duration = Duration::from_mins(1);
/// How old a token must be to be replaced, if it was never of use: one that is refused from the
/// first will not be fixed by another of its kind.
pub(super) const WORTH_ANOTHER: Duration = Duration::from_mins(1);

/// An access token at hand.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) value: Secret,
    /// It is bound to the credential's DPoP key.
    pub(super) bound: bool,
    /// The scopes it was granted.
    pub(super) scopes: BTreeSet<String>,
    /// When it ends, by Okta's clock.
    pub(super) expires: OktaTime,
    /// When it was asked for.
    minted: Instant,
    lasts: Duration,
    proven: AtomicBool,
    /// It was minted in the place of one that did not serve.
    pub(super) instead: bool,
}

impl Token {
    pub(super) fn new(value: Secret, bound: bool, minted: Instant, lasts: Duration) -> Self {
        Self {
            value,
            bound,
            scopes: BTreeSet::new(),
            expires: OktaTime::default(),
            minted,
            lasts,
            proven: AtomicBool::new(false),
            instead: false,
        }
    }

    /// Whether it has not come to its end.
    pub(super) fn serves(&self, now: Instant) -> bool {
        now < self.minted + self.lasts
    }

    /// Whether it is too early to ask for the next one. A short-lived one is used for half of its life.
    pub(super) fn is_fresh(&self, now: Instant) -> bool {
        now < self.minted + self.lasts.saturating_sub(MARGIN.min(self.lasts / 2))
    }

    /// Okta took it.
    pub(super) fn prove(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    /// Whether another one may be minted in its place now that it was refused. One that took
    /// another's place may be refused for good at one path and taken at the next: it stays a while.
    pub(super) fn is_replaceable(&self) -> bool {
        self.is_old() || (self.proven.load(Ordering::Relaxed) && !self.instead)
    }

    /// Whether one that is bound may be minted beside it now that a proof was demanded.
    pub(super) fn may_be_bound(&self) -> bool {
        !self.bound && (self.is_old() || !self.instead)
    }

    /// Whether it was minted a while ago: another one may know what was granted since.
    pub(super) fn is_old(&self) -> bool {
        self.minted.elapsed() >= WORTH_ANOTHER
    }
}
