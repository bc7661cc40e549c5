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
        let over_for = sample.over_for();
        // Where an answer does not say when its window ends, it lasts as long as windows do.
        let left = sample.window_left().unwrap_or(if over_for.is_zero() {
            length
        } else {
            Duration::ZERO
        });
        self.last = sample;
        // The grace is counted from the reset: one that is long past is of no window that is open.
        let counts_for = (left + GRACE).saturating_sub(over_for);
        self.void_at = sample.answered.after(counts_for);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{okta::RateLimit, units::Timestamp};

    #[test]
    fn a_sample_counts_until_a_little_after_its_reset_and_one_long_past_never() {
        let minute = Duration::from_mins(1);
        let date = 1_757_607_700;
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let counts_for = |reset: i64| {
            let answered = Moment::test_seconds(0);
            let sample = RateLimitSample {
                sent: answered,
                answered,
                date: Some(at(date)),
                rate_limit: RateLimit {
                    limit: 50,
                    remaining: 5,
                    reset: at(reset),
                },
            };
            let samples = ApiSamples::new("/api/v1".into(), sample, minute);
            (0..200).find(|second| !samples.is_current(Moment::test_seconds(*second)))
        };
        assert_eq!(counts_for(date + 40), Some(55));
        assert_eq!(counts_for(date), Some(15));
        assert_eq!(counts_for(date - 5), Some(10));
        assert_eq!(counts_for(date - 60), Some(0));
        assert_eq!(counts_for(date - 2 * 365 * 86_400), Some(0));
        assert_eq!(counts_for(date + 3600), Some(75), "no window is so long");
    }
}
