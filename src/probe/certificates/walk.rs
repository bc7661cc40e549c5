//! What is asked below the lists, one thing a run: a page of applications, or the keys of one owner.

use std::time::Duration;

use super::{
    ask::{APPS, APPS_API, IDPS, IDPS_API},
    memory::{Memory, Observation, Step},
    read::{Certificate, ListedApp, ListedKey, Owner, Use},
};
use crate::probe::{
    round::{Learned, Round},
    unfamiliar::Unfamiliar,
};

/// A step of a walk follows the one before after so long: half a request a minute, of a bucket of which
/// a token of a free org has 25.
pub(super) const PACE: Duration = Duration::from_mins(2);

/// The next step of a walk: the keys of one owner, or one page of applications.
pub(super) async fn step(round: &mut Round<'_>, known: &Memory) -> Observation {
    let step = match (known.pending.front(), &known.page) {
        (Some(owner), _) => read(round, owner).await,
        (None, Some(page)) => list(round, page).await,
        (None, None) => Step::Missed,
    };
    Observation {
        at: round.okta().oktas_time(),
        step,
        words: Unfamiliar::default(),
        withheld: None,
    }
}

/// One page of applications.
async fn list(round: &mut Round<'_>, page: &str) -> Step {
    let is_first = !page.contains("after=");
    match round.page::<ListedApp>(APPS_API, page, !is_first).await {
        Learned::Known((list, next)) => Step::Listed {
            apps: list
                .entries
                .into_iter()
                .filter_map(ListedApp::read)
                .collect(),
            is_last: list.is_complete,
            next,
        },
        Learned::Unknown => Step::Over,
        Learned::Missed => Step::Missed,
    }
}

/// An owner's keys, and no secrets of its: the one in use, else the newest.
async fn read(round: &mut Round<'_>, owner: &Owner) -> Step {
    let (api, things) = match owner.usage {
        Use::AppSigning => (APPS_API, APPS),
        _ => (IDPS_API, IDPS),
    };
    let path = format!("{things}/{}/credentials/keys", owner.id);
    // Whatever owned them may be gone by now.
    match round.page::<ListedKey>(api, &path, true).await {
        Learned::Known((list, _)) => Step::Read {
            owner: owner.clone(),
            certificate: in_use(&list.entries, owner),
        },
        Learned::Unknown => Step::Over,
        Learned::Missed => Step::Missed,
    }
}

fn in_use(keys: &[ListedKey], owner: &Owner) -> Option<Certificate> {
    let is_named = |key: &&ListedKey| key.kid.is_some() && key.kid == owner.kid;
    let newest = || keys.iter().max_by_key(|key| key.created());
    let key = match &owner.kid {
        Some(_) => keys.iter().find(is_named),
        None => newest(),
    };
    key?.of(owner)
}
