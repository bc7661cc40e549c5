//! What this exporter may spend of one limit, and what it has spent: in every window of a bucket no
//! more than its share of the limit, yet at least one request. Who comes first is known
//! by the [`queue`](super::queue). Pure.

use std::collections::{BTreeMap, VecDeque};

use super::{
    asker::Purpose,
    bucket_mismatch::BucketApi,
    queue::{Place, Queue},
    refused::Refused,
};
use crate::{
    okta::{RateLimit, Ticket},
    units::{Moment, Share},
};

/// When so little of a limit is left, requests that need not be made now are not made.
const FLOOR: f64 = 0.1;
/// What is spent of one credential's limit in one bucket.
#[derive(Debug, Default)]
pub(super) struct Spending {
    limit: Option<u64>,
    /// What each request under way asks.
    under_way: BTreeMap<Ticket, BucketApi>,
    /// When the window that each answered request fell into is certainly over.
    spent: VecDeque<Moment>,
    low: Option<(u64, Moment)>,
    queue: Queue,
    /// The one request that may be sent is kept for the end of a window until then.
    kept: Option<Moment>,
    /// Something was spent for other ends since the last end of a window was seen.
    owes_window_end: bool,
}

/// Who asks for a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker {
    pub(super) purpose: Purpose,
    /// Other probes aim in this bucket.
    pub(super) others_aim: bool,
    /// Its place among those who wait, if it does.
    pub(super) place: Option<Place>,
}

impl Spending {
    /// What a window grants this exporter; `None` before any answer told the limit.
    pub(super) fn allowed(&self, share: Share) -> Option<u64> {
        // A share of a limit is far below what a float holds exactly.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "floored, and not negative"
        )]
        self.limit
            .map(|limit| ((limit as f64 * share.get()).floor() as u64).max(1))
    }

    /// What was spent in windows that may still be open, requests under way included.
    pub(super) fn spent(&self, now: Moment) -> u64 {
        let open = self.spent.iter().filter(|&&until| now < until).count();
        (open + self.under_way.len()) as u64
    }

    /// May a request be sent? One is kept for those who aim at windows' ends, where more than one
    /// may be; where it is one, they take turns with the others.
    pub(super) fn admit(&mut self, now: Moment, share: Share, asker: Asker) -> Result<(), Refused> {
        self.spent.retain(|&until| now < until);
        self.kept = self.kept.filter(|&until| now < until);
        let Some(allowed) = self.allowed(share) else {
            return if self.under_way.is_empty() {
                Ok(())
            } else {
                Err(Refused::Unknown)
            };
        };
        let low = self.low.filter(|&(_, until)| now < until);
        if let (true, Some((remaining, until))) = (asker.purpose.can_wait(), low) {
            return Err(Refused::Low { remaining, until });
        }
        let free = self.free(now, allowed, asker);
        if free == 0 {
            return Err(match self.spent.iter().min() {
                Some(&until) => Refused::Spent { allowed, until },
                None => Refused::UnderWay { allowed },
            });
        }
        if let (true, Some(until)) = (asker.purpose.can_wait(), self.kept) {
            return Err(Refused::Kept { until });
        }
        // Who may not be admitted now comes before nobody.
        let passed_over = low.is_some() || self.kept.is_some();
        let wants = |other: Purpose| {
            let could = !(passed_over && other.can_wait());
            could && is_before(allowed, asker.purpose, other)
        };
        if self.queue.before(asker.place, wants) >= free {
            return Err(Refused::Queued { allowed });
        }
        if let Some(place) = asker.place {
            self.queue.leave(place);
        }
        self.owes_window_end = asker.purpose != Purpose::EndOfWindow;
        if !self.owes_window_end {
            self.kept = None;
        }
        Ok(())
    }

    /// When the next request may be sent to see a window's end, where none may now.
    pub(super) fn free_at(&self, now: Moment, share: Share) -> Option<Moment> {
        let allowed = self.allowed(share)?;
        let soonest = self.spent.iter().filter(|&&until| now < until).min();
        soonest.copied().filter(|_| self.spent(now) >= allowed)
    }

    /// A window's end is to be seen then. Where one request is all that may be sent, and the last was
    /// sent for another end, the next is kept for that, once.
    pub(super) fn keep_for_window_end(&mut self, share: Share, until: Moment) {
        if self.allowed(share) == Some(1) && std::mem::take(&mut self.owes_window_end) {
            self.kept = Some(until);
        }
    }

    /// Somebody waits from now on.
    pub(super) fn wait(&mut self, place: Place, purpose: Purpose, api: BucketApi) {
        self.queue.enter(place, purpose, api);
    }

    /// It waits no longer; true if it did.
    pub(super) fn give_up(&mut self, place: Place) -> bool {
        self.queue.leave(place)
    }

    /// A request that was admitted is under way.
    pub(super) fn begin(&mut self, ticket: Ticket, api: BucketApi) {
        self.under_way.insert(ticket, api);
    }

    /// It is no longer, if it was.
    pub(super) fn end(&mut self, ticket: Ticket) -> Option<BucketApi> {
        self.under_way.remove(&ticket)
    }

    /// True where somebody waits for leave.
    pub(super) fn is_awaited(&self) -> bool {
        self.queue.before(None, |_| true) > 0
    }

    /// True where no request is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.is_empty()
    }

    /// What was spent in another bucket was spent in this one.
    pub(super) fn absorb(&mut self, other: Self) {
        let Self {
            limit,
            under_way,
            spent,
            low,
            queue,
            kept,
            owes_window_end,
        } = other;
        self.limit = self.limit.or(limit);
        self.under_way.extend(under_way);
        self.spent.extend(spent);
        self.low = self.low.or(low);
        self.queue.absorb(queue);
        self.kept = self.kept.or(kept);
        self.owes_window_end |= owes_window_end;
    }

    /// Takes out what is under way and who waits of one endpoint after the other, to be counted
    /// where each is counted now.
    pub(super) fn part(&mut self) -> Vec<(BucketApi, Self)> {
        let under_way = std::mem::take(&mut self.under_way).into_iter();
        let under_way = under_way.map(|(ticket, api)| {
            let moved = Self {
                under_way: BTreeMap::from([(ticket, api.clone())]),
                ..Self::default()
            };
            (api, moved)
        });
        let waiting = self.queue.part().map(|(api, queue)| {
            let moved = Self {
                queue,
                ..Self::default()
            };
            (api, moved)
        });
        under_way.chain(waiting).collect()
    }

    /// A request may have been sent, and is held to be spent until then.
    pub(super) fn spend(&mut self, over: Moment) {
        self.spent.push_back(over);
    }

    /// Learns what an answer said of the limit, and when the window that it fell into is certainly
    /// over.
    pub(super) fn learn(&mut self, read: RateLimit, over: Moment) {
        self.limit = Some(read.limit);
        let low = read.remaining as f64 <= read.limit as f64 * FLOOR;
        self.low = low.then_some((read.remaining, over));
    }

    /// How many more this one may send, were nobody waiting.
    fn free(&self, now: Moment, allowed: u64, asker: Asker) -> u64 {
        let for_others = asker.purpose.can_wait() && asker.others_aim && allowed > 1;
        (allowed - u64::from(for_others)).saturating_sub(self.spent(now))
    }
}

/// Whether who waits may come before who asks at all. Nobody comes before a trial; and of more than
/// one request, those who aim have one of their own.
fn is_before(allowed: u64, asks: Purpose, waits: Purpose) -> bool {
    match (asks, waits) {
        (Purpose::Trial, _) => false,
        (Purpose::EndOfWindow, _) => allowed == 1,
        (Purpose::Interval | Purpose::Late, _) => true,
    }
}

#[cfg(test)]
mod tests;
