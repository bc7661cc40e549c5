//! The org itself, Okta Support's access, ThreatInsight, and who gets Okta's mails.

use std::time::Duration;

use okta_exporter::sim::{ApiToken, Org};
use serde_json::json;

use super::{
    Inventory,
    support::{Answer, Lists, Part},
};
use crate::support::{API_TOKEN, Exporter, Scrape};

pub const INVENTORY: Inventory = Inventory {
    kind: "org",
    settings: "",
    org: |org| org,
    parts: &[
        Part {
            path: "/api/v1/org",
            family: "okta_org_status",
            answer: Answer::Document(|| json!({ "status": "ACTIVE", "expiresAt": null })),
        },
        Part {
            path: "/api/v1/org/privacy/oktaSupport",
            family: "okta_org_support_access",
            answer: Answer::Document(|| json!({ "support": "DISABLED", "expiration": null })),
        },
        Part {
            path: "/api/v1/threats/configuration",
            family: "okta_org_threat_insight_action",
            answer: Answer::Document(|| json!({ "action": "block" })),
        },
    ],
};

const RATE_LIMITS: &str = r#"okta_notification_subscribers{notification="ratelimit_notification"}"#;

fn org() -> Org {
    Org::new("acme").api_token(ApiToken::new("monitor", API_TOKEN))
}

#[tokio::test]
async fn an_org_that_is_paid_for_has_no_end_and_a_trial_has_one() {
    let okta = org().start().await.unwrap();
    let exporter = Exporter::watch(&okta, &INVENTORY.probes()).await;
    let page = exporter.first_round().await;
    assert_eq!(
        page.value(r#"okta_org_status{org="acme",status="active"}"#),
        1.0
    );
    let end = "okta_org_expiry_timestamp_seconds";
    assert_eq!(page.get(end), None);
    okta.controls().expire_org_in(Duration::from_hours(24));
    let page = exporter.until(|page| page.get(end).is_some()).await;
    let left = page.value(end) - jiff::Timestamp::now().as_second() as f64;
    assert!((left - 86_400.0).abs() < 60.0, "{left}");
    exporter.until_case("org-expiring").await;
    okta.controls().pay_for_org();
    exporter.until(|page| page.get(end).is_none()).await;
}

#[tokio::test]
async fn okta_supports_access_is_open_until_its_end() {
    let okta = org().start().await.unwrap();
    let exporter = Exporter::watch(&okta, &INVENTORY.probes()).await;
    let (access, end) = (
        "okta_org_support_access",
        "okta_org_support_access_expiry_timestamp_seconds",
    );
    let page = exporter.first_round().await;
    assert_eq!((page.value(access), page.get(end)), (0.0, None));
    okta.controls().open_support_access(Duration::from_hours(8));
    let page = exporter.until(|page| page.value(access) == 1.0).await;
    assert!(page.value(end) > jiff::Timestamp::now().as_second() as f64 + 8.0 * 3_500.0);
    okta.controls().close_support_access();
    let page = exporter.until(|page| page.value(access) == 0.0).await;
    assert_eq!(page.get(end), None);
}

#[tokio::test]
async fn what_threat_insight_does_is_told_and_when_that_was_changed() {
    let okta = org().start().await.unwrap();
    let exporter = Exporter::watch(&okta, &INVENTORY.probes()).await;
    let page = exporter.first_round().await;
    let action = |action: &str| format!(r#"okta_org_threat_insight_action{{action="{action}"}}"#);
    assert_eq!(page.value(&action("audit")), 1.0);
    let changed = page.value("okta_org_threat_insight_last_change_timestamp_seconds");
    assert_eq!(changed, 1_623_681_946.0, "2021-06-14 14:45:46 in UTC");
    okta.controls().set_threat_action("challenge");
    let new = action("other");
    let page = exporter.until(|page| page.get(&new).is_some()).await;
    assert_eq!(page.get(&action("audit")), None);
    INVENTORY.succeeds(&page);
}

/// How often a role's subscriptions were asked for.
fn asked(okta: &okta_exporter::sim::Running) -> usize {
    let requests = okta.controls().requests();
    let of_roles = requests
        .iter()
        .filter(|one| one.path.starts_with("/api/v1/roles/"));
    of_roles.count()
}

#[tokio::test]
async fn who_gets_oktas_mails_is_asked_once_a_day() {
    let okta = org().start().await.unwrap();
    okta.controls().unsubscribe("RATELIMIT_NOTIFICATION");
    let exporter = Exporter::watch(&okta, &INVENTORY.probes()).await;
    let page = exporter.first_round().await;
    assert_eq!(page.value(RATE_LIMITS), 0.0);
    let agents = r#"okta_notification_subscribers{notification="ad_agent"}"#;
    assert_eq!(
        page.value(agents),
        1.0,
        "of four roles, super administrators"
    );
    exporter.until_case("nobody-subscribed").await;
    let runs = r#"okta_probe_runs_total{probe="org"}"#;
    let page = exporter.until(|page| page.value(runs) >= 3.0).await;
    assert_eq!(page.value(RATE_LIMITS), 0.0, "it is remembered");
    assert_eq!(asked(&okta), 4, "each of four roles once");
}

#[tokio::test]
async fn subscriptions_that_are_withheld_are_absent_and_the_rest_is_there() {
    let okta = org()
        .without_feature("/api/v1/roles")
        .start()
        .await
        .unwrap();
    let exporter = Exporter::watch(&okta, &INVENTORY.probes()).await;
    let page = exporter.first_round().await;
    assert!(
        page.all("okta_notification_subscribers").is_empty(),
        "{page}"
    );
    INVENTORY.shows(&page, |_| true);
    assert!(INVENTORY.failed(&page, "forbidden") >= 1.0, "{page}");
    assert_eq!(asked(&okta), 1, "one role that is withheld stands for all");
}

/// Documents that say nothing that is known.
const STRANGE: [Part; 3] = [
    Part {
        path: "/api/v1/org",
        family: "",
        answer: Answer::Document(
            || json!({ "status": ["\n\"}"], "expiresAt": "x".repeat(10_000) }),
        ),
    },
    Part {
        path: "/api/v1/org/privacy/oktaSupport",
        family: "",
        answer: Answer::Document(|| json!({ "support": "\"}\n".repeat(3_000) })),
    },
    Part {
        path: "/api/v1/threats/configuration",
        family: "",
        answer: Answer::Document(|| json!({ "action": null, "lastUpdated": {} })),
    },
];

#[tokio::test]
async fn strange_documents_say_nothing_and_harm_nothing() {
    let strange = |page: &Scrape| {
        assert_eq!(page.get("okta_org_status"), None, "{page}");
        assert_eq!(page.get("okta_org_support_access"), None, "{page}");
        assert_eq!(page.get("okta_org_threat_insight_action"), None, "{page}");
    };
    let lists = Lists::start(&STRANGE).await;
    let page = Exporter::start(&lists.yaml(&INVENTORY.probes()))
        .await
        .first_round()
        .await;
    strange(&page);
}
