//! Does the org answer, and as the issuer one expects? Each run connects anew, so that DNS, TCP,
//! TLS and the certificate are looked at as a new client would meet them. The certificate's end
//! and the clock skew are read from every exchange, in the ledger.

use serde::Deserialize;

use super::{Kind, ProbeResult, Problem, Scope};
use crate::{
    metrics::{Family, Page},
    okta::{Failure, Request, Session},
    units::{Interval, OrgUrl},
};

const UP: Family = Family::gauge(
    "okta_org_up",
    "1 if the org's discovery document was served with the expected issuer, else 0.",
    &["org"],
);

/// What may be written under `probes.discovery`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How often to ask.
    pub interval: Option<Interval>,
    /// How long a request may take.
    pub timeout: Option<Interval>,
    /// The issuer to expect, where it is not the org's URL.
    pub issuer: Option<String>,
}

/// The probe.
#[derive(Debug, Clone)]
pub struct Probe {
    issuer: String,
}

impl Settings {
    /// From settings to a probe.
    pub fn plan(&self, org: &OrgUrl) -> Result<Probe, Vec<Problem>> {
        let issuer = self.issuer.clone().unwrap_or_else(|| org.to_string());
        if issuer.starts_with("https://") || issuer.starts_with("http://") {
            Ok(Probe { issuer })
        } else {
            Err(vec![Problem::new(
                "issuer",
                format!(
                    "`{issuer}` is not an issuer: write it as the discovery document does, like `https://acme.okta.com`"
                ),
            )])
        }
    }
}

/// Whether the org is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    up: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
}

impl Kind for Probe {
    const KIND: &'static str = "discovery";
    type Seen = Seen;

    async fn run(&self, okta: &Session<'_>) -> ProbeResult<Seen> {
        let failure = self.look(okta).await.err();
        ProbeResult {
            seen: Some(Seen {
                up: failure.is_none(),
            }),
            failure,
        }
    }
}

impl Probe {
    async fn look(&self, okta: &Session<'_>) -> Result<(), Failure> {
        let ask =
            Request::get(Self::KIND, "/.well-known/openid-configuration").over_new_connection();
        let Document { issuer } = okta.ask(ask).await?.json()?;
        if issuer == self.issuer {
            return Ok(());
        }
        let issuer: String = issuer
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect();
        Err(Failure::Mismatch(format!(
            "the discovery document names the issuer `{issuer}`, not `{}`: another org answers here, or \
             `probes.discovery.issuer` must name it",
            self.issuer
        )))
    }
}

impl super::Seen for Seen {
    const FAMILIES: &'static [&'static Family] = &[&UP];

    fn draw(&self, scope: Scope<'_>, page: &mut Page) {
        page.push(&UP, &[scope.org], f64::from(self.up));
    }
}
