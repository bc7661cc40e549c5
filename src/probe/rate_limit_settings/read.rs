//! What the documents say: pure, and tolerant of members that are missing, null or new.

use serde::{Deserialize, Serialize};

use crate::{okta::claim, units::closed_list};

/// `…/rate-limit-settings/warning-threshold`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct WarningThreshold {
    #[serde(deserialize_with = "claim")]
    warning_threshold: Option<f64>,
}

/// `…/rate-limit-settings/per-client`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PerClient {
    #[serde(deserialize_with = "claim")]
    default_mode: Option<String>,
}

/// `…/rate-limit-settings/admin-notifications`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AdminNotifications {
    #[serde(deserialize_with = "claim")]
    notifications_enabled: Option<bool>,
}

impl AdminNotifications {
    /// Whether administrators get mails.
    pub(super) fn are_on(self) -> Option<bool> {
        self.notifications_enabled
    }
}

closed_list! {
    /// How Okta treats a client that exceeds a limit of its own, such as one browser at a sign-in
    /// page.
    pub enum ClientMode {
        /// It is refused.
        Enforce = "enforce",
        /// It is written to the System Log.
        LogOnly = "log_only",
        /// There is no such limit.
        Disabled = "disabled",
    }
}

/// Which share of the org's limits a principal may use, 0 to 1; each may be unsaid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct PrincipalShare {
    /// Of the requests of each bucket.
    pub requests: Option<f64>,
    /// Of the requests at once.
    pub concurrency: Option<f64>,
}

impl WarningThreshold {
    pub(super) fn ratio(self) -> Option<f64> {
        ratio(self.warning_threshold)
    }
}

impl PerClient {
    /// The mode that holds where no use case has its own; a word that is new is no known mode.
    pub(super) fn mode(self) -> Option<ClientMode> {
        match self.default_mode?.as_str() {
            "ENFORCE" => Some(ClientMode::Enforce),
            "PREVIEW" => Some(ClientMode::LogOnly),
            "DISABLE" => Some(ClientMode::Disabled),
            _ => None,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PrincipalLimits {
    #[serde(deserialize_with = "claim")]
    principal_id: Option<String>,
    #[serde(deserialize_with = "claim")]
    default_percentage: Option<f64>,
    #[serde(deserialize_with = "claim")]
    default_concurrency_percentage: Option<f64>,
}

impl PrincipalLimits {
    /// Whose share, and which. An entry that names nobody is nobody's.
    pub(super) fn share(self) -> Option<(String, PrincipalShare)> {
        let share = PrincipalShare {
            requests: ratio(self.default_percentage),
            concurrency: ratio(self.default_concurrency_percentage),
        };
        Some((self.principal_id?, share))
    }
}

/// A percentage as a ratio; what is none is unknown.
fn ratio(percentage: Option<f64>) -> Option<f64> {
    let sensible = |percentage: &f64| (0.0..=100.0).contains(percentage);
    percentage
        .filter(sensible)
        .map(|percentage| percentage / 100.0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::probe::listing::Listing;

    fn threshold(document: Value) -> Option<f64> {
        serde_json::from_value::<WarningThreshold>(document)
            .unwrap()
            .ratio()
    }

    fn mode(document: Value) -> Option<&'static str> {
        let read: PerClient = serde_json::from_value(document).unwrap();
        read.mode().map(ClientMode::as_str)
    }

    #[test]
    fn the_recorded_documents_are_read() {
        assert_eq!(threshold(json!({"warningThreshold": 60})), Some(0.6));
        let recorded = json!({
            "defaultMode": "ENFORCE",
            "useCaseModeOverrides": {"LOGIN_PAGE": "PREVIEW", "OAUTH2_AUTHORIZE": "DISABLE"},
        });
        assert_eq!(mode(recorded), Some("enforce"));
        assert_eq!(mode(json!({"defaultMode": "PREVIEW"})), Some("log_only"));
        assert_eq!(mode(json!({"defaultMode": "DISABLE"})), Some("disabled"));
    }

    #[test]
    fn what_is_missing_null_new_or_out_of_range_is_unknown() {
        for strange in [
            json!({}),
            json!({"warningThreshold": null}),
            json!({"warningThreshold": "60"}),
            json!({"warningThreshold": 600}),
            json!({"warningThreshold": -1}),
        ] {
            assert_eq!(threshold(strange.clone()), None, "{strange}");
        }
        for strange in [
            json!({}),
            json!({"defaultMode": null}),
            json!({"defaultMode": "SOFTLY"}),
            json!({"defaultMode": {"LOGIN_PAGE": "ENFORCE"}}),
        ] {
            assert_eq!(mode(strange.clone()), None, "{strange}");
        }
    }

    #[test]
    fn one_strange_entry_of_a_list_hides_no_other() {
        let page = json!([
            {"id": "prl1", "principalId": "00T1", "principalType": "SSWS_TOKEN",
             "defaultPercentage": 50, "defaultConcurrencyPercentage": 75, "lastUpdate": "x"},
            "no entry",
            {"defaultPercentage": 10},
            {"principalId": "00T2", "defaultPercentage": null, "defaultConcurrencyPercentage": "50"},
        ]);
        let mut listing = Listing::<PrincipalLimits>::new();
        listing.add(serde_json::from_value(page).unwrap());
        let entries = listing.entries.into_iter();
        let shares: Vec<_> = entries.filter_map(PrincipalLimits::share).collect();
        let known = PrincipalShare {
            requests: Some(0.5),
            concurrency: Some(0.75),
        };
        let expected = [
            ("00T1".to_owned(), known),
            ("00T2".to_owned(), PrincipalShare::default()),
        ];
        assert_eq!(shares, expected);
    }
}
