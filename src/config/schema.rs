//! What may be written: names and shapes. No rule is here: what it means is in
//! [`resolve`](super::resolve). The settings of a probe are in that [`probe`](crate::probe)'s file.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    okta::{Algorithm, Dpop},
    probe::{Probes, Timed, control, status_page},
    units::{Interval, Secret, Share},
};

/// Things by the names people gave them. A name alone (`ci:`) is written, with nothing set.
pub(super) type Named<T> = BTreeMap<String, Option<T>>;

/// The file as a whole.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// What survives a restart.
    pub(super) storage: Option<Storage>,
    /// What holds for every probe that says nothing else.
    pub(super) defaults: Option<Defaults>,
    /// Pages that tell of incidents, by names of your own. Left out, Okta's own is watched; `{}` watches none.
    pub(super) status_pages: Option<Named<Timed<status_page::Settings>>>,
    /// Hosts that are asked without a credential, to tell whose fault the silence of an org is.
    pub(super) controls: Option<Vec<control::Settings>>,
    /// The orgs to watch, by names of your own: they become label values.
    pub(super) orgs: Option<Named<Org>>,
}

/// What survives a restart.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Storage {
    /// The file that what is remembered is kept in; left out, memory only.
    pub(super) path: Option<PathBuf>,
}

/// What holds for every probe that says nothing else.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Defaults {
    /// How often a probe runs; left out, each kind has a pace of its own.
    pub(super) interval: Option<Interval>,
    /// How long one of its requests may take.
    pub(super) timeout: Option<Interval>,
    /// The share of each rate limit that watching may cost, for each org that says nothing else.
    pub(super) budget: Option<Share>,
}

/// One org.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Org {
    /// Scheme and host of the org, like `https://acme.okta.com`: neither the -admin host nor a path.
    pub(super) url: Option<String>,
    /// The cell, like `okta.com:7`; only where the organization document cannot tell.
    pub(super) cell: Option<String>,
    /// Certificates to trust, as PEM; only where a proxy signs certificates itself.
    pub(super) ca_file: Option<PathBuf>,
    /// Hosts that tell whose fault the silence of this org is.
    pub(super) controls: Option<Vec<control::Settings>>,
    /// The share of each rate limit that watching may cost.
    pub(super) budget: Option<Share>,
    /// The patterns of paths that share a rate-limit bucket, and its name, where it is not as Okta published.
    pub(super) buckets: Option<BTreeMap<String, String>>,
    /// Who asks, by names of your own: whose rate limits are seen is decided by it.
    pub(super) credentials: Option<Named<Credential>>,
    /// What is asked, by kind; left out, what the credentials may read.
    pub(super) probes: Option<Probes>,
    /// How the event hook that delivers to the exporter proves itself.
    pub(super) event_hook: Option<EventHook>,
}

/// How an org's event hook proves itself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EventHook {
    /// The secret itself, discouraged.
    #[schemars(with = "Option<String>")]
    pub(super) authorization: Option<Secret>,
    /// A file that holds the secret, the whole of the header's value.
    pub(super) authorization_file: Option<PathBuf>,
    /// An environment variable that holds it.
    pub(super) authorization_env: Option<String>,
    /// The name of the header that carries it; left out, `Authorization`.
    pub(super) header: Option<String>,
}

/// One credential.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Credential {
    /// An API token itself, discouraged.
    #[schemars(with = "Option<String>")]
    pub(super) api_token: Option<Secret>,
    /// A file that holds an API token (sent as SSWS); read at each use.
    pub(super) api_token_file: Option<PathBuf>,
    /// An environment variable that holds it.
    pub(super) api_token_env: Option<String>,
    /// An access token itself, discouraged.
    #[schemars(with = "Option<String>")]
    pub(super) bearer_token: Option<Secret>,
    /// A file that holds an access token that somebody else refreshes; read at each use.
    pub(super) bearer_token_file: Option<PathBuf>,
    /// An environment variable that holds it.
    pub(super) bearer_token_env: Option<String>,
    /// Okta's id of the token (00T…) or its client (0oa…), by which it tells their share of each limit.
    pub(super) principal_id: Option<String>,
    /// A service app, which mints its own access tokens.
    pub(super) oauth: Option<OAuth>,
}

/// A service app, which mints its own access tokens.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OAuth {
    /// The client's id.
    pub(super) client_id: Option<String>,
    /// The private key itself, discouraged.
    #[schemars(with = "Option<String>")]
    pub(super) private_key: Option<Secret>,
    /// A file that holds its private key, PEM or JWK, RSA or EC.
    pub(super) private_key_file: Option<PathBuf>,
    /// An environment variable that holds it.
    pub(super) private_key_env: Option<String>,
    /// The id that Okta shows beside the key; a JWK brings its own.
    pub(super) key_id: Option<String>,
    /// What to sign with; left out, the key tells.
    pub(super) algorithm: Option<Algorithm>,
    /// The client's secret itself, discouraged.
    #[schemars(with = "Option<String>")]
    pub(super) client_secret: Option<Secret>,
    /// A file that holds the client's secret, in place of a key; at a custom server only.
    pub(super) client_secret_file: Option<PathBuf>,
    /// An environment variable that holds it.
    pub(super) client_secret_env: Option<String>,
    /// How the client authenticates; left out, what is given tells.
    pub(super) client_auth: Option<ClientAuth>,
    /// The scopes to ask for: what its probes need.
    pub(super) scopes: Option<Vec<String>>,
    /// When proofs of possession are sent.
    pub(super) dpop: Option<Dpop>,
    /// `org`, or the id of a custom authorization server, which grants scopes of its own.
    pub(super) authorization_server: Option<String>,
}

/// How a client authenticates, in the words of OpenID Connect's registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ClientAuth {
    /// With a JWT that it signs.
    PrivateKeyJwt,
    /// With id and secret in the `Authorization` header.
    ClientSecretBasic,
    /// With id and secret in the form.
    ClientSecretPost,
}
