//! Which tokens were active in windows in which a limit of the org ran out. One list tells of one
//! window; over several, those that were active in all of them become few. Pure.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::list::List;
use crate::{probe::cap::cap, units::OktaTime};

/// So many of the last windows of a bucket count,
const WINDOWS: usize = 10;
/// of so many buckets,
const BUCKETS: usize = 20;
/// for so long,
const COUNTS_FOR: Duration = Duration::from_hours(24);
/// with so many tokens each.
const MOST_ACTIVE: usize = 200;
/// Ends of one window differ by no more: servers round differently.
const ROUNDED: Duration = Duration::from_secs(2);

/// The windows that were looked at, by bucket, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Suspects(BTreeMap<String, VecDeque<Examined>>);

/// A window in which a limit ran out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Examined {
    end: OktaTime,
    /// Who was active in it.
    active: BTreeSet<String>,
    /// How many more were.
    others: usize,
}

impl Suspects {
    /// What is known after one more list.
    pub(super) fn learn(mut self, list: &List) -> Self {
        for window in list
            .windows
            .iter()
            .filter(|window| window.is_told_at(list.at))
        {
            let within = |at: OktaTime| window.from <= at && at <= window.to;
            let all = list.tokens.iter();
            let active = all.filter(|(_, token)| token.last_used.is_some_and(within));
            let active = active.map(|(id, _)| id.clone()).collect();
            let examined = self.0.entry(window.bucket.clone()).or_default();
            let known = examined
                .iter_mut()
                .find(|known| known.end.since(window.to).unsigned_abs() <= ROUNDED);
            if let Some(known) = known {
                known.take_in(active);
            } else {
                let mut new = Examined {
                    end: window.to,
                    active: BTreeSet::new(),
                    others: 0,
                };
                new.take_in(active);
                examined.push_back(new);
            }
            while examined.len() > WINDOWS {
                examined.pop_front();
            }
        }
        self.0.retain(|_, examined| {
            examined.retain(|window| window.counts_at(list.at));
            !examined.is_empty()
        });
        let newest =
            |(_, examined): &(String, VecDeque<Examined>)| examined.back().map(|window| window.end);
        self.0 = cap(self.0, BUCKETS, newest).kept.into_iter().collect();
        self
    }

    /// Each bucket with the number of its windows that count, and of those in which each token was
    /// active.
    pub(super) fn counts(
        &self,
        now: OktaTime,
    ) -> impl Iterator<Item = (&str, usize, BTreeMap<&str, usize>)> {
        self.0.iter().filter_map(move |(bucket, examined)| {
            let counting = examined.iter().filter(|window| window.counts_at(now));
            let mut by_token: BTreeMap<&str, usize> = BTreeMap::new();
            let mut windows = 0;
            for window in counting {
                windows += 1;
                for id in &window.active {
                    *by_token.entry(id).or_default() += 1;
                }
            }
            (windows > 0).then_some((bucket.as_str(), windows, by_token))
        })
    }

    /// How many tokens were active in some window and are not remembered.
    pub(super) fn dropped(&self) -> usize {
        let windows = self.0.values().flatten();
        windows.map(|window| window.others).sum()
    }
}

impl Examined {
    fn take_in(&mut self, active: BTreeSet<String>) {
        self.active.extend(active);
        while self.active.len() > MOST_ACTIVE {
            self.active.pop_last();
            self.others += 1;
        }
    }

    fn counts_at(&self, now: OktaTime) -> bool {
        now < self.end.plus(COUNTS_FOR)
    }
}
