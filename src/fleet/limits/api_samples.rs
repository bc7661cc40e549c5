//! What one endpoint's answers showed of a limit.

use std::{borrow::Cow, time::Duration};

use super::window::Windows;
use crate::{fleet::aim::RateLimitSample, units::Moment};

/// How long a sample outlives its window, so that a scrape that comes a little later still sees it.
const GRACE: Duration = Duration::from_secs(15);

/// What one endpoint's answers showed.
#[derive(Debug)]
pub(super) struct ApiSamples {
    /// The bucket that its path is taken for.
    pub(super) taken_for: Cow<'static, str>,
    pub(super) last: RateLimitSample,
    /// The last sample counts until then.
    void_at: Moment,
    pub(super) windows: Windows,
}

impl ApiSamples {
    /// What the first answer shows, in a window that lasts about so long.
    pub(super) fn new(
        taken_for: Cow<'static, str>,
        sample: RateLimitSample,
        length: Duration,
    ) -> Self {
        let mut samples = Self {
            taken_for,
            last: sample,
            void_at: sample.answered,
            windows: Windows::default(),
        };
        samples.learn(sample, length);
        samples
    }

    /// Learns from an answer, in a window that lasts about so long.
    pub(super) fn learn(&mut self, sample: RateLimitSample, length: Duration) {
        // Where an answer does not say when its window ends, it lasts as long as windows do.
        let left = sample.window_left().unwrap_or(length);
        self.last = sample;
        self.void_at = sample.answered.after(left + GRACE);
        self.windows.learn(sample, length);
    }

    /// True while the last sample's window still counts.
    pub(super) fn is_current(&self, now: Moment) -> bool {
        now < self.void_at
    }

    /// Takes over what was counted of the same endpoint in another bucket, which is this one.
    pub(super) fn absorb(&mut self, other: &Self) {
        if self.last.answered < other.last.answered {
            self.last = other.last;
            self.void_at = other.void_at;
        }
        self.windows.absorb(&other.windows);
    }
}
