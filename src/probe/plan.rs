//! From a probe's settings to a probe: what the settings may refer to, and what is wrong with them.

use std::{collections::BTreeMap, sync::Arc};

use super::{candidate::Candidate, problem::Problem, secrets::SecretContext};
use crate::{
    okta::{Credential, OAuthApp},
    units::Name,
};

/// What the settings of a probe may refer to.
#[derive(Debug, Clone, Copy)]
pub struct PlanContext<'a> {
    /// The org's credentials; none for a status page, which belongs to no org.
    pub credentials: &'a BTreeMap<Name, Arc<Credential>>,
    /// Where secrets may be.
    pub secrets: SecretContext<'a>,
}

impl PlanContext<'_> {
    /// The credential of this name; none is none.
    pub fn credential(&self, name: Option<&str>) -> Result<Option<Arc<Credential>>, Problem> {
        let Some(name) = name else { return Ok(None) };
        let found = self
            .credentials
            .iter()
            .find(|(known, _)| known.as_str() == name);
        if let Some((_, credential)) = found {
            return Ok(Some(Arc::clone(credential)));
        }
        let known: Vec<&str> = self.credentials.keys().map(Name::as_str).collect();
        let fix = if known.is_empty() {
            "define it under the org's `credentials`".to_owned()
        } else {
            format!("defined here: {}", known.join(", "))
        };
        Err(Problem::new(
            "credential",
            format!("no credential is named `{name}`: {fix}"),
        ))
    }

    /// The credential of this name, which must ask for the scope that this path needs.
    pub fn credential_for(
        &self,
        name: Option<&str>,
        path: &str,
    ) -> Result<Option<Arc<Credential>>, Problem> {
        let credential = self.credential(name)?;
        if let Some(credential) = &credential {
            reads_one(credential, &[path])?;
        }
        Ok(credential)
    }

    /// The credential of this name, else the org's best for these paths (see
    /// [`Candidate::reader`]); it must be able to read one of them.
    pub fn reader(&self, name: Option<&str>, paths: &[&str]) -> Result<Arc<Credential>, Problem> {
        let named = self.credential(name)?;
        let credential = named.or_else(|| {
            let all: Vec<Candidate<'_>> = self
                .credentials
                .values()
                .map(|c| Candidate::from(&**c))
                .collect();
            let best = Candidate::reader(&all, paths).or(all.first())?;
            self.credential(Some(best.name)).ok()?
        });
        let Some(credential) = credential else {
            return Err(Problem::new(
                "credential",
                "there is none to ask with: define one under the org's `credentials`",
            ));
        };
        reads_one(&credential, paths).map(|()| credential)
    }
}

/// Whether a credential asks for the scope that one of these paths needs.
fn reads_one(credential: &Credential, paths: &[&str]) -> Result<(), Problem> {
    let candidate = Candidate::from(credential);
    let mut lacking = Vec::new();
    for path in paths {
        match candidate.lacks(path) {
            None => return Ok(()),
            Some(scope) => lacking.push((path, scope)),
        }
    }
    let Some((path, scope)) = lacking.first() else {
        return Ok(());
    };
    let fix = if credential.app().is_some_and(OAuthApp::asks_the_org) {
        "add it to its `oauth.scopes`, and grant it at Admin Console > Applications > the app > Okta API Scopes"
    } else {
        "leave its `authorization_server` out, since only the org's own grants it, and add it to its `oauth.scopes`"
    };
    let name = &credential.name;
    Err(Problem::new(
        "credential",
        format!("`{name}` does not ask for the scope {scope}, which {path} needs: {fix}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        okta::{AuthMethod, ClientAuth, Dpop, OAuthSettings, SecretReloads, SecretSource},
        probe::secrets::SecretContext,
    };

    fn secret() -> SecretSource {
        SecretSource::Given("s3cr3t".into())
    }

    fn app(scope: &str, token_path: &str) -> AuthMethod {
        AuthMethod::OAuth(Box::new(OAuthApp::new(OAuthSettings {
            client_id: "0oa1".to_owned(),
            auth: ClientAuth::ClientSecretPost(secret()),
            scopes: vec![scope.to_owned()],
            token_path: token_path.to_owned(),
            dpop: Dpop::Auto,
        })))
    }

    /// What is found among an API token and two service apps.
    fn found<T>(find: impl FnOnce(&PlanContext<'_>) -> T) -> T {
        let org = "/oauth2/v1/token";
        let methods = [
            ("elsewhere", app("okta.users.read", "/oauth2/aus1/v1/token")),
            ("logs", app("okta.logs.read", org)),
            ("monitor", AuthMethod::ApiToken(secret())),
        ];
        let credentials = methods.map(|(name, method)| {
            let name: Name = name.parse().unwrap();
            let credential = Credential {
                name: name.clone(),
                method,
                principal_id: None,
            };
            (name, Arc::new(credential))
        });
        let context = PlanContext {
            credentials: &credentials.into(),
            secrets: SecretContext {
                environment: &BTreeMap::new(),
                reloads: &SecretReloads::default(),
                are_read: true,
            },
        };
        find(&context)
    }

    fn named(found: Result<Arc<Credential>, Problem>) -> Result<String, String> {
        let found = found.map(|credential| credential.name.to_string());
        found.map_err(|problem| problem.message)
    }

    #[test]
    fn a_credential_is_found_by_its_name_and_must_ask_for_what_the_path_needs() {
        let of = |name: Option<&str>, path: &str| {
            let credential = found(|context| context.credential_for(name, path));
            credential.map(|one| one.map(|one| one.name.to_string()))
        };
        let (users, logs) = ("/api/v1/users", "/api/v1/logs");
        assert_eq!(of(None, users), Ok(None));
        assert_eq!(of(Some("monitor"), users), Ok(Some("monitor".to_owned())));
        assert_eq!(of(Some("logs"), logs), Ok(Some("logs".to_owned())));
        let unknown = of(Some("nobody"), users).unwrap_err().message;
        let all = "no credential is named `nobody`: defined here: elsewhere, logs, monitor";
        assert_eq!(unknown, all);
        let lacking = of(Some("logs"), users).unwrap_err().message;
        assert!(lacking.contains("scope okta.users.read, which /api/v1/users needs: add it to"));
        let elsewhere = of(Some("elsewhere"), logs).unwrap_err().message;
        assert!(
            elsewhere.contains("leave its `authorization_server` out"),
            "{elsewhere}"
        );
    }

    #[test]
    fn the_reader_of_several_paths_is_the_one_that_may_read_most_of_them() {
        let reader = |name, paths: &[&str]| named(found(|context| context.reader(name, paths)));
        let (users, logs) = ("/api/v1/users", "/api/v1/logs");
        assert_eq!(reader(None, &[users, logs]).as_deref(), Ok("monitor"));
        assert_eq!(reader(None, &[logs]).as_deref(), Ok("logs"));
        assert_eq!(reader(Some("logs"), &[users, logs]).as_deref(), Ok("logs"));
        let lacking = reader(Some("logs"), &[users]).unwrap_err();
        assert!(lacking.contains("`logs` does not ask for"), "{lacking}");
        let nobody = PlanContext {
            credentials: &BTreeMap::new(),
            secrets: SecretContext {
                environment: &BTreeMap::new(),
                reloads: &SecretReloads::default(),
                are_read: true,
            },
        };
        let nobody = named(nobody.reader(None, &[users])).unwrap_err();
        assert!(nobody.starts_with("there is none to ask with"), "{nobody}");
    }
}
