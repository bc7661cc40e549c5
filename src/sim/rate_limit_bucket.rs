//! One counter as Okta keeps it: a window opens with the first request that finds none open, lasts
//! its time, and counts. It runs in whatever time it is told; who draws on which counter is
//! decided in [`super::counters`].

use std::time::Duration;

use jiff::Timestamp;

use super::clock::after;

/// One counter and its window.
#[derive(Clone, Debug)]
pub struct RateLimitBucket {
    limit: u32,
    length: Duration,
    window: Option<Window>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    used: u32,
    ends: Timestamp,
}

/// What the three rate-limit headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitHeaders {
    /// What a window grants.
    pub limit: u32,
    /// What is left of it.
    pub remaining: u32,
    /// When the window ends, in whole seconds since the epoch, as Okta writes it.
    pub reset: i64,
}

impl RateLimitBucket {
    /// A counter that nobody has drawn on.
    pub fn new(limit: u32, length: Duration) -> Self {
        Self {
            limit,
            length,
            window: None,
        }
    }

    /// A request: counted, if there is room for it; else refused, and not counted. Recordings show
    /// `remaining` at 0 and the same reset however often one asks.
    ///
    /// # Errors
    /// What the refusal's headers say.
    pub fn take(&mut self, at: Timestamp) -> Result<RateLimitHeaders, RateLimitHeaders> {
        let before = self.reading(at);
        if before.remaining == 0 {
            return Err(before);
        }
        self.count(at);
        Ok(self.reading(at))
    }

    /// What the headers would say, without counting anything.
    pub fn reading(&self, at: Timestamp) -> RateLimitHeaders {
        let open = self.window.filter(|window| at < window.ends);
        let used = open.map_or(0, |window| window.used);
        let ends = open.map_or_else(|| after(at, self.length), |window| window.ends);
        RateLimitHeaders {
            limit: self.limit,
            remaining: self.limit.saturating_sub(used),
            reset: ends.as_second(),
        }
    }

    pub(super) fn count(&mut self, at: Timestamp) {
        let ends = after(at, self.length);
        match &mut self.window {
            Some(window) if at < window.ends => window.used += 1,
            window => *window = Some(Window { used: 1, ends }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_opens_with_a_request_and_not_on_the_minute() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let mut bucket = RateLimitBucket::new(2, Duration::from_mins(1));
        let reading = |remaining, reset| RateLimitHeaders {
            limit: 2,
            remaining,
            reset,
        };
        assert_eq!(bucket.take(at(7_400)), Ok(reading(1, 67)));
        assert_eq!(bucket.take(at(67_399)), Ok(reading(0, 67)));
        assert_eq!(bucket.take(at(67_399)), Err(reading(0, 67)));
        assert_eq!(bucket.reading(at(67_400)).remaining, 2);
        assert_eq!(bucket.take(at(99_000)), Ok(reading(1, 159)));
    }
}
