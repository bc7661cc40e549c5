//! The signing keys of an authorization server: which are published, and what changed. Keys are
//! public and free to fetch. An answer is eventually consistent (two edge nodes may differ for a
//! while), so a key is gone only when two answers in a row lack it; a key once seen is published.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, ops::Range, time::Duration};

use jiff::SignedDuration;
use serde::Deserialize;

use super::{Kind, ProbeResult, Problem, Scope, plain_word};
use crate::{
    guide::{Fact, Finding},
    metrics::{Family, Page},
    okta::{AuthorizationServer, KeySet, Session},
    units::{Interval, Timestamp},
};

const SERVER: &[&str] = &["org", "authorization_server"];
const KEYS: Family = Family::gauge("okta_jwks_keys", "Keys in the set.", SERVER);
const PUBLISHED: Family = Family::gauge(
    "okta_jwks_published",
    "1; 0 if the set is empty or held keys that cannot be read.",
    SERVER,
);
const KEY_INFO: Family = Family::gauge(
    "okta_jwks_key_info",
    "Always 1; one series for each published key.",
    &["org", "authorization_server", "kid", "alg", "use"],
);
const FIRST_SEEN: Family = Family::gauge(
    "okta_jwks_key_first_seen_timestamp_seconds",
    "When this exporter first saw the key.",
    &["org", "authorization_server", "kid"],
);
const CHANGES: Family = Family::counter(
    "okta_jwks_changes_total",
    "Keys that were added to or removed from the set.",
    &["org", "authorization_server", "change"],
);
const ROTATIONS: Family = Family::counter(
    "okta_jwks_rotations_total",
    "Times the set changed.",
    SERVER,
);
const LAST_CHANGE: Family = Family::gauge(
    "okta_jwks_last_change_timestamp_seconds",
    "When the set was last seen to change.",
    SERVER,
);
const EARLY_REMOVALS: Family = Family::counter(
    "okta_jwks_early_removals_total",
    "Keys that left the set before the max-age they were served with had passed: caches of them are wrong.",
    SERVER,
);
const MAX_AGE: Family = Family::gauge(
    "okta_jwks_max_age_seconds",
    "How long the last answer may be cached.",
    SERVER,
);
const EXPIRES: Family = Family::gauge(
    "okta_jwks_expires_timestamp_seconds",
    "Until when the last answer may be cached.",
    SERVER,
);

/// The most keys of one set that get series of their own; Okta publishes one to three.
const MOST_KEYS: usize = 20;

/// How long after a key was withdrawn early the wrong caches are worth a word.
const WRONG_CACHES: SignedDuration = SignedDuration::from_hours(1);

/// What may be written under `probes.jwks.NAME`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// `org`, or the id of a custom authorization server such as `default`.
    pub authorization_server: Option<String>,
    /// How often to ask.
    pub interval: Option<Interval>,
    /// How long a request may take.
    pub timeout: Option<Interval>,
}

/// The probe.
#[derive(Debug, Clone)]
pub struct Probe {
    server: AuthorizationServer,
}

impl Settings {
    /// From settings to a probe.
    pub fn plan(&self) -> Result<Probe, Vec<Problem>> {
        let server =
            AuthorizationServer::parse(self.authorization_server.as_deref().unwrap_or("org"));
        server
            .map(|server| Probe { server })
            .map_err(|bad| vec![Problem::new("authorization_server", bad.to_string())])
    }
}

/// One key as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    alg: String,
    usage: String,
    thumbprint: String,
    first_seen: Timestamp,
    /// Until when somebody who cached an answer that held the key may rely on it.
    promised_until: Option<Timestamp>,
    /// The last answer lacked it; once more, and it is gone.
    missed: bool,
}

/// The set as it stands, and what became of it since this exporter began to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    server: String,
    at: Timestamp,
    keys: BTreeMap<String, Key>,
    unreadable: usize,
    max_age: Option<Duration>,
    added: u64,
    removed: u64,
    rotations: u64,
    early_removals: u64,
    last_change: Option<Timestamp>,
}

impl Seen {
    /// The ids of the published keys.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// How long the answer may be cached.
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age
    }
}

impl Kind for Probe {
    const KIND: &'static str = "jwks";
    type Seen = Seen;

    async fn run(&self, okta: &Session<'_>) -> ProbeResult<Seen> {
        let asked = Timestamp::now();
        let read = self.server.keys(okta).await;
        read.map(|(keys, max_age)| {
            Seen::read(self.server.label(), &keys, max_age, asked..Timestamp::now())
        })
        .into()
    }
}

impl Seen {
    /// One answer by itself, from when it was asked for to when it came: nothing has changed yet.
    fn read(
        server: &str,
        set: &KeySet,
        max_age: Option<Duration>,
        under_way: Range<Timestamp>,
    ) -> Self {
        let Range {
            start: asked,
            end: at,
        } = under_way;
        // The age was written after the question left: counted from there it accuses nobody wrongly.
        let promised_until = max_age.and_then(|age| asked.checked_add(age).ok());
        let key = |key: &crate::okta::PublishedKey| Key {
            alg: key.alg.clone().unwrap_or_default(),
            usage: key.usage.clone().unwrap_or_default(),
            thumbprint: key.thumbprint.clone(),
            first_seen: at,
            promised_until,
            missed: false,
        };
        Self {
            server: server.to_owned(),
            at,
            keys: set
                .keys
                .iter()
                .map(|(kid, found)| (kid.clone(), key(found)))
                .collect(),
            unreadable: set.dropped,
            max_age,
            added: 0,
            removed: 0,
            rotations: 0,
            early_removals: 0,
            last_change: None,
        }
    }

    /// A key that the newest answer lacks: forgiven once, gone the second time.
    fn miss(&mut self, kid: String, key: Key) -> bool {
        if !key.missed {
            self.keys.insert(
                kid,
                Key {
                    missed: true,
                    ..key
                },
            );
            return false;
        }
        self.gone(&key);
        true
    }

    /// Counts a key that is published no more; too early while somebody may rely on it.
    fn gone(&mut self, key: &Key) {
        self.removed += 1;
        self.early_removals += u64::from(key.promised_until.is_some_and(|until| self.at < until));
    }
}

impl super::Seen for Seen {
    const FAMILIES: &'static [&'static Family] = &[
        &KEYS,
        &PUBLISHED,
        &KEY_INFO,
        &FIRST_SEEN,
        &CHANGES,
        &ROTATIONS,
        &LAST_CHANGE,
        &EARLY_REMOVALS,
        &MAX_AGE,
        &EXPIRES,
    ];

    fn findings(&self, now: Timestamp) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.keys.is_empty() || self.unreadable > 0 {
            let (read, not) = (self.keys.len(), self.unreadable);
            findings.push(Finding::new(
                Fact::NoKeys,
                format!("the set holds {read} keys that can be read, and {not} that cannot"),
            ));
        }
        let last = self
            .last_change
            .filter(|at| now.duration_since(*at) < WRONG_CACHES);
        if let (Some(at), 1..) = (last, self.early_removals) {
            findings.push(Finding::new(
                Fact::KeyWithdrawnEarly,
                format!("a key left the set before its max-age had passed; last change {at:.0}"),
            ));
        }
        findings
    }

    fn after(self, earlier: Option<Self>) -> Self {
        let Some(earlier) = earlier else { return self };
        let mut now = Self {
            added: earlier.added,
            removed: earlier.removed,
            rotations: earlier.rotations,
            early_removals: earlier.early_removals,
            last_change: earlier.last_change,
            ..self
        };
        let known = |kid: &String| earlier.keys.contains_key(kid);
        let added = now.keys.keys().filter(|kid| !known(kid)).count();
        now.added += added as u64;
        let mut changed = added > 0;
        for (kid, key) in earlier.keys {
            match now.keys.get_mut(&kid) {
                None => changed |= now.miss(kid, key),
                Some(same) if same.thumbprint == key.thumbprint => {
                    same.first_seen = key.first_seen;
                    // A shorter promise made later does not reach the caches filled before it.
                    same.promised_until = same.promised_until.max(key.promised_until);
                }
                Some(_) => {
                    // Other material under a known kid is a new key, and the old one is gone.
                    now.added += 1;
                    now.gone(&key);
                    changed = true;
                }
            }
        }
        if changed {
            now.rotations += 1;
            now.last_change = Some(now.at);
        }
        now
    }

    fn is_unsettled(&self) -> bool {
        self.keys.values().any(|key| key.missed)
    }

    fn dropped(&self) -> usize {
        self.keys.len().saturating_sub(MOST_KEYS)
    }

    fn draw(&self, scope: Scope<'_>, page: &mut Page) {
        let server = [scope.org, self.server.as_str()];
        let at = |time: Timestamp| time.as_millisecond() as f64 / 1e3;
        page.push(&KEYS, &server, self.keys.len() as f64);
        page.push(
            &PUBLISHED,
            &server,
            f64::from(!self.keys.is_empty() && self.unreadable == 0),
        );
        page.push(&ROTATIONS, &server, self.rotations as f64);
        page.push(&EARLY_REMOVALS, &server, self.early_removals as f64);
        page.push_some(&LAST_CHANGE, &server, self.last_change.map(at));
        page.push_some(&MAX_AGE, &server, self.max_age.map(|age| age.as_secs_f64()));
        page.push_some(
            &EXPIRES,
            &server,
            self.max_age
                .and_then(|age| self.at.checked_add(age).ok())
                .map(at),
        );
        for (change, count) in [("added", self.added), ("removed", self.removed)] {
            page.push(&CHANGES, &[scope.org, &self.server, change], count as f64);
        }
        for (kid, key) in self.keys.iter().take(MOST_KEYS) {
            let word = |text: &'_ str| plain_word(text).unwrap_or_default().to_owned();
            page.push(
                &KEY_INFO,
                &[
                    scope.org,
                    &self.server,
                    kid,
                    &word(&key.alg),
                    &word(&key.usage),
                ],
                1.0,
            );
            page.push(
                &FIRST_SEEN,
                &[scope.org, &self.server, kid],
                at(key.first_seen),
            );
        }
    }
}
