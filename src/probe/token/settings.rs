//! What may be written under `probes.token.NAME`, and what is wrong with it.

use std::path::PathBuf;

use serde::Deserialize;

use super::{Client, Expect, Probe};
use crate::{
    okta::AuthorizationServer,
    probe::{PlanContext, Problem, Secrets},
    units::{Interval, Secret},
};

/// What may be written under `probes.token.NAME`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// A file that holds the access token; read at every run.
    pub access_token_file: Option<PathBuf>,
    /// An environment variable that holds it.
    pub access_token_env: Option<String>,
    /// The token itself, discouraged.
    pub access_token: Option<Secret>,
    /// Where and how to introspect; left out, Okta is not asked whether the token is active.
    pub introspect: Option<Introspect>,
    /// What the token is expected to say.
    pub expect: Expected,
    /// How often to look.
    pub interval: Option<Interval>,
    /// How long a request may take.
    pub timeout: Option<Interval>,
}

/// What may be written under `introspect`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Introspect {
    /// The server that minted the token; left out, the token's issuer tells.
    pub authorization_server: Option<String>,
    /// The client that asks.
    pub client_id: Option<String>,
    /// A file that holds its secret.
    pub client_secret_file: Option<PathBuf>,
    /// An environment variable that holds it.
    pub client_secret_env: Option<String>,
    /// The secret itself, discouraged.
    pub client_secret: Option<Secret>,
}

/// What may be written under `expect`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expected {
    /// The issuer.
    pub issuer: Option<String>,
    /// The audience.
    pub audience: Option<String>,
    /// The scopes that the token's user needs.
    pub scopes: Vec<String>,
}

impl Settings {
    /// From settings to a probe.
    pub fn plan(&self, context: PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let Self {
            access_token_file,
            access_token_env,
            access_token,
            introspect,
            expect,
            interval: _,
            timeout: _,
        } = self;
        let mut problems = Vec::new();
        let secrets = Secrets {
            inline: access_token.clone(),
            file: access_token_file.clone(),
            env: access_token_env.clone(),
        };
        let token = secrets
            .source("access_token", context.secrets)
            .map_err(|p| problems.push(p))
            .ok();
        let (server, client) = match introspect
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
            issuer: expect.issuer.clone(),
            audience: expect.audience.clone(),
            scopes: expect.scopes.clone().into(),
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

impl Introspect {
    fn plan(
        &self,
        context: PlanContext<'_>,
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
        let secrets = Secrets {
            inline: self.client_secret.clone(),
            file: self.client_secret_file.clone(),
            env: self.client_secret_env.clone(),
        };
        let secret = secrets
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
