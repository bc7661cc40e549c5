//! Who was active while a limit of the org ran out: answers and events tell of the windows, and whoever
//! asks is told when to.

use std::time::Duration;

use super::{exhausted_windows::LATE, org_limits::Limits};
use crate::{
    okta::{
        ExhaustedWindow, OktaClock,
        event::{Event, RateLimitEventKind},
    },
    units::Moment,
};

/// The window of a limit of which only an event tells.
const WINDOW: Duration = Duration::from_mins(1);

impl Limits {
    /// Learns from what the log or a hook told, as far as it is of a limit of the org that ran out.
    pub(in crate::fleet) fn told(&self, events: &[Event]) {
        let windows = events.iter().filter_map(window);
        let ends = |window: &ExhaustedWindow| ends(window, &self.okta_clock);
        let windows = windows.filter_map(|window| Some((ends(&window)?, window)));
        // What happened long ago must not crowd out what happens now.
        let windows = windows.filter(|(ends, _)| Moment::now() <= ends.after(LATE));
        let is_new = windows.fold(false, |is_new, (ends, window)| {
            self.lock().exhausted.learn(window, ends) || is_new
        });
        if is_new {
            self.tell_change();
        }
    }

    /// Comes back, once for a window, when it is time to ask who was active in it.
    pub async fn exhausted(&self) {
        let mut changed = self.changes();
        loop {
            changed.borrow_and_update();
            let due = self.lock().exhausted.due(Moment::now());
            let waiting = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due.instant()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = waiting => {
                    self.lock().exhausted.asked = Some(Moment::now());
                    return;
                }
                // The sender lives in `self`.
                _ = changed.changed() => {}
            }
        }
    }

    /// The last windows in which nothing was left.
    pub(super) fn exhausted_windows(&self) -> Vec<ExhaustedWindow> {
        let state = self.lock();
        let known = state.exhausted.known.iter();
        known.map(|(window, _)| window.clone()).collect()
    }
}

/// The window in which a bucket of the org ran out, by an event that says when it ends.
fn window(event: &Event) -> Option<ExhaustedWindow> {
    let limit = event.rate_limit.as_ref()?;
    let bucket = limit.bucket.as_deref()?.to_owned();
    let is_violation = limit.kind == RateLimitEventKind::Violation;
    let to = event.published?.plus(limit.resets_in?);
    let from = to.minus(WINDOW);
    is_violation.then_some(ExhaustedWindow { bucket, from, to })
}

/// When it ends by our reckoning.
fn ends(window: &ExhaustedWindow, clock: &OktaClock) -> Option<Moment> {
    let now = Moment::now();
    let end = window.to.as_second().saturating_mul(1_000);
    Some(now.after_millis(clock.reading(now)?.until(end)))
}
