use std::{collections::BTreeMap, time::Duration};

use http::StatusCode;
use okta_exporter::{
    config::Config,
    diagnose::{self, Verdict},
    okta::{Client, Proxies, Reason, Request, Session, TlsSetup},
    probe::{AnyMemory, AnyObservation, ProbeResult},
    sim::{Clock, Fault, Incident, Org, PageMode, StatusPage, Tls},
};

use crate::support::{Exporter, PATIENCE, Program, Scrape, get, json};

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

fn page_of(served: &okta_exporter::sim::RunningStatusPage) -> StatusPage {
    served.page()
}

#[tokio::test]
async fn every_format_is_told_apart_by_itself() {
    let okta = Org::new("acme").start().await.unwrap();
    let page = StatusPage::new(&Clock::running());
    page.open(incident("okta.com:7"));
    let served = page.start(0).await.unwrap();
    for url in [
        served.okta_url(),
        served.statuspage_url(),
        served.atom_url(),
        served.rss_url(),
    ] {
        let seen = Exporter::start(&watch(&url, okta.url()))
            .await
            .first_round()
            .await;
        assert_eq!(seen.value("okta_status_page_up"), 1.0, "{url}\n{seen}");
        assert_eq!(seen.sum("okta_status_incidents"), 1.0, "{url}\n{seen}");
        let of_statuspage = seen.has_any("okta_status_indicator");
        assert_eq!(
            of_statuspage,
            url == served.statuspage_url(),
            "{url}\n{seen}"
        );
        if of_statuspage {
            let of =
                |word: &str| seen.value(&format!(r#"okta_status_indicator{{indicator="{word}"}}"#));
            assert_eq!(
                (of("minor"), of("none"), of("major")),
                (1.0, 0.0, 0.0),
                "{seen}"
            );
        }
        // Only Okta's own page names cells.
        assert_eq!(
            seen.get(CELL).is_some(),
            url == served.okta_url(),
            "{url}\n{seen}"
        );
    }
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

/// Asks a page once, as one who knows that it had this form.
async fn asked(
    url: &str,
    format: &str,
    known: &AnyMemory,
) -> (ProbeResult<AnyObservation>, AnyMemory) {
    let yaml = format!(
        "status_pages: {{ it: {{ url: '{url}', format: {format} }} }}\norgs: {{ acme: {{ url: 'https://acme.okta.com' }} }}"
    );
    let config = Config::parse(&yaml, &BTreeMap::new()).unwrap();
    let page = config.status_pages.into_values().next().unwrap();
    let session = Session::new(&page.client, Duration::from_secs(2));
    let result = page.probe.probe.run(&session, known).await;
    let learned = result
        .observation
        .as_ref()
        .map(|seen| known.clone().learn(seen));
    (result, learned.unwrap_or_else(|| known.clone()))
}

fn nothing(url: &str) -> AnyMemory {
    let yaml = format!(
        "status_pages: {{ it: {{ url: '{url}' }} }}\norgs: {{ acme: {{ url: 'https://acme.okta.com' }} }}"
    );
    let config = Config::parse(&yaml, &BTreeMap::new()).unwrap();
    let page = config.status_pages.into_values().next().unwrap();
    page.probe.probe.no_memory()
}

const SUMMARY: &str = "/summary.json";
const STATUS: &str = "/status.json";

#[tokio::test]
async fn a_fallback_hides_no_failure_of_the_form_that_the_page_has() {
    let page = StatusPage::new(&Clock::running());
    page.open(incident("okta.com:7"));
    let served = page.start(0).await.unwrap();
    let url = served.statuspage_url();
    let nothing = nothing(&url);
    let (_, known) = asked(&url, "auto", &nothing).await;
    assert_ne!(known, nothing, "it remembers the form");
    for (status, reason) in [
        (429, Reason::RateLimited),
        (500, Reason::HttpStatus),
        (503, Reason::HttpStatus),
        (401, Reason::Unauthorized),
        (403, Reason::Forbidden),
    ] {
        page.refuse(SUMMARY, StatusCode::from_u16(status).unwrap());
        for (format, known) in [("statuspage", &nothing), ("auto", &known)] {
            let (result, _) = asked(&url, format, known).await;
            let failure = result
                .failure
                .unwrap_or_else(|| panic!("{status} is hidden"));
            assert_eq!(failure.reason(), reason, "{format}: {failure}");
            assert!(failure.refusal().unwrap().back_off.is_some(), "{format}");
        }
    }
    page.hang(SUMMARY);
    for (format, known) in [
        ("statuspage", &nothing),
        ("auto", &known),
        ("auto", &nothing),
    ] {
        let (result, _) = asked(&url, format, known).await;
        let failure = result.failure.expect("it hangs");
        assert_eq!(failure.reason(), Reason::Timeout, "{format}: {failure}");
    }
    for gone in [StatusCode::NOT_FOUND, StatusCode::GONE] {
        page.refuse(SUMMARY, gone);
        for (format, known) in [
            ("statuspage", &nothing),
            ("auto", &known),
            ("auto", &nothing),
        ] {
            let (result, _) = asked(&url, format, known).await;
            assert_eq!(
                result.failure, None,
                "{format}: the little that status.json tells"
            );
        }
    }
}

#[tokio::test]
async fn of_two_refusals_the_one_that_tells_more_is_told() {
    let page = StatusPage::new(&Clock::running());
    let served = page.start(0).await.unwrap();
    let url = served.statuspage_url();
    let nothing = nothing(&url);
    for (summary, status, told) in [
        (404, 503, 503),
        (404, 410, 404),
        (410, 429, 429),
        (500, 404, 500),
    ] {
        page.refuse(SUMMARY, StatusCode::from_u16(summary).unwrap());
        page.refuse(STATUS, StatusCode::from_u16(status).unwrap());
        let (result, _) = asked(&url, "statuspage", &nothing).await;
        let failure = result.failure.unwrap();
        assert_eq!(
            failure.refusal().unwrap().status,
            told,
            "{summary}, {status}"
        );
    }
}

#[tokio::test]
async fn a_page_that_was_given_another_form_is_read_in_the_new_one() {
    let page = StatusPage::new(&Clock::running());
    let served = page.start(0).await.unwrap();
    let (okta, statuspage) = (served.okta_url(), served.statuspage_url());
    let nothing = nothing(&okta);
    let (_, was_okta) = asked(&okta, "auto", &nothing).await;
    let (_, was_statuspage) = asked(&statuspage, "auto", &nothing).await;
    for (url, known) in [(&okta, &was_statuspage), (&statuspage, &was_okta)] {
        let (result, _) = asked(url, "auto", known).await;
        assert_eq!(result.failure, None, "{url}");
    }
    // The front page turns programs away, and its JSON does not.
    page.refuse("/statuspage", StatusCode::FORBIDDEN);
    let (result, _) = asked(&statuspage, "auto", &nothing).await;
    assert_eq!(result.failure, None);
    // What was Okta's and is no more is told as that, whatever stands beside it.
    page.mode(PageMode::Rewritten);
    page.hang(SUMMARY);
    let (result, _) = asked(&okta, "auto", &was_okta).await;
    assert_eq!(result.failure.unwrap().reason(), Reason::InvalidBody);
}

#[tokio::test]
async fn the_requests_of_two_pages_are_told_apart() {
    let okta = Org::new("acme").start().await.unwrap();
    let page = StatusPage::new(&Clock::running());
    let served = page.start(0).await.unwrap();
    let other = format!(
        "status_pages: {{ other: {{ url: '{}' }}, ",
        served.atom_url()
    );
    let yaml = watch(&served.okta_url(), okta.url()).replace("status_pages: { ", &other);
    page.refuse("/feed.atom", StatusCode::BAD_GATEWAY);
    let seen = Exporter::start(&yaml).await.first_round().await;
    for (page, code) in [("okta", "200"), ("other", "502")] {
        let requests = format!(r#"okta_requests_total{{api="status_page/{page}",code="{code}"}}"#);
        assert!(seen.value(&requests) >= 1.0, "{seen}");
        let phase =
            format!(r#"okta_request_phase_seconds{{api="status_page/{page}",phase="first_byte"}}"#);
        assert!(seen.value(&phase) > 0.0, "{seen}");
    }
}

#[tokio::test]
async fn nothing_in_the_answer_of_a_page_is_taken_for_oktas() {
    let okta = Org::new("acme").tls(Tls::new()).start().await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let ca = files.path().join("ca.pem");
    std::fs::write(&ca, okta.ca_pem().unwrap()).unwrap();
    let (url, tls) = (
        okta.url().parse().unwrap(),
        TlsSetup::new(Some(&ca)).unwrap(),
    );
    let (org, page) = (
        Client::new(&url, &tls, &Proxies::default()),
        Client::for_page(&url, &tls, &Proxies::default()),
    );
    for (client, is_org) in [(org.unwrap(), true), (page.unwrap(), false)] {
        let session = Session::new(&client, PATIENCE);
        let refused = session.ask(Request::get("users", "/api/v1/users")).await;
        assert_eq!(refused.unwrap_err().refusal().unwrap().status, 403);
        let exchange = session.take_exchanges().remove(0);
        let meta = exchange.answer.unwrap();
        assert_eq!(meta.status, 403);
        let told = [
            exchange.bucket.is_some(),
            meta.error_code.is_some(),
            meta.date.is_some(),
            meta.chain.is_some(),
        ];
        assert_eq!(told, [is_org; 4]);
    }
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

#[tokio::test]
async fn the_json_of_another_maker_is_called_no_statuspage_and_not_a_page_of_oktas() {
    for (page, json_at) in [
        ("", "/api/v2/summary.json"),
        ("/summary.json", "/summary.json"),
    ] {
        let vendor = Org::new("vendor").start().await.unwrap();
        let sim = vendor.controls();
        sim.fault(
            "/",
            Fault::body("text/html", "<!DOCTYPE html><title>All is well</title>"),
        );
        let foreign = r#"{"page":{"name":"Vendor","status":"UP"},"activeIncidents":[]}"#;
        sim.fault(json_at, Fault::body("application/json", foreign));
        let yaml = format!(
            "status_pages: {{ vendor: {{ url: '{url}{page}' }} }}\norgs: {{ acme: {{ url: '{url}', probes: {{ organization: {{ interval: 1h }} }} }} }}",
            url = vendor.url()
        );
        let exporter = Exporter::start(&yaml).await;
        let seen = exporter.first_round().await;
        assert_eq!(seen.value("okta_status_page_up"), 0.0);
        let view = json(&format!("{}/api/v1/status", exporter.url())).await;
        let orgs = view["orgs"].as_array().unwrap();
        let pages = orgs.last().unwrap();
        let what = pages["probes"][0]["trouble"]["what"].as_str();
        let what = what.unwrap_or_else(|| panic!("{view:#}"));
        assert!(what.contains("no Statuspage"), "{what}");
        assert!(!what.contains("Okta's"), "{what}");
    }
}

#[tokio::test]
async fn an_announced_maintenance_without_a_start_is_shown_all_the_same() {
    let vendor = Org::new("vendor").start().await.unwrap();
    let summary = r#"{"page":{"updated_at":"2026-07-24T08:00:00Z"},"status":{"indicator":"none"},"incidents":[],"scheduled_maintenances":[{"id":"m1","name":"New database","status":"scheduled","updated_at":"2026-07-24T08:00:00Z"}]}"#;
    let of = |path: &str| {
        format!(
            "status_pages: {{ vendor: {{ url: '{url}{path}' }} }}\norgs: {{ acme: {{ url: '{url}', probes: {{ organization: {{ interval: 1h }} }} }} }}",
            url = vendor.url()
        )
    };
    let sim = vendor.controls();
    sim.fault("/s.json", Fault::body("application/json", summary));
    let soon = jiff::Timestamp::now() + Duration::from_hours(24);
    let item = |id: &str, state: &str, date: &str| {
        format!(
            "<item><title>Work</title><description>&lt;strong&gt;{state}&lt;/strong&gt; - So.</description><pubDate>{date}</pubDate><guid>https://v.example/incidents/{id}</guid></item>"
        )
    };
    let now = jiff::Timestamp::now().to_string();
    let feed = item("m1", "Scheduled", &soon.to_string()) + &item("i1", "Resolved", &now);
    sim.fault(
        "/s.rss",
        Fault::body(
            "application/rss+xml",
            format!("<rss><channel>{feed}</channel></rss>"),
        ),
    );
    for path in ["/s.json", "/s.rss"] {
        let exporter = Exporter::start(&of(path)).await;
        let seen = exporter.first_round().await;
        let start = r#"okta_status_planned_maintenance_start_timestamp_seconds{page="vendor",incident="m1"}"#;
        assert!(seen.get(start).is_some(), "{path}: {seen}");
    }
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
