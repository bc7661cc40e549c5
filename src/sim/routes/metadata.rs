//! Public documents: discovery, signing keys, and which cell an org lives on.

use http::header::{CACHE_CONTROL, EXPIRES};
use http::{HeaderName, StatusCode};
use serde_json::json;

use super::call::Call;
use crate::sim::ORG;
use crate::sim::answer::{Answer, http_date};
use crate::sim::world::World;

/// A day, as Okta lets discovery documents be cached.
const DISCOVERY_FRESH: &str = "max-age=86400, must-revalidate";

pub(super) fn discovery(world: &World, server: &str, document: &str) -> Answer {
    let openid = match document {
        "openid-configuration" => true,
        "oauth-authorization-server" => false,
        _ => return Answer::edge_not_found(),
    };
    let issuer = world.issuer(server);
    let base = if server == ORG {
        format!("{issuer}/oauth2")
    } else {
        issuer.clone()
    };
    let mut body = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{base}/v1/authorize"),
        "token_endpoint": format!("{base}/v1/token"),
        "registration_endpoint": format!("{}/oauth2/v1/clients", world.url),
        "jwks_uri": format!("{base}/v1/keys"),
        "introspection_endpoint": format!("{base}/v1/introspect"),
        "revocation_endpoint": format!("{base}/v1/revoke"),
        "response_types_supported": ["code", "token", "id_token"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "scopes_supported": ["openid", "profile", "offline_access"],
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": ["RS256", "ES256"],
    });
    if let (true, Some(body)) = (openid, body.as_object_mut()) {
        body.insert(
            "userinfo_endpoint".to_owned(),
            json!(format!("{base}/v1/userinfo")),
        );
        body.insert("subject_types_supported".to_owned(), json!(["public"]));
        body.insert(
            "id_token_signing_alg_values_supported".to_owned(),
            json!(["RS256"]),
        );
    }
    Answer::ok(&body).with(CACHE_CONTROL, DISCOVERY_FRESH)
}

pub(super) fn keys(world: &mut World, server: &str, call: &Call) -> Answer {
    match world.keys(server, call.now) {
        Ok(keys) => {
            let (body, fresh, expires) = keys.read(call.connection, call.now);
            let fresh = format!("max-age={}, must-revalidate", fresh.as_secs());
            Answer::ok(&body)
                .with(CACHE_CONTROL, &fresh)
                .with(EXPIRES, &http_date(expires))
        }
        Err(error) => Answer::error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "E0000009",
            &error.to_string(),
        ),
    }
}

pub(super) fn organization(world: &World) -> Answer {
    Answer::ok(&json!({
        "id": "00oSimulatedOrg00000",
        "cell": world.org.cell,
        "_links": { "organization": { "href": world.url } },
        "pipeline": world.org.pipeline,
        "settings": {
            "analyticsCollectionEnabled": false,
            "bugReportingEnabled": false,
            "omEnabled": false,
        },
    }))
    .with(HeaderName::from_static("x-content-type-options"), "nosniff")
}
