//! What guards one org: its breaker, and what may be spent of its limits.

use std::sync::Arc;

use super::{Breaker, limits::Limits};

/// What guards one org. Shared by its keepers and the board.
#[derive(Debug, Clone, Default)]
pub struct OrgControls {
    /// What it is spared when it fails.
    pub breaker: Arc<Breaker>,
    /// What is spent of its limits.
    pub limits: Arc<Limits>,
}
