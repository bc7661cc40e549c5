//! What a configuration asks of whom, and what each credential must be allowed for it. Pure.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;

use super::needs::{Needed, Needs};
use crate::{
    config::{Config, Org, Planned},
    okta::{Client, Credential},
    probe::{self, Ask, Caller},
    units::without_secrets,
};

/// How long the access tokens of Okta's own authorization server hold, in hours.
const TOKENS_AN_HOUR: f64 = 1.0;

/// What a configuration asks.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Demand {
    /// Where the configuration was read.
    pub(super) source: String,
    pub(super) warnings: Vec<String>,
    pub(in crate::cli) orgs: Vec<OrgDemand>,
    /// Of the status pages.
    pub(super) status_pages: Vec<Line>,
    /// Of the hosts that tell whose fault silence is.
    pub(super) controls: Vec<Line>,
}

/// What is asked of one org.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct OrgDemand {
    pub(super) name: String,
    pub(super) url: String,
    /// Each request of each probe.
    pub(in crate::cli) requests: Vec<Line>,
    /// The same by credential and bucket.
    pub(super) sums: Vec<Sum>,
    /// What each credential needs for all of it.
    pub(super) credentials: Vec<Needs>,
}

/// One request of one probe.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Line {
    /// `kind` or `kind/name`; what mints a credential's access tokens is no probe.
    pub(in crate::cli) probe: String,
    pub(super) method: &'static str,
    pub(in crate::cli) path: String,
    /// The credential, or the client of an authorization server.
    pub(super) credential: Option<String>,
    pub(in crate::cli) requests_an_hour: f64,
    /// What it counts against; `None` where nothing is limited.
    pub(in crate::cli) bucket: Option<String>,
    /// What reading it takes; nothing where it is public.
    #[serde(flatten)]
    pub(in crate::cli) permission: Option<Needed>,
}

/// What one credential takes from one bucket.
#[derive(Debug, Serialize)]
pub(super) struct Sum {
    pub(super) credential: Option<String>,
    pub(super) bucket: Option<String>,
    pub(super) requests_an_hour: f64,
}

impl Demand {
    pub(in crate::cli) fn of(config: &Config) -> Self {
        let orgs = config.orgs.iter();
        let pages = config.status_pages.values();
        let controls = config.controls.values();
        Self {
            source: config.origin.source.clone(),
            warnings: config.warnings.clone(),
            orgs: orgs
                .map(|(name, org)| OrgDemand::of(name.as_str(), org))
                .collect(),
            status_pages: pages
                .flat_map(|page| lines(&page.probe, &page.client))
                .collect(),
            controls: controls
                .flat_map(|control| lines(&control.probe, &control.client))
                .collect(),
        }
    }
}

impl OrgDemand {
    fn of(name: &str, org: &Org) -> Self {
        let probes = org.probes.iter();
        let mut requests: Vec<Line> = probes
            .flat_map(|planned| lines(planned, &org.client))
            .collect();
        let asking = |credential: &&Credential| {
            let name = credential.name.as_str();
            let asks = |line: &Line| line.credential.as_deref() == Some(name);
            requests.iter().any(asks)
        };
        let used: Vec<&Credential> = org
            .credentials
            .values()
            .map(|one| &**one)
            .filter(asking)
            .collect();
        let needs = used.iter().map(|one| {
            let name = one.name.as_str();
            let own = requests.iter();
            let own = own.filter(|line| line.credential.as_deref() == Some(name));
            let permissions: Vec<Needed> = own.filter_map(|line| line.permission).collect();
            Needs::of(one, &permissions)
        });
        let needs = needs.collect();
        let minted = used.iter().filter_map(|one| minting(one, &org.client));
        let minted: Vec<Line> = minted.collect();
        requests.extend(minted);
        Self {
            name: name.to_owned(),
            url: org.url.to_string(),
            sums: sums(&requests),
            credentials: needs,
            requests,
        }
    }
}

/// The requests of one probe.
fn lines(planned: &Planned, client: &Client) -> Vec<Line> {
    let asks = planned.probe.asks().into_iter();
    let line = |ask: Ask<'_>| Line {
        probe: planned.id.clone(),
        method: ask.method,
        path: without_secrets(&ask.path),
        credential: match ask.by {
            Caller::Anybody => None,
            Caller::Credential(credential) => Some(credential.name.to_string()),
            Caller::Client(id) => Some(format!("client {id}")),
        },
        requests_an_hour: rounded(ask.per_hour(planned.interval)),
        bucket: bucket(client, ask.method, &ask.path),
        permission: probe::permission(&ask.path, planned.probe.access()).map(Needed::from),
    };
    asks.map(line).collect()
}

/// The requests for a service app's own access tokens.
fn minting(credential: &Credential, client: &Client) -> Option<Line> {
    let app = credential.app()?;
    Some(Line {
        probe: "access token".to_owned(),
        method: "POST",
        path: app.token_path().to_owned(),
        credential: Some(credential.name.to_string()),
        requests_an_hour: TOKENS_AN_HOUR,
        bucket: bucket(client, "POST", app.token_path()),
        permission: None,
    })
}

fn bucket(client: &Client, method: &str, path: &str) -> Option<String> {
    client.bucket_of(method, path).map(Cow::into_owned)
}

fn sums(requests: &[Line]) -> Vec<Sum> {
    let mut sums: BTreeMap<_, f64> = BTreeMap::new();
    for line in requests {
        let key = (line.credential.clone(), line.bucket.clone());
        *sums.entry(key).or_default() += line.requests_an_hour;
    }
    let sum = |((credential, bucket), requests)| Sum {
        credential,
        bucket,
        requests_an_hour: rounded(requests),
    };
    sums.into_iter().map(sum).collect()
}

/// What is asked once a day is still told, and no more digits.
fn rounded(an_hour: f64) -> f64 {
    (an_hour * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_credential_is_told_what_it_asks_and_what_it_needs_for_that() {
        let every_two_minutes = |path: &str| json!({ "path": path, "credential": "monitor", "interval": "2m", "sampling": "interval" });
        let app = json!({ "client_id": "0oa1", "private_key_file": "/nowhere/key", "scopes": ["okta.users.read"] });
        let config = Config::outline_of(json!({
            "status_pages": {},
            "orgs": { "acme": {
                "url": "https://acme.okta.com",
                "credentials": { "app": { "oauth": app }, "monitor": { "api_token_file": "/nowhere/token" } },
                "probes": {
                    "discovery": { "interval": "2m" },
                    "endpoint": {
                        "users": { "path": "/api/v1/users?limit=1", "credential": "app", "interval": "5m" },
                        "apps": every_two_minutes("/api/v1/apps?limit=1"),
                        "logs": every_two_minutes("/api/v1/logs?limit=1"),
                    },
                },
            } },
        }));
        let demand = Demand::of(&config.unwrap_or_else(|e| panic!("{e}")));
        let org = &demand.orgs[0];
        let told = |credential: &Option<String>, bucket: &Option<String>, an_hour: f64| {
            let [credential, bucket] =
                [credential, bucket].map(|one| one.as_deref().unwrap_or("-"));
            format!("{credential} {bucket} {an_hour}")
        };
        let sums = org.sums.iter();
        let sums: Vec<_> = sums
            .map(|sum| told(&sum.credential, &sum.bucket, sum.requests_an_hour))
            .collect();
        let expected = [
            "- - 30",
            "app /api/v1/users 12",
            "app /oauth2/v1/token 1",
            "monitor /api/v1/apps* 30",
            "monitor /api/v1/logs 30",
        ];
        assert_eq!(sums, expected);
        let needs = org.credentials.iter().map(|needs| {
            let scopes: Vec<_> = needs.scopes.iter().copied().collect();
            let roles: Vec<_> = needs.least_roles.iter().copied().collect();
            (needs.is, scopes.join(" "), roles.join(", "))
        });
        let expected = [
            (
                "a service app",
                "okta.users.read".to_owned(),
                "Read-Only Administrator".to_owned(),
            ),
            (
                "an API token",
                "okta.apps.read okta.logs.read".to_owned(),
                "Read-Only Administrator, Report Administrator".to_owned(),
            ),
        ];
        assert_eq!(needs.collect::<Vec<_>>(), expected);
    }
}
