//! What the ways have in common: the tree of one org with one credential, and the words that people
//! give for its parts.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::{config::problems::SettingPath, units::Name};

/// The name of the credential that each way makes.
pub(super) const CREDENTIAL: &str = "monitor";

/// The place of an org's settings.
pub(super) fn org_at(name: &str) -> SettingPath {
    SettingPath::default().field("orgs").field(name)
}

/// One org with one credential; it gets the probes that such an org gets in a file.
pub(super) fn org(name: &str, url: &str, credential: Option<Value>) -> Value {
    let mut written = json!({ "url": url });
    if let Some(credential) = credential {
        set(
            &mut written,
            "credentials",
            json!({ CREDENTIAL: credential }),
        );
    }
    json!({ "orgs": { name: written } })
}

pub(super) fn set(node: &mut Value, name: &str, value: Value) {
    if let Value::Object(map) = node {
        map.insert(name.to_owned(), value);
    }
}

/// A private key as people give it, the key itself or the path of a file that holds it: the setting
/// it stands for. What is neither may be a key without its first line, so it is not shown.
pub(super) fn private_key(variable: &str, text: &str) -> Result<(&'static str, String), String> {
    let begins = text.trim_start_matches(|c: char| c.is_whitespace() || "\"'".contains(c));
    if begins.starts_with("-----BEGIN") || begins.starts_with('{') {
        Ok(("private_key_env", variable.to_owned()))
    } else if Path::new(text).is_file() {
        Ok(("private_key_file", text.to_owned()))
    } else {
        Err(format!(
            "{variable} holds neither a private key (PEM or JWK) nor the path of a file that is there"
        ))
    }
}

/// A service app. What it lacks is told where its settings are read.
pub(super) fn service_app(
    id: &str,
    key: (&str, String),
    key_id: Option<&str>,
    scopes: Vec<&str>,
) -> Value {
    let mut oauth = Map::new();
    oauth.insert("client_id".to_owned(), id.into());
    oauth.insert(key.0.to_owned(), key.1.into());
    if let Some(key_id) = key_id {
        oauth.insert("key_id".to_owned(), key_id.into());
    }
    if !scopes.is_empty() {
        oauth.insert("scopes".to_owned(), scopes.into());
    }
    json!({ "oauth": oauth })
}

/// Scopes, between commas or white space.
pub(super) fn scopes(text: Option<&str>) -> Vec<&str> {
    let parts = text.unwrap_or_default().split([',', ' ', '\n', '\t']);
    parts.filter(|scope| !scope.is_empty()).collect()
}

/// A domain as people have it at hand: bare, or copied from a browser with its scheme and one
/// slash at the end.
pub(super) fn org_url(domain: &str) -> String {
    let domain = domain.strip_suffix('/').unwrap_or(domain);
    if domain.contains("://") {
        domain.to_owned()
    } else {
        format!("https://{domain}")
    }
}

/// The domain's first label.
pub(super) fn org_name(domain: &str) -> &str {
    let host = domain.split_once("://").map_or(domain, |(_, host)| host);
    let label = host.split(['.', ':', '/']).next().unwrap_or_default();
    if label.parse::<Name>().is_ok() {
        label
    } else {
        "okta"
    }
}
