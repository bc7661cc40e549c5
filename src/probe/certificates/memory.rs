//! What is known of an org's certificates, and how far a walk has come. Pure.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::read::{Certificate, Domain, Idp, IdpStatus, Owner, Use};
use crate::{
    probe::{round::Learned, unfamiliar::Unfamiliar},
    units::OktaTime,
};

/// The most certificates of applications that are kept: of more, those that end last are not.
const MOST_APPS: usize = 2_000;

/// However long a walk takes, the lists are read again after this.
const LOOK_AGAIN: Duration = Duration::from_hours(6);

/// What one run saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    pub(super) at: OktaTime,
    pub(super) step: Step,
    pub(super) words: Unfamiliar,
    pub(super) withheld: Option<String>,
}

/// What a run has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The lists, where they are wanted; with the first page of applications, a walk begins.
    Looked {
        idps: Option<Learned<Idps>>,
        domains: Option<Learned<Domains>>,
        apps: Option<String>,
    },
    /// A page of applications, and where the next one is.
    Listed {
        apps: Vec<Owner>,
        is_last: bool,
        next: Option<String>,
    },
    /// The certificate that somebody uses, where one is told.
    Read {
        owner: Owner,
        certificate: Option<Certificate>,
    },
    /// What is next of the walk is withheld, and so would be what follows.
    Over,
    /// Nothing, this time.
    Missed,
}

/// Custom domains by their ids, each with its certificate where Okta tells of one.
pub(super) type Domains = BTreeMap<String, (Domain, Option<Certificate>)>;

/// The identity providers that were listed, by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Idps {
    pub(super) listed: BTreeMap<String, Idp>,
    /// False where there may be others.
    pub(super) are_all: bool,
    pub(super) trust: Learned<Trust>,
}

/// The certificates that they are trusted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trust {
    pub(super) certificates: Vec<Certificate>,
    /// False where there may be others.
    pub(super) are_all: bool,
}

/// What is known: what a disturbance kept from being read is as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// When the lists were last read.
    pub(super) looked: Option<OktaTime>,
    pub(super) certificates: Vec<Certificate>,
    pub(super) idps: BTreeMap<String, Idp>,
    pub(super) domains: BTreeMap<String, Domain>,
    /// Whose certificates are still to be read.
    pub(super) pending: VecDeque<Owner>,
    /// The page of applications that is next.
    pub(super) page: Option<String>,
    /// The applications that this walk came by.
    pub(super) passed: BTreeSet<String>,
    pub(super) words: Unfamiliar,
}

impl Memory {
    /// True while a walk goes on, and the lists need not be read again yet.
    pub(super) fn is_walking(&self, now: OktaTime) -> bool {
        let is_fresh = |looked: OktaTime| looked.plus(LOOK_AGAIN) > now;
        self.has_steps() && self.looked.is_some_and(is_fresh)
    }

    /// True where a walk is not at its end.
    pub(super) fn has_steps(&self) -> bool {
        !self.pending.is_empty() || self.page.is_some()
    }

    /// What is known after one more run.
    pub(super) fn learn(mut self, seen: &Observation) -> Self {
        match seen.step.clone() {
            Step::Looked {
                idps,
                domains,
                apps,
            } => {
                self.looked = Some(seen.at);
                self.learn_idps(idps.unwrap_or(Learned::Unknown));
                self.learn_domains(domains.unwrap_or(Learned::Unknown));
                self.begin_walk(apps);
            }
            Step::Listed {
                apps,
                is_last,
                next,
            } => self.learn_apps(apps, is_last, next),
            Step::Read { owner, certificate } => {
                self.pending.retain(|waiting| *waiting != owner);
                self.certificates.retain(|it| !it.is_owned_by(&owner));
                self.certificates.extend(certificate);
                self.keep_few_apps();
            }
            Step::Over => match self.pending.pop_front() {
                Some(Owner { usage, .. }) => self.pending.retain(|waiting| waiting.usage != usage),
                None => self.page = None,
            },
            Step::Missed => {}
        }
        self.words = seen.words.clone().and(self.words);
        self
    }

    fn learn_idps(&mut self, seen: Learned<Idps>) {
        let Idps {
            listed,
            are_all,
            trust,
        } = match seen {
            Learned::Known(seen) => seen,
            Learned::Missed => return,
            Learned::Unknown => {
                self.idps.clear();
                self.forget(Use::IdpTrust);
                self.forget(Use::IdpSigning);
                return;
            }
        };
        if are_all {
            self.idps.clear();
        }
        self.idps.extend(listed);
        match trust {
            Learned::Known(trust) => {
                let is_whole = trust.are_all && are_all;
                let told = &trust.certificates;
                let is_listed = |it: &Certificate| {
                    let id = (&it.owner_id, &it.kid);
                    told.iter().any(|other| (&other.owner_id, &other.kid) == id)
                };
                self.certificates
                    .retain(|it| it.usage != Use::IdpTrust || !(is_whole || is_listed(it)));
                self.certificates.extend(trust.certificates);
            }
            Learned::Unknown => self.forget(Use::IdpTrust),
            Learned::Missed => {}
        }
        let in_use = self
            .idps
            .values()
            .filter(|idp| idp.status != Some(IdpStatus::Inactive));
        let signing = in_use.filter(|idp| idp.signing.is_some());
        let signing: Vec<Owner> = signing.map(|idp| idp.owner(Use::IdpSigning)).collect();
        self.certificates.retain(|it| {
            it.usage != Use::IdpSigning || signing.iter().any(|owner| it.is_of(owner))
        });
        self.pending
            .retain(|waiting| waiting.usage != Use::IdpSigning);
        self.await_unknown(signing);
    }

    fn learn_domains(&mut self, seen: Learned<Domains>) {
        let domains = match seen {
            Learned::Known(domains) => domains,
            Learned::Unknown => Domains::new(),
            Learned::Missed => return,
        };
        self.domains.clear();
        self.forget(Use::Domain);
        self.forget(Use::DomainManaged);
        for (id, (domain, certificate)) in domains {
            self.domains.insert(id, domain);
            self.certificates.extend(certificate);
        }
    }

    /// Begins at the first page, unless a walk is under way.
    fn begin_walk(&mut self, first: Option<String>) {
        let Some(first) = first else {
            self.forget(Use::AppSigning);
            self.page = None;
            return;
        };
        let is_under_way = self.page.is_some()
            || self
                .pending
                .iter()
                .any(|waiting| waiting.usage == Use::AppSigning);
        if !is_under_way {
            self.page = Some(first);
            self.passed.clear();
        }
    }

    fn learn_apps(&mut self, apps: Vec<Owner>, is_last: bool, next: Option<String>) {
        self.passed.extend(apps.iter().map(|app| app.id.clone()));
        self.await_unknown(apps);
        self.page = next;
        if is_last {
            let passed = std::mem::take(&mut self.passed);
            self.certificates
                .retain(|it| it.usage != Use::AppSigning || passed.contains(&it.owner_id));
        }
    }

    /// Those whose certificate is known may have another name by now; that of the others is to be read. A
    /// certificate never changes: of one key it is read once.
    fn await_unknown(&mut self, owners: Vec<Owner>) {
        for owner in owners {
            match self.certificates.iter_mut().find(|it| it.is_of(&owner)) {
                Some(known) => known.owner = owner.name,
                None => self.pending.push_back(owner),
            }
        }
    }

    fn forget(&mut self, usage: Use) {
        self.certificates.retain(|it| it.usage != usage);
        self.pending.retain(|waiting| waiting.usage != usage);
    }

    fn keep_few_apps(&mut self) {
        let mut apps: Vec<OktaTime> = self
            .certificates
            .iter()
            .filter(|it| it.usage == Use::AppSigning)
            .map(|it| it.ends)
            .collect();
        apps.sort_unstable();
        if let Some(last) = apps.get(MOST_APPS) {
            self.certificates
                .retain(|it| it.usage != Use::AppSigning || it.ends < *last);
        }
    }
}

#[cfg(test)]
mod tests;
