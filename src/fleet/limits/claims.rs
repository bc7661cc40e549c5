//! Who was refused comes before who asks later, so that nobody starves where few requests may be sent.
//! Pure.

use std::{collections::BTreeMap, time::Duration};

use super::{
    asker::{Asker, Purpose},
    bucket_mismatch::BucketApi,
};
use crate::units::Moment;

/// So much later than it was to, who was refused is back at the latest.
const BACK: Duration = Duration::from_secs(3);

/// Who was refused in one bucket, and is to be let through before who asks later.
#[derive(Debug, Default)]
pub(super) struct Claims(BTreeMap<Claimant, Claim>);

/// Who was refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Claimant {
    /// Whoever's turn it is to see the end of a window.
    WindowEnd,
    /// A probe whose interval is over, and what it asked.
    Probe(String, BucketApi),
}

#[derive(Debug, Clone, Copy)]
struct Claim {
    since: Moment,
    /// It is held to come back until then.
    until: Moment,
}

impl Asker<'_> {
    fn claimant(&self) -> Claimant {
        match self.purpose {
            Purpose::EndOfWindow => Claimant::WindowEnd,
            Purpose::Trial | Purpose::Interval | Purpose::Late => {
                Claimant::Probe(self.probe.to_owned(), self.api.clone())
            }
        }
    }
}

impl Claims {
    /// Forgets those who have not come back.
    pub(super) fn close(&mut self, now: Moment) {
        self.0.retain(|_, claim| now < claim.until);
    }

    /// This one was refused, and is to come back by then.
    pub(super) fn refuse(&mut self, asker: Asker<'_>, now: Moment, back: Moment) {
        self.claim(asker.claimant(), now, back);
    }

    /// Who is to see the end of a window comes at that moment.
    pub(super) fn keep_for_window_end(&mut self, now: Moment, at: Moment) {
        self.claim(Claimant::WindowEnd, now, at);
    }

    /// True where the end of a window had to be put off.
    pub(super) fn has_window_end(&self) -> bool {
        self.0.contains_key(&Claimant::WindowEnd)
    }

    /// This one wants nothing more.
    pub(super) fn admit(&mut self, asker: Asker<'_>) {
        self.0.remove(&asker.claimant());
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Takes out who asked one endpoint after the other.
    pub(super) fn part(&mut self) -> Vec<(BucketApi, Self)> {
        let claims = std::mem::take(&mut self.0).into_iter();
        let parted = claims.filter_map(|(claimant, claim)| {
            let Claimant::Probe(_, api) = &claimant else {
                return None;
            };
            Some((api.clone(), Self(BTreeMap::from([(claimant, claim)]))))
        });
        parted.collect()
    }

    /// Until when all that is free is claimed by those who have waited longer; `None` where it is not.
    pub(super) fn before(&self, allowed: u64, asker: Asker<'_>, free: u64) -> Option<Moment> {
        let own = asker.claimant();
        let mine = self.0.get(&own).map(|claim| (claim.since, &own));
        let others = self.0.iter().filter(|&(claimant, claim)| {
            let longer = mine.is_none_or(|mine| (claim.since, claimant) < mine);
            longer && *claimant != own && is_before(allowed, asker.purpose, claimant)
        });
        let until: Vec<Moment> = others.map(|(_, claim)| claim.until).collect();
        let all = until.len() as u64 >= free;
        until.into_iter().min().filter(|_| all)
    }

    /// Whoever is refused is to be let through before who asks later, if it comes back by then.
    fn claim(&mut self, claimant: Claimant, now: Moment, back: Moment) {
        let claim = self.0.entry(claimant).or_insert(Claim {
            since: now,
            until: back,
        });
        claim.until = back.after(BACK);
    }
}

/// Whether who claims may come before who asks at all. Nobody comes before a trial; and of more than
/// one request, those who aim have one of their own.
fn is_before(allowed: u64, asks: Purpose, claims: &Claimant) -> bool {
    match (asks, claims) {
        (Purpose::Trial, _) => false,
        (Purpose::EndOfWindow, Claimant::Probe(..))
        | (Purpose::Interval | Purpose::Late, Claimant::WindowEnd) => allowed == 1,
        (Purpose::EndOfWindow, Claimant::WindowEnd)
        | (Purpose::Interval | Purpose::Late, Claimant::Probe(..)) => true,
    }
}
