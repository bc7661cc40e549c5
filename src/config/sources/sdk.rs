//! What Okta's SDKs read: `~/.okta/okta.yaml`, `./.okta.yaml`, and the `OKTA_CLIENT_…` variables,
//! the last of which wins, setting by setting.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{
    tree::{CREDENTIAL, org, org_at, org_name, org_url, private_key, scopes, service_app},
    variables::{Set, Variables},
};
use crate::config::{
    file,
    problems::{Notes, SettingPath},
    provenance::is_one_place,
    secrets,
};
use crate::units::read_soon;

const URL: &str = "OKTA_CLIENT_ORGURL";
const TOKEN: &str = "OKTA_CLIENT_TOKEN";
const MODE: &str = "OKTA_CLIENT_AUTHORIZATIONMODE";
const CLIENT_ID: &str = "OKTA_CLIENT_CLIENTID";
const SCOPES: &str = "OKTA_CLIENT_SCOPES";
const PRIVATE_KEY: &str = "OKTA_CLIENT_PRIVATEKEY";
const PRIVATE_KEY_ID: &str = "OKTA_CLIENT_PRIVATEKEYID";
/// As Java's and Python's SDKs spell the same.
const KID: &str = "OKTA_CLIENT_KID";
const JWK: &str = "OKTA_CLIENT_JWK";
const ASSERTION: &str = "OKTA_CLIENT_CLIENTASSERTION";

pub(super) const SET: Set = Set {
    whose: "SDK settings",
    names: &[
        URL,
        TOKEN,
        MODE,
        CLIENT_ID,
        SCOPES,
        PRIVATE_KEY,
        PRIVATE_KEY_ID,
        KID,
        JWK,
        ASSERTION,
    ],
};

/// The names of the same settings in a file, below `okta.client`.
const IN_FILES: [(&str, &str); 10] = [
    ("orgUrl", URL),
    ("token", TOKEN),
    ("authorizationMode", MODE),
    ("clientId", CLIENT_ID),
    ("scopes", SCOPES),
    ("privateKey", PRIVATE_KEY),
    ("privateKeyId", PRIVATE_KEY_ID),
    ("kid", KID),
    ("jwk", JWK),
    ("clientAssertion", ASSERTION),
];

/// Two ways to give one key.
const KEYS: [&str; 2] = [PRIVATE_KEY, JWK];
/// Two names of its id.
const KEY_IDS: [&str; 2] = [PRIVATE_KEY_ID, KID];

/// Those of them that are secrets.
const SECRETS: [&str; 4] = [TOKEN, PRIVATE_KEY, JWK, ASSERTION];

/// Those of the SDKs' files that are there.
pub(super) fn files(home: Option<&Path>, working: &Path) -> Vec<PathBuf> {
    let of_home = home.map(|home| home.join(".okta/okta.yaml"));
    let files = of_home.into_iter().chain([working.join(".okta.yaml")]);
    files.filter(|file| file.is_file()).collect()
}

/// The settings by their variable's name, whichever of the three set them.
#[derive(Default)]
pub(super) struct Settings {
    values: BTreeMap<String, String>,
    /// The files and variables that were read.
    places: Vec<String>,
    /// Which of them set what.
    set_by: BTreeMap<&'static str, String>,
    /// The URL that held where a secret was read: what it was given for.
    given_for: BTreeMap<&'static str, String>,
}

impl Settings {
    /// Reads the files, then the variables. What is wrong with a file is noted.
    pub(super) fn read(
        &mut self,
        files: &[PathBuf],
        environment: &BTreeMap<String, String>,
        notes: &mut Notes,
    ) {
        for file in files {
            let place = file.display().to_string();
            match values(file) {
                Ok(values) => {
                    if values.iter().any(|(name, _)| SECRETS.contains(name)) {
                        secrets::warn_of_open_settings(file, notes);
                    }
                    self.take(&values, |name| format!("{name} in {place}"));
                }
                Err(why) => notes.error(&SettingPath::default(), why),
            }
            self.places.push(place);
        }
        let variables = Variables(environment);
        let value = |name: &'static str| Some((name, variables.get(name)?.to_owned()));
        let values: Vec<_> = SET.found(variables).into_iter().filter_map(value).collect();
        self.take(&values, str::to_owned);
        let names = values.iter().map(|(name, _)| (*name).to_owned());
        self.places.extend(names);
    }

    /// Takes what one of the three sets.
    fn take(&mut self, values: &[(&'static str, String)], set_by: impl Fn(&str) -> String) {
        // Two ways to give the same: the one that is set here voids what was set before.
        for ways in [KEYS, KEY_IDS] {
            if values.iter().any(|(name, _)| ways.contains(name)) {
                self.values.retain(|name, _| !ways.contains(&name.as_str()));
            }
        }
        for (name, value) in values {
            self.set_by.insert(name, set_by(name));
            self.values.insert((*name).to_owned(), value.clone());
        }
        let url = self.get(URL).map(str::to_owned);
        for (name, _) in values.iter().filter(|(name, _)| SECRETS.contains(name)) {
            match &url {
                Some(url) => self.given_for.insert(name, url.clone()),
                None => self.given_for.remove(name),
            };
        }
    }

    /// True if this file was read.
    pub(super) fn was_read(&self, file: &str) -> bool {
        self.places.iter().any(|place| place == file)
    }

    /// True if they say which org.
    pub(super) fn names_an_org(&self) -> bool {
        self.get(URL).is_some()
    }

    /// Where they come from, in words.
    pub(super) fn told(&self) -> String {
        let places: Vec<&str> = self.places.iter().map(String::as_str).collect();
        SET.told(&places)
    }

    /// The environment as it would be had the files been variables: the tree names secrets by
    /// variable, and finds them there. These copies live as long as the configuration is read.
    pub(super) fn laid_under(
        self,
        mut environment: BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        environment.extend(self.values);
        environment
    }

    fn get(&self, name: &str) -> Option<&str> {
        Variables(&self.values).get(name)
    }

    /// What a file of this program would hold.
    pub(super) fn tree(&self, notes: &mut Notes) -> Value {
        let url = self.get(URL).unwrap_or_default();
        let name = org_name(url);
        let at = org_at(name);
        if let Some(place) = self.set_by.get(URL) {
            notes.set_by(at.field("url"), place);
        }
        let at = at.field("credentials").field(CREDENTIAL);
        let credential = self.credential(&at, notes);
        org(name, &org_url(url), credential)
    }

    fn credential(&self, at: &SettingPath, notes: &mut Notes) -> Option<Value> {
        let key = KEYS.into_iter().find(|name| self.get(name).is_some());
        let mode = match self.get(MODE) {
            Some(mode) => mode,
            // Nothing is said, and only an app's settings are there: the SDKs would ask for a token.
            None if self.get(TOKEN).is_none() && self.get(CLIENT_ID).or(key).is_some() => {
                "PrivateKey"
            }
            None if self.get(TOKEN).is_none() => return None,
            None => {
                if let (Some(_), Some(key)) = (self.get(CLIENT_ID), key) {
                    let say = format!("set {MODE} to PrivateKey to use {CLIENT_ID} and {key}");
                    notes.warn(at, format!("{TOKEN} is used: {say}"));
                }
                "SSWS"
            }
        };
        let outcome = match mode.to_ascii_lowercase().as_str() {
            "ssws" => self.token("api_token_env"),
            "bearer" => self.token("bearer_token_env"),
            "privatekey" | "jwk" => self.service_app(key),
            "jwt" => Err(format!(
                "{MODE} is JWT: a ready-made assertion ({ASSERTION}) can be used once and expires within the hour, \
                 so a program that stays cannot live on it; set PrivateKey and give {PRIVATE_KEY}"
            )),
            _ => Err(format!(
                "{MODE} is none of SSWS, Bearer, PrivateKey, JWK: write one of them"
            )),
        };
        match outcome {
            Ok(credential) => Some(credential),
            Err(why) => {
                notes.error(at, why);
                None
            }
        }
    }

    fn token(&self, setting: &str) -> Result<Value, String> {
        match self.get(TOKEN) {
            Some(_) => {
                self.check(TOKEN)?;
                Ok(json!({ setting: TOKEN }))
            }
            None => Err(format!("{MODE} asks for {TOKEN}, which is not set")),
        }
    }

    /// Refuses a secret that was read beside the URL of another org.
    fn check(&self, secret: &str) -> Result<(), String> {
        let here = org_url(self.get(URL).unwrap_or_default());
        let given_for = self.given_for.get(secret).map(|url| org_url(url));
        if given_for.is_none_or(|url| is_one_place(&url, &here)) {
            return Ok(());
        }
        let place = |name: &str| self.set_by.get(name).map_or("", String::as_str);
        let (whose, other) = (place(secret), place(URL));
        Err(format!(
            "{whose} was given for another org than that of {other}, and a secret is sent to no org that it was not given for: \
             set {secret} where {URL} is set"
        ))
    }

    fn service_app(&self, key: Option<&str>) -> Result<Value, String> {
        let (Some(id), Some(key)) = (self.get(CLIENT_ID), key) else {
            let missing = if key.is_some() {
                CLIENT_ID
            } else {
                PRIVATE_KEY
            };
            return Err(format!(
                "a service app is asked for, and {missing} is not set"
            ));
        };
        self.check(key)?;
        let key = private_key(key, self.get(key).unwrap_or_default())?;
        let asked = scopes(self.get(SCOPES));
        let key_id = KEY_IDS.into_iter().find_map(|name| self.get(name));
        Ok(service_app(id, key, key_id, asked))
    }
}

/// What a file sets, by variable; or what is wrong, with its place.
fn values(path: &Path) -> Result<Vec<(&'static str, String)>, String> {
    let place = path.display().to_string();
    let here = |why: String| format!("{place}: {why}");
    let yaml = read_soon(path, file::LARGEST);
    let yaml = yaml.map_err(|e| here(format!("it cannot be read: {e}")))?;
    let tree = file::tree(&yaml).map_err(|mistakes| {
        let told = mistakes.iter().map(|mistake| mistake.told(&place));
        told.collect::<Vec<_>>().join("; ")
    })?;
    let Some(client) = tree.pointer("/okta/client") else {
        return Ok(Vec::new());
    };
    let mut values = Vec::new();
    for (name, variable) in IN_FILES {
        let value = match client.get(name) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Array(list)) if list.iter().all(Value::is_string) => {
                let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
                words.join(",")
            }
            Some(_) => {
                let fix = "put it in quotes";
                return Err(here(format!("okta.client.{name} is not text: {fix}")));
            }
        };
        if value.is_empty() {
            return Err(here(format!(
                "okta.client.{name} is empty: fill it in, or drop the line"
            )));
        }
        values.push((variable, value));
    }
    Ok(values)
}
