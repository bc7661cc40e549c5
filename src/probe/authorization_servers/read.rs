//! What the list says of each server: pure, and tolerant of members that are missing, null or new.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    okta::{Object, claim},
    probe::{
        label::{moment, name, plain_word},
        unfamiliar::Unfamiliar,
    },
    units::{OktaTime, closed_list},
};

closed_list! {
    /// What became of an authorization server.
    pub(super) enum Status {
        /// It answers.
        Active = "active",
        /// It was deactivated.
        Inactive = "inactive",
        /// What is not known here.
        Other = "other",
    }
}

/// One server, as the list has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    #[serde(deserialize_with = "claim")]
    id: Option<String>,
    #[serde(deserialize_with = "claim")]
    name: Option<String>,
    #[serde(deserialize_with = "claim")]
    status: Option<String>,
    #[serde(deserialize_with = "claim")]
    issuer: Option<String>,
    credentials: Object<Credentials>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Credentials {
    signing: Object<Signing>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Signing {
    #[serde(deserialize_with = "claim")]
    rotation_mode: Option<String>,
    #[serde(deserialize_with = "claim")]
    last_rotated: Option<String>,
    #[serde(deserialize_with = "claim")]
    next_rotation: Option<String>,
}

/// What is known of one server; each may be unsaid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Server {
    pub(super) name: String,
    pub(super) status: Option<Status>,
    pub(super) automatic: Option<bool>,
    pub(super) last_rotated: Option<OktaTime>,
    pub(super) next_rotation: Option<OktaTime>,
}

impl Entry {
    /// The server by its label, the one that an issuer names it by: its id, or `default`. One without
    /// an id is nobody.
    pub(super) fn read(
        self,
        taken: &BTreeSet<String>,
        unfamiliar: &mut Unfamiliar,
    ) -> Option<(String, Server)> {
        let id = plain_word(self.id.as_deref()?)?;
        let is_default = match &self.issuer {
            Some(issuer) => issuer.ends_with("/oauth2/default"),
            None => self.name.as_deref() == Some("default"),
        };
        let label = if is_default && !taken.contains("default") {
            "default"
        } else {
            id
        };
        let signing = self.credentials.0.unwrap_or_default().signing.0;
        let signing = signing.unwrap_or_default();
        let mode = |mode: &str| match mode {
            "auto" => Some(true),
            "manual" => Some(false),
            _ => None,
        };
        let known = Status::named;
        let status = self.status.as_deref();
        let automatic = signing.rotation_mode.as_deref();
        let at = |text: Option<String>| moment(&text?).map(OktaTime::written);
        let server = Server {
            name: name(self.name.as_deref().unwrap_or_default()),
            status: status.map(|word| unfamiliar.or_note(word, known).unwrap_or(Status::Other)),
            automatic: automatic.and_then(|word| unfamiliar.or_note(word, mode)),
            last_rotated: at(signing.last_rotated),
            next_rotation: at(signing.next_rotation),
        };
        Some((label.to_owned(), server))
    }
}
