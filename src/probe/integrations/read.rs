//! What Okta says of log streams and hooks: pure, and tolerant of members that are missing, null or new.

use serde::{Deserialize, Serialize};

use crate::{
    okta::claim,
    probe::{label, unfamiliar::Unfamiliar},
    units::closed_list,
};

closed_list! {
    /// Whether it was switched off.
    enum Status {
        Active = "active",
        Inactive = "inactive",
        /// What is new at Okta.
        Other = "other",
    }
}

closed_list! {
    /// Whether an event hook answered Okta's challenge.
    enum Verification {
        Verified = "verified",
        Unverified = "unverified",
        /// What is new at Okta.
        Other = "other",
    }
}

/// One of a list, as Okta lists it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Listed {
    #[serde(deserialize_with = "claim")]
    id: Option<String>,
    #[serde(deserialize_with = "claim")]
    name: Option<String>,
    #[serde(deserialize_with = "claim")]
    status: Option<String>,
    #[serde(deserialize_with = "claim")]
    verification_status: Option<String>,
}

/// A log stream or a hook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Integration {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) is_active: Option<bool>,
    pub(super) is_verified: Option<bool>,
}

impl Listed {
    /// What it is, where it has an id. A word that is new tells neither yes nor no.
    pub(super) fn read(self, words: &mut Unfamiliar) -> Option<Integration> {
        let status = self.status.map(|word| words.or_note(&word, Status::named));
        let verification = self.verification_status;
        let verification = verification.map(|word| words.or_note(&word, Verification::named));
        Some(Integration {
            id: label::plain_word(self.id.as_deref()?)?.to_owned(),
            name: label::name(&self.name.unwrap_or_default()),
            is_active: match status.flatten() {
                Some(Status::Active) => Some(true),
                Some(Status::Inactive) => Some(false),
                Some(Status::Other) | None => None,
            },
            is_verified: match verification.flatten() {
                Some(Verification::Verified) => Some(true),
                Some(Verification::Unverified) => Some(false),
                Some(Verification::Other) | None => None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(entry: Value) -> Option<Integration> {
        let listed: Listed = serde_json::from_value(entry).unwrap();
        listed.read(&mut Unfamiliar::default())
    }

    #[test]
    fn what_is_neither_on_nor_off_is_unknown_and_what_has_no_id_is_nothing() {
        let known = |entry: Value| {
            let read = read(entry).unwrap();
            (read.is_active, read.is_verified)
        };
        let hook = json!({"id": "who1", "status": "ACTIVE", "verificationStatus": "UNVERIFIED"});
        assert_eq!(known(hook), (Some(true), Some(false)));
        let stream =
            json!({"id": "0oa1", "name": "x", "status": "INACTIVE", "type": "aws_eventbridge"});
        assert_eq!(known(stream), (Some(false), None));
        for strange in [json!(null), json!("SLEEPING"), json!(1), json!("other")] {
            let entry = json!({"id": "0oa1", "status": strange, "verificationStatus": strange});
            assert_eq!(known(entry), (None, None), "{strange}");
        }
        assert_eq!(read(json!({"status": "ACTIVE"})), None);
    }
}
