//! One credential's limit in one bucket: when to sample it next, and what may be spent of it.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use super::{
    api_samples::ApiSamples,
    round_robin::{RoundRobin, Scheduled},
    spending::Spending,
    window::{Windows, after},
};
use crate::{
    fleet::aim::{Aim, RateLimitSample},
    okta::{Charge, Exchange, OktaClock},
    units::{Share, Timestamp},
};

/// Resets and dates are whole seconds: a window is over for sure so much after what they say.
const CUT: Duration = Duration::from_secs(1);

/// One credential's limit in one bucket.
#[derive(Debug, Default)]
pub(super) struct BucketLimit {
    pub(super) aim: Aim,
    pub(super) round_robin: RoundRobin,
    pub(super) spending: Spending,
    /// This exporter's own requests.
    pub(super) own: u64,
    /// Boxed: a tree of few keeps room for more, and these are large.
    pub(super) apis: BTreeMap<Cow<'static, str>, Box<ApiSamples>>,
}

impl BucketLimit {
    /// A request that was admitted came to this.
    pub(super) fn spend(
        &mut self,
        exchange: &Exchange,
        sample: Option<&RateLimitSample>,
        clock: &OktaClock,
    ) {
        let ended = after(exchange.at, exchange.took);
        let dated = sample.filter(|sample| sample.date.is_some());
        let over = match dated.filter(|sample| !sample.left().is_zero()) {
            None => self.surely_over(ended),
            Some(sample) => {
                let reset = sample.rate_limit.reset;
                let past = clock.bounds().and_then(|bounds| bounds.surely_past(reset));
                past.unwrap_or(ended)
                    .min(after(ended, sample.left() + 2 * CUT))
            }
        };
        let read = dated.map(|sample| sample.rate_limit);
        self.spending.settle(read, over);
    }

    /// Nothing will be heard of a request that was admitted; it counts where it may have been sent.
    pub(super) fn abandon(&mut self, sent: bool, now: Timestamp) {
        let over = sent.then(|| self.surely_over(now));
        self.spending.abandon(over);
    }

    /// When the window of a request that ended then is over: nobody knows when it began, and it ends
    /// one length later at the latest.
    fn surely_over(&self, ended: Timestamp) -> Timestamp {
        after(ended, self.aim.length() + CUT)
    }

    /// Learns from an answer.
    pub(super) fn learn(&mut self, charge: &Charge, sample: &RateLimitSample) {
        self.aim.learn(sample);
        let api = self.apis.entry(charge.api.clone());
        let api = api.or_insert_with(|| {
            Box::new(ApiSamples {
                taken_for: charge.bucket.clone(),
                last: *sample,
                windows: Windows::default(),
            })
        });
        api.last = *sample;
        api.windows.enter(*sample, self.aim.length());
    }

    /// Takes over what another bucket was, which turned out to be this one.
    pub(super) fn absorb(&mut self, other: Self) {
        let Self {
            aim,
            round_robin,
            spending,
            own,
            apis,
        } = other;
        if !self.aim.sees_windows() {
            self.aim = aim;
        }
        self.round_robin.absorb(round_robin);
        self.spending.absorb(spending);
        self.own += own;
        self.apis.extend(apis);
    }

    /// Schedules the next sample, or anew by what was just learned.
    pub(super) fn schedule(&mut self, clock: &OktaClock, share: Share, now: Timestamp) {
        if !self.round_robin.may_schedule() {
            return;
        }
        let Some((probe, mut request)) = self.round_robin.request(now, self.aim.length()) else {
            return;
        };
        let allowed = self.spending.allowed(share);
        request.spare = allowed.is_none_or(|allowed| self.spending.spent(now) < allowed);
        let next = self.aim.next(clock, &request);
        let wait = Duration::try_from(next.at.duration_since(now)).unwrap_or_default();
        self.round_robin.schedule(Scheduled {
            probe,
            next,
            due: Instant::now() + wait,
        });
    }
}
