//! What one round learned of an org's limits, and what is known of them since. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    changes::{Changes, Setting, percent},
    read::{ClientMode, PrincipalShare},
};
use crate::{
    okta::{Principal, PrincipalKind},
    probe::round::Learned,
    units::{Name, OktaTime},
};

/// What one round learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// When.
    pub(super) at: OktaTime,
    pub(super) warning_threshold: Learned<f64>,
    pub(super) client_mode: Learned<ClientMode>,
    pub(super) admin_notifications: Learned<bool>,
    pub(super) shares: Vec<Shares>,
}

/// The shares of one kind of principals.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shares {
    /// The org's credentials of this kind.
    pub(super) ours: BTreeMap<Name, Principal>,
    /// What Okta says of them, by their ids.
    pub(super) listed: Learned<BTreeMap<String, PrincipalShare>>,
}

/// What is known: what a disturbance kept from being read is as it was, what is withheld is
/// unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub(super) warning_threshold: Option<f64>,
    pub(super) client_mode: Option<ClientMode>,
    #[serde(default)]
    pub(super) admin_notifications: Option<bool>,
    /// By the principals' ids.
    pub(super) shares: BTreeMap<String, PrincipalShare>,
    /// The ids of API tokens that Okta does not list, though it lists others' shares.
    #[serde(default)]
    pub(super) unlisted: BTreeSet<String>,
    #[serde(default)]
    pub(super) changes: Changes,
}

impl Memory {
    /// What is known after one more round.
    pub(super) fn learn(self, seen: &Observation) -> Self {
        let (at, mut changes) = (seen.at, self.changes);
        let mut shares = BTreeMap::new();
        let mut unlisted = BTreeSet::new();
        for Shares { ours, listed } in &seen.shares {
            for (name, Principal { id, kind }) in ours {
                // An app's id is its client's, which the token tells; a token's is written by hand.
                let is_missing = listed
                    .clone()
                    .and_then(|listed| Some(!listed.contains_key(id)));
                let was_missing = self.unlisted.contains(id);
                if *kind == PrincipalKind::ApiToken
                    && is_missing.after(Some(was_missing)) == Some(true)
                {
                    unlisted.insert(id.clone());
                }
                let listed = listed.clone().and_then(|listed| listed.get(id).copied());
                let before = self.shares.get(id).copied();
                if let Some(share) = listed.after(before) {
                    let before = before.unwrap_or_default();
                    for (of, before, after) in [
                        ("of requests", before.requests, share.requests),
                        ("of those at once", before.concurrency, share.concurrency),
                    ] {
                        let pair = (before.as_ref(), after.as_ref());
                        let told = |ratio: &f64| format!("{} {of} for `{name}`", percent(*ratio));
                        changes.note(Setting::PrincipalCeiling, pair, at, told);
                    }
                    shares.insert(id.clone(), share);
                }
            }
        }
        let warning_threshold = seen.warning_threshold.clone().after(self.warning_threshold);
        let client_mode = seen.client_mode.clone().after(self.client_mode);
        let admin_notifications = seen.admin_notifications.clone();
        let admin_notifications = admin_notifications.after(self.admin_notifications);
        let pair = (self.warning_threshold.as_ref(), warning_threshold.as_ref());
        changes.note(Setting::WarningThreshold, pair, at, |ratio| percent(*ratio));
        let pair = (self.client_mode.as_ref(), client_mode.as_ref());
        let mode = |mode: &ClientMode| mode.as_str().to_owned();
        changes.note(Setting::ClientMode, pair, at, mode);
        let pair = (
            self.admin_notifications.as_ref(),
            admin_notifications.as_ref(),
        );
        let on = |on: &bool| if *on { "on" } else { "off" }.to_owned();
        changes.note(Setting::AdminNotifications, pair, at, on);
        Self {
            warning_threshold,
            client_mode,
            admin_notifications,
            shares,
            unlisted,
            changes,
        }
    }
}

impl Observation {
    /// The credentials whose `principal_id` Okta does not list.
    pub(super) fn unlisted<'a>(
        &'a self,
        memory: &'a Memory,
    ) -> impl Iterator<Item = (&'a Name, &'a str)> {
        let ours = self.shares.iter().flat_map(|shares| &shares.ours);
        ours.map(|(name, principal)| (name, principal.id.as_str()))
            .filter(|(_, id)| memory.unlisted.contains(*id))
    }

    /// The credentials whose shares are known.
    pub(super) fn shares<'a>(
        &'a self,
        memory: &'a Memory,
    ) -> impl Iterator<Item = (&'a Name, PrincipalShare)> {
        let ours = self.shares.iter().flat_map(|shares| &shares.ours);
        ours.filter_map(|(name, principal)| Some((name, *memory.shares.get(&principal.id)?)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn learned<T: std::fmt::Debug + Clone + 'static>(
        known: impl Strategy<Value = T> + 'static,
    ) -> impl Strategy<Value = Learned<T>> {
        prop_oneof![
            known.prop_map(Learned::Known),
            Just(Learned::Unknown),
            Just(Learned::Missed),
        ]
    }

    fn share() -> impl Strategy<Value = PrincipalShare> {
        let ratio = || prop::option::of((0u32..=200).prop_map(|half| f64::from(half) / 200.0));
        (ratio(), ratio()).prop_map(|(requests, concurrency)| PrincipalShare {
            requests,
            concurrency,
        })
    }

    fn observation() -> impl Strategy<Value = Observation> {
        let threshold = (0u32..=100).prop_map(|percent| f64::from(percent) / 100.0);
        let listed = prop::collection::btree_map("00T[12]", share(), 0..3);
        let mode = prop::sample::select(ClientMode::ALL.to_vec());
        (learned(threshold), learned(mode), learned(listed)).prop_map(
            |(threshold, mode, listed)| {
                let ours = ["1", "2"].map(|n| {
                    let principal = Principal {
                        kind: PrincipalKind::ApiToken,
                        id: format!("00T{n}"),
                    };
                    (format!("monitor-{n}").parse().unwrap(), principal)
                });
                Observation {
                    at: OktaTime::default(),
                    admin_notifications: Learned::Unknown,
                    warning_threshold: threshold,
                    client_mode: mode,
                    shares: vec![Shares {
                        ours: ours.into(),
                        listed,
                    }],
                }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_known_survives_being_written_down(
            all in prop::collection::vec(observation(), 0..4),
        ) {
            let memory = all.iter().fold(Memory::default(), Memory::learn);
            let written = serde_json::to_string(&memory).unwrap();
            prop_assert_eq!(serde_json::from_str::<Memory>(&written).unwrap(), memory);
        }

        #[test]
        fn what_was_missed_is_as_it_was_and_what_is_withheld_is_unknown(
            seen in observation(),
        ) {
            let known = Memory::default().learn(&seen);
            let all = |threshold, mode, listed| Observation {
                at: OktaTime::default(),
                admin_notifications: Learned::Unknown,
                warning_threshold: threshold,
                client_mode: mode,
                shares: vec![Shares { listed, ..seen.shares[0].clone() }],
            };
            let missed = all(Learned::Missed, Learned::Missed, Learned::Missed);
            prop_assert_eq!(&known.clone().learn(&missed), &known);
            let withheld = all(Learned::Unknown, Learned::Unknown, Learned::Unknown);
            prop_assert_eq!(known.learn(&withheld), Memory::default());
        }
    }
}
