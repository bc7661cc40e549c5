//! What is asked in each interval: the lists. What lies below them is walked.

use std::collections::BTreeMap;

use super::{
    memory::{Idps, Observation, Step, Trust},
    read::{Certificate, DomainList, Idp, IdpStatus, ListedIdp, ListedKey, Use},
};
use crate::{
    okta::Object,
    probe::{
        listing::Listing,
        reader::Reader,
        round::{Learned, Round},
        unfamiliar::Unfamiliar,
    },
    units::Interval,
};

/// The kind's word.
pub(super) const KIND: &str = "certificates";
pub(super) const IDPS: &str = "/api/v1/idps";
pub(super) const IDP_KEYS: &str = "/api/v1/idps/credentials/keys";
pub(super) const DOMAINS: &str = "/api/v1/domains";
pub(super) const APPS: &str = "/api/v1/apps";
/// What the requests are called.
pub(super) const IDPS_API: &str = "certificates_idps";
pub(super) const APPS_API: &str = "certificates_apps";
/// How often everything but what is walked is read: the ends are months away.
pub(super) const INTERVAL: Interval = Interval::seconds(6 * 60 * 60);
/// The most pages of identity providers, or of their keys.
const PAGES: usize = 10;

/// Asks for an org's certificates.
#[derive(Debug, Clone)]
pub struct Probe {
    pub(super) reader: Reader,
    pub(super) apps: bool,
    pub(super) idps: bool,
    pub(super) domains: bool,
}

impl Probe {
    /// Reads the lists; a walk begins with them.
    pub(super) async fn look(&self, round: &mut Round<'_>) -> Observation {
        let mut words = Unfamiliar::default();
        let mut seen = (None, None);
        if self.idps {
            seen.0 = Some(idps(round, &mut words).await);
        }
        if self.domains {
            let list = round.document::<DomainList>(KIND, DOMAINS).await;
            seen.1 = Some(list.and_then(|list| {
                let listed = list.domains.0.into_iter();
                let listed = listed.filter_map(|Object(domain)| domain?.read(&mut words));
                Some(
                    listed
                        .map(|(domain, certificate)| (domain.id.clone(), (domain, certificate)))
                        .collect(),
                )
            }));
        }
        let (idps, domains) = seen;
        let first = self
            .apps
            .then(|| format!("{APPS}?filter=status%20eq%20%22ACTIVE%22&limit=100"));
        Observation {
            at: round.okta().oktas_time(),
            step: Step::Looked {
                idps,
                domains,
                apps: first,
            },
            words,
            withheld: None,
        }
    }
}

async fn idps(round: &mut Round<'_>, words: &mut Unfamiliar) -> Learned<Idps> {
    let list: Learned<Listing<ListedIdp>> = round
        .list(IDPS_API, format!("{IDPS}?limit=200"), PAGES)
        .await;
    let keys: Learned<Listing<ListedKey>> = round.list(IDPS_API, IDP_KEYS.to_owned(), PAGES).await;
    list.and_then(|list| {
        let read = |idp: ListedIdp| idp.read(words);
        let idps = list.entries.into_iter().filter_map(read);
        let idps: BTreeMap<String, Idp> = idps.map(|idp| (idp.id.clone(), idp)).collect();
        let keys = keys.and_then(|keys| {
            Some(Trust {
                certificates: trusted(&idps, &keys.entries),
                are_all: keys.is_complete,
            })
        });
        Some(Idps {
            are_all: list.is_complete,
            trust: keys,
            listed: idps,
        })
    })
}

/// Of the keys that Okta lists, which are never fewer, those that a provider in use may sign with.
fn trusted(idps: &BTreeMap<String, Idp>, keys: &[ListedKey]) -> Vec<Certificate> {
    let by_id: BTreeMap<&str, &ListedKey> = keys
        .iter()
        .filter_map(|key| Some((key.kid.as_deref()?, key)))
        .collect();
    let in_use = idps
        .values()
        .filter(|idp| idp.status != Some(IdpStatus::Inactive));
    in_use
        .flat_map(|idp| {
            let owner = idp.owner(Use::IdpTrust);
            let keys = idp.trusted.iter().filter_map(|kid| by_id.get(kid.as_str()));
            keys.filter_map(move |key| key.of(&owner))
                .collect::<Vec<_>>()
        })
        .collect()
}
