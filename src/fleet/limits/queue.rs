//! Who waits for leave to send a request, in the order of coming: who waits longest comes first, so
//! that nobody starves where few requests may be sent. Pure.

use std::collections::BTreeMap;

use super::{asker::Purpose, bucket_mismatch::BucketApi};

/// A place in the queue; who came later has a higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(pub(super) u64);

/// Who waits in one bucket.
#[derive(Debug, Default)]
pub(super) struct Queue(BTreeMap<Place, Waiting>);

#[derive(Debug)]
struct Waiting {
    purpose: Purpose,
    api: BucketApi,
}

impl Queue {
    pub(super) fn enter(&mut self, place: Place, purpose: Purpose, api: BucketApi) {
        self.0.insert(place, Waiting { purpose, api });
    }

    /// True if it was there.
    pub(super) fn leave(&mut self, place: Place) -> bool {
        self.0.remove(&place).is_some()
    }

    /// How many come before a place (or before who has none) for whom the same request would do.
    pub(super) fn before(&self, place: Option<Place>, wants: impl Fn(Purpose) -> bool) -> u64 {
        let earlier = |other: &Place| place.is_none_or(|place| *other < place);
        let before = self.0.iter().filter(|(other, _)| earlier(other));
        before.filter(|(_, waiting)| wants(waiting.purpose)).count() as u64
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Takes out who waits, one after the other, with what it asks.
    pub(super) fn part(&mut self) -> impl Iterator<Item = (BucketApi, Self)> + use<> {
        let all = std::mem::take(&mut self.0).into_iter();
        all.map(|(place, waiting)| {
            let api = waiting.api.clone();
            (api, Self(BTreeMap::from([(place, waiting)])))
        })
    }
}
