//! How often a probe runs and how long its requests may take: what it says, else what the file's
//! `defaults` say, else what its kind is used to. Aiming within the interval is the
//! [`fleet`](crate::fleet)'s.

use std::time::Duration;

use super::{
    problems::{Notes, SettingPath},
    schema::Defaults,
};
use crate::{probe::Timing, units::Interval};

/// Okta's own advice to its clients.
const TIMEOUT: Interval = Interval::seconds(30);

impl Defaults {
    /// The interval and the timeout of a probe that says so much itself, or all that is wrong. A
    /// request must have ended, one way or the other, when the next is due.
    pub(super) fn complete(
        self,
        Timing { interval, timeout }: Timing,
        usual: Interval,
        (at, notes): (&SettingPath, &mut Notes),
    ) -> (Duration, Duration) {
        let resolved = interval.or(self.interval).unwrap_or(usual);
        let patience = timeout.or(self.timeout).unwrap_or(TIMEOUT);
        if resolved < patience {
            let at = match (interval, timeout) {
                (Some(_), _) => at.field("interval"),
                (None, Some(_)) => at.field("timeout"),
                // Told once, and not for each probe.
                (None, None) => {
                    let field = self.interval.map_or("timeout", |_| "interval");
                    SettingPath::of(["defaults", field])
                }
            };
            notes.error(
                &at,
                format!(
                    "the interval {resolved} is shorter than the timeout {patience}: a request may still wait when \
                     the next is due; lengthen the one or shorten the other"
                ),
            );
        }
        (resolved.get(), patience.get())
    }
}
