//! Whose turn it is: the probes that sample one credential's limit in one bucket take turns, so
//! that each window has one sample and each probe is still visited. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    fleet::aim::{NextSample, SampleRequest},
    units::Moment,
};

/// The probes that take turns, and the next sample.
#[derive(Debug, Default)]
pub(super) struct RoundRobin {
    members: BTreeMap<String, Member>,
    scheduled: Option<Scheduled>,
    /// Whose turns are under way.
    under_way: BTreeSet<String>,
    /// Whose runs are under way that were no turns.
    apart: BTreeSet<String>,
}

/// One probe's part in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    /// How often it is to sample.
    pub(super) interval: Duration,
    /// When it last began to.
    pub(super) last: Moment,
    /// Not sooner than then.
    pub(super) not_before: Option<Moment>,
}

/// The next sample, and whose it is.
#[derive(Debug, Clone)]
pub(super) struct Scheduled {
    pub(super) probe: String,
    pub(super) next: NextSample,
}

impl RoundRobin {
    /// A probe takes part from now on, or its run has ended.
    pub(super) fn enter(&mut self, probe: &str, member: Member) {
        self.members.insert(probe.to_owned(), member);
        self.over(probe);
    }

    /// The probes of another bucket take part from now on.
    pub(super) fn absorb(&mut self, other: Self) {
        self.members.extend(other.members);
        self.under_way.extend(other.under_way);
        self.apart.extend(other.apart);
        self.scheduled = None;
    }

    /// A probe takes part no longer.
    pub(super) fn leave(&mut self, probe: &str) {
        if self.members.remove(probe).is_some() {
            self.over(probe);
        }
    }

    fn over(&mut self, probe: &str) {
        self.under_way.remove(probe);
        self.apart.remove(probe);
        self.scheduled = None;
    }

    /// A probe's turn begins: until it has ended no other is scheduled. Or a run of it does that is
    /// none: until that has ended, its turn is others'.
    pub(super) fn begin(&mut self, probe: &str, apart: bool) {
        let begun = if apart {
            &mut self.apart
        } else {
            &mut self.under_way
        };
        begun.insert(probe.to_owned());
        self.scheduled = None;
    }

    /// True if the next sample may be scheduled, or scheduled anew.
    pub(super) fn may_schedule(&self) -> bool {
        self.under_way.is_empty() && !self.members.is_empty()
    }

    /// What the next sample is to be, and whose: of the probe that has waited longest for its due.
    pub(super) fn request(&self, now: Moment, length: Duration) -> Option<(String, SampleRequest)> {
        let due = |member: &Member| {
            // The run nearest the interval: from half a window before it is due.
            let interval = member.interval.saturating_sub(length / 2);
            let due = member.last.after(interval);
            (member.not_before.map_or(due, |at| at.max(due)), member.last)
        };
        let here = self.members.iter();
        let here = here.filter(|(probe, _)| !self.apart.contains(*probe));
        let (probe, member) = here.min_by_key(|(_, member)| due(member))?;
        let request = SampleRequest {
            now,
            last: Some(member.last),
            interval: member.interval,
            not_before: member.not_before,
            spare: true,
        };
        Some((probe.clone(), request))
    }

    /// Schedules the next sample.
    pub(super) fn schedule(&mut self, scheduled: Scheduled) {
        self.scheduled = Some(scheduled);
    }

    /// The next sample.
    pub(super) fn scheduled(&self) -> Option<&Scheduled> {
        self.scheduled.as_ref()
    }

    /// True where some probe aims in this bucket.
    pub(super) fn anyone(&self) -> bool {
        !self.members.is_empty()
    }

    /// True where another probe aims in this bucket.
    pub(super) fn others_than(&self, probe: &str) -> bool {
        self.members.keys().any(|member| member != probe)
    }

    /// When this probe's next turn is, where nobody else takes turns: only then that is known.
    pub(super) fn next_turn(&self, probe: &str) -> Option<Moment> {
        let scheduled = self.scheduled.as_ref().filter(|next| next.probe == probe);
        let next = scheduled.map(|scheduled| scheduled.next.at);
        next.filter(|_| !self.others_than(probe))
    }

    /// True if this probe takes part.
    pub(super) fn has(&self, probe: &str) -> bool {
        self.members.contains_key(probe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::aim::{NextSample, Why};

    fn at(second: i64) -> Moment {
        Moment::test_seconds(second)
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
        let mut turns = RoundRobin::default();
        turns.enter("a", member(60, 0));
        turns.enter("b", member(60, 1));
        turns.enter("c", member(300, 2));
        let mut order = String::new();
        for window in 1..=12 {
            let now = at(window * 60);
            let (who, request) = turns.request(now, Duration::from_mins(1)).unwrap();
            order += &who;
            turns.begin(&who, false);
            assert!(!turns.may_schedule());
            let interval = request.interval.as_secs();
            turns.enter(&who, member(interval, window * 60));
        }
        assert_eq!(order, "abababcababa", "the longest overdue comes first");
    }

    #[test]
    fn one_that_must_stay_away_leaves_its_turns_to_others() {
        let mut turns = RoundRobin::default();
        turns.enter("a", member(60, 0));
        turns.enter(
            "b",
            Member {
                not_before: Some(at(1_000)),
                ..member(60, 0)
            },
        );
        for now in [60, 120, 180] {
            let (who, _) = turns.request(at(now), Duration::from_mins(1)).unwrap();
            assert_eq!(who, "a");
            turns.enter("a", member(60, now));
        }
        turns.leave("a");
        let (who, request) = turns.request(at(200), Duration::from_mins(1)).unwrap();
        assert_eq!((who.as_str(), request.not_before), ("b", Some(at(1_000))));
    }

    #[test]
    fn a_run_that_is_under_way_is_over_when_its_own_probe_says_so() {
        let mut turns = RoundRobin::default();
        turns.enter("a", member(60, 0));
        turns.begin("a", false);
        turns.enter("b", member(60, 1));
        assert!(!turns.may_schedule(), "a new member is no end of another's");
        turns.leave("b");
        assert!(!turns.may_schedule());
        let mut merged = RoundRobin::default();
        merged.enter("c", member(60, 2));
        merged.absorb(turns);
        assert!(!merged.may_schedule());
        merged.enter("a", member(60, 60));
        assert!(merged.may_schedule());
    }

    #[test]
    fn the_next_turn_is_known_of_a_probe_that_shares_with_nobody() {
        let mut turns = RoundRobin::default();
        assert!(!turns.anyone() && !turns.has("a"));
        turns.enter("a", member(60, 0));
        assert!(turns.anyone() && turns.has("a") && !turns.has("b"));
        assert!(turns.others_than("b") && !turns.others_than("a"));
        assert_eq!(turns.next_turn("a"), None, "nothing is scheduled");
        turns.schedule(Scheduled {
            probe: "a".to_owned(),
            next: NextSample {
                at: at(60),
                why: Why::Interval,
            },
        });
        assert_eq!(turns.next_turn("a"), Some(at(60)));
        assert_eq!(turns.next_turn("b"), None);
        turns.enter("b", member(60, 1));
        assert_eq!(turns.next_turn("a"), None, "whoever is due comes first");
    }
}
