//! What guards one org: its breaker, and what may be spent of its limits; and what its events come
//! to.

use std::sync::Arc;

use super::{Breaker, events::Account, limits::Limits};

/// What guards one org, and what its events come to. Shared by its keepers and the board.
#[derive(Debug, Clone, Default)]
pub struct OrgControls {
    /// What it is spared when it fails.
    pub breaker: Arc<Breaker>,
    /// What is spent of its limits.
    pub limits: Arc<Limits>,
    /// What its events come to; `None` where nobody tells any.
    pub events: Option<Arc<Account>>,
}
