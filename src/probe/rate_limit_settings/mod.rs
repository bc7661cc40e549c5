//! Whose limit the rate-limit headers show: which share of each bucket a credential may use, when
//! Okta warns, and how it treats single clients. What the credential may not read, or Okta does not
//! say, stays unknown: no default is put in its place. How much of a limit is used is the
//! [`fleet`](crate::fleet)'s.

mod changes;
mod draw;
mod memory;
mod read;

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ask::Ask,
    candidate::Candidate,
    kind::{Access, Kind, Known, Place, ProbeResult, Scope},
    plan::PlanContext,
    problem::Problem,
    round::{Learned, Round},
};
use crate::{
    guide::{Fact, Finding},
    metrics::{Family, Page},
    okta::{AuthMethod, Credential, Principal, PrincipalKind, Session},
    units::{Interval, Name, OktaTime},
};
use memory::Shares;
pub use memory::{Memory, Observation};
use read::{AdminNotifications, PerClient, PrincipalLimits, WarningThreshold};
pub use read::{ClientMode, PrincipalShare};

/// For how many hours a change is told.
const TOLD_FOR: i64 = 24;

/// What the requests for each credential's share are called.
const PRINCIPALS_API: &str = "principal_rate_limits";

/// What is read. A credential that may read one of them is of use.
const PATHS: &[&str] = &[PER_CLIENT, "/api/v1/principal-rate-limits"];

const WARNING_THRESHOLD: &str = "/api/v1/rate-limit-settings/warning-threshold";
const PER_CLIENT: &str = "/api/v1/rate-limit-settings/per-client";
const ADMIN_NOTIFICATIONS: &str = "/api/v1/rate-limit-settings/admin-notifications";
/// The documents of one setting each.
const SETTINGS: [&str; 3] = [WARNING_THRESHOLD, PER_CLIENT, ADMIN_NOTIFICATIONS];

/// The most that Okta puts on a page of principals.
const PAGE: usize = 50;
/// The most pages read: a credential beyond a thousand others stays unknown.
const PAGES: usize = 20;

/// What may be written under `probes.rate_limit_settings`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The name of the credential that reads; left out, the org's first that may read all, else
    /// the first that may read something.
    credential: Option<String>,
}

impl super::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Once;
    /// Administrators change it, and seldom.
    const INTERVAL: Interval = Interval::seconds(10 * 60);
    const ACCESS: Access = Access::Read {
        paths: PATHS,
        role: "Read-Only Administrator",
    };

    /// Only where nothing would be withheld.
    fn by_default(credentials: &[Candidate<'_>]) -> Option<Value> {
        let reader = Candidate::reader(credentials, PATHS)?;
        let reads_all = PATHS.iter().all(|path| reader.may_read(path));
        reads_all.then(|| json!({ "credential": reader.name }))
    }

    fn plan(&self, _name: &str, context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let reader = context.reader(self.credential.as_deref(), PATHS);
        Ok(Probe {
            reader: reader.map_err(|problem| vec![problem])?,
            credentials: context.credentials.values().cloned().collect(),
        })
    }
}

/// Who reads, and whose shares are looked for.
#[derive(Debug, Clone)]
pub struct Probe {
    reader: Arc<Credential>,
    credentials: Vec<Arc<Credential>>,
}

impl Kind for Probe {
    const KIND: &'static str = "rate_limit_settings";
    const FAMILIES: &'static [&'static Family] = draw::FAMILIES;
    const APIS: &'static [&'static str] = &[Self::KIND, PRINCIPALS_API];

    type Observation = Observation;
    type Memory = Memory;

    fn credentials(&self) -> Vec<&Credential> {
        vec![&self.reader]
    }

    /// It tells the share of each.
    fn refers_to(&self) -> Vec<&Credential> {
        self.credentials.iter().map(Arc::as_ref).collect()
    }

    /// One for the org.
    fn memory_id(&self) -> Option<&str> {
        Some("")
    }

    fn asks(&self, _access: Access) -> Vec<Ask<'_>> {
        let by_us = |ask: Ask<'static>| ask.with(Some(&*self.reader));
        let settings = SETTINGS.map(|path| by_us(Ask::get(Self::KIND, path)));
        let listed = PrincipalKind::ALL
            .into_iter()
            .filter(|kind| self.has(*kind));
        let shares = listed.map(|kind| by_us(Ask::get(PRINCIPALS_API, principals_list(kind))));
        settings.into_iter().chain(shares).collect()
    }

    async fn run(&self, okta: &Session<'_>, _known: &Memory) -> ProbeResult<Observation> {
        let mut round = Round::new(okta, &self.reader);
        let observation = Observation {
            warning_threshold: round
                .document(Self::KIND, WARNING_THRESHOLD)
                .await
                .and_then(WarningThreshold::ratio),
            client_mode: round
                .document(Self::KIND, PER_CLIENT)
                .await
                .and_then(PerClient::mode),
            admin_notifications: round
                .document(Self::KIND, ADMIN_NOTIFICATIONS)
                .await
                .and_then(AdminNotifications::are_on),
            shares: self.shares(&mut round).await,
            at: okta.oktas_time(),
        };
        ProbeResult {
            observation: Some(observation),
            failure: round.failure(),
        }
    }

    fn learn(memory: Memory, observation: &Observation) -> Memory {
        memory.learn(observation)
    }

    fn findings(known: &Known<'_, Self>, now: OktaTime) -> Vec<Finding> {
        let seen = known.observation.into_iter();
        let unlisted = seen.flat_map(|seen| seen.unlisted(&known.memory));
        let finding = |(name, id): (&Name, &str)| {
            let what = format!(
                "Okta lists no share for `{id}`, the `principal_id` of the credential `{name}`"
            );
            Finding::new(Fact::PrincipalNotListed, what).about(name.as_str())
        };
        let recent = known
            .memory
            .changes
            .all()
            .filter(|(_, change)| now.since(change.at).as_hours() < TOLD_FOR);
        let changed = recent.map(|(setting, change)| {
            let setting = setting.as_str();
            Finding::new(Fact::SettingChanged, format!("`{setting}`: {change}")).about(setting)
        });
        unlisted.map(finding).chain(changed).collect()
    }

    /// Nothing before this program's own first answer: what was remembered may be over by then.
    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        if known.observation.is_none() {
            return;
        }
        draw::draw(&known.memory, known.shares(), scope, page);
    }
}

impl Known<'_, Probe> {
    /// The share of a limit from which Okta warns, where the org's setting is known.
    pub fn warns_from(&self) -> Option<f64> {
        self.memory.warning_threshold
    }

    /// The credentials whose share of the org's buckets is known.
    pub fn shares(&self) -> impl Iterator<Item = (&Name, PrincipalShare)> {
        let seen = self.observation.into_iter();
        seen.flat_map(|seen| seen.shares(&self.memory))
    }
}

impl Probe {
    /// True where some credential is taken to be such a principal: of an access token that is read
    /// at its use, that much is known.
    fn has(&self, kind: PrincipalKind) -> bool {
        self.credentials
            .iter()
            .any(|credential| match credential.method {
                AuthMethod::ApiToken(_) => {
                    kind == PrincipalKind::ApiToken && credential.principal_id.is_some()
                }
                AuthMethod::Bearer(_) | AuthMethod::OAuth(_) => kind == PrincipalKind::OAuthClient,
            })
    }

    /// Who the org's credentials are, as far as that is known.
    async fn principals(&self, okta: &Session<'_>) -> Vec<(Name, Principal)> {
        let mut known = Vec::new();
        for credential in &self.credentials {
            let principal = match &credential.method {
                AuthMethod::Bearer(source) => {
                    let credential = Arc::clone(credential);
                    let read = okta.secret(Some(source), move || Ok(credential.principal()));
                    read.await.ok().flatten()
                }
                AuthMethod::ApiToken(_) | AuthMethod::OAuth(_) => credential.principal(),
            };
            known.extend(principal.map(|principal| (credential.name.clone(), principal)));
        }
        known
    }

    /// The shares of the org's credentials, by kind of principal; a kind of which nobody is known
    /// is not asked for.
    async fn shares(&self, round: &mut Round<'_>) -> Vec<Shares> {
        let mut shares = Vec::new();
        let principals = self.principals(round.okta()).await;
        for kind in PrincipalKind::ALL {
            let ours = principals
                .iter()
                .filter(|(_, principal)| principal.kind == kind);
            let ours: BTreeMap<Name, Principal> = ours.cloned().collect();
            if ours.is_empty() {
                continue;
            }
            let listed = round
                .list(PRINCIPALS_API, principals_list(kind), PAGES)
                .await;
            let listed: Learned<BTreeMap<String, PrincipalShare>> = listed.and_then(|listing| {
                let entries: Vec<PrincipalLimits> = listing.entries;
                let all = entries.into_iter().filter_map(PrincipalLimits::share);
                let is_ours = |id: &String| ours.values().any(|principal| principal.id == *id);
                Some(all.filter(|(id, _)| is_ours(id)).collect())
            });
            shares.push(Shares { ours, listed });
        }
        shares
    }
}

/// The list of the shares of one kind of principals, which Okta refuses without this filter.
fn principals_list(kind: PrincipalKind) -> String {
    let kind = kind.as_str();
    format!("/api/v1/principal-rate-limits?filter=principalType%20eq%20%22{kind}%22&limit={PAGE}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        okta::{AuthMethod, PrincipalKind, SecretSource},
        units::{OktaTime, Timestamp},
    };

    fn credential(name: &str) -> Arc<Credential> {
        Arc::new(Credential {
            name: name.parse().unwrap(),
            method: AuthMethod::ApiToken(SecretSource::Given("s3cr3t".into())),
            principal_id: None,
        })
    }

    #[test]
    fn one_credential_reads_and_what_is_read_is_about_all() {
        let probe = Probe {
            reader: credential("b"),
            credentials: vec![credential("a"), credential("b")],
        };
        let names = |all: Vec<&Credential>| -> Vec<String> {
            all.into_iter().map(|one| one.name.to_string()).collect()
        };
        assert_eq!(names(probe.credentials()), ["b"]);
        assert_eq!(names(probe.refers_to()), ["a", "b"]);
        assert_eq!(probe.memory_id(), Some(""), "one for the org");
    }

    #[test]
    fn what_is_known_of_limits_is_drawn_once_it_was_seen() {
        let share = PrincipalShare {
            requests: Some(0.5),
            concurrency: Some(0.75),
        };
        let ours = Principal {
            kind: PrincipalKind::ApiToken,
            id: "00T1".to_owned(),
        };
        let seen = Observation {
            warning_threshold: Learned::Known(0.6),
            client_mode: Learned::Known(ClientMode::LogOnly),
            admin_notifications: Learned::Known(true),
            at: OktaTime::default(),
            shares: vec![Shares {
                ours: [("monitor".parse().unwrap(), ours)].into(),
                listed: Learned::Known([("00T1".to_owned(), share)].into()),
            }],
        };
        let known = |observation| Known::<Probe> {
            observation,
            memory: std::borrow::Cow::Owned(Probe::learn(Memory::default(), &seen)),
            interval: Duration::ZERO,
        };
        let drawn = |observation| {
            let scope = Scope {
                org: "acme",
                name: "",
                now: Timestamp::UNIX_EPOCH,
                at_okta: OktaTime::default(),
            };
            let mut page = Page::new();
            Probe::draw(&known(observation), scope, &mut page);
            page.test_series()
        };
        assert_eq!(
            drawn(None),
            [""; 0],
            "what was remembered may be over by now"
        );
        let told = drawn(Some(&seen)).into_iter();
        let told = told.map(|line| line.replace("okta_rate_limit_", ""));
        let expected = [
            r#"admin_notifications{org="acme"} 1"#,
            r#"client_mode{org="acme",mode="disabled"} 0"#,
            r#"client_mode{org="acme",mode="enforce"} 0"#,
            r#"client_mode{org="acme",mode="log_only"} 1"#,
            r#"principal_concurrency_ratio{org="acme",credential="monitor"} 0.75"#,
            r#"principal_ratio{org="acme",credential="monitor"} 0.5"#,
            r#"warning_threshold_ratio{org="acme"} 0.6"#,
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        assert_eq!(known(Some(&seen)).warns_from(), Some(0.6));
        assert_eq!(known(None).shares().count(), 0);
    }
}
