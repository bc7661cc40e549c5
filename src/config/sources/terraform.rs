//! The variables of Okta's Terraform provider, with its rule that the ways to authenticate exclude
//! each other.

use serde_json::{Value, json};

use super::{
    tree::{self, CREDENTIAL, org_at, org_name, private_key, scopes, service_app},
    variables::{Set, Variables},
};
use crate::config::problems::{Notes, SettingPath};

/// The variable that names the org.
pub(super) const ORG: &str = "OKTA_ORG_NAME";
const BASE: &str = "OKTA_BASE_URL";
const API_TOKEN: &str = "OKTA_API_TOKEN";
const ACCESS_TOKEN: &str = "OKTA_ACCESS_TOKEN";
const CLIENT_ID: &str = "OKTA_API_CLIENT_ID";
const PRIVATE_KEY: &str = "OKTA_API_PRIVATE_KEY";
const PRIVATE_KEY_ID: &str = "OKTA_API_PRIVATE_KEY_ID";
const SCOPES: &str = "OKTA_API_SCOPES";

pub(super) const SET: Set = Set {
    whose: "Terraform variables",
    names: &[
        ORG,
        BASE,
        API_TOKEN,
        ACCESS_TOKEN,
        CLIENT_ID,
        PRIVATE_KEY,
        PRIVATE_KEY_ID,
        SCOPES,
    ],
};

/// What a file would hold.
pub(super) fn tree(variables: Variables<'_>, notes: &mut Notes) -> Value {
    let org = variables.get(ORG).unwrap_or_default();
    let name = org_name(org);
    let at = org_at(name);
    let domain = domain(org, variables.get(BASE)).unwrap_or_else(|why| {
        notes.error(&at.field("url"), why);
        format!("{name}.okta.com")
    });
    notes.set_by(at.field("url"), &format!("{ORG} and {BASE}"));
    let at = at.field("credentials").field(CREDENTIAL);
    let credential = credential(variables, &at, notes);
    tree::org(name, &format!("https://{domain}"), credential)
}

/// The org's domain. People who know it by that write it into either variable.
fn domain(org: &str, base: Option<&str>) -> Result<String, String> {
    let without_scheme = |text: &str| -> String {
        let text = text.split_once("://").map_or(text, |(_, text)| text);
        text.strip_suffix('/').unwrap_or(text).to_owned()
    };
    let org = without_scheme(org);
    let Some(base) = base.map(without_scheme) else {
        return if org.contains('.') {
            Ok(org)
        } else {
            Err(format!(
                "{ORG} is set and {BASE} is not: set it to okta.com, oktapreview.com or whatever follows the org's name"
            ))
        };
    };
    // Okta's own org is `okta.okta.com`: what follows its name begins with it, too.
    let is_whole = base.starts_with(&format!("{org}.")) && base.matches('.').count() > 1;
    if base == org || is_whole {
        Ok(base)
    } else if org.ends_with(&format!(".{base}")) {
        Ok(org)
    } else if org.contains('.') {
        Err(format!(
            "{ORG} holds a domain, and {BASE} another: write the org's name alone, or drop {BASE}"
        ))
    } else {
        Ok(format!("{org}.{base}"))
    }
}

fn credential(variables: Variables<'_>, at: &SettingPath, notes: &mut Notes) -> Option<Value> {
    let ways: Vec<&str> = [API_TOKEN, ACCESS_TOKEN, CLIENT_ID]
        .into_iter()
        .filter(|name| variables.get(name).is_some())
        .collect();
    match ways.as_slice() {
        [] if variables.get(PRIVATE_KEY).is_some() => {
            let missing = format!("{PRIVATE_KEY} is set and {CLIENT_ID} is not: set both");
            notes.error(at, missing);
            None
        }
        [] => None,
        [API_TOKEN] => Some(json!({ "api_token_env": API_TOKEN })),
        [ACCESS_TOKEN] => Some(json!({ "bearer_token_env": ACCESS_TOKEN })),
        [_] => {
            let Some(key) = variables.get(PRIVATE_KEY) else {
                let missing = format!("{CLIENT_ID} is set and {PRIVATE_KEY} is not: set both");
                notes.error(at, missing);
                return None;
            };
            let key = private_key(PRIVATE_KEY, key);
            let key = key.map_err(|why| notes.error(at, why)).ok()?;
            let id = variables.get(CLIENT_ID).unwrap_or_default();
            let asked = scopes(variables.get(SCOPES));
            notes.set_by(at.field("oauth"), "Terraform variables");
            Some(service_app(id, key, variables.get(PRIVATE_KEY_ID), asked))
        }
        several => {
            let both = several.join(" and ");
            let fix = "they exclude each other, as they do for Terraform: unset all but one";
            notes.error(at, format!("{both} are set: {fix}"));
            None
        }
    }
}
