//! The most series that one list from outside may become: the worst stay, the rest is counted.

use std::cmp::Reverse;

/// Those of a list that get series of their own.
#[derive(Debug)]
pub(crate) struct Capped<T> {
    /// The worst, the worst first where the list does not fit.
    pub(crate) kept: Vec<T>,
    /// How many were left out.
    pub(crate) dropped: usize,
}

/// At most this many, in the order of the list as long as all fit; else those that are worst, and
/// of equals the first.
pub(crate) fn cap<T, B: Ord>(
    list: impl IntoIterator<Item = T>,
    most: usize,
    badness: impl Fn(&T) -> B,
) -> Capped<T> {
    let mut kept: Vec<T> = list.into_iter().collect();
    let dropped = kept.len().saturating_sub(most);
    if dropped > 0 {
        kept.sort_by_key(|item| Reverse(badness(item)));
        kept.truncate(most);
    }
    Capped { kept, dropped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_in_order_and_else_the_worst_stay() {
        let all = cap([1, 3, 2], 3, |n| *n);
        assert_eq!((all.kept, all.dropped), (vec![1, 3, 2], 0));
        let worst = cap([1, 3, 2, 3], 2, |n| *n);
        assert_eq!((worst.kept, worst.dropped), (vec![3, 3], 2));
        let first = cap(["b", "a", "c"], 2, |_| ());
        assert_eq!((first.kept, first.dropped), (vec!["b", "a"], 1));
    }
}
