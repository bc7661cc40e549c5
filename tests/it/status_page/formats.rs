//! The forms that pages have: told apart, fallen back from, changed, another maker's.

use std::{collections::BTreeMap, time::Duration};

use http::StatusCode;
use okta_exporter::{
    config::Config,
    okta::{Client, Proxies, Reason, Request, Session, TlsSetup},
    probe::{AnyMemory, AnyObservation, ProbeResult},
    sim::{Clock, Fault, Org, PageMode, StatusPage, Tls},
};

use super::{CELL, incident, watch};
use crate::support::{Exporter, PATIENCE, json};

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
