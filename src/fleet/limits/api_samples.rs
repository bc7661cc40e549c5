//! What one endpoint's answers showed of a limit.

use std::{borrow::Cow, time::Duration};

use super::window::{Windows, after};
use crate::{fleet::aim::RateLimitSample, units::Timestamp};

/// How long a sample outlives its window, so that a scrape that comes a little later still sees it.
const GRACE: Duration = Duration::from_secs(15);

/// What one endpoint's answers showed.
#[derive(Debug)]
pub(super) struct ApiSamples {
    /// The bucket that its path is taken for.
    pub(super) taken_for: Cow<'static, str>,
    pub(super) last: RateLimitSample,
    pub(super) windows: Windows,
}

impl ApiSamples {
    /// True while the last sample's window still counts.
    pub(super) fn is_current(&self, now: Timestamp) -> bool {
        now < after(self.last.answered, self.last.left() + GRACE)
    }
}
