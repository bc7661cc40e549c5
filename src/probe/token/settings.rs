//! What may be written under `probes.token.NAME`, and what is wrong with it.

use std::{path::PathBuf, sync::Arc};

use serde::Deserialize;

use super::{
    ask::{Client, Probe},
    judge::Expect,
};
use crate::{
    okta::{AuthorizationServer, OneOrMany, TokenKind},
    probe::{
        kind::{Access, Place},
        plan::PlanContext,
        problem::Problem,
        secrets::{HeldSecret, Secrets},
    },
    units::{Interval, Secret},
};

/// What may be written under `probes.token.NAME`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// A file that holds the access token; read at every run.
    access_token_file: Option<PathBuf>,
    /// An environment variable that holds it.
    access_token_env: Option<String>,
    /// The token itself, discouraged.
    access_token: Option<Secret>,
    /// Where and how to introspect; left out, Okta is not asked whether the token is active.
    introspect: Option<Introspect>,
    /// What the token is expected to say.
    expect: Expected,
}

/// What may be written under `introspect`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Introspect {
    /// The server that minted the token; left out, the token's issuer tells.
    authorization_server: Option<String>,
    client_id: Option<String>,
    /// A file that holds its secret.
    client_secret_file: Option<PathBuf>,
    /// An environment variable that holds it.
    client_secret_env: Option<String>,
    /// The secret itself, discouraged.
    client_secret: Option<Secret>,
}

/// What may be written under `expect`.
#[derive(Debug, Clone, Default, Deserialize)]
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
        let client = self.introspect.as_ref().map(|introspect| HeldSecret {
            within: "introspect",
            name: "client_secret",
            secrets: introspect.client_secret(),
        });
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

impl Introspect {
    fn client_secret(&self) -> Secrets {
        Secrets {
            inline: self.client_secret.clone(),
            file: self.client_secret_file.clone(),
            env: self.client_secret_env.clone(),
        }
    }

    fn plan(
        &self,
        context: &PlanContext<'_>,
    ) -> Result<(Option<AuthorizationServer>, Client), Vec<Problem>> {
        let within = |problem: Problem| Problem {
            field: format!("introspect.{}", problem.field),
            ..problem
        };
        let mut problems = Vec::new();
        let server = match self
            .authorization_server
            .as_deref()
            .map(AuthorizationServer::parse)
            .transpose()
        {
            Ok(server) => server,
            Err(bad) => {
                problems.push(within(Problem::new(
                    "authorization_server",
                    bad.to_string(),
                )));
                None
            }
        };
        let secret = self
            .client_secret()
            .source("client_secret", context.secrets)
            .map_err(|p| problems.push(within(p)))
            .ok();
        if self.client_id.as_deref().is_none_or(str::is_empty) {
            problems.push(Problem::new(
                "introspect.client_id",
                "missing: name the client that introspects",
            ));
        }
        match (self.client_id.clone(), secret) {
            (Some(id), Some(secret)) if problems.is_empty() => Ok((server, Client { id, secret })),
            _ => Err(problems),
        }
    }
}
