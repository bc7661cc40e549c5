//! Open incidents: whose cells they are on, how bad that is, and each told once.

use okta_exporter::sim::{Clock, Incident, StatusPage};

use super::{each, of, org, two};
use crate::support::{Exporter, get, json};

#[tokio::test]
async fn an_incident_names_the_orgs_whose_cells_it_is_on_and_leads_to_its_page() {
    let acme = org("acme").cell("ok7").start().await.unwrap();
    let other = org("other").cell("ok8").start().await.unwrap();
    let page = StatusPage::new(&Clock::running());
    let (slow, down) = ("Service Degradation", "Service Disruption");
    for (title, category, cells) in [
        ("Far away", down, "okta.com:9"),
        ("Everywhere", down, "All cells"),
        ("Nobody can sign in", down, "okta.com:7;okta.com:8"),
        ("Imports are late", slow, "okta.com:8"),
    ] {
        page.open(Incident::new(title).category(category).cells(cells));
    }
    let served = page.start(0).await.unwrap();
    let exporter = Exporter::start(&two(&acme, &other, &served.okta_url())).await;
    exporter.first_round().await;
    let status = exporter.status().await;
    let incidents = &status["incidents"];
    assert_eq!(
        each(incidents, "severity"),
        ["critical", "warning", "warning", "info"],
        "{incidents:#}"
    );
    // Of equals those on an org's cell come first.
    let titles = each(incidents, "title");
    assert_eq!(titles[1..3], ["Imports are late", "Everywhere"]);
    let by_title = |title: &str| {
        let all = incidents.as_array().unwrap();
        all.iter().find(|one| one["title"] == title).unwrap()
    };
    let down = by_title("Nobody can sign in");
    assert_eq!(down["orgs"], serde_json::json!(["acme", "other"]));
    assert_eq!(
        by_title("Imports are late")["orgs"],
        serde_json::json!(["other"])
    );
    assert_eq!(by_title("Everywhere")["orgs"], serde_json::json!([]));
    assert_eq!(
        (&down["page"], &down["category"]),
        (&"okta".into(), &"service_disruption".into())
    );
    assert!(
        down["since"].is_string() && down["status"].is_string(),
        "{down:#}"
    );
    let link = down["link"].as_str().unwrap();
    assert!(
        link.starts_with(&served.okta_url()) && link.contains("#incident/a9C"),
        "{link}"
    );

    let of_acme = json(&format!("{}/api/v1/status?org=acme", exporter.url())).await;
    assert_eq!(
        each(&of_acme["incidents"], "severity"),
        ["critical", "warning"]
    );
}

#[tokio::test]
async fn an_incident_on_the_cell_is_as_bad_as_its_alert_in_the_status_and_on_the_page() {
    for (category, severity) in [
        ("Service Degradation", "warning"),
        ("Service Disruption", "critical"),
    ] {
        let acme = org("acme").cell("ok7").start().await.unwrap();
        let other = org("other").cell("ok8").start().await.unwrap();
        let page = StatusPage::new(&Clock::running());
        page.open(Incident::new("x").category(category).cells("okta.com:7"));
        let served = page.start(0).await.unwrap();
        let exporter = Exporter::start(&two(&acme, &other, &served.okta_url())).await;
        exporter.first_round().await;
        let status = exporter.status().await;
        let told = of(&status, "acme");
        assert_eq!(told["verdict"]["verdict"], "cell", "{told:#}");
        assert_eq!(told["findings"][0]["severity"], severity, "{told:#}");
        let said = [&status["severity"], &told["severity"]];
        assert_eq!(said, [severity, severity]);
        assert_eq!(each(&status["incidents"], "severity"), [severity]);
        let page = get(exporter.url()).await.text().await.unwrap();
        let (_, line) = page.split_once("id=\"line/acme\"").unwrap();
        let (line, _) = line.split_once("</li>").unwrap();
        assert!(line.contains(&format!("badge {severity}")), "{line}");
    }
}

#[tokio::test]
async fn an_incident_that_pages_tell_alike_is_told_once_by_the_one_that_names_cells() {
    let acme = org("acme").cell("ok7").start().await.unwrap();
    let other = org("other").cell("ok8").start().await.unwrap();
    let page = StatusPage::new(&Clock::running());
    page.open(Incident::new("Sign-in is slow").cells("okta.com:7"));
    page.open(Incident::new("Far away").cells("okta.com:9"));
    let served = page.start(0).await.unwrap();
    let mirror = format!(
        "status_pages: {{ a-mirror: {{ url: '{}', format: statuspage, interval: 1s, timeout: 1s }}, okta:",
        served.statuspage_url()
    );
    let yaml = two(&acme, &other, &served.okta_url());
    let exporter = Exporter::start(&yaml.replace("status_pages: { okta:", &mirror)).await;
    let seen = exporter.first_round().await;
    // Each page has its series, as before.
    assert_eq!(seen.sum("okta_status_incident_active"), 4.0);
    let status = exporter.status().await;
    let incidents = &status["incidents"];
    assert_eq!(
        each(incidents, "title"),
        ["Sign-in is slow", "Far away"],
        "{incidents:#}"
    );
    assert_eq!(each(incidents, "page"), ["okta", "okta"]);
    assert_eq!(each(incidents, "severity"), ["warning", "info"]);
    let page = get(exporter.url()).await.text().await.unwrap();
    assert_eq!(page.matches("told by ").count(), 2);
}
