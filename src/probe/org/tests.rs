//! Okta's documents, as recorded and as strange as may be.

use serde_json::{Value, json};

use super::{known::*, read::*, words::*};
use crate::{
    probe::unfamiliar::Unfamiliar,
    units::{OktaTime, Timestamp},
};

fn read<T: serde::de::DeserializeOwned>(document: Value) -> T {
    serde_json::from_value(document).unwrap()
}

#[test]
fn the_recorded_documents_are_read() {
    let mut words = Unfamiliar::default();
    let org: ListedOrg = read(json!({"id": "00o1", "status": "ACTIVE", "expiresAt": null}));
    let paid = Lifetime {
        status: Some(OrgStatus::Active),
        expires: None,
    };
    assert_eq!(org.read(&mut words), paid);
    let org: ListedOrg = read(json!({"status": "ACTIVE", "expiresAt": "2027-01-02T03:04:05.000Z"}));
    let end: Timestamp = "2027-01-02T03:04:05Z".parse().unwrap();
    assert_eq!(org.read(&mut words).expires, Some(end));
    let support: ListedSupport = read(json!({
        "support": "ENABLED", "expiration": "2027-01-02T03:04:05.000Z", "caseNumber": null,
    }));
    let open = support.read(&mut words).unwrap();
    assert_eq!((open.is_enabled, open.expires), (true, Some(end)));
    let at = |text: &str| OktaTime::written(text.parse().unwrap());
    assert!(open.is_open_at(at("2027-01-02T03:04:04Z")));
    assert!(!open.is_open_at(at("2027-01-02T03:04:05Z")), "it is over");
    let threats: ListedThreats = read(json!({
        "action": "none", "excludeZones": [], "created": "2021-06-14 14:45:46",
        "lastUpdated": "2021-06-14 14:45:46",
    }));
    let expected = ThreatInsight {
        action: ThreatAction::None,
        changed: Some("2021-06-14T14:45:46Z".parse().unwrap()),
    };
    assert_eq!(threats.read(&mut words), Some(expected));
    let mail: ListedSubscription = read(json!({
        "notificationType": "RATELIMIT_NOTIFICATION", "channels": ["email"], "status": "subscribed",
    }));
    assert_eq!(mail.read(&mut words), Some((Notification::RateLimit, true)));
    assert_eq!(words, Unfamiliar::default());
}

#[test]
fn what_is_missing_null_or_strange_is_unknown_and_what_is_new_is_other() {
    let mut words = Unfamiliar::default();
    for strange in [
        json!({}),
        json!({"status": null, "expiresAt": 5}),
        json!({"status": ["ACTIVE"]}),
    ] {
        let org: ListedOrg = read(strange.clone());
        assert_eq!(org.read(&mut words), Lifetime::default(), "{strange}");
    }
    for strange in [json!({}), json!({"support": null}), json!({"support": {}})] {
        let support: ListedSupport = read(strange.clone());
        assert_eq!(support.read(&mut words), None, "{strange}");
    }
    for strange in [
        json!({}),
        json!({"notificationType": "AD_AGENT"}),
        json!({"status": "subscribed"}),
    ] {
        let mail: ListedSubscription = read(strange.clone());
        assert_eq!(mail.read(&mut words), None, "{strange}");
    }
    assert_eq!(words, Unfamiliar::default());
    let org: ListedOrg = read(json!({"status": "ON_HOLD", "expiresAt": "soon"}));
    assert_eq!(org.read(&mut words).status, Some(OrgStatus::Other));
    let support: ListedSupport = read(json!({"support": "PERHAPS"}));
    assert_eq!(support.read(&mut words), None, "neither open nor shut");
    let threats: ListedThreats = read(json!({"action": "challenge"}));
    assert_eq!(
        threats.read(&mut words).unwrap().action,
        ThreatAction::Other
    );
    assert_ne!(words, Unfamiliar::default());
}
