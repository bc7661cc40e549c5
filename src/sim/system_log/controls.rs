//! The hand that writes to an org's System Log, and takes its cursors away.

use axum::body::Bytes;
use jiff::Timestamp;

use super::LogTotals;
use super::event::LogEvent;
use crate::sim::background::Pattern;
use crate::sim::controls::Controls;

impl Controls {
    /// Writes an event to the System Log; returns its uuid.
    pub fn log(&self, event: &LogEvent) -> String {
        let now = self.now();
        self.world().log(event, now)
    }

    /// Writes an event so many times, each with a uuid of its own; returns them. Cheap: 50,000 take
    /// well under a second.
    pub fn log_many(&self, event: &LogEvent, times: usize) -> Vec<String> {
        let now = self.now();
        self.world().log_many(event, times, now)
    }

    /// Writes whatever this is as one event: what is no JSON spoils the page it is served on. No
    /// hook tells of it.
    pub fn log_raw(&self, text: impl Into<Bytes>) {
        let now = self.now();
        self.world().log.append_text(text.into(), now);
    }

    /// Writes the event with this uuid again, as it was: it is served twice, on one page or on two.
    /// Whether it is still kept.
    pub fn log_again(&self, uuid: &str) -> bool {
        let now = self.now();
        self.world().log.repeat(uuid, now)
    }

    /// How many events were ever written, by the simulation and by hand.
    pub fn log_totals(&self) -> LogTotals {
        self.settled().log.totals.clone()
    }

    /// The events that are kept, as they are served and in that order.
    pub fn log_events(&self) -> Vec<Bytes> {
        let world = self.settled();
        let entries = world.log.entries.iter();
        entries.map(|entry| entry.text.clone()).collect()
    }

    /// Takes no cursor any more that was handed out until now.
    pub fn forget_log_cursors(&self) {
        self.world().log.generation += 1;
    }

    /// Forgets the events that came to be known before `at`, as Okta does after 90 days.
    pub fn forget_log_before(&self, at: Timestamp) {
        self.world().log.forget_before(at);
    }

    /// Serves both links of a page of the log in one line, where Okta sends a line for each.
    pub fn join_log_links(&self, joined: bool) {
        self.world().log.links_joined = joined;
    }

    /// Lets users sign in until the org stops; of each hundred so many fail. Must be called within a
    /// runtime.
    pub fn run_sign_ins(&self, pattern: Pattern, failing: usize) {
        let (controls, mut attempts) = (self.clone(), 0);
        self.keep(pattern, 0, move |due| {
            for _ in 0..due {
                attempts += 1;
                let failed = attempts * failing / 100 > (attempts - 1) * failing / 100;
                controls.log(&if failed {
                    LogEvent::failed_sign_in("INVALID_CREDENTIALS")
                } else {
                    LogEvent::sign_in()
                });
            }
        });
    }

    fn settled(&self) -> std::sync::MutexGuard<'_, crate::sim::world::World> {
        let now = self.now();
        let mut world = self.world();
        world.log_due(now);
        world
    }
}
