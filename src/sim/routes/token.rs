//! The token endpoints of the org's own authorization server and of custom ones: client
//! credentials, and nothing else. What a client must prove is checked in [`crate::sim::proof`].

use http::{HeaderName, StatusCode};
use serde_json::json;

use super::call::Call;
use crate::sim::ORG;
use crate::sim::answer::Answer;
use crate::sim::credentials::{Presented, Principal};
use crate::sim::proof::{About, Refused};
use crate::sim::service_app::ServiceApp;
use crate::sim::tokens::Mint;
use crate::sim::world::World;

const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// A request that is refused: status, OAuth's error, Okta's words.
type No = (StatusCode, &'static str, &'static str);

pub(super) fn token(world: &mut World, server: &str, call: &Call) -> Answer {
    let app = app(world, call);
    let who = app.as_ref().map(|app| Principal::new(&app.id));
    world.limited(call, who.as_ref(), |world| {
        let granted = world.grant(server, call, app.as_ref());
        let refused = granted.as_ref().err().map(|(_, error, _)| *error);
        // To be asked for a nonce is no refusal yet.
        if refused != Some("use_dpop_nonce") {
            let client = app.as_ref().map_or("unknown", |app| &app.id);
            world.log_grant((server, client), refused, call.now);
        }
        match granted {
            Ok(answer) => answer,
            Err((status, error, words)) => {
                let answer = Answer::oauth_error(status, error, words);
                if error == "use_dpop_nonce" {
                    return answer.with(NONCE, &world.proofs.nonce(call.now));
                }
                answer
            }
        }
    })
}

/// The app that the request claims to come from; nothing is proved yet.
pub(super) fn app(world: &World, call: &Call) -> Option<ServiceApp> {
    let asserted = call.form("client_assertion").and_then(|assertion| {
        let jws = crate::sim::jws::Jws::parse(assertion)?;
        jws.text("sub").map(str::to_owned)
    });
    let id = match &call.presented {
        Presented::Basic { user, .. } => Some(user.clone()),
        _ => asserted.or_else(|| call.form("client_id").map(str::to_owned)),
    };
    let mut apps = world.org.apps.iter();
    apps.find(|app| Some(&app.id) == id.as_ref()).cloned()
}

impl World {
    fn grant(&mut self, server: &str, call: &Call, app: Option<&ServiceApp>) -> Result<Answer, No> {
        let bad = |error, words| (StatusCode::BAD_REQUEST, error, words);
        if call.form("grant_type") != Some("client_credentials") {
            return Err(bad(
                "unsupported_grant_type",
                "The authorization grant type is not supported.",
            ));
        }
        let app = self.authenticate(server, call, app)?;
        let bound_to = self.possession(call, app)?;
        let scopes = scopes(server, call, app)?;
        let lifetime = self.org.token_lifetime;
        let mint = Mint::by(server)
            .client(&app.id)
            .granting(scopes.clone())
            .lasting(lifetime)
            .bound_to(bound_to.as_deref());
        let token = self.mint(&mint, call.now);
        let token =
            token.map_err(|_| (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "No key."))?;
        let kind = if bound_to.is_some() { "DPoP" } else { "Bearer" };
        let answer = Answer::resource(&json!({
            "token_type": kind,
            "expires_in": lifetime.as_secs(),
            "access_token": token,
            "scope": scopes.join(" "),
        }));
        Ok(match bound_to {
            Some(_) => answer.with(NONCE, &self.proofs.nonce(call.now)),
            None => answer,
        })
    }

    fn authenticate<'a>(
        &mut self,
        server: &str,
        call: &Call,
        app: Option<&'a ServiceApp>,
    ) -> Result<&'a ServiceApp, No> {
        let refused = |words| (StatusCode::UNAUTHORIZED, "invalid_client", words);
        let app = app.ok_or(refused("Invalid value for 'client_id' parameter."))?;
        if let Some(assertion) = call.form("client_assertion") {
            let endpoint = format!("{}{}", self.url, call.path);
            let checked = self.proofs.assertion(app, (assertion, &endpoint), call.now);
            return checked.map(|()| app).map_err(refused);
        }
        if server == ORG {
            return Err(refused(
                "Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method.",
            ));
        }
        let secret = match &call.presented {
            Presented::Basic { password, .. } => Some(password.as_str()),
            _ => call.form("client_secret"),
        };
        if secret.is_some() && secret == app.secret.as_deref() {
            Ok(app)
        } else {
            Err(refused(
                "The client secret supplied for a confidential client is invalid.",
            ))
        }
    }

    /// The thumbprint of the key that the token is to be bound to, if to any.
    fn possession(&mut self, call: &Call, app: &ServiceApp) -> Result<Option<String>, No> {
        let bad = |error, words| (StatusCode::BAD_REQUEST, error, words);
        let proof = match call.proofs.as_slice() {
            [] if app.dpop => {
                return Err(bad(
                    "invalid_dpop_proof",
                    "The DPoP proof JWT header is missing.",
                ));
            }
            [] => return Ok(None),
            [proof] => proof,
            _ => {
                return Err(bad(
                    "invalid_dpop_proof",
                    "There is more than one DPoP proof JWT header.",
                ));
            }
        };
        let about = About {
            method: "POST",
            url: &format!("{}{}", self.url, call.path),
            token: None,
            nonce: true,
            now: call.now,
        };
        match self.proofs.possession(proof, &about) {
            Ok(thumbprint) => Ok(Some(thumbprint)),
            Err(Refused::Proof(words)) => Err(bad("invalid_dpop_proof", words)),
            Err(Refused::Nonce) => Err(bad(
                "use_dpop_nonce",
                "Authorization server requires nonce in DPoP proof.",
            )),
        }
    }
}

/// What is granted of what was asked for: only the org's own server knows `okta.` scopes, and it
/// knows no others.
fn scopes(server: &str, call: &Call, app: &ServiceApp) -> Result<Vec<String>, No> {
    let bad = |error, words| (StatusCode::BAD_REQUEST, error, words);
    let asked = call.form("scope").unwrap_or_default();
    let asked: Vec<&str> = asked.split(' ').filter(|scope| !scope.is_empty()).collect();
    if asked.is_empty() {
        return Err(bad(
            "invalid_scope",
            "The scope parameter must not be empty.",
        ));
    }
    if asked
        .iter()
        .any(|scope| scope.starts_with("okta.") != (server == ORG))
    {
        let words = "One or more scopes are not configured for the authorization server resource.";
        return Err(bad("invalid_scope", words));
    }
    let granted = |scope: &&str| app.grants.iter().any(|granted| granted == scope);
    let granted: Vec<String> = asked
        .into_iter()
        .filter(granted)
        .map(str::to_owned)
        .collect();
    if granted.is_empty() {
        let words = "You are not allowed any of the requested scopes.";
        return Err(bad("consent_required", words));
    }
    Ok(granted)
}
