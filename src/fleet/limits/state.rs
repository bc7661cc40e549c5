//! What is known of one org's limits, and where each exchange is counted. Pure; who asks for it and
//! who waits is in [`org_limits`](super::org_limits).

use std::{borrow::Cow, collections::BTreeMap};

use super::{
    asker::Purpose,
    bucket_assignment::BucketAssignment,
    bucket_limit::BucketLimit,
    bucket_mismatch::{BucketApi, BucketMismatch},
    exhausted_windows::ExhaustedWindows,
    limit_key::{LimitKey, credential_label},
    queue::Place,
};
use crate::{
    fleet::aim::RateLimitSample,
    okta::{Charge, Exchange, LimitKind, OktaClock, Ticket},
    units::{Moment, Share},
};

/// What is known of one org's limits.
#[derive(Debug, Default)]
pub(super) struct LimitsState {
    pub(super) buckets: BTreeMap<LimitKey, Box<BucketLimit>>,
    /// 429s, by credential and endpoint.
    pub(super) exceeded: BTreeMap<(String, Cow<'static, str>), BTreeMap<LimitKind, u64>>,
    /// By credential.
    pub(super) assignments: BTreeMap<String, BucketAssignment>,
    /// What each endpoint's last request counted against, until its run has ended.
    pub(super) charged: BTreeMap<Cow<'static, str>, Charge>,
    /// What was found and not yet told.
    pub(super) found: Vec<BucketMismatch>,
    pub(super) exhausted: ExhaustedWindows,
    tickets: u64,
    places: u64,
}

impl LimitsState {
    /// Learns from an exchange, of which the clock has learned before.
    pub(super) fn learn(
        &mut self,
        exchange: &Exchange,
        (clock, share): (&OktaClock, Share),
        now: Moment,
    ) {
        self.count(exchange);
        let Some(charge) = exchange.charge() else {
            return;
        };
        let answer = exchange.answer.as_ref().ok();
        let sample = RateLimitSample::of(exchange);
        self.bucket(&charge).spend(exchange, sample.as_ref(), clock);
        let found = match sample {
            // A refusal may show the org's counter in place of the credential's.
            Some(sample) if answer.is_some_and(|answer| answer.limited.is_none()) => {
                self.compare(&charge, sample)
            }
            _ => Vec::new(),
        };
        let bucket = self.bucket(&charge);
        bucket.own += 1;
        match sample {
            Some(sample) => bucket.learn(&charge, &sample),
            None if answer.is_some() => {
                bucket
                    .aim
                    .learn_nothing(exchange.sent, exchange.answered_at());
            }
            None => {}
        }
        bucket.schedule(clock, share, now);
        let length = bucket.aim.length();
        if let Some(sample) = &sample {
            let bucket = self.key(&charge).bucket;
            self.exhausted.see(&bucket, sample, length);
        }
        if !found.is_empty() {
            let credential = credential_label(charge.credential.as_ref());
            let moved = self.buckets.iter_mut();
            for (_, moved) in moved.filter(|(key, _)| key.credential == credential) {
                moved.schedule(clock, share, now);
            }
            self.found.extend(found);
        }
        self.charged.insert(charge.api.clone(), charge);
    }

    /// A request that was admitted is under way.
    pub(super) fn begin(&mut self, charge: &Charge) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.bucket(charge).spending.begin(ticket, charge.into());
        ticket
    }

    /// A request is under way no longer; the bucket in which it was counted, which may be another
    /// than when it was sent, and may have gone.
    pub(super) fn end(&mut self, ticket: Ticket) -> Option<&mut BucketLimit> {
        let mut buckets = self.buckets.values_mut();
        buckets.find_map(|bucket| bucket.spending.end(ticket).map(|_| &mut **bucket))
    }

    /// A run waits from now on to send a request.
    pub(super) fn wait(&mut self, charge: &Charge, purpose: Purpose) -> Place {
        self.places += 1;
        let place = Place(self.places);
        let api = charge.into();
        self.bucket(charge).spending.wait(place, purpose, api);
        place
    }

    /// It waits no longer; true if it did, in whichever bucket.
    pub(super) fn give_up(&mut self, place: Place) -> bool {
        let mut buckets = self.buckets.values_mut();
        buckets.any(|bucket| bucket.spending.give_up(place))
    }

    /// Counts 429s, from the first answer on, so that a counter starts at 0 and `rate` sees the first.
    fn count(&mut self, exchange: &Exchange) {
        let Ok(answer) = &exchange.answer else { return };
        if exchange.bucket.is_none() && answer.limited.is_none() {
            return;
        }
        let credential = credential_label(exchange.credential.as_ref());
        let kinds = self.exceeded.entry((credential, exchange.api.clone()));
        let kinds = kinds.or_default();
        if let Some(kind) = answer.limited {
            *kinds.entry(kind).or_default() += 1;
        }
    }

    /// Where the last request of an endpoint was counted, told once.
    pub(super) fn take_key(&mut self, api: &str) -> Option<LimitKey> {
        let charge = self.charged.remove(api)?;
        Some(self.key(&charge))
    }

    /// Where a probe takes turns.
    pub(super) fn turn_of(&self, probe: &str) -> Option<LimitKey> {
        let mut buckets = self.buckets.iter();
        let (key, _) = buckets.find(|(_, bucket)| bucket.round_robin.has(probe))?;
        Some(key.clone())
    }

    /// Where a request is counted: in the bucket of its path, unless what was seen says otherwise.
    pub(super) fn bucket(&mut self, charge: &Charge) -> &mut BucketLimit {
        let key = self.key(charge);
        self.buckets.entry(key).or_default()
    }

    pub(super) fn key(&self, charge: &Charge) -> LimitKey {
        let credential = credential_label(charge.credential.as_ref());
        let bucket = self.assignments.get(&credential).map_or_else(
            || charge.bucket.to_string(),
            |assignment| assignment.of_api(&charge.into()).to_owned(),
        );
        LimitKey { credential, bucket }
    }

    /// Compares what an answer shows with what others showed. What is found moves what is counted.
    fn compare(&mut self, charge: &Charge, sample: RateLimitSample) -> Vec<BucketMismatch> {
        if sample.date.is_none() {
            return Vec::new();
        }
        let credential = credential_label(charge.credential.as_ref());
        let assignment = self.assignments.entry(credential.clone()).or_default();
        let found = assignment.learn(&charge.into(), sample);
        if !found.is_empty() {
            self.reassign(&credential);
        }
        found
    }

    /// Counts everything of a credential where it is counted from now on.
    fn reassign(&mut self, credential: &str) {
        let Some(assignment) = self.assignments.get(credential) else {
            return;
        };
        let (moving, staying): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut self.buckets)
            .into_iter()
            .partition(|(key, _)| key.credential == credential);
        self.buckets = staying;
        for (key, mut bucket) in moving {
            let at = |bucket: &str| LimitKey {
                credential: key.credential.clone(),
                bucket: bucket.to_owned(),
            };
            for (name, samples) in std::mem::take(&mut bucket.apis) {
                let api = BucketApi {
                    bucket: samples.taken_for.clone(),
                    name: name.clone(),
                };
                let new = self.buckets.entry(at(assignment.of_api(&api)));
                new.or_default().take_in(name, samples);
            }
            for (api, moved) in bucket.spending.part() {
                let new = self.buckets.entry(at(assignment.of_api(&api)));
                new.or_default().spending.absorb(moved);
            }
            let new = self.buckets.entry(at(assignment.of_bucket(&key.bucket)));
            new.or_default().absorb(*bucket);
        }
    }
}
