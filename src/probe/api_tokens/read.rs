//! What the list says of one API token. Pure, and tolerant of members that are missing, null or new.

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};
use serde::{Deserialize, Serialize};

use crate::{
    okta::{Object, claim},
    probe::{
        label::{name, plain_word},
        unfamiliar::Unfamiliar,
    },
    units::{OktaTime, Timestamp},
};

/// Okta writes the end of a token anew as it is used, and the moment of its creation once: what is
/// so near to that is no use.
const CREATION: Duration = Duration::from_secs(1);

/// What is known of one API token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Token {
    /// As people named it, fit for a label.
    pub(super) name: String,
    /// When it ends if nobody uses it until then.
    pub(super) expires_at: Option<OktaTime>,
    /// `None` where it never was, or nobody says.
    pub(super) last_used: Option<OktaTime>,
    /// True where it may be used from any address.
    pub(super) unrestricted: Option<bool>,
}

/// An entry of `/api/v1/api-tokens`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Entry {
    #[serde(deserialize_with = "claim")]
    id: Option<String>,
    #[serde(deserialize_with = "claim")]
    name: Option<String>,
    #[serde(deserialize_with = "claim")]
    token_window: Option<String>,
    #[serde(deserialize_with = "claim")]
    expires_at: Option<String>,
    #[serde(deserialize_with = "claim")]
    created: Option<String>,
    #[serde(deserialize_with = "claim")]
    last_updated: Option<String>,
    network: Object<Network>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Network {
    #[serde(deserialize_with = "claim")]
    connection: Option<String>,
}

impl Entry {
    /// The token by its id; `None` where it has no id that could be one.
    pub(super) fn token(self, unfamiliar: &mut Unfamiliar) -> Option<(String, Token)> {
        let id = plain_word(self.id.as_deref()?)?.to_owned();
        let expires_at = moment(self.expires_at.as_deref());
        // Its end is told from its last use. Whoever renames it may change `lastUpdated` as well.
        let window = self.token_window.as_deref().and_then(length);
        let by_its_end = expires_at
            .zip(window)
            .map(|(end, window)| end.minus(window));
        let last_used = by_its_end.or_else(|| moment(self.last_updated.as_deref()));
        let created = moment(self.created.as_deref());
        let is_use = |at: &OktaTime| created.is_none_or(|created| *at > created.plus(CREATION));
        let Object(network) = self.network;
        let connection = network.and_then(|network| network.connection);
        let token = Token {
            name: name(&self.name.unwrap_or_default()),
            expires_at,
            last_used: last_used.filter(is_use),
            unrestricted: connection.and_then(|word| unfamiliar.or_note(&word, anywhere)),
        };
        Some((id, token))
    }
}

fn anywhere(connection: &str) -> Option<bool> {
    match connection {
        "anywhere" => Some(true),
        "zone" => Some(false),
        _ => None,
    }
}

fn moment(text: Option<&str>) -> Option<OktaTime> {
    text?.parse::<Timestamp>().ok().map(OktaTime::written)
}

/// A length such as `P30D`; a month is none.
fn length(text: &str) -> Option<Duration> {
    let span: Span = text.parse().ok()?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(length).ok()
}
