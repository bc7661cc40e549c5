//! From `credentials.NAME.oauth` to a service app. What the app does is told by
//! [`OAuthApp`](crate::okta::OAuthApp).

use super::{
    problems::{Notes, SettingPath},
    schema::{self, ClientAuth as Method},
    secrets,
};
use crate::{
    okta::{AuthorizationServer, ClientAuth, OAuthApp, OAuthSettings, PrivateKey, SecretSource},
    probe::{Problem, SecretContext, Secrets},
};

/// What the org's own server calls its scopes, and no other.
const OKTA: &str = "okta.";

impl schema::OAuth {
    /// The app. What is wrong is told, and a stand-in is returned, so that the probes that use it
    /// are not called wrong as well.
    pub(super) fn resolve(
        mut self,
        context: SecretContext<'_>,
        at: &SettingPath,
        notes: &mut Notes,
    ) -> OAuthApp {
        let client_id = self.client_id.take().unwrap_or_default();
        let plain = |c: char| c.is_ascii_graphic() && c != ':';
        if client_id.is_empty() {
            let fix = "name the app's client id, like `0oa1b2c3d4e5f6g7h8i9`";
            notes.error(&at.field("client_id"), format!("missing: {fix}"));
        } else if !client_id.chars().all(plain) {
            let what = "it holds a character that no client id has";
            notes.error(&at.field("client_id"), what);
        }
        let server = self.server(at, notes);
        let auth = self.auth(&server, context, (at, notes));
        OAuthApp::new(OAuthSettings {
            client_id,
            auth: auth.unwrap_or_else(|problem| {
                notes.error(&at.field(&problem.field), problem.message);
                ClientAuth::ClientSecretPost(SecretSource::Given("".into()))
            }),
            scopes: self.scopes(&server, at, notes),
            token_path: server.path("token"),
            dpop: self.dpop.unwrap_or_default(),
        })
    }

    fn server(&self, at: &SettingPath, notes: &mut Notes) -> AuthorizationServer {
        let name = self.authorization_server.as_deref().unwrap_or("org");
        AuthorizationServer::parse(name).unwrap_or_else(|bad| {
            notes.error(&at.field("authorization_server"), bad);
            AuthorizationServer::org()
        })
    }

    fn scopes(
        &self,
        server: &AuthorizationServer,
        at: &SettingPath,
        notes: &mut Notes,
    ) -> Vec<String> {
        let at = at.field("scopes");
        let Some(scopes) = self.scopes.as_ref().filter(|scopes| !scopes.is_empty()) else {
            let fix = "list what the app may read, like `[okta.users.read, okta.logs.read]`";
            notes.error(&at, format!("missing: {fix}"));
            return Vec::new();
        };
        for scope in scopes {
            // RFC 6749, 3.3.
            let plain = |c: char| c.is_ascii_graphic() && !"\"\\".contains(c);
            if scope.is_empty() || !scope.chars().all(plain) {
                notes.error(
                    &at,
                    "one of them is no scope: write each as one word, in a list",
                );
            } else if scope.starts_with(OKTA) && server.is_custom() {
                let fix = "leave `authorization_server` out";
                notes.error(
                    &at,
                    format!(
                        "`{scope}` is granted by the org's own authorization server only: {fix}"
                    ),
                );
            }
        }
        let mut once = scopes.clone();
        once.sort();
        once.dedup();
        once
    }

    /// How the app authenticates: as written, else as what is given allows.
    fn auth(
        &self,
        server: &AuthorizationServer,
        context: SecretContext<'_>,
        (at, notes): (&SettingPath, &mut Notes),
    ) -> Result<ClientAuth, Problem> {
        let key = Secrets {
            inline: self.private_key.clone(),
            file: self.private_key_file.clone(),
            env: self.private_key_env.clone(),
        };
        let secret = Secrets {
            inline: self.client_secret.clone(),
            file: self.client_secret_file.clone(),
            env: self.client_secret_env.clone(),
        };
        let method = match (self.client_auth, key.is_given(), secret.is_given()) {
            (_, true, true) => {
                let fix = "keep one, best the key";
                let what = format!("it holds both a `private_key` and a `client_secret`: {fix}");
                return Err(Problem::new("", what));
            }
            (Some(method), ..) => method,
            (None, false, true) => Method::ClientSecretBasic,
            (None, ..) => Method::PrivateKeyJwt,
        };
        if method != Method::PrivateKeyJwt && !server.is_custom() {
            let field = if self.client_auth.is_some() {
                "client_auth"
            } else {
                "client_secret"
            };
            let fix = "give `private_key_file`, or name a custom `authorization_server`";
            let what = "the org's own authorization server takes no client secret of a service app";
            return Err(Problem::new(field, format!("{what}: {fix}")));
        }
        match method {
            Method::PrivateKeyJwt => self.key(&key, context, (at, notes)),
            Method::ClientSecretBasic | Method::ClientSecretPost => {
                let source = secret.source("client_secret", context)?;
                secrets::warn_of_exposure(&secret, "client_secret", at, notes);
                Ok(match method {
                    Method::ClientSecretPost => ClientAuth::ClientSecretPost(source),
                    _ => ClientAuth::ClientSecretBasic(source),
                })
            }
        }
    }

    fn key(
        &self,
        key: &Secrets,
        context: SecretContext<'_>,
        (at, notes): (&SettingPath, &mut Notes),
    ) -> Result<ClientAuth, Problem> {
        let (source, field) = key.place("private_key", context)?;
        if key.is_read(context) {
            let wrong = |why: String| Problem::new(field.clone(), why);
            let text = source
                .soon(SecretSource::read_text)
                .map_err(|e| wrong(e.to_string()))?;
            let read = PrivateKey::read(&text, self.algorithm)
                .map_err(|e| wrong(format!("no private key that can be used: {e}")))?;
            if self.key_id.as_deref().is_none_or(str::is_empty) && read.kid().is_none() {
                let fix =
                    "write the id that Admin Console > Applications > the app > General shows";
                notes.warn(
                    &at.field("key_id"),
                    format!("not given, and Okta may ask for it: {fix}"),
                );
            }
        }
        secrets::warn_of_exposure(key, "private_key", at, notes);
        Ok(ClientAuth::PrivateKeyJwt {
            key: source,
            key_id: self.key_id.clone().filter(|id| !id.is_empty()),
            algorithm: self.algorithm,
        })
    }
}
