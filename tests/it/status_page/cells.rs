//! Which orgs an incident is on, by the cells that it names.

use std::collections::BTreeMap;

use okta_exporter::{
    config::Config,
    diagnose::{self, Verdict},
    sim::{Clock, Org, StatusPage},
};

use super::{CELL, POSSIBLE, incident, page_of, watch};
use crate::support::{Exporter, Program, json};

#[tokio::test]
async fn an_incident_is_matched_to_the_orgs_own_cell() {
    let okta = Org::new("acme").cell("ok7").start().await.unwrap();
    let page = StatusPage::new(&Clock::running());
    page.open(incident("okta.com:8"));
    let served = page.start(0).await.unwrap();
    let exporter = Exporter::start(&watch(&served.okta_url(), okta.url())).await;
    let seen = exporter.first_round().await;
    assert_eq!(seen.value(r#"okta_status_page_up{page="okta"}"#), 1.0);
    assert_eq!(seen.value(CELL), 0.0, "it is on another cell");

    let own = page_of(&served).open(incident("okta.com:7;okta.com:8"));
    let seen = exporter.until(|seen| seen.get(CELL) == Some(1.0)).await;
    let active = format!(r#"okta_status_incident_active{{page="okta",incident="{own}"}}"#);
    assert_eq!(seen.value(&active), 1.0);
    assert_eq!(
        seen.sum(r#"okta_status_incidents{page="okta",category="service_degradation"}"#),
        2.0
    );

    assert!(page_of(&served).resolve(&own));
    let seen = exporter.until(|seen| seen.get(CELL) == Some(0.0)).await;
    assert_eq!(seen.get(&active), None, "what is over is gone");
}

/// Serves a page with an incident on these cells, beside one that is over and on another's.
async fn page_with(cells: &str) -> okta_exporter::sim::RunningStatusPage {
    let page = StatusPage::new(&Clock::running());
    let over = page.open(incident("okta.com:3"));
    assert!(page.resolve(&over));
    page.open(incident(cells));
    page.start(0).await.unwrap()
}

#[tokio::test]
async fn an_incident_is_on_the_orgs_cell_however_people_write_it_and_of_unknown_reach_where_nobody_can_tell()
 {
    let okta = Org::new("acme").cell("ok7").start().await.unwrap();
    for (cells, on, of_unknown_reach) in [
        ("okta.com:7 (US Cell 7)", 1.0, 0.0),
        ("okta.com: 7", 1.0, 0.0),
        ("okta.com:07", 1.0, 0.0),
        ("okta.com:8 (US Cell 8)", 0.0, 0.0),
        ("All cells", 0.0, 1.0),
        ("okta.com:all", 0.0, 1.0),
        ("US-Cell-7", 0.0, 1.0),
        ("", 0.0, 1.0),
    ] {
        let served = page_with(cells).await;
        let exporter = Exporter::start(&watch(&served.okta_url(), okta.url())).await;
        let seen = exporter.first_round().await;
        assert_eq!(seen.value(CELL), on, "{cells:?}");
        assert_eq!(seen.value(POSSIBLE), of_unknown_reach, "{cells:?}");
    }
}

#[tokio::test]
async fn one_incident_that_two_pages_tell_of_is_one() {
    let okta = Org::new("acme").cell("ok7").start().await.unwrap();
    let page = StatusPage::new(&Clock::running());
    page.open(incident("okta.com:7"));
    page.open(incident("All cells"));
    let served = page.start(0).await.unwrap();
    let url = served.okta_url();
    let twice = format!("copy: {{ url: '{url}' }}, okta:");
    let yaml = watch(&url, okta.url()).replace("okta:", &twice);
    let exporter = Exporter::start(&yaml).await;
    let seen = exporter.first_round().await;
    assert_eq!(seen.sum("okta_status_page_up"), 2.0);
    assert_eq!((seen.value(CELL), seen.value(POSSIBLE)), (1.0, 1.0));
    let status = json(&format!("{}/api/v1/status", exporter.url())).await;
    let orgs = status["orgs"].as_array().unwrap();
    let acme = orgs.iter().find(|org| org["name"] == "acme").unwrap();
    let cases: Vec<&str> = acme["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["case"].as_str().unwrap())
        .collect();
    assert_eq!(cases, ["incident", "incident-of-unknown-reach"]);
}

#[tokio::test]
async fn an_org_whose_cell_is_none_known_here_is_told_so_wherever_findings_are_until_it_is_written()
{
    let okta = Org::new("acme").cell("og1").start().await.unwrap();
    let page = StatusPage::new(&Clock::running());
    page.open(incident("okta-gov.com:1"));
    let served = page.start(0).await.unwrap();
    let unknown = watch(&served.okta_url(), okta.url()).replace("1s", "20s");
    let written = unknown.replace("budget: 1", "budget: 1, cell: 'okta-gov.com:1'");
    let (case, word) = ("incidents-unmatched", "calls its cell `og1`");
    for (yaml, is_told) in [(&unknown, true), (&written, false)] {
        let config = Config::parse(yaml, &BTreeMap::new()).unwrap();
        let report = diagnose::diagnose(config, &|_| {}).await;
        let cell = report.orgs[0]
            .checks
            .iter()
            .find(|check| check.name == "cell");
        let cell = cell.unwrap();
        let advised = cell.advice.as_ref().map(|advice| advice.case);
        assert_eq!(advised, is_told.then_some(case), "{cell:?}");
        assert_eq!(cell.says.contains(word), is_told, "{cell:?}");
        assert_eq!(report.verdict, Verdict::Degraded, "an incident is open");
    }

    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("c.yaml");
    std::fs::write(&path, &unknown).unwrap();
    let flags = [
        &format!("--config.file={}", path.display()),
        "--web.listen-address=127.0.0.1:0",
    ];
    let mut exporter = Program::exporter(&flags, &[]);
    exporter.until(word).await;
    let line = exporter.said.last().unwrap();
    for part in [case, "`cell` as the status page spells it"] {
        assert!(line.contains(part), "{line}");
    }
    exporter.terminate().await;
    let exporter = Exporter::start(&written).await;
    let on = r#"okta_org_incidents{category="service_degradation"}"#;
    exporter.until(|page| page.get(on) == Some(1.0)).await;
    let status = format!("{}/api/v1/status", exporter.url());
    assert!(!json(&status).await.to_string().contains(case));
}
