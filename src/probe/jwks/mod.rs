//! The signing keys of an authorization server: which are published, and what changed. Keys are
//! public and free to fetch. An answer is eventually consistent (two edge nodes may differ for a
//! while), so a key is gone only when several answers over several connections lack it for some
//! minutes; a key once seen is published, be it readable or not. What one answer said is an [`Observation`]; what it changes is the [`History`]'s.

mod history;
mod observation;
#[cfg(test)]
mod tests;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    ask::Ask,
    candidate::Candidate,
    cap::{Capped, cap},
    end::End,
    kind::{Access, Kind, Known, Next, Place, ProbeResult, Scope},
    label::plain_word,
    plan::PlanContext,
    problem::Problem,
};
use crate::{
    guide::{Fact, Finding, Severity},
    metrics::{Family, Page},
    okta::{AuthorizationServer, KEYS_API, Session},
    units::{Interval, OktaTime},
};

pub use history::History;
use history::{EarlyRemoval, RememberedKey};
pub use observation::Observation;

const SERVER: &[&str] = &["org", "authorization_server"];
const KEYS: Family = Family::gauge("okta_jwks_keys", "Keys in the set.", SERVER);
const PUBLISHED: Family = Family::gauge(
    "okta_jwks_published",
    "1; 0 if the set is empty or held keys that cannot be read.",
    SERVER,
);
const UNKNOWN_KEYS: Family = Family::gauge(
    "okta_jwks_unknown_keys",
    "Keys of a kind that is not known here: ignored, as RFC 7517 says.",
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
    "Times the set changed and came to rest: one for a key that takes another's place.",
    SERVER,
);
const LAST_CHANGE: Family = Family::gauge(
    "okta_jwks_last_change_timestamp_seconds",
    "When an answer first showed the last change of the set.",
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
const NEXT_CHANGE: Family = Family::gauge(
    "okta_jwks_next_change_timestamp_seconds",
    "The fixed moment that the max-age of answers counts down to, where it does: until then the set stays, and then it may change.",
    SERVER,
);

/// How long before its change a set is worth a word.
const CHANGES_SOON: SignedDuration = SignedDuration::from_hours(3 * 24);

/// The most keys of one set that get series of their own; Okta publishes one to three.
const MOST_KEYS: usize = 20;

/// What may be written under `probes.jwks.NAME`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// `org`, or the id of a custom authorization server such as `default`; left out, the probe's name.
    authorization_server: Option<String>,
}

impl super::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Named;
    /// Keys may be cached for an hour, and an early removal shall be seen soon.
    const INTERVAL: Interval = Interval::seconds(5 * 60);
    const ACCESS: Access = Access::Public;

    fn by_default(_credentials: &[Candidate<'_>]) -> Option<Value> {
        Some(json!({ "org": {} }))
    }

    fn plan(&self, name: &str, _context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let (server, hint) = match &self.authorization_server {
            Some(written) => (written.as_str(), ""),
            None => (name, "; left out, it is the probe's name"),
        };
        AuthorizationServer::parse(server)
            .map(|server| Probe { server })
            .map_err(|bad| vec![Problem::new("authorization_server", format!("{bad}{hint}"))])
    }
}

/// Asks for the keys of one authorization server.
#[derive(Debug, Clone)]
pub struct Probe {
    server: AuthorizationServer,
}

impl Kind for Probe {
    const KIND: &'static str = "jwks";
    const FAMILIES: &'static [&'static Family] = &[
        &KEYS,
        &PUBLISHED,
        &UNKNOWN_KEYS,
        &KEY_INFO,
        &FIRST_SEEN,
        &CHANGES,
        &ROTATIONS,
        &LAST_CHANGE,
        &EARLY_REMOVALS,
        &MAX_AGE,
        &EXPIRES,
        &NEXT_CHANGE,
    ];

    type Observation = Observation;
    /// Nothing before the first answer.
    type Memory = Option<History>;

    fn series_id(&self) -> Option<&str> {
        Some(self.server.label())
    }

    fn memory_id(&self) -> Option<&str> {
        Some(self.server.label())
    }

    fn asks(&self, _access: Access) -> Vec<Ask<'_>> {
        vec![Ask::get(KEYS_API, self.server.path("keys"))]
    }

    /// What an answer left open is settled by others only over connections of their own.
    async fn run(&self, okta: &Session<'_>, known: &Option<History>) -> ProbeResult<Observation> {
        let asked = Instant::now();
        let is_unsettled = known.as_ref().is_some_and(History::is_unsettled);
        let served = self.server.keys(okta, is_unsettled).await;
        let read = |served| Observation::read(self.server.label(), &served, asked.elapsed());
        let seen = served.map(read);
        if let (Some(history), Ok(seen)) = (known, &seen) {
            tell_change(history, seen, okta.org());
        }
        seen.into()
    }

    fn learn(memory: Option<History>, observation: &Observation) -> Option<History> {
        Some(match memory {
            None => History::begin(observation),
            Some(history) => history.learn(observation),
        })
    }

    fn next(memory: &Option<History>) -> Next {
        match memory {
            Some(history) if history.is_unsettled() => Next::Soon,
            _ => Next::AtInterval,
        }
    }

    fn findings(known: &Known<'_, Self>, now: OktaTime) -> Vec<Finding> {
        let (Some(seen), Some(history)) = (known.observation, &*known.memory) else {
            return Vec::new();
        };
        let mut findings = Vec::new();
        if !history.is_published(seen) {
            let (read, not, unknown) = (history.keys.len(), seen.unreadable, seen.unknown);
            findings.push(Finding::new(
                Fact::NoKeys,
                format!(
                    "the set holds {read} keys that can be read, {not} that cannot, and {unknown} of a kind that is \
                     not known here"
                ),
            ));
        }
        findings.extend(history.recently_early(now).map(|EarlyRemoval { at, kid }| {
            let what = format!(
                "the key {kid} left the set at {at:.0}, before the max-age that it was served with had passed"
            );
            Finding::new(Fact::KeyWithdrawnEarly, what).about(kid)
        }));
        findings
    }

    /// The moment that its `max-age` counts down to. Nothing need be done then.
    fn ends(known: &Known<'_, Self>, now: OktaTime) -> Vec<End> {
        let (Some(seen), Some(history)) = (known.observation, &*known.memory) else {
            return Vec::new();
        };
        let next = history.next_change(seen).filter(|next| *next > now);
        let end = next.map(|next| End {
            severity: (next.since(now) < CHANGES_SOON).then_some(Severity::Info),
            ..End::new("signing key", seen.server.as_str(), next)
        });
        end.into_iter().collect()
    }

    fn dropped(known: &Known<'_, Self>) -> usize {
        let history = known.memory.as_ref().as_ref();
        history.map_or(0, |history| drawn(history).dropped)
    }

    /// Nothing before this program's own first answer: what was remembered may be over by then.
    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        let (Some(seen), Some(history)) = (known.observation, &*known.memory) else {
            return;
        };
        let server = [scope.org, seen.server.as_str()];
        page.push(&KEYS, &server, history.keys.len() as f64);
        page.push(&PUBLISHED, &server, f64::from(history.is_published(seen)));
        page.push(&UNKNOWN_KEYS, &server, seen.unknown as f64);
        page.push(&ROTATIONS, &server, history.rotations as f64);
        page.push(&EARLY_REMOVALS, &server, history.early_removals as f64);
        page.push_some(
            &LAST_CHANGE,
            &server,
            history.last_change.map(OktaTime::seconds),
        );
        page.push_some(&MAX_AGE, &server, seen.max_age.map(|age| age.as_secs_f64()));
        page.push_some(&EXPIRES, &server, seen.expires().map(OktaTime::seconds));
        let next = history.next_change(seen);
        page.push_some(&NEXT_CHANGE, &server, next.map(OktaTime::seconds));
        for (change, count) in [("added", history.added), ("removed", history.removed)] {
            page.push(&CHANGES, &[server[0], server[1], change], count as f64);
        }
        for (kid, key) in drawn(history).kept {
            let word = |text: &'_ str| plain_word(text).unwrap_or_default().to_owned();
            let (alg, usage) = (word(&key.facts.alg), word(&key.facts.usage));
            page.push(&KEY_INFO, &[server[0], server[1], kid, &alg, &usage], 1.0);
            let first_seen = key.first_seen.seconds();
            page.push(&FIRST_SEEN, &[server[0], server[1], kid], first_seen);
        }
    }
}

/// Tells the log by their ids which keys came, and which are gone now.
fn tell_change(history: &History, seen: &Observation, org: &str) {
    let (added, removed) = history.changed_by(seen);
    if added.is_empty() && removed.is_empty() {
        return;
    }
    let listed = |kids: Vec<String>| (!kids.is_empty()).then(|| kids.join(", "));
    tracing::info!(
        org,
        authorization_server = seen.server,
        added_kids = listed(added),
        removed_kids = listed(removed),
        "signing keys changed"
    );
}

/// The keys that get series of their own, one for each `kid`; of too many, those that came last.
fn drawn(history: &History) -> Capped<(&str, &RememberedKey)> {
    cap(history.newest(), MOST_KEYS, |(_, key)| key.first_seen)
}
