//! How long before the end of a window a request must leave so that it is counted in it: what was
//! learned from requests that took long, and from those that came too late.

use std::collections::VecDeque;

/// So many of the last requests are remembered: enough for a 99th percentile.
const KEPT: usize = 128;
/// A margin for timers that wake late, in milliseconds; it grows with each miss and shrinks again.
const MARGIN: i64 = 50;
/// What one miss adds, beyond doubling.
const MISS: i64 = 100;
/// More than that would not be a margin: something else is wrong then.
const MOST_MARGIN: i64 = 2_000;
/// Before anything was learned.
const UNKNOWN: i64 = 500;

/// What was learned of latency and misses, in milliseconds.
#[derive(Debug, Clone)]
pub(super) struct GuardTime {
    took: VecDeque<i64>,
    margin: i64,
}

impl Default for GuardTime {
    fn default() -> Self {
        Self {
            took: VecDeque::new(),
            margin: MARGIN,
        }
    }
}

impl GuardTime {
    /// A request took so long until its answer began.
    pub(super) fn took(&mut self, took: i64) {
        if self.took.len() == KEPT {
            self.took.pop_front();
        }
        self.took.push_back(took.max(0));
    }

    /// A request was counted in the window it was meant for.
    pub(super) fn hit(&mut self) {
        self.margin = (self.margin - self.margin / 20).max(MARGIN);
    }

    /// A request came too late.
    pub(super) fn missed(&mut self) {
        self.margin = (self.margin * 2 + MISS).min(MOST_MARGIN);
    }

    /// How long before the end a request must leave, clocks aside.
    pub(super) fn lead(&self) -> i64 {
        self.quantile(99).unwrap_or(UNKNOWN) + self.margin
    }

    /// What a request takes as a rule.
    pub(super) fn usual(&self) -> i64 {
        self.quantile(50).unwrap_or(UNKNOWN)
    }

    /// Of few the slowest is left out: it is no rule, and would be one until a hundred are known.
    fn quantile(&self, percent: usize) -> Option<i64> {
        let mut took: Vec<i64> = self.took.iter().copied().collect();
        took.sort_unstable();
        let rank = (took.len() * percent).div_ceil(100);
        let rank = rank.min(took.len().saturating_sub(1));
        took.get(rank.saturating_sub(1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_of_a_hundred_decides_and_one_in_more_does_not() {
        let mut guard = GuardTime::default();
        assert_eq!(guard.lead(), UNKNOWN + MARGIN);
        for took in 1..=100 {
            guard.took(took);
        }
        assert_eq!((guard.usual(), guard.lead()), (50, 99 + MARGIN));
        guard.took(30_000);
        assert_eq!(guard.lead(), 100 + MARGIN, "one outlier is not the rule");
        for _ in 0..KEPT {
            guard.took(40);
        }
        assert_eq!(guard.lead(), 40 + MARGIN, "what is long past is forgotten");
    }

    #[test]
    fn one_slow_answer_of_few_is_not_the_rule_and_two_are() {
        let mut guard = GuardTime::default();
        guard.took(20_000);
        assert_eq!(guard.lead(), 20_000 + MARGIN, "all that is known");
        for _ in 0..20 {
            guard.took(100);
        }
        assert_eq!(guard.lead(), 100 + MARGIN);
        guard.took(20_000);
        assert_eq!(guard.lead(), 20_000 + MARGIN);
    }

    #[test]
    fn a_miss_widens_it_at_once_and_hits_narrow_it_slowly() {
        let mut guard = GuardTime::default();
        guard.missed();
        let wide = guard.lead();
        guard.hit();
        assert!(guard.lead() < wide && guard.lead() > UNKNOWN + MARGIN);
        for _ in 0..200 {
            guard.hit();
        }
        assert_eq!(guard.lead(), UNKNOWN + MARGIN);
        for _ in 0..20 {
            guard.missed();
        }
        assert_eq!(guard.lead(), UNKNOWN + MOST_MARGIN);
    }
}
