//! What is to be watched, ready to be scheduled: an org, a status page, a probe of either.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use http::HeaderName;

use super::fingerprint::Fingerprint;
use crate::{
    okta::{Client, Credential, SecretSource},
    probe::Probe,
    units::{Cell, Name, OrgUrl, Share},
};

/// One org and its probes.
#[derive(Debug)]
pub struct Org {
    /// Where it is.
    pub url: OrgUrl,
    /// Its cell, where the organization document cannot tell.
    pub cell: Option<Cell>,
    /// The client that its probes share.
    pub client: Client,
    /// The share of each of its rate limits that may be spent on it.
    pub budget: Share,
    /// Who may ask.
    pub credentials: BTreeMap<Name, Arc<Credential>>,
    /// What is asked of it.
    pub probes: Vec<Planned>,
    /// How its event hook proves itself; `None` where none delivers.
    pub event_hook: Option<EventHook>,
    /// What was written of it, but for its probes and credentials.
    pub fingerprint: Fingerprint,
}

/// How an org's event hook proves itself.
#[derive(Debug, Clone)]
pub struct EventHook {
    /// The header that carries the secret,
    pub header: HeaderName,
    /// and the secret: the whole of the header's value.
    pub secret: SecretSource,
}

/// One status page.
#[derive(Debug)]
pub struct StatusPage {
    /// The client that asks it.
    pub client: Client,
    /// How it is asked.
    pub probe: Planned,
}

/// One host that is asked to tell whose fault the silence of orgs is.
#[derive(Debug)]
pub struct Control {
    /// The client that asks it.
    pub client: Client,
    /// How it is asked.
    pub probe: Planned,
    /// The orgs that it tells of.
    pub orgs: BTreeSet<Name>,
}

/// One probe, ready to be scheduled.
#[derive(Debug)]
pub struct Planned {
    /// `kind` or `kind/name`: the `probe` label.
    pub id: String,
    /// The probe.
    pub probe: Probe,
    /// How often it runs.
    pub interval: Duration,
    /// How long each of its requests may take.
    pub timeout: Duration,
    /// What was written of it, and of all that it asks with.
    pub fingerprint: Fingerprint,
}
