//! What status pages come to in a report.

use okta_exporter::{diagnose::Verdict, sim::Incident};

use super::{check, org, page, report};
use crate::support::acme;

#[tokio::test]
async fn a_page_without_cells_is_told_by_its_open_incidents() {
    let okta = org().start().await.unwrap();
    let (_, served) = page(Some(Incident::new("Sign-in is slow"))).await;
    let asked = acme(&okta, "{ organization: {} }");
    let pages = format!(
        "status_pages: {{ other: {{ url: '{}' }} }}",
        served.statuspage_url()
    );
    let with_cell = report(&asked.replace("status_pages: {}", &pages)).await;
    assert_eq!(check(&with_cell, 0, "other"), (Verdict::Degraded, None));
    let asked = acme(&okta, "{ discovery: {} }");
    let without = report(&asked.replace("status_pages: {}", &pages)).await;
    // Which cell the org is on is as unknown as where the incident is.
    assert_eq!(check(&without, 0, "other"), (Verdict::Degraded, None));
}

#[tokio::test]
async fn a_page_that_tells_its_indicator_alone_is_told_by_that() {
    let okta = org().start().await.unwrap();
    for (incident, verdict) in [
        (None, Verdict::Healthy),
        (Some(Incident::new("Sign-in is slow")), Verdict::Degraded),
    ] {
        let (_, served) = page(incident).await;
        let file = format!("{}/api/v2/status.json", served.statuspage_url());
        let pages = format!("status_pages: {{ other: {{ url: '{file}' }} }}");
        let asked = acme(&okta, "{ organization: {} }").replace("status_pages: {}", &pages);
        let report = report(&asked).await;
        assert_eq!(check(&report, 0, "other"), (verdict, None));
    }
}

#[tokio::test]
async fn a_page_whose_components_are_out_is_not_well_for_having_no_incident() {
    let okta = org().start().await.unwrap();
    for (indicator, verdict, says) in [
        ("none", Verdict::Healthy, "no open incident"),
        ("maintenance", Verdict::Healthy, "no open incident"),
        (
            "major",
            Verdict::Degraded,
            "no open incident, but its indicator is `major`",
        ),
        (
            "on fire",
            Verdict::Degraded,
            "no open incident, but its indicator is `other`",
        ),
    ] {
        let summary = serde_json::json!({
            "page": {"name": "Example", "url": "https://status.example"},
            "status": {"indicator": indicator, "description": "Partial System Outage"},
            "components": [{"id": "c1", "name": "Sign-in", "status": "major_outage"}],
            "incidents": [],
            "scheduled_maintenances": [],
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let served = move || std::future::ready(axum::Json(summary.clone()));
        let pages = axum::Router::new().route("/api/v2/summary.json", axum::routing::get(served));
        let task = tokio::spawn(async move { axum::serve(listener, pages).await });
        let pages = format!("status_pages: {{ other: {{ url: '{url}', format: statuspage }} }}");
        let asked = acme(&okta, "{ organization: {} }").replace("status_pages: {}", &pages);
        let report = report(&asked).await;
        assert_eq!(check(&report, 0, "other"), (verdict, None), "{indicator}");
        let checks = &report.orgs[0].checks;
        let told = checks.iter().find(|check| check.name == "other").unwrap();
        assert_eq!(told.says, says);
        task.abort();
    }
}

#[tokio::test]
async fn an_incident_that_may_be_on_any_cell_is_not_told_to_be_elsewhere() {
    let okta = org().start().await.unwrap();
    for (cells, says) in [
        (
            "All cells",
            "no open incident on okta.com:7, 1 that may be on any cell: I-99001",
        ),
        (
            "",
            "no open incident on okta.com:7, 1 that may be on any cell: I-99001",
        ),
        (
            "okta.com:8; others",
            "no open incident on okta.com:7, 1 that may be on any cell: I-99001",
        ),
    ] {
        let (url, _page) = page(Some(Incident::new("Sign-in is slow").cells(cells))).await;
        let pages = format!("status_pages: {{ okta: {{ url: '{url}' }} }}");
        let asked = acme(&okta, "{ discovery: {}, organization: {} }");
        let report = report(&asked.replace("status_pages: {}", &pages)).await;
        let case = Some("incident-of-unknown-reach");
        assert_eq!(
            check(&report, 0, "okta"),
            (Verdict::Degraded, case),
            "{cells}"
        );
        assert_eq!(report.verdict, Verdict::Degraded);
        let checks = &report.orgs[0].checks;
        let told = checks.iter().find(|check| check.name == "okta").unwrap();
        assert!(told.says.starts_with(says), "{}", told.says);
        assert_eq!(told.facts["open_incidents_of_unknown_reach"], 1);
    }
    let (url, _page) = page(Some(Incident::new("Slow").cells("okta.com:8 (US Cell 8)"))).await;
    let pages = format!("status_pages: {{ okta: {{ url: '{url}' }} }}");
    let asked = acme(&okta, "{ discovery: {}, organization: {} }");
    let report = report(&asked.replace("status_pages: {}", &pages)).await;
    assert_eq!(check(&report, 0, "okta"), (Verdict::Healthy, None));
}
