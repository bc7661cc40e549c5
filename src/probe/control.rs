//! Does a host answer that is not the org itself? Where the org is silent, that tells whose fault it is.
//! A host of Okta's is asked for its organization document, which is public, in no limit, and names its
//! cell; any other for the head of `/`, and whatever it answers is an answer. No credential goes along.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    ask::Ask,
    kind::{Access, Kind, Known, Place, ProbeResult, Scope},
    organization,
    plan::PlanContext,
    problem::Problem,
};
use crate::{
    metrics::{Family, Page},
    okta::{Failure, ORGANIZATION_PATH, Organization, Reason, Request, Session},
    units::{Interval, OrgUrl},
};

/// A host, as it is written in a list of `controls`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Settings(String);

impl super::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Host;
    /// As soon as an org's own light probe.
    const INTERVAL: Interval = Interval::seconds(60);
    const ACCESS: Access = Access::Public;

    fn plan(&self, _name: &str, _context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let text = self.0.trim();
        let url = if text.contains("://") {
            text.parse()
        } else {
            format!("https://{text}").parse()
        };
        let url: OrgUrl = url.map_err(|why: crate::units::BadUrl| {
            vec![Problem::new(
                "",
                format!("a control is the name of a host, like `www.example.com`: {why}"),
            )]
        })?;
        Ok(Probe {
            api: format!("{}/{}", Probe::KIND, url.authority()),
            url,
        })
    }
}

/// Asks a host whether it is there.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The `api` label of its requests, and the probe's whole name.
    api: String,
    url: OrgUrl,
}

/// What the host showed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observation {
    /// Where it is an org of Okta's: what its organization document says.
    pub organization: Option<organization::Observation>,
}

impl Probe {
    /// The host's address, which its client connects to.
    pub fn url(&self) -> &OrgUrl {
        &self.url
    }

    /// `control/HOST`: the `probe` label.
    pub fn id(&self) -> &str {
        &self.api
    }

    /// An address has no name to tell by: it may be Okta's.
    fn may_be_oktas(&self) -> bool {
        self.url.is_oktas() || self.url.is_address()
    }

    async fn organization(&self, okta: &Session<'_>) -> Result<Organization, Failure> {
        let request = Request::get(self.api.clone(), ORGANIZATION_PATH).for_document();
        okta.ask(request).await?.json().await
    }
}

impl Kind for Probe {
    const KIND: &'static str = "control";
    /// What every probe has is enough.
    const FAMILIES: &'static [&'static Family] = &[];

    type Observation = Observation;
    type Memory = ();

    fn asks(&self, _access: Access) -> Vec<Ask<'_>> {
        if self.may_be_oktas() {
            return vec![Ask::get(self.api.as_str(), ORGANIZATION_PATH)];
        }
        vec![Ask {
            method: "HEAD",
            ..Ask::get(self.api.as_str(), "/")
        }]
    }

    async fn run(&self, okta: &Session<'_>, (): &()) -> ProbeResult<Observation> {
        let any_answer = |failure: Failure| {
            if is_an_answer(&failure) {
                Ok(Observation::default())
            } else {
                Err(failure)
            }
        };
        if !self.may_be_oktas() {
            let answer = okta.ask(Request::head(self.api.clone(), "/")).await;
            let answer = answer.map(|_| Observation::default());
            return answer.or_else(any_answer).into();
        }
        let read = self
            .organization(okta)
            .await
            .map(|organization| Observation {
                organization: Some(organization.into()),
            });
        if self.url.is_oktas() {
            read.into()
        } else {
            read.or_else(any_answer).into()
        }
    }

    fn draw(_known: &Known<'_, Self>, _scope: Scope<'_>, _page: &mut Page) {}
}

/// True where something came back, whatever it was.
fn is_an_answer(failure: &Failure) -> bool {
    matches!(
        failure.reason(),
        Reason::HttpStatus
            | Reason::RateLimited
            | Reason::ConcurrencyLimited
            | Reason::Unauthorized
            | Reason::Forbidden
            | Reason::InvalidBody
            | Reason::TooLarge
            | Reason::Redirect
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use crate::{okta::SecretReloads, probe::secrets::SecretContext};

    fn planned(host: &str) -> Result<Probe, String> {
        let (credentials, environment) = (BTreeMap::new(), BTreeMap::new());
        let context = PlanContext {
            credentials: &credentials,
            secrets: SecretContext {
                environment: &environment,
                reloads: &SecretReloads::default(),
                are_read: true,
            },
        };
        let settings = Settings(host.to_owned());
        let planned = crate::probe::kind::Settings::plan(&settings, "", &context);
        planned.map_err(|problems| problems[0].message.clone())
    }

    #[test]
    fn a_host_of_oktas_is_asked_for_its_organization_and_any_other_for_its_head() {
        let organization = ("GET", ORGANIZATION_PATH);
        for (host, id, asked) in [
            ("beta.okta.com", "control/beta.okta.com", organization),
            (
                " www.example.com ",
                "control/www.example.com",
                ("HEAD", "/"),
            ),
            (
                "login.acme.com:8443",
                "control/login.acme.com:8443",
                ("HEAD", "/"),
            ),
            (
                "https://b.oktapreview.com",
                "control/b.oktapreview.com",
                organization,
            ),
            (
                "http://127.0.0.1:8080",
                "control/127.0.0.1:8080",
                organization,
            ),
        ] {
            let probe = planned(host).unwrap();
            assert_eq!(probe.id(), id);
            let asks = probe.asks(Access::Public);
            assert_eq!((asks[0].method, &*asks[0].path), asked, "{host}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused_with_what_to_write() {
        for (host, told) in [
            ("www.example.com/health", "drop `/health`"),
            ("http://www.example.com", "write `https://www.example.com`"),
            ("a.okta.com,b.okta.com", "an entry of its own for each"),
            ("me:s3cr3t@www.example.com", "before the `@`"),
        ] {
            let said = planned(host).unwrap_err();
            assert!(
                said.starts_with("a control is the name of a host"),
                "{said}"
            );
            assert!(said.contains(told) && !said.contains("s3cr3t"), "{said}");
        }
    }
}
