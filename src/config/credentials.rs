//! From `orgs.NAME.credentials` to credentials. How a request carries one is [`okta`](crate::okta)'s.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    named::named,
    problems::{Notes, SettingPath},
    schema::{self, Named},
    secrets,
};
use crate::{
    okta::{AuthMethod, Credential, NO_CREDENTIAL, SecretSource, TokenKind},
    probe::{Problem, SecretContext, Secrets},
    units::{Name, Secret},
};

/// Okta's ids have 20 characters; a token has more than twice as many, and is none.
const LONGEST_ID: usize = 32;

/// The credentials of one org. A name whose settings are wrong is told and kept, so that the
/// probes that use it are not called wrong as well.
pub(super) fn credentials(
    written: Option<Named<schema::Credential>>,
    context: SecretContext<'_>,
    at: &SettingPath,
    notes: &mut Notes,
) -> BTreeMap<Name, Arc<Credential>> {
    let mut credentials = BTreeMap::new();
    for (name, at, settings) in named(written, at, notes) {
        if name.as_str() == NO_CREDENTIAL {
            let what = format!("`{name}` is what a request without a credential is said to have");
            notes.error(&at, format!("{what}: choose another name, like `monitor`"));
        }
        let principal_id = principal_id(&settings, &at, notes);
        let method = settings
            .resolve(context, &at, notes)
            .unwrap_or_else(|problem| {
                notes.error(&at.field(&problem.field), problem.message);
                AuthMethod::ApiToken(SecretSource::Given(Secret::default()))
            });
        let credential = Credential {
            name: name.clone(),
            method,
            principal_id,
        };
        credentials.insert(name, Arc::new(credential));
    }
    credentials
}

/// The credential's id at Okta. What looks like the token itself is refused, and not shown.
fn principal_id(
    written: &schema::Credential,
    at: &SettingPath,
    notes: &mut Notes,
) -> Option<String> {
    let id = written.principal_id.as_deref()?;
    let plain = id
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if plain && !id.is_empty() && id.len() <= LONGEST_ID {
        return Some(id.to_owned());
    }
    notes.error(
        &at.field("principal_id"),
        "this is no id: an API token's begins with `00T`, a client's with `0oa`, and both have 20 characters",
    );
    None
}

impl schema::Credential {
    fn resolve(
        self,
        context: SecretContext<'_>,
        at: &SettingPath,
        notes: &mut Notes,
    ) -> Result<AuthMethod, Problem> {
        let api = Secrets {
            inline: self.api_token,
            file: self.api_token_file,
            env: self.api_token_env,
        };
        let bearer = Secrets {
            inline: self.bearer_token,
            file: self.bearer_token_file,
            env: self.bearer_token_env,
        };
        let kind = if api.is_given() {
            TokenKind::Api
        } else {
            TokenKind::Access
        };
        let (method, name, secrets) = match (api.is_given(), bearer.is_given(), self.oauth) {
            (true, false, None) => (AuthMethod::ApiToken as fn(_) -> _, "api_token", api),
            (false, true, None) => (AuthMethod::Bearer as fn(_) -> _, "bearer_token", bearer),
            (false, false, Some(oauth)) => {
                let app = oauth.resolve(context, &at.field("oauth"), notes);
                return Ok(AuthMethod::OAuth(Box::new(app)));
            }
            (false, false, None) => {
                return Err(Problem::new(
                    "",
                    "it holds no token: give `api_token_file` (an API token, sent as SSWS), \
                     `bearer_token_file` (an access token) or `oauth` (a service app)",
                ));
            }
            (api, bearer, oauth) => {
                let all = [
                    ("api_token", api),
                    ("bearer_token", bearer),
                    ("oauth", oauth.is_some()),
                ];
                let given = all.into_iter().filter(|(_, given)| *given);
                let given: Vec<String> = given.map(|(name, _)| format!("`{name}`")).collect();
                let given = given.join(" and ");
                let fix = "make a credential of each";
                return Err(Problem::new("", format!("it holds {given}: {fix}")));
            }
        };
        let source = secrets.token(name, kind, context)?;
        secrets::warn_of_exposure(&secrets, name, at, notes);
        Ok(method(source))
    }
}
