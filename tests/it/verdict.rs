//! One word for each org: every one is played against the simulated Okta, and ends with its cause.

use okta_exporter::sim::{ApiToken, Clock, Fault, Incident, Org, Running, StatusPage};

use crate::support::{API_TOKEN, Exporter, Scrape, endpoint, get, json};

/// Two orgs on one page: `acme` with its API token, and one that shows that the network works.
fn yaml(acme: &str, other: Option<&str>, page: &str) -> String {
    let other = other.map(|url| {
        format!("  other: {{ url: '{url}', probes: {{ discovery: {{ interval: 1s, timeout: 1s }} }} }}\n")
    });
    format!(
        "status_pages: {{ okta: {{ url: '{page}', interval: 1s, timeout: 1s }} }}
orgs:
  acme:
    url: '{acme}'
    budget: 1
    credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}
    probes:
      discovery: {{ interval: 1s, timeout: 1s }}
      organization: {{ interval: 1s, timeout: 1s }}
      endpoint: {{ {}, {} }}
{}",
        endpoint("users"),
        endpoint("groups"),
        other.unwrap_or_default()
    )
}

async fn acme() -> Running {
    Org::new("acme")
        .cell("ok7")
        .limit("/api/v1/users", 1_000_000)
        .limit("/api/v1/groups", 1_000_000)
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .start()
        .await
        .unwrap()
}

fn is(page: &Scrape, word: &str) -> bool {
    let series = page.series().iter();
    let mut of_acme = series.filter(|series| {
        series.name == "okta_org_verdict" && series.labels["org"] == "acme" && series.value == 1.0
    });
    let first = of_acme
        .next()
        .map(|series| series.labels["verdict"].as_str());
    assert!(of_acme.next().is_none(), "two words at a time:\n{page}");
    first == Some(word)
}

#[tokio::test]
async fn each_verdict_comes_with_its_cause_and_ends_with_it() {
    let (okta, other) = (acme().await, Org::new("other").start().await.unwrap());
    let page = StatusPage::new(&Clock::running());
    let served = page.start(0).await.unwrap();
    let yaml = yaml(okta.url(), Some(other.url()), &served.okta_url());
    let exporter = Exporter::start(&yaml).await;
    let comes = async |word: &str| {
        exporter.until(|page| is(page, word)).await;
    };
    comes("well").await;

    let controls = okta.controls();
    for (path, fault, word) in [
        ("/api/v1/users", Fault::edge_not_found(), "degraded"),
        ("/api/v1/users", Fault::rate_limited(), "limit"),
        ("/api/v1/", Fault::invalid_token(), "credential"),
        ("/", Fault::status(503), "okta"),
    ] {
        controls.fault(path, fault);
        comes(word).await;
        let told = json(&format!("{}/api/v1/status", exporter.url())).await;
        let orgs = told["orgs"].as_array().unwrap();
        let acme = orgs.iter().find(|org| org["name"] == "acme").unwrap();
        assert_eq!(acme["verdict"]["verdict"], word, "{acme:#}");
        assert!(!acme["verdict"]["why"].as_str().unwrap().is_empty());
        assert!(acme["verdict"]["since"].is_string(), "{acme:#}");
        if word == "okta" {
            // The breaker spares it for a minute, in which the verdict stands.
            let shown = get(exporter.url()).await.text().await.unwrap();
            assert!(shown.contains(">okta</span>"), "{shown}");
            break;
        }
        controls.clear_faults();
        comes("well").await;
    }
}

#[tokio::test]
async fn an_incident_on_the_cell_is_the_verdict_until_it_is_resolved() {
    let okta = acme().await;
    let page = StatusPage::new(&Clock::running());
    let served = page.start(0).await.unwrap();
    let exporter = Exporter::start(&yaml(okta.url(), None, &served.okta_url())).await;
    exporter.until(|page| is(page, "well")).await;
    let incident = Incident::new("Sign-in is slow").cells("okta.com:7");
    let open = page.open(incident);
    exporter.until(|page| is(page, "cell")).await;
    assert!(page.resolve(&open));
    exporter.until(|page| is(page, "well")).await;
}

#[tokio::test]
async fn where_nothing_answers_it_is_the_network_and_where_others_do_it_is_okta() {
    // Nobody listens there, and no other test may come to.
    let nobody = "http://127.0.0.1:1".to_owned();
    let page = StatusPage::new(&Clock::running());
    let served = page.start(0).await.unwrap();
    for (status_page, word) in [(nobody.clone(), "network"), (served.okta_url(), "okta")] {
        let exporter = Exporter::start(&yaml(&nobody, None, &status_page)).await;
        exporter.until(|page| is(page, word)).await;
    }
}
