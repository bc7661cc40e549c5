//! Does the org answer, and as the issuer one expects? Each run connects anew, so that DNS, TCP,
//! TLS and the certificate are looked at as a new client would meet them. The certificate's end
//! and the clock skew are read from every exchange, in the [`fleet`](crate::fleet)'s ledger.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ask::Ask,
    candidate::Candidate,
    kind::{Access, Kind, Known, Place, ProbeResult, Scope},
    plan::PlanContext,
    problem::Problem,
};
use crate::{
    metrics::{Family, Page},
    okta::{Failure, Request, Session},
    units::{Interval, is_hidden},
};

const UP: Family = Family::gauge(
    "okta_org_up",
    "1 if the org's discovery document was served with the expected issuer, else 0.",
    &["org"],
);

/// Where the discovery document is.
const PATH: &str = "/.well-known/openid-configuration";

/// What may be written under `probes.discovery`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The issuer to expect, where it is not the org's URL.
    issuer: Option<String>,
}

impl super::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Once;
    const INTERVAL: Interval = Interval::seconds(60);
    const ACCESS: Access = Access::Public;

    fn by_default(_credentials: &[Candidate<'_>]) -> Option<Value> {
        Some(json!({}))
    }

    fn plan(&self, _name: &str, _context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let is_issuer = |text: &String| text.starts_with("https://") || text.starts_with("http://");
        match &self.issuer {
            Some(issuer) if !is_issuer(issuer) => Err(vec![Problem::new(
                "issuer",
                format!(
                    "`{issuer}` is not an issuer: write it as the discovery document does, like `https://acme.okta.com`"
                ),
            )]),
            issuer => Ok(Probe {
                issuer: issuer.clone(),
            }),
        }
    }
}

/// Asks for the discovery document.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The issuer to expect; `None` is the org's URL.
    issuer: Option<String>,
}

/// Whether the org is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    up: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
}

impl Kind for Probe {
    const KIND: &'static str = "discovery";
    const FAMILIES: &'static [&'static Family] = &[&UP];

    type Observation = Observation;
    type Memory = ();

    fn asks(&self, _access: Access) -> Vec<Ask<'_>> {
        vec![Ask::get(Self::KIND, PATH)]
    }

    async fn run(&self, okta: &Session<'_>, (): &()) -> ProbeResult<Observation> {
        let failure = self.compare_issuer(okta).await.err();
        ProbeResult {
            observation: match &failure {
                Some(failure) if failure.is_own() => None,
                failure => Some(Observation {
                    up: failure.is_none(),
                }),
            },
            failure,
        }
    }

    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        let up = known.observation.map(|seen| f64::from(seen.up));
        page.push_some(&UP, &[scope.org], up);
    }
}

impl Probe {
    async fn compare_issuer(&self, okta: &Session<'_>) -> Result<(), Failure> {
        let request = Request::get(Self::KIND, PATH)
            .for_document()
            .over_new_connection();
        let Document { issuer } = okta.ask(request).await?.json().await?;
        let org = okta.origin().as_str().trim_end_matches('/');
        let expected = self.issuer.as_deref().unwrap_or(org);
        if issuer == expected {
            return Ok(());
        }
        let issuer: String = issuer
            .chars()
            .filter(|c| !is_hidden(*c))
            .take(200)
            .collect();
        Err(Failure::Mismatch(format!(
            "the discovery document names the issuer `{issuer}`, not `{expected}`: another org answers here, or \
             `probes.discovery.issuer` must name it"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{borrow::Cow, collections::BTreeMap, time::Duration};

    use crate::{
        okta::SecretReloads,
        probe::secrets::SecretContext,
        units::{OktaTime, Timestamp},
    };

    #[test]
    fn an_issuer_is_written_as_a_url() {
        let (credentials, environment) = (BTreeMap::new(), BTreeMap::new());
        let context = PlanContext {
            credentials: &credentials,
            secrets: SecretContext {
                environment: &environment,
                reloads: &SecretReloads::default(),
                are_read: true,
            },
        };
        let planned = |issuer: Option<&str>| {
            let issuer = issuer.map(str::to_owned);
            let settings = Settings { issuer };
            let probe = super::super::kind::Settings::plan(&settings, "", &context);
            probe.map(|probe| probe.issuer)
        };
        for issuer in ["https://acme.okta.com", "http://127.0.0.1:1"] {
            assert_eq!(planned(Some(issuer)), Ok(Some(issuer.to_owned())));
        }
        assert_eq!(planned(None), Ok(None));
        for bad in ["acme.okta.com", "", "ftp://acme.okta.com"] {
            let problems = planned(Some(bad)).unwrap_err();
            assert_eq!(problems[0].field, "issuer", "{bad}");
        }
    }

    #[test]
    fn an_org_is_up_or_down_and_before_the_first_look_neither() {
        let drawn = |observation: Option<Observation>| {
            let known = Known {
                observation: observation.as_ref(),
                memory: Cow::Owned(()),
                interval: Duration::ZERO,
            };
            let scope = Scope {
                org: "acme",
                name: "",
                now: Timestamp::UNIX_EPOCH,
                at_okta: OktaTime::default(),
            };
            let mut page = Page::new();
            Probe::draw(&known, scope, &mut page);
            page.test_series()
        };
        let up = |up| drawn(Some(Observation { up }));
        assert_eq!(up(true), [r#"okta_org_up{org="acme"} 1"#]);
        assert_eq!(up(false), [r#"okta_org_up{org="acme"} 0"#]);
        assert_eq!(drawn(None), [""; 0]);
    }
}
