//! What is known of an org's API tokens across its lists: which there are, and which were there and are
//! no more. Pure.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::read::Token;
use crate::{okta::ExhaustedWindow, probe::unfamiliar::Unfamiliar, units::OktaTime};

/// A token that two lists lack, so far apart, is gone: one list may come from a replica that lags.
const APART: Duration = Duration::from_secs(10);
/// For how long one that is gone is told.
pub(super) const TOLD_FOR: Duration = Duration::from_hours(24);
/// The most that are told.
const MOST_GONE: usize = 100;
/// The most tokens that are remembered where lists do not say all.
const MOST: usize = 5_000;
/// A token that is in use all the time was used so shortly before its list was read: Okta writes the
/// use down every half minute.
const IN_USE: Duration = Duration::from_mins(1);
/// The most that may be this exporter's own, as far as anybody knows.
const MOST_IN_USE: usize = 100;

/// One list, as it was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct List {
    /// The tokens by their ids.
    pub(super) tokens: BTreeMap<String, Token>,
    /// Nothing was left out: what is not on it is not there.
    pub(super) is_complete: bool,
    /// When it was read.
    pub(super) at: OktaTime,
    /// The windows of the org's limits of which it may tell.
    pub(super) windows: Vec<ExhaustedWindow>,
    pub(super) unfamiliar: Unfamiliar,
}

/// The tokens of an org.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Tokens {
    /// By their ids.
    pub(super) known: BTreeMap<String, Token>,
    /// The last list said all there are.
    pub(super) is_complete: bool,
    /// Those that the last list lacks, and since when.
    missing: BTreeMap<String, OktaTime>,
    pub(super) gone: BTreeMap<String, Gone>,
    pub(super) disappeared: u64,
    /// Those that were in use whenever a list was read.
    in_use: BTreeSet<String>,
}

/// A token that is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Gone {
    pub(super) name: String,
    /// When it was first missed.
    pub(super) at: OktaTime,
    /// When it would have ended for want of use.
    pub(super) expires_at: Option<OktaTime>,
}

impl Tokens {
    /// What is known after one more list.
    pub(super) fn learn(mut self, list: &List) -> Self {
        self.is_complete = list.is_complete;
        let is_told = |gone: &Gone| list.at.since(gone.at).unsigned_abs() < TOLD_FOR;
        self.gone
            .retain(|id, gone| is_told(gone) && !list.tokens.contains_key(id));
        self.missing.retain(|id, _| !list.tokens.contains_key(id));
        if list.is_complete {
            self.narrow(list);
            self.miss(list);
        } else if self.known.len() + list.tokens.len() > MOST {
            self.known.clear();
            self.missing.clear();
        }
        self.known.extend(list.tokens.clone());
        self
    }

    /// Misses what a list lacks that says all.
    fn miss(&mut self, list: &List) {
        let known = std::mem::take(&mut self.known);
        for (id, token) in known {
            if list.tokens.contains_key(&id) {
                continue;
            }
            let since = *self.missing.entry(id.clone()).or_insert(list.at);
            if list.at < since.plus(APART) {
                self.known.insert(id, token);
                continue;
            }
            self.missing.remove(&id);
            self.disappeared += 1;
            let gone = Gone {
                name: token.name,
                at: since,
                expires_at: token.expires_at,
            };
            self.gone.insert(id, gone);
        }
        while self.gone.len() > MOST_GONE {
            let oldest = self.gone.iter().min_by_key(|(_, gone)| gone.at);
            let Some(oldest) = oldest.map(|(id, _)| id.clone()) else {
                break;
            };
            self.gone.remove(&oldest);
        }
    }

    /// Whoever reads by a token uses it: it is among those that are in use at each list.
    fn narrow(&mut self, list: &List) {
        let since = list.at.minus(IN_USE);
        let is_in_use = |token: &Token| token.last_used.is_some_and(|at| at >= since);
        let now: BTreeSet<String> = list
            .tokens
            .iter()
            .filter(|(_, token)| is_in_use(token))
            .map(|(id, _)| id.clone())
            .collect();
        self.in_use.retain(|id| now.contains(id));
        if self.in_use.is_empty() && now.len() <= MOST_IN_USE {
            self.in_use = now;
        }
    }

    /// The one token that was in use whenever a list was read.
    pub(super) fn only_one_in_use(&self) -> Option<&str> {
        let mut all = self.in_use.iter();
        all.next()
            .filter(|_| all.next().is_none())
            .map(String::as_str)
    }

    /// True where another list would settle whether one is gone.
    pub(super) fn is_unsettled(&self) -> bool {
        self.is_complete && !self.missing.is_empty()
    }

    /// The name of a token that is there, or was until lately.
    pub(super) fn name(&self, id: &str) -> &str {
        let known = self.known.get(id).map(|token| &token.name);
        let gone = self.gone.get(id).map(|gone| &gone.name);
        known.or(gone).map_or("", String::as_str)
    }
}
