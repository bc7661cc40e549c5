//! Which series the requests of each probe feed, so that they can go with the probe, and with
//! nobody else. Pure.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use crate::{
    okta::{Charge, Exchange},
    units::Name,
};

/// What one request feeds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fed {
    /// The short name of what was asked.
    pub(super) api: Cow<'static, str>,
    /// The credential that it carried.
    pub(super) credential: Option<Name>,
    /// The bucket that its path is taken for; `None` for what counts against no limit.
    pub(super) bucket: Option<Cow<'static, str>>,
}

/// What the requests of an org's probes feed, by probe.
#[derive(Debug, Clone, Default)]
pub(super) struct Footprints {
    of: BTreeMap<String, Footprint>,
    /// What probes fed that are gone.
    left: BTreeSet<Fed>,
}

#[derive(Debug, Clone, Default)]
struct Footprint {
    /// Each once, in order; a list, since there are few.
    fed: Vec<Fed>,
    /// The probe asks otherwise since: its next requests tell what it feeds now.
    outdated: bool,
}

impl From<&Exchange> for Fed {
    fn from(exchange: &Exchange) -> Self {
        Self {
            api: exchange.api.clone(),
            credential: exchange.credential.clone(),
            bucket: exchange.bucket.clone(),
        }
    }
}

impl Fed {
    /// What it counts against.
    pub(super) fn charge(&self) -> Option<Charge> {
        Some(Charge {
            credential: self.credential.clone(),
            api: self.api.clone(),
            bucket: self.bucket.clone()?,
        })
    }
}

impl Footprint {
    fn feeds(&self, fed: &Fed) -> bool {
        self.fed.binary_search(fed).is_ok()
    }
}

impl Footprints {
    /// Learns what a run fed; true where it may feed something else no longer.
    pub(super) fn learn(&mut self, probe: &str, exchanges: &[Exchange]) -> bool {
        if exchanges.is_empty() {
            return false;
        }
        let known = self.of.entry(probe.to_owned()).or_default();
        let before = std::mem::take(&mut known.outdated).then(|| std::mem::take(&mut known.fed));
        let fed = exchanges.iter().map(Fed::from);
        let new: Vec<Fed> = fed.filter(|fed| !known.feeds(fed)).collect();
        if !new.is_empty() {
            known.fed.extend(new);
            known.fed.sort_unstable();
            known.fed.dedup();
        }
        if let Some(before) = before {
            let gone = before.into_iter().filter(|fed| !known.feeds(fed));
            self.left.extend(gone);
            return true;
        }
        false
    }

    /// A probe asks otherwise from now on, and with these credentials. What it asked with others goes
    /// at once: while a breaker is open, say, it asks nothing that would tell.
    pub(super) fn change(&mut self, probe: &str, asks_with: &BTreeSet<Name>) {
        if let Some(known) = self.of.get_mut(probe) {
            known.outdated = true;
            let is_over = |fed: &mut Fed| {
                let credential = fed.credential.as_ref();
                credential.is_some_and(|name| !asks_with.contains(name))
            };
            self.left.extend(known.fed.extract_if(.., is_over));
        }
    }

    /// A probe is gone.
    pub(super) fn forget(&mut self, probe: &str) {
        let known = self.of.remove(probe).unwrap_or_default();
        self.left.extend(known.fed);
    }

    /// What nobody feeds any more, told once; what is kept for another reason is told later.
    pub(super) fn gone(&mut self, is_kept: impl Fn(&Fed) -> bool) -> Vec<Fed> {
        let left = std::mem::take(&mut self.left);
        let (kept, left): (BTreeSet<Fed>, BTreeSet<Fed>) = left.into_iter().partition(is_kept);
        self.left = kept;
        let is_fed = |one: &Fed| self.of.values().any(|known| known.feeds(one));
        left.into_iter().filter(|fed| !is_fed(fed)).collect()
    }

    /// True where some probe asks this.
    pub(super) fn feeds(&self, api: &str) -> bool {
        let mut fed = self.of.values().flat_map(|known| &known.fed);
        fed.any(|fed| fed.api == api) || self.left.iter().any(|fed| fed.api == api)
    }

    /// What is fed and counts against a limit.
    pub(super) fn charges(&self) -> impl Iterator<Item = Charge> {
        let fed = self.of.values().flat_map(|known| &known.fed);
        fed.chain(&self.left).filter_map(Fed::charge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        okta::Phases,
        units::{Moment, Timestamp},
    };

    fn asked(api: &'static str) -> Exchange {
        Exchange {
            api: api.into(),
            path: String::new(),
            credential: None,
            bucket: None,
            at: Timestamp::UNIX_EPOCH,
            sent: Moment::now(),
            took: std::time::Duration::ZERO,
            phases: Phases::default(),
            answer: Err("connect"),
        }
    }

    fn gone(footprints: &mut Footprints) -> Vec<String> {
        let gone = footprints.gone(|fed| fed.api == "token");
        gone.into_iter().map(|fed| fed.api.to_string()).collect()
    }

    #[test]
    fn what_two_probes_feed_goes_with_the_last_of_them() {
        let mut footprints = Footprints::default();
        footprints.learn("token/a", &[asked("introspect"), asked("jwks")]);
        footprints.learn("token/b", &[asked("introspect")]);
        footprints.learn("token/b", &[]);
        footprints.forget("token/a");
        assert_eq!(gone(&mut footprints), ["jwks"]);
        assert!(footprints.feeds("introspect") && !footprints.feeds("jwks"));
        footprints.forget("token/b");
        assert_eq!(gone(&mut footprints), ["introspect"]);
        assert!(gone(&mut footprints).is_empty(), "told once");
    }

    #[test]
    fn what_a_changed_probe_fed_is_kept_until_it_asks_again() {
        let mut footprints = Footprints::default();
        assert!(!footprints.learn("endpoint/a", &[asked("a"), asked("token")]));
        footprints.change("endpoint/a", &BTreeSet::new());
        assert!(!footprints.learn("endpoint/a", &[]));
        assert!(gone(&mut footprints).is_empty());
        assert!(footprints.learn("endpoint/a", &[asked("b")]));
        assert_eq!(gone(&mut footprints), ["a"], "minting is the org's");
        assert!(footprints.feeds("token"));
        assert!(!footprints.learn("endpoint/a", &[asked("c")]));
    }

    #[test]
    fn what_a_changed_probe_asked_with_another_credential_goes_at_once() {
        let by = |name: &str| Exchange {
            credential: Some(name.parse().unwrap()),
            ..asked("users")
        };
        let mut footprints = Footprints::default();
        footprints.learn("endpoint/users", &[by("app"), by("monitor"), asked("keys")]);
        footprints.change("endpoint/users", &["monitor".parse().unwrap()].into());
        let gone: Vec<_> = footprints.gone(|_| false);
        let gone = gone
            .iter()
            .map(|fed| fed.credential.as_ref().unwrap().as_str());
        assert_eq!(gone.collect::<Vec<_>>(), ["app"]);
        assert!(footprints.feeds("users") && footprints.feeds("keys"));
    }
}
