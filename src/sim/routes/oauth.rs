//! Introspection at the org's own authorization server and at custom ones.

use http::StatusCode;

use super::call::Call;
use crate::sim::answer::Answer;
use crate::sim::credentials::{Presented, Principal};
use crate::sim::world::World;

pub(super) fn introspect(world: &mut World, server: &str, call: &Call) -> Answer {
    let client = client(world, call).map(Principal::new);
    world.limited(call, client.as_ref(), |world| {
        match (&client, call.form("token")) {
            (None, _) => {
                let description = "Client authentication failed. Either the client or the client \
                               credentials are invalid.";
                Answer::oauth_error(StatusCode::UNAUTHORIZED, "invalid_client", description)
            }
            (Some(_), None) => {
                let description = "The 'token' parameter is missing.";
                Answer::oauth_error(StatusCode::BAD_REQUEST, "invalid_request", description)
            }
            (Some(_), Some(token)) => {
                Answer::resource(&world.tokens.introspect(token, server, call.now))
            }
        }
    })
}

/// The client that proved who it is, by basic authentication, in the form, or by an assertion. A public
/// one has an empty secret.
fn client(world: &mut World, call: &Call) -> Option<String> {
    if let Some(assertion) = call.form("client_assertion") {
        let app = super::token::app(world, call)?;
        let endpoint = format!("{}{}", world.url, call.path);
        let proved = world
            .proofs
            .assertion(&app, (assertion, &endpoint), call.now);
        return proved.ok().map(|()| app.id);
    }
    let (id, secret) = match &call.presented {
        Presented::Basic { user, password } => (user.as_str(), password.as_str()),
        _ => (
            call.form("client_id")?,
            call.form("client_secret").unwrap_or_default(),
        ),
    };
    let known = world
        .org
        .clients
        .iter()
        .find(|client| client.id == id && client.secret == secret);
    known.map(|client| client.id.clone())
}
