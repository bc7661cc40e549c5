//! Whose limit the rate-limit headers show: which share of each bucket a credential may use, when
//! Okta warns, and how it treats single clients. What the credential may not read, or Okta does not
//! say, stays unknown: no default is put in its place. How much of a limit is used is the ledger's.

mod read;
mod round;

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;

use super::{Kind, PlanContext, ProbeResult, Problem, Scope};
use crate::{
    metrics::{Family, Page},
    okta::{Credential, Principal, PrincipalKind, Session},
    units::{Interval, Name},
};
pub use read::{ClientMode, Share};
use read::{PerClient, WarningThreshold};
use round::{Part, Round};

const RATIO: Family = Family::gauge(
    "okta_rate_limit_principal_ratio",
    "The credential's ceiling as a share of the org's bucket, by the principal rate limits.",
    &["org", "credential"],
);
const CONCURRENCY: Family = Family::gauge(
    "okta_rate_limit_principal_concurrency_ratio",
    "The credential's share of the org's concurrent requests, by the principal rate limits.",
    &["org", "credential"],
);
const THRESHOLD: Family = Family::gauge(
    "okta_rate_limit_warning_threshold_ratio",
    "Share of an org's bucket from which on Okta itself warns.",
    &["org"],
);
const MODE: Family = Family::gauge(
    "okta_rate_limit_client_mode",
    "1 for the mode in force of limits by single client, 0 for the others.",
    &["org", "mode"],
);

/// What may be written under `probes.rate_limit_settings`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The name of the credential that reads; none is the org's first.
    pub credential: Option<String>,
    /// How often to ask.
    pub interval: Option<Interval>,
    /// How long a request may take.
    pub timeout: Option<Interval>,
}

/// The probe: who reads, and whose shares are looked for.
#[derive(Debug, Clone)]
pub struct Probe {
    reader: Arc<Credential>,
    credentials: Vec<Arc<Credential>>,
}

/// What is read. A credential that may read one of them is of use.
const READ: [&str; 2] = [
    "/api/v1/rate-limit-settings/per-client",
    "/api/v1/principal-rate-limits",
];

impl Settings {
    /// From settings to a probe.
    pub fn plan(&self, context: PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        Ok(Probe {
            reader: context
                .reader(self.credential.as_deref(), &READ)
                .map_err(|problem| vec![problem])?,
            credentials: context.credentials.values().cloned().collect(),
        })
    }
}

/// What Okta says of its limits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    warning_threshold: Part<f64>,
    client_mode: Part<ClientMode>,
    shares: BTreeMap<PrincipalKind, Part<BTreeMap<Name, Share>>>,
}

impl Seen {
    /// The share of a limit from which Okta warns, where the org's setting is known.
    pub fn warns_from(&self) -> Option<f64> {
        self.warning_threshold.known().copied()
    }

    /// The credentials whose share of the org's buckets is known.
    pub fn shares(&self) -> impl Iterator<Item = (&Name, Share)> {
        let known = self.shares.values().filter_map(Part::known);
        known.flatten().map(|(name, share)| (name, *share))
    }
}

impl Kind for Probe {
    const KIND: &'static str = "rate_limit_settings";
    type Seen = Seen;

    async fn run(&self, okta: &Session<'_>) -> ProbeResult<Seen> {
        let mut round = Round::new(okta, &self.reader);
        let seen = Seen {
            warning_threshold: round
                .document("/api/v1/rate-limit-settings/warning-threshold")
                .await
                .and_then(WarningThreshold::ratio),
            client_mode: round
                .document("/api/v1/rate-limit-settings/per-client")
                .await
                .and_then(PerClient::mode),
            shares: self.shares(&mut round).await,
        };
        let failure = round.failure();
        ProbeResult {
            seen: Some(seen),
            failure,
        }
    }
}

impl Probe {
    /// The shares of the org's credentials, by kind of principal; a kind of which nobody is known
    /// is not asked for.
    async fn shares(
        &self,
        round: &mut Round<'_>,
    ) -> BTreeMap<PrincipalKind, Part<BTreeMap<Name, Share>>> {
        let mut shares = BTreeMap::new();
        for kind in PrincipalKind::ALL {
            let wanted: Vec<(&Name, Principal)> = self
                .credentials
                .iter()
                .filter_map(|credential| Some((&credential.name, credential.principal()?)))
                .filter(|(_, principal)| principal.kind == kind)
                .collect();
            if wanted.is_empty() {
                continue;
            }
            let listed = round.principals(kind).await;
            let ours = listed.and_then(|listed| {
                let share = |(name, principal): &(&Name, Principal)| {
                    Some(((*name).clone(), *listed.get(&principal.id)?))
                };
                Some(wanted.iter().filter_map(share).collect())
            });
            shares.insert(kind, ours);
        }
        shares
    }
}

impl super::Seen for Seen {
    const FAMILIES: &'static [&'static Family] = &[&RATIO, &CONCURRENCY, &THRESHOLD, &MODE];

    /// What a disturbance kept from being read is as it was; what is withheld is unknown.
    fn after(self, earlier: Option<Self>) -> Self {
        let Some(mut earlier) = earlier else {
            return self;
        };
        let shares = self.shares.into_iter().map(|(kind, part)| {
            let before = earlier.shares.remove(&kind).unwrap_or_default();
            (kind, part.after(before))
        });
        Self {
            shares: shares.collect(),
            warning_threshold: self.warning_threshold.after(earlier.warning_threshold),
            client_mode: self.client_mode.after(earlier.client_mode),
        }
    }

    fn draw(&self, scope: Scope<'_>, page: &mut Page) {
        for (name, share) in self.shares() {
            let credential = [scope.org, name.as_str()];
            page.push_some(&RATIO, &credential, share.requests);
            page.push_some(&CONCURRENCY, &credential, share.concurrency);
        }
        page.push_some(&THRESHOLD, &[scope.org], self.warns_from());
        if let Some(current) = self.client_mode.known() {
            for mode in ClientMode::ALL {
                page.push(
                    &MODE,
                    &[scope.org, mode.as_str()],
                    f64::from(mode == *current),
                );
            }
        }
    }
}
