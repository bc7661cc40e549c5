//! Whose turn it is: the probes that look at one credential's limit in one bucket take turns, so
//! that each window has one look and each probe is still visited. Pure.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use super::super::aim::{Next, Wish};
use crate::units::Timestamp;

/// The probes that take turns, and the next look.
#[derive(Debug, Default)]
pub(super) struct Turns {
    members: BTreeMap<String, Member>,
    booked: Option<Booked>,
    under_way: bool,
}

/// One probe's part in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    /// How often it is to look.
    pub(super) interval: Duration,
    /// When it last began to.
    pub(super) last: Timestamp,
    /// Not sooner than then.
    pub(super) not_before: Option<Timestamp>,
}

/// The next look, and whose it is.
#[derive(Debug, Clone)]
pub(super) struct Booked {
    pub(super) who: String,
    pub(super) next: Next,
    /// The same moment by a clock that nobody sets.
    pub(super) due: Instant,
}

impl Turns {
    /// A probe takes part from now on, or has looked.
    pub(super) fn enter(&mut self, who: &str, member: Member) {
        self.members.insert(who.to_owned(), member);
        self.under_way = false;
        self.booked = None;
    }

    /// The probes of another bucket take part from now on.
    pub(super) fn absorb(&mut self, other: Self) {
        self.members.extend(other.members);
        self.under_way |= other.under_way;
        self.booked = None;
    }

    /// A probe takes part no longer.
    pub(super) fn leave(&mut self, who: &str) {
        if self.members.remove(who).is_some() {
            self.under_way = false;
            self.booked = None;
        }
    }

    /// A look begins: until it has ended no other is booked.
    pub(super) fn begin(&mut self) {
        self.under_way = true;
        self.booked = None;
    }

    /// True if the next look may be booked, or booked anew.
    pub(super) fn may_book(&self) -> bool {
        !self.under_way && !self.members.is_empty()
    }

    /// What the next look is to be, and whose: of the probe that has waited longest for its due.
    pub(super) fn wish(&self, now: Timestamp, length: Duration) -> Option<(String, Wish)> {
        let due = |member: &Member| {
            // The run nearest the interval: from half a window before it is due.
            let interval = member.interval.saturating_sub(length / 2);
            let due = member.last.saturating_add(interval).unwrap_or(member.last);
            (member.not_before.map_or(due, |at| at.max(due)), member.last)
        };
        let (who, member) = self.members.iter().min_by_key(|(_, member)| due(member))?;
        let wish = Wish {
            now,
            last: Some(member.last),
            interval: member.interval,
            not_before: member.not_before,
            spare: true,
        };
        Some((who.clone(), wish))
    }

    /// Books the next look.
    pub(super) fn book(&mut self, booked: Booked) {
        self.booked = Some(booked);
    }

    /// The next look.
    pub(super) fn booked(&self) -> Option<&Booked> {
        self.booked.as_ref()
    }

    /// True where some probe aims in this bucket.
    pub(super) fn anyone(&self) -> bool {
        !self.members.is_empty()
    }

    /// How many probes take turns, this one among them.
    pub(super) fn count(&self) -> usize {
        self.members.len()
    }

    /// True if this probe takes part.
    pub(super) fn has(&self, who: &str) -> bool {
        self.members.contains_key(who)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn member(interval: u64, last: i64) -> Member {
        Member {
            interval: Duration::from_secs(interval),
            last: at(last),
            not_before: None,
        }
    }

    #[test]
    fn probes_take_turns_and_the_one_that_is_due_seldom_waits() {
        let mut turns = Turns::default();
        turns.enter("a", member(60, 0));
        turns.enter("b", member(60, 1));
        turns.enter("c", member(300, 2));
        let mut order = String::new();
        for window in 1..=12 {
            let now = at(window * 60);
            let (who, wish) = turns.wish(now, Duration::from_mins(1)).unwrap();
            order += &who;
            turns.begin();
            assert!(!turns.may_book());
            let interval = wish.interval.as_secs();
            turns.enter(&who, member(interval, window * 60));
        }
        assert_eq!(order, "abababcababa", "the longest overdue comes first");
    }

    #[test]
    fn one_that_must_stay_away_leaves_its_turns_to_others() {
        let mut turns = Turns::default();
        turns.enter("a", member(60, 0));
        turns.enter(
            "b",
            Member {
                not_before: Some(at(1_000)),
                ..member(60, 0)
            },
        );
        for now in [60, 120, 180] {
            let (who, _) = turns.wish(at(now), Duration::from_mins(1)).unwrap();
            assert_eq!(who, "a");
            turns.enter("a", member(60, now));
        }
        turns.leave("a");
        let (who, wish) = turns.wish(at(200), Duration::from_mins(1)).unwrap();
        assert_eq!((who.as_str(), wish.not_before), ("b", Some(at(1_000))));
    }
}
