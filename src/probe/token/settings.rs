//! What may be written under `probes.token.NAME`, and what is wrong with it.

use std::{path::PathBuf, sync::Arc};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{ask::Probe, introspect::Introspect, judge::Expect};
use crate::{
    okta::{OneOrMany, TokenKind},
    probe::{
        kind::{Access, Place},
        plan::PlanContext,
        problem::Problem,
        secrets::{HeldSecret, Secrets},
    },
    units::{Interval, Secret},
};

/// What may be written under `probes.token.NAME`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// A file that holds the access token; read at every run.
    access_token_file: Option<PathBuf>,
    /// An environment variable that holds it.
    access_token_env: Option<String>,
    /// The token itself, discouraged.
    #[schemars(with = "Option<String>")]
    access_token: Option<Secret>,
    /// Where and how to introspect; left out, Okta is not asked whether the token is active.
    introspect: Option<Introspect>,
    /// What the token is expected to say.
    expect: Expected,
}

/// What may be written under `expect`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Expected {
    /// Who may have issued it: one, or several.
    issuer: Option<OneOrMany>,
    /// Whom it must be for: one, or any of several.
    audience: Option<OneOrMany>,
    /// The scopes that the token's user needs.
    scopes: Vec<String>,
}

impl crate::probe::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Named;
    const INTERVAL: Interval = Interval::seconds(60);
    /// The token proves itself, and the client that introspects it has a secret of its own.
    const ACCESS: Access = Access::Public;

    fn secrets(&self) -> Vec<HeldSecret> {
        let token = HeldSecret {
            within: "",
            name: "access_token",
            secrets: self.access_token(),
        };
        let client = self.introspect.iter().flat_map(Introspect::secrets);
        std::iter::once(token).chain(client).collect()
    }

    fn plan(&self, _name: &str, context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let mut problems = Vec::new();
        let token = self
            .access_token()
            .token("access_token", TokenKind::Access, context.secrets)
            .map_err(|p| problems.push(p))
            .ok();
        let (server, client) = match self
            .introspect
            .as_ref()
            .map(|introspect| introspect.plan(context))
        {
            None => (None, None),
            Some(Ok((server, client))) => (server, Some(client)),
            Some(Err(found)) => {
                problems.extend(found);
                (None, None)
            }
        };
        let expect = Expect {
            issuer: values(self.expect.issuer.as_ref()),
            audience: values(self.expect.audience.as_ref()),
            scopes: self.expect.scopes.clone().into(),
        };
        match token {
            Some(token) if problems.is_empty() => Ok(Probe {
                token,
                server,
                introspect: client,
                expect,
            }),
            _ => Err(problems),
        }
    }
}

/// Those that are written; an empty one is none.
fn values(written: Option<&OneOrMany>) -> Arc<[String]> {
    let values = written.cloned().map(OneOrMany::into_values);
    values
        .unwrap_or_default()
        .into_iter()
        .filter(|value| !value.is_empty())
        .collect()
}

impl Settings {
    fn access_token(&self) -> Secrets {
        Secrets {
            inline: self.access_token.clone(),
            file: self.access_token_file.clone(),
            env: self.access_token_env.clone(),
        }
    }
}
