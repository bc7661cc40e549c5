//! How many requests are let in over time, of all clients together.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// What the file says of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rate {
    /// From one request to the next, in nanoseconds; 0 stands for no limit.
    pub(super) interval: i64,
    /// How many at once.
    pub(super) burst: i64,
}

/// A bucket of tokens, one of which each request takes.
#[derive(Debug)]
pub(super) struct RateLimit {
    interval: Duration,
    burst: f64,
    bucket: Mutex<Bucket>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    since: Instant,
}

impl RateLimit {
    /// `None` where nothing is limited: with an interval of zero, or, as in Go, a negative one.
    pub(super) fn new(rate: Rate) -> Option<Self> {
        let interval = u64::try_from(rate.interval).ok().filter(|n| *n > 0)?;
        let burst = rate.burst.max(0) as f64;
        Some(Self {
            interval: Duration::from_nanos(interval),
            burst,
            bucket: Mutex::new(Bucket {
                tokens: burst,
                since: Instant::now(),
            }),
        })
    }

    /// Whether another is let in now.
    pub(super) fn admits(&self) -> bool {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let passed = now.duration_since(bucket.since);
        let come = passed.as_secs_f64() / self.interval.as_secs_f64();
        bucket.since = now;
        bucket.tokens = (bucket.tokens + come).min(self.burst);
        let admits = bucket.tokens >= 1.0;
        if admits {
            bucket.tokens -= 1.0;
        }
        admits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_let_in_and_then_one_in_each_interval() {
        let limit = RateLimit::new(Rate {
            interval: SECOND,
            burst: 2,
        });
        let limit = limit.unwrap();
        let admitted = |times: usize| (0..times).filter(|_| limit.admits()).count();
        assert_eq!(admitted(5), 2);
        tokio::time::advance(Duration::from_millis(1001)).await;
        assert_eq!(admitted(5), 1);
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(admitted(5), 2, "it does not grow beyond the burst");
    }

    #[tokio::test(start_paused = true)]
    async fn no_burst_lets_nobody_in_and_no_interval_everybody() {
        for burst in [0, -1] {
            let interval = SECOND;
            let limit = RateLimit::new(Rate { interval, burst }).unwrap();
            tokio::time::advance(Duration::from_hours(1)).await;
            assert!(!limit.admits());
        }
        for interval in [0, -1] {
            assert!(RateLimit::new(Rate { interval, burst: 0 }).is_none());
        }
    }
}
