//! The five variables of the troubleshooting guide: one org, and one token to watch.

use serde_json::{Value, json};

use super::{
    tree::{org, org_at, org_name, org_url, set},
    variables::{Set, Variables},
};
use crate::config::problems::Notes;

/// The variable that names the org.
pub(super) const DOMAIN: &str = "OKTA_DOMAIN";

pub(super) const SET: Set = Set {
    whose: "variables of the guide",
    names: &[
        DOMAIN,
        "OKTA_TOKEN",
        "ACCESS_TOKEN",
        "CLIENT_ID",
        "CLIENT_SECRET",
    ],
};

/// The name of the token made from `ACCESS_TOKEN`.
const TOKEN: &str = "access";

/// What a file would hold. What is not given is skipped.
pub(super) fn tree(variables: Variables<'_>, notes: &mut Notes) -> Value {
    let domain = variables.get(DOMAIN).unwrap_or_default();
    let name = org_name(domain);
    let at = org_at(name);
    notes.set_by(at.field("url"), DOMAIN);
    let token = variables.get("OKTA_TOKEN");
    let credential = token.map(|_| json!({ "api_token_env": "OKTA_TOKEN" }));
    let mut tree = org(name, &org_url(domain), credential);
    let client = match (variables.get("CLIENT_ID"), variables.get("CLIENT_SECRET")) {
        (Some(id), Some(_)) => {
            Some(json!({ "client_id": id, "client_secret_env": "CLIENT_SECRET" }))
        }
        (None, None) => None,
        _ => {
            notes.warn(
                &at,
                "CLIENT_ID and CLIENT_SECRET introspect together: one is missing",
            );
            None
        }
    };
    if variables.get("ACCESS_TOKEN").is_some() {
        let mut watched = json!({ "access_token_env": "ACCESS_TOKEN" });
        if let Some(client) = client {
            set(&mut watched, "introspect", client);
        }
        if let Some(org) = tree.pointer_mut(&format!("/orgs/{name}")) {
            set(org, "probes", json!({ "token": { TOKEN: watched } }));
        }
    } else if client.is_some() {
        notes.warn(
            &at,
            "CLIENT_ID and CLIENT_SECRET introspect ACCESS_TOKEN, which is not set",
        );
    }
    tree
}
