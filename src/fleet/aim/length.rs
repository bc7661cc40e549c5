//! How long a bucket's windows are: bounded by what answers show, never assumed for long. Whole
//! seconds, as Okta writes resets.

/// Windows last a minute, as a rule: what is believed before anything is known.
const USUAL: i64 = 60;
/// Bounds this close are as good as one number.
const CLOSE: i64 = 3;

/// Bounds of the length, in seconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Length {
    least: i64,
    most: Option<i64>,
}

impl Length {
    /// Learns from an answer `left` seconds before its window's reset. `since` is the time from an
    /// earlier window's reset to this one's, which no window outlasts, since one opens only when the
    /// other is over. `opened`: this request opened the window, so nearly all of it is left.
    pub(super) fn learn(&mut self, left: i64, since: Option<i64>, opened: bool) {
        self.least = self.least.max(left);
        let most = since.into_iter().chain(opened.then_some(left + 2)).min();
        if let Some(most) = most {
            self.most = Some(self.most.map_or(most, |known| known.min(most)));
        }
        if self.most.is_some_and(|most| most < self.least) {
            // The length has changed: what this answer shows is all that is known.
            *self = Self {
                least: left,
                most: most.filter(|&most| left <= most),
            };
        }
    }

    /// True once the bounds are close.
    pub(super) fn is_known(self) -> bool {
        self.most.is_some_and(|most| most - self.least <= CLOSE)
    }

    /// What no window outlasts, where that is known.
    pub(super) fn longest(self) -> Option<i64> {
        if self.is_known() {
            return Some(self.guess());
        }
        self.most
    }

    /// The best guess: once the bounds are close, the roundest number between them, since people
    /// choose round ones; before that a minute, or what was seen at least.
    pub(super) fn guess(self) -> i64 {
        let most = self.most.unwrap_or(i64::MAX);
        if self.is_known() {
            let round = |step: i64| Some(most / step * step).filter(|&n| n >= self.least && n > 0);
            return [60, 30, 10, 5]
                .into_iter()
                .find_map(round)
                .unwrap_or(self.least)
                .max(1);
        }
        USUAL.min(most).max(self.least).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_our_own_request_opened_tells_at_once() {
        for length in [5, 10, 15, 60, 300] {
            for left in [length, length - 1, length - 2] {
                let mut known = Length::default();
                known.learn(left, None, true);
                assert!(known.is_known());
                assert_eq!(known.guess(), length, "{left} left");
            }
        }
    }

    #[test]
    fn resets_of_windows_that_follow_each_other_and_a_look_at_the_beginning_tell_as_well() {
        let mut known = Length::default();
        known.learn(20, None, false);
        assert_eq!((known.is_known(), known.guess()), (false, 60));
        known.learn(1, Some(61), false);
        assert!(!known.is_known());
        known.learn(58, Some(61), false);
        assert_eq!((known.is_known(), known.guess()), (true, 60));
    }

    #[test]
    fn what_is_seen_now_wins_over_what_was_seen_before() {
        let mut known = Length::default();
        known.learn(60, None, true);
        known.learn(10, Some(10), true);
        assert_eq!((known.is_known(), known.guess()), (true, 10));
        known.learn(300, None, true);
        assert_eq!((known.is_known(), known.guess()), (true, 300));
    }

    #[test]
    fn no_window_outlasts_what_lies_between_two_resets() {
        let mut known = Length::default();
        assert_eq!(known.longest(), None);
        known.learn(20, Some(100), false);
        assert_eq!((known.is_known(), known.longest()), (false, Some(100)));
        known.learn(60, None, true);
        assert_eq!((known.is_known(), known.longest()), (true, Some(60)));
    }
}
