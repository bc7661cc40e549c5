//! Alerts come first on the overview, and what the boards judge they judge as the alerts do.

use std::fs;

use serde_json::json;

use super::{every, exprs, list, panels};
use crate::support::dashboard::boards;

/// Tiles and columns with the alert that they are to agree with, how the alert has it, and the step.
const AGREED: [(&str, &str, &str, &str, f64); 24] = [
    (
        "overview",
        "Incidents on the orgs' cells",
        "OktaOrgIncident",
        "minor|minor_service_disruption|service_degradation|performance_issue|feature_disruption",
        3.0,
    ),
    (
        "health",
        "Incidents on the orgs' cells",
        "OktaOrgIncident",
        "minor|minor_service_disruption|service_degradation|performance_issue|feature_disruption",
        3.0,
    ),
    (
        "overview",
        "Limits, of what Okta warns from",
        "OktaRateLimitNearlyExhausted",
        "warning_threshold:ratio",
        1.0,
    ),
    (
        "rate-limits",
        "Of what Okta warns from",
        "OktaRateLimitNearlyExhausted",
        "warning_threshold:ratio",
        1.0,
    ),
    (
        "rate-limits",
        "Windows that ran out",
        "OktaRateLimitExhausted",
        "> 2",
        3.0,
    ),
    (
        "rate-limits",
        "Requests refused (429)",
        "OktaRateLimitExhausted",
        "> 2",
        3.0,
    ),
    (
        "overview",
        "Slowest endpoints (p95)",
        "OktaSlow",
        "> 3",
        3.0,
    ),
    ("errors", "Latency: p95", "OktaSlow", "> 3", 3.0),
    (
        "errors",
        "Okta's own failures (5xx)",
        "OktaServerErrors",
        "> 3",
        3.0,
    ),
    ("errors", "Errors", "OktaErrorSurge", "> 0.2", 0.2),
    (
        "expiry",
        "Life left of access tokens",
        "OktaTokenExpiring",
        "0.1 *",
        0.1,
    ),
    (
        "expiry",
        "TLS certificates expire in",
        "OktaTlsCertificateExpiring",
        "< 14 * 86400",
        1_209_600.0,
    ),
    (
        "ends",
        "Next certificate ends in",
        "OktaIdpCertificateExpiring",
        "< 30 * 86400",
        2_592_000.0,
    ),
    (
        "ends",
        "Next certificate ends in",
        "OktaAppCertificateExpiring",
        "< 7 * 86400",
        604_800.0,
    ),
    (
        "ends",
        "Managed certificates end in",
        "OktaManagedDomainCertificateExpiring",
        "< 14 * 86400",
        1_209_600.0,
    ),
    (
        "ends",
        "API tokens",
        "OktaApiTokenExpiring",
        "< 604800",
        604_800.0,
    ),
    (
        "health",
        "Orgs end in",
        "OktaOrgExpiring",
        "< 14 * 86400",
        1_209_600.0,
    ),
    (
        "health",
        "Planned maintenance",
        "OktaMaintenanceAhead",
        "< 86400",
        86_400.0,
    ),
    (
        "system-log",
        "Behind the log",
        "OktaLogLagging",
        "> 600",
        600.0,
    ),
    (
        "system-log",
        "Since a limit of the org was violated",
        "OktaOrgRateLimitViolation",
        "< 600",
        600.0,
    ),
    (
        "system-log",
        "Since a token or client met its ceiling",
        "OktaPrincipalRateLimitViolation",
        "< 600",
        600.0,
    ),
    (
        "system-log",
        "Failing sign-ins and grants",
        "OktaAuthenticationFailureSurge",
        "[6h]",
        1.0,
    ),
    (
        "exporter",
        "How the System Log is followed",
        "OktaLogLagging",
        "> 600",
        600.0,
    ),
    (
        "exporter",
        "Clock against Okta's",
        "OktaClockSkew",
        "> 60",
        60.0,
    ),
];

fn alerts() -> String {
    fs::read_to_string("config/prometheus/okta.alerts.yml").unwrap()
}

#[test]
fn the_overview_begins_with_what_fires_and_leads_to_its_runbook() {
    let boards = boards();
    let overview = boards
        .iter()
        .find(|b| b.json["uid"] == "okta-overview")
        .unwrap();
    let [alerts_panel, verdicts, ..] = overview.panels() else {
        panic!("two panels at least");
    };
    assert_eq!(
        (&alerts_panel["type"], &alerts_panel["gridPos"]["y"]),
        (&json!("table"), &json!(0))
    );
    // The thing that an alert is about: whatever its words name must be in the table.
    for expr in exprs(alerts_panel) {
        let words = alerts();
        for label in words.split("$labels.").skip(1) {
            let end = label
                .find(|c: char| !c.is_ascii_lowercase() && c != '_')
                .unwrap();
            let (label, org) = (format!("\"{}\"", &label[..end]), label[..end] == *"org");
            assert!(org || expr.contains(&label), "no {label} in {expr}");
        }
        assert!(
            expr.contains("by (severity, alertname, org, thing)"),
            "{expr}"
        );
    }
    assert!(
        exprs(alerts_panel).any(|expr| expr.contains("ALERTS_FOR_STATE")),
        "since when"
    );
    let mut links = Vec::new();
    every(&alerts_panel["fieldConfig"]["overrides"], "url", &mut links);
    assert_eq!(links, ["${exporter:raw}/runbooks/${__value.raw}"]);
    let variables = list(&overview.json["templating"]["list"]);
    let exporter = variables.iter().find(|v| v["name"] == "exporter").unwrap();
    assert_eq!(
        (&exporter["type"], &exporter["query"]),
        (&json!("textbox"), &json!("http://localhost:6582"))
    );
    assert!(
        exprs(verdicts).all(|expr| expr.contains("okta_org_verdict")),
        "{verdicts}"
    );
}

#[test]
fn tiles_begin_to_worry_where_the_alerts_do() {
    let words = alerts();
    let boards = boards();
    for (file, title, alert, written, step) in AGREED {
        let rules = words.split("- alert: ").skip(1);
        let mut rules = rules.filter(|rule| rule.lines().next() == Some(alert));
        assert!(
            rules.any(|rule| rule.contains(written)),
            "{alert} has no `{written}`"
        );
        let board = boards
            .iter()
            .find(|b| b.file.ends_with(&format!("/{file}.json")))
            .unwrap();
        let panel = board.panels().iter().find(|panel| panel["title"] == title);
        let panel = panel.unwrap_or_else(|| panic!("{file}: no {title}"));
        let mut steps = Vec::new();
        every(&panel["fieldConfig"], "steps", &mut steps);
        let values = steps.into_iter().flat_map(list);
        let mut values = values.filter_map(|one| one["value"].as_f64());
        assert!(
            values.any(|value| (value - step).abs() < 1e-9),
            "{file}: {title}: no step at {step}"
        );
    }
}

#[test]
fn rate_limits_are_judged_by_where_the_org_has_okta_warn() {
    for (place, panel) in panels() {
        let used = |expr: &str| expr.contains("usage_ratio");
        if !exprs(&panel).any(used) {
            continue;
        }
        assert!(
            exprs(&panel).any(|expr| expr.contains("org:okta_rate_limit_warning_threshold:ratio")),
            "{place}"
        );
        let mut steps = Vec::new();
        every(&panel["fieldConfig"], "steps", &mut steps);
        for step in steps.into_iter().flat_map(list) {
            let own = step["value"]
                .as_f64()
                .is_none_or(|value| value <= 0.0 || value >= 1.0);
            assert!(own, "{place}: {step} is the same for every org");
        }
    }
}
