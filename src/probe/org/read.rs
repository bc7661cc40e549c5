//! What Okta says of the org: pure, and tolerant of members that are missing, null or new.

use jiff::civil::DateTime;
use serde::Deserialize;

use super::{
    known::{Lifetime, SupportAccess, ThreatInsight},
    words::{Notification, OrgStatus, SupportState, ThreatAction},
};
use crate::{okta::claim, probe::unfamiliar::Unfamiliar, units::Timestamp};

/// `/api/v1/org`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ListedOrg {
    #[serde(deserialize_with = "claim")]
    status: Option<String>,
    #[serde(deserialize_with = "claim")]
    expires_at: Option<String>,
}

/// `/api/v1/org/privacy/oktaSupport`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListedSupport {
    #[serde(deserialize_with = "claim")]
    support: Option<String>,
    #[serde(deserialize_with = "claim")]
    expiration: Option<String>,
}

/// `/api/v1/threats/configuration`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ListedThreats {
    #[serde(deserialize_with = "claim")]
    action: Option<String>,
    #[serde(deserialize_with = "claim")]
    last_updated: Option<String>,
}

/// One of a role's subscriptions.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ListedSubscription {
    #[serde(deserialize_with = "claim")]
    notification_type: Option<String>,
    #[serde(deserialize_with = "claim")]
    status: Option<String>,
}

impl ListedOrg {
    pub(super) fn read(self, words: &mut Unfamiliar) -> Lifetime {
        let status = |word: String| {
            words
                .or_note(&word, OrgStatus::named)
                .unwrap_or(OrgStatus::Other)
        };
        Lifetime {
            status: self.status.map(status),
            expires: self.expires_at.as_deref().and_then(moment),
        }
    }
}

impl ListedSupport {
    /// Whether it may sign in; a word that is new says neither.
    pub(super) fn read(self, words: &mut Unfamiliar) -> Option<SupportAccess> {
        let state = words.or_note(&self.support?, SupportState::named)?;
        Some(SupportAccess {
            is_enabled: state == SupportState::Enabled,
            expires: self.expiration.as_deref().and_then(moment),
        })
    }
}

impl ListedThreats {
    pub(super) fn read(self, words: &mut Unfamiliar) -> Option<ThreatInsight> {
        let action = words.or_note(&self.action?, ThreatAction::named);
        Some(ThreatInsight {
            action: action.unwrap_or(ThreatAction::Other),
            changed: self.last_updated.as_deref().and_then(moment),
        })
    }
}

impl ListedSubscription {
    /// Which mail it is, and whether the role gets it; of an entry that does not say, nothing.
    pub(super) fn read(self, words: &mut Unfamiliar) -> Option<(Notification, bool)> {
        let kind = words.or_note(&self.notification_type?, Notification::named);
        let is_subscribed = match self.status?.to_ascii_lowercase().as_str() {
            "subscribed" => true,
            "unsubscribed" => false,
            _ => return None,
        };
        Some((kind.unwrap_or(Notification::Other), is_subscribed))
    }
}

/// A moment, as most of Okta writes it, or as ThreatInsight does: in UTC, and without saying so.
fn moment(text: &str) -> Option<Timestamp> {
    let said = text.parse::<Timestamp>().ok();
    said.or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        jiff::tz::Offset::UTC.to_timestamp(civil).ok()
    })
}
