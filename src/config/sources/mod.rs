//! Where settings come from when there is no file: the first of what people already have that names
//! an org. Each way is written as the tree that a file would hold; what a tree means is elsewhere.
//!
//! Variables go before files that lie about in a home directory, and the ways are never mixed: a
//! token must not travel to an org that it was not given for.

mod basic_environment;
mod sdk;
mod terraform;

use std::{collections::BTreeMap, fmt, path::Path};

use serde_json::{Map, Value, json};

use super::problems::{Notes, SettingPath};
use crate::units::closed_list;

/// The name of the credential that each way makes.
const CREDENTIAL: &str = "monitor";

/// Where the settings come from, in names of files and variables; never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What was read.
    pub source: String,
    /// What was found besides, and left alone.
    pub ignored: Vec<String>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "settings come from {}", self.source)?;
        if !self.ignored.is_empty() {
            write!(f, "; found and not used: {}", self.ignored.join("; "))?;
        }
        Ok(())
    }
}

/// What stands in for a file.
pub(super) struct StandIn {
    /// What a file would hold.
    pub(super) tree: Value,
    /// The environment, with the settings of files that SDKs read laid under it: the tree names
    /// secrets by variable, so that they stay out of it.
    pub(super) environment: BTreeMap<String, String>,
    /// Where it comes from.
    pub(super) origin: Origin,
}

/// Variables that belong together. The first names the org.
struct Set {
    whose: &'static str,
    names: &'static [&'static str],
}

closed_list! {
    /// The ways, in the order in which they win.
    enum Way {
        Basic,
        Sdk,
        Terraform,
    }
}

impl Way {
    fn set(self) -> &'static Set {
        match self {
            Self::Basic => &basic_environment::SET,
            Self::Sdk => &sdk::SET,
            Self::Terraform => &terraform::SET,
        }
    }
}

/// Variables that are set, as they are; white space around a value is no part of it, and one that
/// is empty is not set.
#[derive(Clone, Copy)]
struct Variables<'a>(&'a BTreeMap<String, String>);

impl<'a> Variables<'a> {
    fn get(self, name: &str) -> Option<&'a str> {
        let text = self.0.get(name).map(|text| text.trim());
        text.filter(|text| !text.is_empty())
    }
}

impl Set {
    /// Those of its variables that are set.
    fn found(&self, variables: Variables<'_>) -> Vec<&'static str> {
        let set = |name: &&&str| variables.get(name).is_some();
        self.names.iter().filter(set).copied().collect()
    }

    /// In words, with these names.
    fn told(&self, names: &[&str]) -> String {
        format!("{} ({})", self.whose, names.join(", "))
    }
}

/// What people already have. `working` is the working directory, where SDKs look for a file too.
pub(super) fn without_file(
    environment: &BTreeMap<String, String>,
    working: &Path,
    notes: &mut Notes,
) -> StandIn {
    let variables = Variables(environment);
    let home = variables.get("HOME").or(variables.get("USERPROFILE"));
    let files = sdk::files(home.map(Path::new), working);
    let is_set = |way: Way| !way.set().found(variables).is_empty();
    let names_an_org = |head: &str| variables.get(head).is_some();
    let (domain, terraform) = (
        names_an_org(basic_environment::DOMAIN),
        names_an_org(terraform::ORG),
    );
    let mut sdk = sdk::Settings::default();
    if !domain && (is_set(Way::Sdk) || !terraform) {
        sdk.read(&files, environment, notes);
    }
    let (way, tree) = if domain {
        (Some(Way::Basic), basic_environment::tree(variables, notes))
    } else if sdk.names_an_org() {
        (Some(Way::Sdk), sdk.tree(notes))
    } else if terraform {
        (Some(Way::Terraform), terraform::tree(variables, notes))
    } else {
        (None, json!({}))
    };
    let told = |way: Way| way.set().told(&way.set().found(variables));
    let left = Way::ALL.into_iter().filter(|left| Some(*left) != way);
    let mut ignored: Vec<String> = left.filter(|left| is_set(*left)).map(told).collect();
    let (source, environment) = if way == Some(Way::Sdk) {
        (sdk.told(), sdk.laid_under(environment.clone()))
    } else {
        ignored.extend(files.iter().map(|file| file.display().to_string()));
        let source = way.map_or_else(|| "the environment".to_owned(), told);
        (source, environment.clone())
    };
    StandIn {
        tree,
        environment,
        origin: Origin { source, ignored },
    }
}

/// A variable that is set and of no use, since the one that names its org is not; and that one.
pub(super) fn half_given(
    environment: &BTreeMap<String, String>,
) -> Option<(&'static str, &'static str)> {
    let variables = Variables(environment);
    let half = |set: &Set| {
        let (head, found) = (*set.names.first()?, set.found(variables));
        (variables.get(head).is_none()).then_some((*found.first()?, head))
    };
    Way::ALL.into_iter().map(Way::set).find_map(half)
}

/// The place of an org's settings.
fn org_at(name: &str) -> SettingPath {
    SettingPath::default().field("orgs").field(name)
}

/// One org with one credential; it gets the probes that such an org gets in a file.
fn org(name: &str, url: &str, credential: Option<Value>) -> Value {
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

fn set(node: &mut Value, name: &str, value: Value) {
    if let Value::Object(map) = node {
        map.insert(name.to_owned(), value);
    }
}

/// A private key as people give it, the key itself or the path of a file that holds it: the setting
/// it stands for. What is neither may be a key without its first line, so it is not shown.
fn private_key(variable: &str, text: &str) -> Result<(&'static str, String), String> {
    if text.starts_with("-----BEGIN") || text.starts_with('{') {
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
fn service_app(id: &str, key: (&str, String), key_id: Option<&str>, scopes: Vec<&str>) -> Value {
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
fn scopes(text: Option<&str>) -> Vec<&str> {
    let parts = text.unwrap_or_default().split([',', ' ', '\n', '\t']);
    parts.filter(|scope| !scope.is_empty()).collect()
}

/// A domain as people have it at hand: bare, or copied from a browser with its scheme and one
/// slash at the end.
fn org_url(domain: &str) -> String {
    let domain = domain.strip_suffix('/').unwrap_or(domain);
    if domain.contains("://") {
        domain.to_owned()
    } else {
        format!("https://{domain}")
    }
}

/// The domain's first label.
fn org_name(domain: &str) -> &str {
    let host = domain.split_once("://").map_or(domain, |(_, host)| host);
    let label = host.split(['.', ':', '/']).next().unwrap_or_default();
    if label.parse::<crate::units::Name>().is_ok() {
        label
    } else {
        "okta"
    }
}

#[cfg(test)]
mod tests;
