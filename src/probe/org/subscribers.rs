//! Who would be told: which admin roles get Okta's own mails.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{read::ListedSubscription, words::Notification};
use crate::{
    probe::{
        listing::Listing,
        round::{Learned, Round},
        unfamiliar::Unfamiliar,
    },
    units::OktaTime,
};

/// Whose subscriptions are looked at: the standard roles that Okta's mails of limits and agents are for.
pub(super) const ROLES: [&str; 4] = ["SUPER_ADMIN", "ORG_ADMIN", "APP_ADMIN", "READ_ONLY_ADMIN"];
/// What the requests for them are called.
pub(super) const SUBSCRIPTIONS_API: &str = "role_subscriptions";
/// How often they are looked at: administrators change them, and seldom.
pub(super) const SUBSCRIPTIONS_EVERY: Duration = Duration::from_hours(24);
/// A run that is early by so much is not put off to the next.
const EARLY: Duration = Duration::from_mins(30);
/// Who would be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Subscribers {
    /// When that was looked at.
    pub(super) at: OktaTime,
    /// How many of the roles get each kind of mail.
    pub(super) roles: BTreeMap<Notification, u32>,
}

/// Where a role's subscriptions are.
pub(super) fn subscriptions_of(role: &str) -> String {
    format!("/api/v1/roles/{role}/subscriptions")
}

/// Who would be told, where that was not looked at within the last day. One role that is withheld
/// stands for all; what one lacks of another's mails it does not get.
pub(super) async fn subscribers(
    round: &mut Round<'_>,
    known: Option<&Subscribers>,
    words: &mut Unfamiliar,
) -> Learned<Subscribers> {
    let now = round.okta().oktas_time();
    let last = known.map(|known| known.at);
    // What is dated in the future was dated by a clock that was wrong.
    let is_recent =
        |at: OktaTime| at.plus(SUBSCRIPTIONS_EVERY).minus(EARLY) > now && at <= now.plus(EARLY);
    if last.is_some_and(is_recent) {
        return Learned::Missed;
    }
    let mut roles = BTreeMap::new();
    for role in ROLES {
        let listed: Learned<Listing<ListedSubscription>> = round
            .list(SUBSCRIPTIONS_API, subscriptions_of(role), 1)
            .await;
        match listed {
            Learned::Known(listing) => {
                let read = listing
                    .entries
                    .into_iter()
                    .filter_map(|entry| entry.read(words));
                // A kind of mail that is listed twice is one.
                let mut of_role: BTreeMap<Notification, bool> = BTreeMap::new();
                for (notification, is_subscribed) in read {
                    *of_role.entry(notification).or_default() |= is_subscribed;
                }
                for (notification, is_subscribed) in of_role {
                    *roles.entry(notification).or_default() += u32::from(is_subscribed);
                }
            }
            Learned::Unknown => return Learned::Unknown,
            Learned::Missed => return Learned::Missed,
        }
    }
    Learned::Known(Subscribers { at: now, roles })
}
