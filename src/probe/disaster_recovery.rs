//! Whether an org's domains are served from where Okta recovers from a disaster. Where Enhanced Disaster
//! Recovery is on, the customer decides when to fail over, and back; the API that tells has a host of its
//! own, `drapp.` before the org's, and takes no API token.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    candidate::Candidate,
    cap::{Capped, cap},
    kind::{Access, Kind, Known, Place, ProbeResult, Scope},
    label,
    plan::PlanContext,
    problem::Problem,
    round::is_about_this_path,
};
use crate::{
    guide::{Fact, Finding},
    metrics::{Family, Page},
    okta::{AuthMethod, Credential, Listed, Object, Request, Session, claim},
    units::{Interval, OktaTime},
};

const FAILED_OVER: Family = Family::gauge(
    "okta_dr_failed_over",
    "1 where a domain of the org is served from where Okta recovers from a disaster, else 0.",
    &["org", "domain"],
);

const PATH: &str = "/api/v1/dr/status";
/// The most domains that get series.
const MOST: usize = 50;

/// What may be written under `probes.disaster_recovery`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The name of the credential that reads; left out, the org's first that is no API token and may.
    credential: Option<String>,
}

impl super::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Once;
    const INTERVAL: Interval = Interval::seconds(5 * 60);
    const ACCESS: Access = Access::Read {
        paths: &[PATH],
        role: "Super Administrator",
    };

    fn plan(&self, _name: &str, context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let mut fitting = context
            .credentials
            .values()
            .filter(|one| !is_api_token(one));
        let first = fitting.find(|one| Candidate::from(&***one).may_read(PATH));
        let named = self.credential.as_deref();
        let named = named.or(first.map(|one| one.name.as_str()));
        let reader = context.reader(named, &[PATH]);
        let reader = reader.map_err(|problem| vec![problem])?;
        if is_api_token(&reader) {
            let what = format!(
                "`{}` is an API token, and Okta tells of disaster recovery to OAuth access tokens only: name a \
                 credential with `oauth` whose scopes include okta.dr.read",
                reader.name
            );
            return Err(vec![Problem::new("credential", what)]);
        }
        Ok(Probe { reader })
    }
}

fn is_api_token(credential: &Credential) -> bool {
    matches!(credential.method, AuthMethod::ApiToken(_))
}

/// Who reads.
#[derive(Debug, Clone)]
pub struct Probe {
    reader: Arc<Credential>,
}

/// The domains that were told, each with whether it failed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation(Vec<(String, bool)>);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Document {
    status: Option<Listed<Object<Domain>, 1_000>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Domain {
    #[serde(deserialize_with = "claim")]
    domain: Option<String>,
    #[serde(deserialize_with = "claim")]
    is_failed_over: Option<bool>,
}

impl Document {
    /// The domains of which it is said.
    fn read(self) -> Observation {
        let domains = self.status.into_iter().flat_map(|Listed(domains)| domains);
        let told = domains.filter_map(|Object(domain)| {
            let Domain {
                domain,
                is_failed_over,
            } = domain?;
            Some((label::name(&domain?), is_failed_over?))
        });
        Observation(told.collect())
    }
}

impl Kind for Probe {
    const KIND: &'static str = "disaster_recovery";
    const FAMILIES: &'static [&'static Family] = &[&FAILED_OVER];

    type Observation = Observation;
    type Memory = ();

    fn credentials(&self) -> Vec<&Credential> {
        vec![&self.reader]
    }

    async fn run(&self, okta: &Session<'_>, (): &()) -> ProbeResult<Observation> {
        let request = Request::get(Self::KIND, PATH)
            .for_document()
            .for_disaster_recovery();
        let asked = async {
            let response = okta.ask(request.with(Some(&self.reader))).await?;
            Ok(response.json::<Document>().await?.read())
        };
        match asked.await {
            Ok(seen) => Ok(seen).into(),
            // What is withheld is unknown; what a disturbance kept from being read is as it was.
            Err(failure) => ProbeResult {
                observation: is_about_this_path(&failure).then(|| Observation(Vec::new())),
                failure: Some(failure.of_disaster_recovery()),
            },
        }
    }

    fn findings(known: &Known<'_, Self>, _now: OktaTime) -> Vec<Finding> {
        let domains = known
            .observation
            .into_iter()
            .flat_map(|Observation(domains)| domains);
        let finding = |(domain, _): &(String, bool)| {
            let what = format!("{domain} is served from where Okta recovers from a disaster");
            Finding::new(Fact::FailedOver, what).about(domain)
        };
        domains
            .filter(|(_, is_failed_over)| *is_failed_over)
            .map(finding)
            .collect()
    }

    fn dropped(known: &Known<'_, Self>) -> usize {
        known.observation.map_or(0, |seen| seen.kept().dropped)
    }

    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        let kept = known
            .observation
            .into_iter()
            .flat_map(|seen| seen.kept().kept);
        for (domain, is_failed_over) in kept {
            page.push(
                &FAILED_OVER,
                &[scope.org, domain],
                f64::from(*is_failed_over),
            );
        }
    }
}

impl Observation {
    fn kept(&self) -> Capped<&(String, bool)> {
        cap(&self.0, MOST, |(_, is_failed_over)| *is_failed_over)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(document: Value) -> Vec<(String, bool)> {
        serde_json::from_value::<Document>(document)
            .unwrap()
            .read()
            .0
    }

    #[test]
    fn a_domain_is_read_as_far_as_it_is_told() {
        let told = json!({"status": [
            {"domain": "acme.okta.com", "isFailedOver": false},
            {"domain": "login.acme.com", "isFailedOver": true, "since": "x"},
            {"domain": "unsaid.acme.com", "isFailedOver": null},
            {"isFailedOver": true}, null, 7, "acme.okta.com",
        ]});
        let known = [("acme.okta.com", false), ("login.acme.com", true)];
        assert_eq!(
            read(told),
            known.map(|(domain, is)| (domain.to_owned(), is))
        );
        for nothing in [json!({}), json!({"status": null}), json!({"status": []})] {
            assert_eq!(read(nothing.clone()), [], "{nothing}");
        }
        let long = json!({"status": [{"domain": "x\n".repeat(5_000), "isFailedOver": true}]});
        assert!(read(long)[0].0.chars().count() <= 64);
    }

    #[test]
    fn of_very_many_domains_those_that_failed_over_are_kept() {
        let all = (0..MOST + 5)
            .map(|n| (n.to_string(), n == MOST + 4))
            .collect();
        let seen = Observation(all);
        let kept = seen.kept();
        assert_eq!((kept.kept[0].0.as_str(), kept.dropped), ("54", 5));
    }
}
