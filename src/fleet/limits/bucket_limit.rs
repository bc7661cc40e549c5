//! One credential's limit in one bucket: when to sample it next, and what may be spent of it.

use std::{
    borrow::Cow,
    collections::{BTreeMap, btree_map::Entry},
    time::Duration,
};

use super::{
    api_samples::ApiSamples,
    round_robin::{RoundRobin, Scheduled},
    spending::Spending,
};
use crate::{
    fleet::aim::{Aim, RateLimitSample},
    okta::{Charge, Exchange, OktaClock},
    units::{Moment, Share},
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
    /// True where an answer was read in it, or somebody waits for one or for a turn.
    pub(super) fn is_in_use(&self) -> bool {
        !self.apis.is_empty()
            || !self.spending.is_idle()
            || self.spending.is_awaited()
            || self.round_robin.anyone()
    }

    /// A request came to this.
    pub(super) fn spend(
        &mut self,
        exchange: &Exchange,
        sample: Option<&RateLimitSample>,
        clock: &OktaClock,
    ) {
        let ended = exchange.ended_at();
        let over = sample
            .and_then(|sample| Self::over(ended, sample, clock))
            .unwrap_or_else(|| self.surely_over(ended));
        self.spending.spend(over);
        if let Some(sample) = sample {
            self.spending.learn(sample.rate_limit, over);
        }
    }

    /// When the window of this answer is certainly over, where it says so: by Okta's clock, or by
    /// what it says was left.
    pub(super) fn over(
        ended: Moment,
        sample: &RateLimitSample,
        clock: &OktaClock,
    ) -> Option<Moment> {
        let by_dates = sample.answered.after(sample.window_left()? + 2 * CUT);
        let reset = sample.rate_limit.reset.as_millisecond() + 1000;
        let by_clock = clock.reading(ended).map(|okta| okta.latest(reset).max(0));
        let by_clock = by_clock.map(|millis| ended.after_millis(millis));
        Some(by_clock.map_or(by_dates, |over| over.min(by_dates)))
    }

    /// Nothing will be heard of a request that may have been sent.
    pub(super) fn lose(&mut self, now: Moment) {
        self.spending.spend(self.surely_over(now));
    }

    /// When the window of a request that ended then is over: nobody knows when it began, and it ends
    /// one length later at the latest.
    fn surely_over(&self, ended: Moment) -> Moment {
        ended.after(self.aim.length() + CUT)
    }

    /// Learns from an answer.
    pub(super) fn learn(&mut self, charge: &Charge, sample: &RateLimitSample) {
        self.aim.learn(sample);
        let length = self.aim.length();
        match self.apis.entry(charge.api.clone()) {
            Entry::Occupied(known) => known.into_mut().learn(*sample, length),
            Entry::Vacant(new) => {
                let samples = ApiSamples::new(charge.bucket.clone(), *sample, length);
                new.insert(Box::new(samples));
            }
        }
    }

    /// Counts an endpoint here that was counted elsewhere, or twice.
    pub(super) fn take_in(&mut self, name: Cow<'static, str>, samples: Box<ApiSamples>) {
        match self.apis.entry(name) {
            Entry::Occupied(known) => known.into_mut().absorb(&samples),
            Entry::Vacant(new) => {
                new.insert(samples);
            }
        }
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
        self.aim.absorb(aim);
        self.round_robin.absorb(round_robin);
        self.spending.absorb(spending);
        self.own += own;
        for (name, samples) in apis {
            self.take_in(name, samples);
        }
    }

    /// Schedules the next sample, or anew by what was just learned.
    pub(super) fn schedule(&mut self, clock: &OktaClock, share: Share, now: Moment) {
        if !self.round_robin.may_schedule() {
            return;
        }
        let Some((probe, mut request)) = self.round_robin.request(now, self.aim.length()) else {
            return;
        };
        let allowed = self.spending.allowed(share);
        request.spare = allowed.is_none_or(|allowed| self.spending.spent(now) < allowed);
        // A window in which all is spent is not seen to its end: the next one is.
        let free_at = self.spending.free_at(now, share);
        request.not_before = request.not_before.max(free_at);
        let next = self.aim.next(clock, &request);
        let free_at = free_at.unwrap_or(now);
        if next.at.since(free_at) <= self.aim.length() + 2 * CUT {
            self.spending
                .keep_for_window_end(share, next.at.after(2 * CUT));
        }
        self.round_robin.schedule(Scheduled { probe, next });
    }
}
