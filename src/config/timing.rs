//! How often a probe runs and how long its requests may take: what it says, else what the file's
//! `defaults` say, else what its kind is used to. Aiming within the interval is the fleet's.

use std::time::Duration;

use super::{
    problems::{Notes, SettingPath},
    schema::Defaults,
};
use crate::units::Interval;

/// For kinds whose answer changes from minute to minute.
pub(super) const EACH_MINUTE: Interval = Interval::seconds(60);
/// For status pages: people write them.
pub(super) const STATUS_PAGE: Interval = Interval::seconds(2 * 60);
/// For signing keys: they may be cached for an hour, and an early removal shall be seen soon.
pub(super) const KEYS: Interval = Interval::seconds(5 * 60);
/// For what administrators set.
pub(super) const SETTINGS: Interval = Interval::seconds(10 * 60);
/// For what changes when an org moves house.
pub(super) const SELDOM: Interval = Interval::seconds(60 * 60);
/// Okta's own advice to its clients.
const TIMEOUT: Interval = Interval::seconds(30);

/// What one probe says of its timing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    /// What its kind is used to.
    pub(super) usual: Interval,
    /// What is written.
    pub(super) interval: Option<Interval>,
    /// What is written.
    pub(super) timeout: Option<Interval>,
}

impl Timing {
    /// Interval and timeout. A request must have ended, one way or the other, when the next is due.
    pub(super) fn resolve(
        self,
        defaults: Defaults,
        at: &SettingPath,
        notes: &mut Notes,
    ) -> (Duration, Duration) {
        let interval = self.interval.or(defaults.interval).unwrap_or(self.usual);
        let timeout = self.timeout.or(defaults.timeout).unwrap_or(TIMEOUT);
        if interval < timeout {
            let at = match (self.interval, self.timeout) {
                (Some(_), _) => at.field("interval"),
                (None, Some(_)) => at.field("timeout"),
                // Told once, and not for each probe.
                (None, None) => SettingPath::default().field("defaults"),
            };
            notes.error(
                &at,
                format!(
                    "the interval {interval} is shorter than the timeout {timeout}: a request may still wait when \
                     the next is due; lengthen the one or shorten the other"
                ),
            );
        }
        (interval.get(), timeout.get())
    }
}
