//! One word for each org: every one is played against the simulated Okta, and ends with its cause.

use okta_exporter::sim::{ApiToken, Clock, Fault, Incident, Org, Running, StatusPage};

use crate::support::{API_TOKEN, Exporter, Scrape, endpoint, get, json};

/// Two controls on cells of Okta's, and one that is nobody's org.
async fn controls() -> [Running; 3] {
    let on = async |cell: &str| Org::new("control").cell(cell).start().await.unwrap();
    let (near, far, elsewhere) = (on("ok7").await, on("ok14").await, on("ok1").await);
    elsewhere.controls().fault("/", Fault::edge_not_found());
    [near, far, elsewhere]
}

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
            assert!(shown.contains(" okta</span>"), "{shown}");
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

#[tokio::test]
async fn controls_tell_whether_the_org_its_cell_or_the_network_is_silent() {
    let (okta, controls) = (acme().await, controls().await);
    let [near, far, elsewhere] = &controls;
    let hosts = controls
        .each_ref()
        .map(|control| format!("'{}'", control.url()));
    let yaml = yaml(okta.url(), None, "").replace(
        "status_pages: { okta: { url: '', interval: 1s, timeout: 1s } }",
        &format!(
            "defaults: {{ interval: 1s, timeout: 1s }}\nstatus_pages: {{}}\ncontrols: [{}]",
            hosts.join(", ")
        ),
    );
    let exporter = Exporter::start(&yaml).await;
    exporter.first_round().await;
    exporter.until(|page| is(page, "well")).await;
    let why = async || {
        let told = json(&format!("{}/api/v1/status", exporter.url())).await;
        let orgs = told["orgs"].as_array().unwrap();
        let acme = orgs.iter().find(|org| org["name"] == "acme").unwrap();
        acme["verdict"]["why"].as_str().unwrap().to_owned()
    };
    let host = |running: &Running| running.url().replace("http://", "control/");

    okta.controls().fault("/", Fault::stall_forever());
    exporter.until(|page| is(page, "okta")).await;
    near.controls().fault("/", Fault::stall_forever());
    exporter.until(|page| is(page, "cell")).await;
    let told = format!(
        "; {} on its cell is silent as well, and {} on another answers",
        host(near),
        host(far)
    );
    assert!(why().await.ends_with(&told), "{}", why().await);
    far.controls().fault("/", Fault::stall_forever());
    // What is not Okta's answers: it is not the network, and that it is one cell is not known.
    exporter.until(|page| is(page, "okta")).await;
    elsewhere.controls().clear_faults();
    elsewhere.controls().fault("/", Fault::stall_forever());
    exporter.until(|page| is(page, "network")).await;

    let page = exporter.scrape().await;
    let breakers = page
        .series()
        .iter()
        .filter(|series| series.name == "okta_exporter_breaker_state");
    assert!(
        breakers
            .into_iter()
            .all(|series| series.labels["org"] == "acme"),
        "a control has no breaker"
    );
    assert!(page.series().iter().all(|series| {
        !series.name.starts_with("okta_rate_limit_") || series.labels.contains_key("org")
    }));
    for running in [&okta, near, far, elsewhere] {
        running.controls().clear_faults();
    }
    exporter.until(|page| is(page, "well")).await;
}

#[tokio::test]
async fn an_org_that_was_not_asked_yet_is_unknown() {
    let (okta, served) = (
        acme().await,
        StatusPage::new(&Clock::running()).start(0).await.unwrap(),
    );
    okta.controls().fault("/", Fault::stall_forever());
    let patient = yaml(okta.url(), None, &served.okta_url()).replace("1s", "10m");
    let mut exporter = Exporter::start(&patient).await;
    exporter.until(|page| is(page, "unknown")).await;
    okta.controls().clear_faults();
    exporter
        .apply(&yaml(okta.url(), None, &served.okta_url()))
        .await;
    exporter.until(|page| is(page, "well")).await;
}

/// What is asked seldom, and was answered well before the breaker spared it, tells
/// nothing of now.
#[tokio::test]
async fn what_was_well_before_an_outage_does_not_hide_it() {
    let (okta, other) = (acme().await, Org::new("other").start().await.unwrap());
    let served = StatusPage::new(&Clock::running()).start(0).await.unwrap();
    let seldom = "interval: 1h, timeout: 1s";
    let yaml = yaml(okta.url(), Some(other.url()), &served.okta_url()).replace(
        "organization: { interval: 1s, timeout: 1s }",
        &format!(
            "organization: {{ {seldom} }}\n      jwks: {{ org: {{ {seldom} }}, default: {{ {seldom} }} }}"
        ),
    );
    for fault in [Fault::stall_forever(), Fault::status(503)] {
        let exporter = Exporter::start(&yaml).await;
        exporter.first_round().await;
        exporter.until(|page| is(page, "well")).await;
        okta.controls().fault("/", fault);
        exporter.until(|page| is(page, "okta")).await;
        okta.controls().clear_faults();
    }
}
