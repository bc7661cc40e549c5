//! What may be written under `introspect` of a token, and which client it makes.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    okta::{AuthorizationServer, ClientAuth, OAuthApp, OAuthClient, PrivateKey, SecretSource},
    probe::{
        plan::PlanContext,
        problem::Problem,
        secrets::{HeldSecret, Secrets},
    },
    units::Secret,
};

const WITHIN: &str = "introspect";

/// What may be written under `introspect`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Introspect {
    /// The server that minted the token; left out, the token's issuer tells.
    authorization_server: Option<String>,
    /// A credential with `oauth` whose client introspects, in place of all below.
    credential: Option<String>,
    /// The id of a client of its own.
    client_id: Option<String>,
    /// How the client authenticates; left out, what is given tells.
    client_auth: Option<Method>,
    /// A file that holds its secret.
    client_secret_file: Option<PathBuf>,
    /// An environment variable that holds it.
    client_secret_env: Option<String>,
    /// The secret itself, discouraged.
    #[schemars(with = "Option<String>")]
    client_secret: Option<Secret>,
    /// A file that holds its private key.
    private_key_file: Option<PathBuf>,
    /// An environment variable that holds it.
    private_key_env: Option<String>,
    /// The key itself, discouraged.
    #[schemars(with = "Option<String>")]
    private_key: Option<Secret>,
    /// The id that Okta knows the key by.
    key_id: Option<String>,
}

/// How a client authenticates, in the words of OpenID Connect's registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Method {
    /// With a JWT that it signs.
    PrivateKeyJwt,
    /// With id and secret in the `Authorization` header.
    ClientSecretBasic,
    /// With id and secret in the form.
    ClientSecretPost,
    /// By its id alone: a public client.
    None,
}

impl Introspect {
    /// The secrets that may be given here.
    pub(super) fn secrets(&self) -> Vec<HeldSecret> {
        let held = |name, secrets| HeldSecret {
            within: WITHIN,
            name,
            secrets,
        };
        vec![
            held("client_secret", self.client_secret()),
            held("private_key", self.private_key()),
        ]
    }

    fn client_secret(&self) -> Secrets {
        Secrets {
            inline: self.client_secret.clone(),
            file: self.client_secret_file.clone(),
            env: self.client_secret_env.clone(),
        }
    }

    fn private_key(&self) -> Secrets {
        Secrets {
            inline: self.private_key.clone(),
            file: self.private_key_file.clone(),
            env: self.private_key_env.clone(),
        }
    }

    /// The server to ask, where one is named, and who asks it.
    pub(super) fn plan(
        &self,
        context: &PlanContext<'_>,
    ) -> Result<(Option<AuthorizationServer>, OAuthClient), Vec<Problem>> {
        let mut problems = Vec::new();
        let server = self.authorization_server.as_deref();
        let server = server.map(AuthorizationServer::parse).transpose();
        let server = server.unwrap_or_else(|bad| {
            problems.push(Problem::new("authorization_server", bad.to_string()));
            None
        });
        let client = match &self.credential {
            Some(name) => self.credentials_client(name, context).map_err(|p| vec![p]),
            None => self.own_client(context),
        };
        match client {
            Ok(client) if problems.is_empty() => return Ok((server, client)),
            Ok(_) => {}
            Err(found) => problems.extend(found),
        }
        Err(problems.into_iter().map(within).collect())
    }

    /// The client of a credential that is defined beside it.
    fn credentials_client(
        &self,
        name: &str,
        context: &PlanContext<'_>,
    ) -> Result<OAuthClient, Problem> {
        let wrong = |what: String| Problem::new("credential", what);
        let others = self.client_id.is_some()
            || self.client_auth.is_some()
            || self.client_secret().is_given()
            || self.private_key().is_given();
        if others {
            return Err(wrong(
                "given beside a client: keep one of the two".to_owned(),
            ));
        }
        let credential = context.credential(Some(name))?;
        let app = credential
            .as_deref()
            .and_then(|credential| credential.app());
        app.map(OAuthApp::client).ok_or_else(|| {
            wrong(format!(
                "`{name}` has no client: name a credential that has `oauth`"
            ))
        })
    }

    /// The client that is written here.
    fn own_client(&self, context: &PlanContext<'_>) -> Result<OAuthClient, Vec<Problem>> {
        let auth = self.auth(context);
        let id = self.client_id.clone().filter(|id| !id.is_empty());
        let id = id
            .ok_or_else(|| Problem::new("client_id", "missing: name the client that introspects"));
        match (id, auth) {
            (Ok(id), Ok(auth)) => Ok(OAuthClient { id, auth }),
            (id, auth) => Err(id.err().into_iter().chain(auth.err()).collect()),
        }
    }

    fn auth(&self, context: &PlanContext<'_>) -> Result<ClientAuth, Problem> {
        let (key, secret) = (self.private_key(), self.client_secret());
        let method = match (self.client_auth, key.is_given(), secret.is_given()) {
            (_, true, true) => {
                let what = "it holds both a `private_key` and a `client_secret`: keep one";
                return Err(Problem::new("client_secret", what));
            }
            (Some(Method::None), true, _) | (Some(Method::None), _, true) => {
                let what = "`none` is a public client, which has neither secret nor key";
                return Err(Problem::new("client_auth", what));
            }
            (Some(method), ..) => method,
            (None, true, _) => Method::PrivateKeyJwt,
            (None, false, _) => Method::ClientSecretBasic,
        };
        let secret = || secret.source("client_secret", context.secrets);
        Ok(match method {
            Method::None => ClientAuth::Public,
            Method::ClientSecretBasic => ClientAuth::ClientSecretBasic(secret()?),
            Method::ClientSecretPost => ClientAuth::ClientSecretPost(secret()?),
            Method::PrivateKeyJwt => {
                let (source, field) = key.place("private_key", context.secrets)?;
                if key.is_read(context.secrets) {
                    let wrong = |why: String| Problem::new(field.clone(), why);
                    let text = source
                        .soon(SecretSource::read_text)
                        .map_err(|e| wrong(e.to_string()))?;
                    PrivateKey::read(&text, None)
                        .map_err(|e| wrong(format!("no private key that can be used: {e}")))?;
                }
                ClientAuth::PrivateKeyJwt {
                    key: source,
                    key_id: self.key_id.clone().filter(|id| !id.is_empty()),
                    algorithm: None,
                }
            }
        })
    }
}

fn within(problem: Problem) -> Problem {
    Problem {
        field: format!("{WITHIN}.{}", problem.field),
        ..problem
    }
}
