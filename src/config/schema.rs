//! What may be written: names and shapes. No rule is here: what it means is in
//! [`resolve`](super::resolve). The settings of a probe are in that [`probe`](crate::probe)'s file.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;

use crate::{
    okta::{Algorithm, Dpop},
    probe::{Probes, Timed, status_page},
    units::{Interval, Secret, Share},
};

/// Things by the names people gave them. A name alone (`ci:`) is written, with nothing set.
pub(super) type Named<T> = BTreeMap<String, Option<T>>;

/// The file as a whole.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    pub(super) storage: Option<Storage>,
    pub(super) defaults: Option<Defaults>,
    pub(super) status_pages: Option<Named<Timed<status_page::Settings>>>,
    pub(super) orgs: Option<Named<Org>>,
}

/// What survives a restart.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Storage {
    pub(super) path: Option<PathBuf>,
}

/// What holds for every probe that says nothing else.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Defaults {
    pub(super) interval: Option<Interval>,
    pub(super) timeout: Option<Interval>,
    pub(super) budget: Option<Share>,
}

/// One org.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Org {
    pub(super) url: Option<String>,
    pub(super) cell: Option<String>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) budget: Option<Share>,
    pub(super) buckets: Option<BTreeMap<String, String>>,
    pub(super) credentials: Option<Named<Credential>>,
    pub(super) probes: Option<Probes>,
    pub(super) event_hook: Option<EventHook>,
}

/// How an org's event hook proves itself.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EventHook {
    pub(super) authorization: Option<Secret>,
    pub(super) authorization_file: Option<PathBuf>,
    pub(super) authorization_env: Option<String>,
    pub(super) header: Option<String>,
}

/// One credential.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Credential {
    pub(super) api_token: Option<Secret>,
    pub(super) api_token_file: Option<PathBuf>,
    pub(super) api_token_env: Option<String>,
    pub(super) bearer_token: Option<Secret>,
    pub(super) bearer_token_file: Option<PathBuf>,
    pub(super) bearer_token_env: Option<String>,
    pub(super) principal_id: Option<String>,
    pub(super) oauth: Option<OAuth>,
}

/// A service app, which mints its own access tokens.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OAuth {
    pub(super) client_id: Option<String>,
    pub(super) private_key: Option<Secret>,
    pub(super) private_key_file: Option<PathBuf>,
    pub(super) private_key_env: Option<String>,
    pub(super) key_id: Option<String>,
    pub(super) algorithm: Option<Algorithm>,
    pub(super) client_secret: Option<Secret>,
    pub(super) client_secret_file: Option<PathBuf>,
    pub(super) client_secret_env: Option<String>,
    pub(super) client_auth: Option<ClientAuth>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) dpop: Option<Dpop>,
    pub(super) authorization_server: Option<String>,
}

/// How a client authenticates, in the words of OpenID Connect's registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ClientAuth {
    PrivateKeyJwt,
    ClientSecretBasic,
    ClientSecretPost,
}
