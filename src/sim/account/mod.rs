//! The org's own account: until when it is in use, whether Okta Support may sign in, what ThreatInsight
//! does, and which admin roles get Okta's mails.

mod controls;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

/// The mails that each role may get.
const MAILS: &[&str] = &[
    "AD_AGENT",
    "AGENT_AUTO_UPDATE_NOTIFICATION",
    "APP_IMPORT",
    "CONNECTOR_AGENT",
    "IWA_AGENT",
    "LDAP_AGENT",
    "OKTA_ANNOUNCEMENT",
    "OKTA_UPDATE",
    "RATELIMIT_NOTIFICATION",
    "REPORT_SUSPICIOUS_ACTIVITY",
    "USER_DEPROVISION",
    "USER_LOCKED_OUT",
];

/// The account of one org.
#[derive(Debug)]
pub(super) struct Account {
    /// When it ends; one that is paid for does not.
    expires: Option<Timestamp>,
    support_until: Option<Timestamp>,
    threat_action: &'static str,
    /// Whether administrators get mails about limits at all.
    pub(in crate::sim) mails_of_limits: bool,
    /// The mails that nobody gets.
    unsubscribed: BTreeSet<String>,
}

impl Account {
    /// One that is paid for, watched over, and whose super administrators get every mail.
    pub(super) fn new() -> Self {
        Self {
            expires: None,
            support_until: None,
            threat_action: "audit",
            mails_of_limits: true,
            unsubscribed: BTreeSet::new(),
        }
    }

    pub(super) fn org(&self, name: &str) -> Value {
        json!({
            "id": "00oSimulatedOrg00000",
            "subdomain": name,
            "companyName": name,
            "status": "ACTIVE",
            "expiresAt": self.expires.map(|end| format!("{end:.3}")),
        })
    }

    pub(super) fn support(&self, now: Timestamp) -> Value {
        let until = self.support_until.filter(|end| *end > now);
        json!({
            "support": if until.is_some() { "ENABLED" } else { "DISABLED" },
            "expiration": until.map(|end| format!("{end:.3}")),
            "caseNumber": null,
        })
    }

    pub(super) fn threats(&self) -> Value {
        json!({
            "action": self.threat_action,
            "excludeZones": [],
            "created": "2021-06-14 14:45:46",
            "lastUpdated": "2021-06-14 14:45:46",
        })
    }

    /// Of super administrators all, of other roles none.
    pub(super) fn subscriptions(&self, role: &str) -> Value {
        let mails = MAILS.iter().map(|mail| {
            let gets = role == "SUPER_ADMIN" && !self.unsubscribed.contains(*mail);
            json!({
                "notificationType": mail,
                "channels": ["email"],
                "status": if gets { "subscribed" } else { "unsubscribed" },
            })
        });
        Value::Array(mails.collect())
    }
}
