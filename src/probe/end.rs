//! What ends, or changes, on a day that is known: told by the kinds that know it. How long before
//! somebody should see to it is each kind's, by the same measure as its findings and alerts.

use jiff::SignedDuration;

use crate::{guide::Severity, units::OktaTime};

/// So many ends of one probe are told: the soonest.
const MOST: usize = 20;

/// Something that ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// What kind of thing.
    pub what: &'static str,
    /// Which of them; empty where it is the probe's own, or the org's.
    pub name: String,
    /// When.
    pub at: OktaTime,
    /// How bad that is by now; `None` where nobody need do anything yet.
    pub severity: Option<Severity>,
}

/// How long before an end somebody should see to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// In working hours,
    pub soon: SignedDuration,
    /// and at once.
    pub urgent: SignedDuration,
}

impl Notice {
    /// So many days.
    pub const fn days(soon: i64, urgent: i64) -> Self {
        Self {
            soon: SignedDuration::from_hours(soon * 24),
            urgent: SignedDuration::from_hours(urgent * 24),
        }
    }

    /// How bad it is that so much is left. What is over is as bad as can be.
    pub fn severity(self, left: SignedDuration) -> Option<Severity> {
        if left < self.urgent || left <= SignedDuration::ZERO {
            Some(Severity::Critical)
        } else {
            (left < self.soon).then_some(Severity::Warning)
        }
    }
}

impl End {
    /// One that nobody need do anything about.
    pub(super) fn new(what: &'static str, name: impl Into<String>, at: OktaTime) -> Self {
        Self {
            what,
            name: name.into(),
            at,
            severity: None,
        }
    }

    /// The same, judged at this moment by Okta's clock.
    pub(super) fn judged(self, notice: Notice, now: OktaTime) -> Self {
        Self {
            severity: notice.severity(self.at.since(now)),
            ..self
        }
    }
}

/// Of what ends then, the soonest: as many as are told.
pub(super) fn soonest<T>(
    all: impl IntoIterator<Item = (OktaTime, T)>,
) -> impl Iterator<Item = (OktaTime, T)> {
    let mut all: Vec<(OktaTime, T)> = all.into_iter().collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().take(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_warning_soon_critical_at_once_and_once_it_is_over() {
        let notice = Notice::days(30, 7);
        let days = |days: i64| notice.severity(SignedDuration::from_hours(days * 24));
        assert_eq!(days(30), None);
        assert_eq!(days(29), Some(Severity::Warning));
        assert_eq!(days(7), Some(Severity::Warning));
        assert_eq!(days(6), Some(Severity::Critical));
        assert_eq!(days(-400), Some(Severity::Critical));
        let never_urgent = Notice::days(0, -30);
        assert_eq!(
            never_urgent.severity(SignedDuration::ZERO),
            Some(Severity::Critical)
        );
        assert_eq!(never_urgent.severity(SignedDuration::from_secs(1)), None);
    }

    #[test]
    fn of_very_many_ends_the_soonest_are_told() {
        let at = |second: i32| OktaTime::from_seconds(second.into()).unwrap();
        let told: Vec<i32> = soonest((0..1_000).rev().map(|n| (at(n), n)))
            .map(|(_, n)| n)
            .collect();
        let first: Vec<i32> = (0..20).collect();
        assert_eq!(told, first);
    }
}
