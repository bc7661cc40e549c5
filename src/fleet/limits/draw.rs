//! The series of an org's rate limits, and the same for the page that people read, as of now.

use super::{
    api_samples::ApiSamples, bucket_mismatch::BucketMismatch, families as own, org_limits::Limits,
};
use crate::{
    fleet::aim::NextSample,
    metrics::Page,
    okta::{LimitKind, RateLimit},
    units::Moment,
};

/// One limit, as one endpoint showed it.
#[derive(Debug, Clone)]
pub(in crate::fleet) struct KnownLimit {
    pub(in crate::fleet) credential: String,
    pub(in crate::fleet) bucket: String,
    pub(in crate::fleet) api: String,
    /// The last sample, if its window still counts.
    pub(in crate::fleet) read: Option<RateLimit>,
    /// Usage and phase of the last window that is over.
    pub(in crate::fleet) last: Option<(f64, f64)>,
    /// How long before a window's end a sample is sent, and the next one; where somebody aims.
    pub(in crate::fleet) aim: Option<(f64, NextSample)>,
}

impl Limits {
    /// What is known of each limit.
    pub(in crate::fleet) fn known(&self, now: Moment) -> Vec<KnownLimit> {
        let mut state = self.lock();
        let mut limits = Vec::new();
        for (key, bucket) in &mut state.buckets {
            let guard = bucket.aim.guard(&self.okta_clock, now).as_secs_f64();
            let aim = bucket
                .round_robin
                .scheduled()
                .map(|scheduled| (guard, scheduled.next));
            for (name, samples) in &mut bucket.apis {
                samples.windows.close(now);
                let last = samples.windows.last(now);
                limits.push(KnownLimit {
                    credential: key.credential.clone(),
                    bucket: key.bucket.clone(),
                    api: name.to_string(),
                    read: samples.is_current(now).then_some(samples.last.rate_limit),
                    last: last.map(|last| (last.usage, last.phase)),
                    aim,
                });
            }
        }
        limits
    }

    /// What was read of each window that is open, by credential, bucket and api.
    pub(in crate::fleet) fn open(&self, now: Moment) -> Vec<((String, String, String), RateLimit)> {
        let state = self.lock();
        let mut open = Vec::new();
        for (key, bucket) in &state.buckets {
            let current = bucket.apis.iter().filter(|(_, it)| it.is_current(now));
            open.extend(current.map(|(api, it)| {
                let id = (key.credential.clone(), key.bucket.clone(), api.to_string());
                (id, it.last.rate_limit)
            }));
        }
        open
    }

    /// Writes the series.
    pub fn draw(&self, org: &str, now: Moment, page: &mut Page) {
        let mut state = self.lock();
        for (key, bucket) in &mut state.buckets {
            let longest = bucket.aim.longest();
            for (name, samples) in &mut bucket.apis {
                samples.windows.close(now);
                let labels = [org, &key.credential, &key.bucket, name];
                samples.draw(labels, now, page);
                let left = samples.windows.time_to_exhaustion(now, longest);
                page.push_some(&own::TO_EXHAUSTION, &labels, left);
            }
            let labels = [org, key.credential.as_str(), key.bucket.as_str()];
            if bucket.own > 0 {
                page.push(&own::OWN, &labels, bucket.own as f64);
            }
            if bucket.round_robin.anyone() && bucket.aim.sees_windows() {
                let guard = bucket.aim.guard(&self.okta_clock, now);
                page.push(&own::GUARD, &labels, guard.as_secs_f64());
                page.push(&own::MISSED, &labels, bucket.aim.missed() as f64);
            }
            if let Some(allowed) = bucket.spending.allowed(self.share) {
                let spent = bucket.spending.spent(now) as f64;
                page.push(&own::BUDGET, &labels, spent / allowed as f64);
            }
        }
        for (credential, assignment) in &state.assignments {
            for BucketMismatch {
                relation,
                one,
                other,
            } in assignment.found()
            {
                let found = relation.as_str();
                let labels = [org, credential, &one.name, &other.name, found];
                page.push(&own::MISMATCH, &labels, 1.0);
            }
        }
        for ((credential, endpoint), kinds) in &state.exceeded {
            for kind in LimitKind::ALL {
                let count = kinds.get(&kind).copied().unwrap_or_default();
                page.push(
                    &own::EXCEEDED,
                    &[org, credential, endpoint, kind.as_str()],
                    count as f64,
                );
            }
        }
    }
}

impl ApiSamples {
    fn draw(&self, labels: [&str; 4], now: Moment, page: &mut Page) {
        if self.is_current(now) {
            let read = self.last.rate_limit;
            page.push(&own::LIMIT, &labels, read.limit as f64);
            page.push(&own::REMAINING, &labels, read.remaining as f64);
            page.push(&own::RESET, &labels, read.reset.as_second() as f64);
            page.push(&own::USAGE, &labels, read.usage_ratio());
        }
        if let Some(last) = self.windows.last(now) {
            page.push(&own::WINDOW_USAGE, &labels, last.usage);
            page.push(&own::WINDOW_PHASE, &labels, last.phase);
        }
        page.push(&own::WINDOWS, &labels, self.windows.seen as f64);
        page.push(&own::EXHAUSTED, &labels, self.windows.exhausted as f64);
        page.push(&own::CONSUMED, &labels, self.windows.consumed as f64);
    }
}
