mod cells;
mod formats;

use okta_exporter::sim::{Clock, Fault, Incident, Org, PageMode, StatusPage};

use crate::support::{Exporter, Program, Scrape, get, json};

const POSSIBLE: &str =
    r#"okta_org_incidents_of_unknown_reach{org="acme",category="service_degradation"}"#;
const CELL: &str = r#"okta_org_incidents{org="acme",category="service_degradation"}"#;

fn watch(page: &str, org: &str) -> String {
    format!(
        "status_pages: {{ okta: {{ url: '{page}', interval: 1s, timeout: 1s }} }}\norgs: {{ acme: {{ url: '{org}', budget: 1, probes: {{ organization: {{ interval: 1s, timeout: 1s }} }} }} }}"
    )
}

fn incident(cells: &str) -> Incident {
    Incident::new("Sign-in is slow")
        .category("Service Degradation")
        .cells(cells)
}

fn page_of(served: &okta_exporter::sim::RunningStatusPage) -> StatusPage {
    served.page()
}

#[tokio::test]
async fn a_page_that_cannot_be_trusted_is_unknown_and_never_fine() {
    let okta = Org::new("acme").start().await.unwrap();
    for mode in [
        PageMode::Rewritten,
        PageMode::HalfRead,
        PageMode::Unauthorized,
        PageMode::Frozen,
    ] {
        let page = StatusPage::new(&Clock::running());
        page.open(incident("okta.com:7"));
        page.mode(mode);
        let served = page.start(0).await.unwrap();
        let urls = [
            served.okta_url(),
            served.statuspage_url(),
            served.atom_url(),
            served.rss_url(),
        ];
        // Okta's page and a Statuspage list what is open now: an old last entry is a quiet year.
        let skip = if mode == PageMode::Frozen { 2 } else { 0 };
        for url in urls.iter().skip(skip) {
            let seen = Exporter::start(&watch(url, okta.url()))
                .await
                .first_round()
                .await;
            assert_eq!(
                seen.value("okta_status_page_up"),
                0.0,
                "{mode:?} {url}\n{seen}"
            );
            assert!(
                !seen.has_any("okta_status_incident"),
                "{mode:?} {url}\n{seen}"
            );
            assert!(
                !seen.has_any("okta_org_incidents"),
                "{mode:?} {url}\n{seen}"
            );
            // The org's own probes go on.
            assert_eq!(
                seen.value(r#"okta_probe_success{org="acme",probe="organization"}"#),
                1.0
            );
        }
    }
}

#[tokio::test]
async fn a_page_that_is_rewritten_later_is_not_remembered_as_fine() {
    let okta = Org::new("acme").start().await.unwrap();
    let page = StatusPage::new(&Clock::running());
    page.open(incident("okta.com:7"));
    let served = page.start(0).await.unwrap();
    let exporter = Exporter::start(&watch(&served.okta_url(), okta.url())).await;
    exporter.until(|seen| seen.get(CELL) == Some(1.0)).await;
    served.page().mode(PageMode::Rewritten);
    let up = "okta_status_page_up";
    let seen = exporter.until(|seen| seen.get(up) == Some(0.0)).await;
    assert_eq!(seen.get(CELL), None);
    assert_eq!(
        seen.get(r#"okta_probe_failures_total{probe="status_page/okta",reason="invalid_body"}"#)
            .map(|count| count >= 1.0),
        Some(true)
    );
    // A page that is no API of Okta's has no bucket.
    let counted =
        |line: &&str| line.starts_with("okta_rate_limit_") && line.contains("status_page");
    assert_eq!(seen.to_string().lines().find(counted), None);
    assert!(!seen.has_any("okta_api_errors_total"), "{seen}");
}

#[tokio::test]
async fn no_incident_is_called_over_while_its_page_cannot_be_read() {
    let okta = Org::new("acme").cell("ok7").start().await.unwrap();
    let page = StatusPage::new(&Clock::running());
    let open = page.open(incident("okta.com:7"));
    let served = page.start(0).await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("c.yaml");
    std::fs::write(&path, watch(&served.okta_url(), okta.url())).unwrap();
    let flags = [
        &format!("--config.file={}", path.display()),
        "--web.listen-address=127.0.0.1:0",
        "--log.format=json",
    ];
    let mut exporter = Program::exporter(&flags, &[]);
    exporter.until(r#""case":"incident""#).await;
    page.mode(PageMode::Rewritten);
    exporter.until(r#""case":"status-page-unreadable""#).await;
    // The second failure of the org's probe was written after what the first one found.
    okta.controls().fault("/", Fault::error(400, "E0000001"));
    for _ in 0..2 {
        exporter.until(r#""case":"refused""#).await;
    }
    okta.controls().clear_faults();
    let over = "no longer found";
    let told = |exporter: &Program, what: &str| {
        exporter
            .said
            .iter()
            .filter(|line| line.contains(what))
            .count()
    };
    assert_eq!(told(&exporter, over), 0, "{:#?}", exporter.said);
    page.resolve(&open);
    page.mode(PageMode::Right);
    exporter.until(over).await;
    assert_eq!(
        told(&exporter, r#""case":"incident""#),
        2,
        "opened and over"
    );
    exporter.terminate().await;
}

#[tokio::test]
async fn of_ten_thousand_incidents_the_worst_are_told_and_all_are_counted() {
    const ALL: u32 = 10_000;
    let okta = Org::new("acme").cell("ok7").start().await.unwrap();
    let record = |n: u32| {
        format!(
            r#"{{"Name":"INC{n}","Status__c":"Investigating","Category__c":"Service Degradation","Incident_Title__c":"Incident {n} {}","Impacted_Cells__c":"okta.com:7"}}"#,
            "is long ".repeat(20)
        )
    };
    let records: Vec<String> = (0..ALL).map(record).collect();
    let page = format!(
        r#"<html><body><i data-id="incidents">[{}]</i><i data-id="planned-outages">[]</i></body></html>"#,
        records.join(",")
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let page_url = format!("http://{}/", listener.local_addr().unwrap());
    let served = move || std::future::ready(axum::response::Html(page.clone()));
    let pages = axum::Router::new().route("/", axum::routing::get(served));
    tokio::spawn(axum::serve(listener, pages).into_future());
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("c.yaml");
    // Where nothing is optimised a page of megabytes takes its time.
    let yaml = watch(&page_url, okta.url());
    let yaml = yaml.replacen(
        "interval: 1s, timeout: 1s",
        "interval: 30s, timeout: 30s",
        1,
    );
    std::fs::write(&path, yaml).unwrap();
    let file = format!("--config.file={}", path.display());
    let args = [file.as_str(), "--web.listen-address=127.0.0.1:0"];
    let mut program = Program::exporter(&args, &[]);
    let url = program.until("address=").await;
    let url = format!("http://{}", url.split(' ').next().unwrap());
    program.until_ready(&format!("{url}/-/ready")).await;

    let seen = Scrape::of(&url).await;
    let all = f64::from(ALL);
    let on_page = r#"okta_status_incidents{page="okta",category="service_degradation"}"#;
    assert_eq!(seen.sum(on_page), all);
    assert_eq!(seen.value(CELL), all);
    for (path, most) in [
        ("/metrics", 200_000),
        ("/", 200_000),
        ("/api/v1/status", 100_000),
    ] {
        let text = get(&format!("{url}{path}")).await.text().await.unwrap();
        assert!(text.len() < most, "{path}: {} bytes", text.len());
    }
    let status = json(&format!("{url}/api/v1/status")).await;
    let orgs = status["orgs"].as_array().unwrap();
    let acme = orgs.iter().find(|org| org["name"] == "acme").unwrap();
    let findings = acme["findings"].as_array().unwrap();
    let more = "9980 more on okta.com:7";
    assert_eq!(findings.len(), 21, "{findings:#?}");
    let rest = findings[20]["what"].as_str().unwrap();
    assert!(rest.starts_with(more), "{rest}");
    // The org's own probe tells what is wrong with it, at its next run.
    program.until(more).await;
    let (status, said) = program.terminate().await;
    assert!(status.success(), "{status}");
    let told = said.iter().filter(|line| line.contains("case=incident"));
    assert_eq!(told.count(), 21, "{said:#?}");
}
