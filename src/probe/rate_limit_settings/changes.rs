//! Which of the settings changed, and when that was seen. Pure.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::units::{OktaTime, closed_list};

closed_list! {
    /// What administrators set.
    pub(super) enum Setting {
        /// From which share of a bucket on Okta warns.
        WarningThreshold = "warning_threshold",
        /// How single clients are treated.
        ClientMode = "client_mode",
        /// Whether administrators get mails about limits.
        AdminNotifications = "admin_notifications",
        /// Which share of a bucket one of the org's credentials may use.
        PrincipalCeiling = "principal_ceiling",
    }
}

/// The last change of a setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Change {
    /// When an answer first showed it.
    pub(super) at: OktaTime,
    from: String,
    to: String,
}

/// The last change of each setting that changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Changes(BTreeMap<Setting, Change>);

impl Changes {
    /// Notes a setting that is told as it was and as it is, where that differs. What was unknown, or is,
    /// has not changed.
    pub(super) fn note<T>(
        &mut self,
        setting: Setting,
        (before, after): (Option<&T>, Option<&T>),
        at: OktaTime,
        told: impl Fn(&T) -> String,
    ) {
        let (Some(before), Some(after)) = (before, after) else {
            return;
        };
        let (from, to) = (told(before), told(after));
        if from != to {
            self.0.insert(setting, Change { at, from, to });
        }
    }

    /// Each that changed.
    pub(super) fn all(&self) -> impl Iterator<Item = (Setting, &Change)> {
        self.0.iter().map(|(setting, change)| (*setting, change))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, from, to } = self;
        write!(f, "{from} before, {to} since {at}")
    }
}

/// A ratio in percent, to a hundredth: what is kept and read back must not seem to have changed.
pub(super) fn percent(ratio: f64) -> String {
    format!("{} %", (ratio * 1e4).round() / 1e2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_known_and_is_otherwise_now_has_changed() {
        let at = |second: i32| OktaTime::from_seconds(second.into()).unwrap();
        let mut changes = Changes::default();
        let told = |ratio: &f64| percent(*ratio);
        for (second, before, after) in [
            (1, None, Some(0.6)),
            (2, Some(0.6), Some(0.6)),
            (3, Some(0.6), None),
            (4, Some(0.332_999_999_999_999_96), Some(0.333)),
        ] {
            let pair = (before.as_ref(), after.as_ref());
            changes.note(Setting::WarningThreshold, pair, at(second), told);
        }
        assert_eq!(changes, Changes::default());
        changes.note(
            Setting::WarningThreshold,
            (Some(&0.6), Some(&0.9)),
            at(5),
            told,
        );
        let told: Vec<_> = changes
            .all()
            .map(|(_, change)| change.to_string())
            .collect();
        assert_eq!(told, ["60 % before, 90 % since 1970-01-01T00:00:05Z"]);
        let kept = serde_json::to_value(&changes).unwrap();
        assert_eq!(serde_json::from_value::<Changes>(kept).unwrap(), changes);
    }
}
