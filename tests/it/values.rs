use okta_exporter::{
    probe::status_page::{Format, read},
    sim::{Clock, Fault, Incident, Mint, Org, RunningStatusPage, StatusPage},
};

use crate::support::{Exporter, Scrape};

fn watch(page: &str, org: &str) -> String {
    format!(
        "status_pages: {{ page: {{ url: '{page}' }} }}\norgs: {{ acme: {{ url: '{org}', probes: {{ organization: {{}} }} }} }}"
    )
}

/// What is told first of this page, and of an org on the cell `ok7`.
async fn first_round(
    url: impl Fn(&RunningStatusPage) -> String,
    incidents: Vec<Incident>,
) -> Scrape {
    let okta = Org::new("acme").cell("ok7").start().await.unwrap();
    let page = StatusPage::new(&Clock::running());
    for incident in incidents {
        page.open(incident);
    }
    let served = page.start(0).await.unwrap();
    let exporter = Exporter::start(&watch(&url(&served), okta.url())).await;
    exporter.first_round().await
}

#[tokio::test]
async fn of_a_statuspage_s_indicators_the_one_in_force_is_one() {
    for (incidents, word) in [
        (vec![], "none"),
        (
            vec![Incident::new("a").category("Feature Disruption")],
            "major",
        ),
    ] {
        let page = first_round(RunningStatusPage::statuspage_url, incidents).await;
        for indicator in ["none", "maintenance", "minor", "major", "critical", "other"] {
            let told = page.value(&format!(
                r#"okta_status_indicator{{indicator="{indicator}"}}"#
            ));
            assert_eq!(told, f64::from(indicator == word), "{word}: {indicator}");
        }
    }
}

#[tokio::test]
async fn an_incident_of_a_category_that_nobody_knows_counts_as_another() {
    let unheard_of = |title: &str| {
        let incident = Incident::new(title).category("Unheard Of");
        incident.cells("okta.com:7")
    };
    let incidents = vec![unheard_of("a"), unheard_of("b")];
    let page = first_round(RunningStatusPage::okta_url, incidents).await;
    let other = page.value(r#"okta_org_incidents{org="acme",category="other"}"#);
    assert_eq!(other, 2.0, "{page}");
    assert_eq!(page.sum(r#"okta_org_incidents{org="acme"}"#), 2.0, "{page}");
}

#[tokio::test]
async fn an_opaque_token_is_held_to_the_issuer_that_introspection_names() {
    let okta = Org::new("acme")
        .client("0oa1", "s3cr3t")
        .start()
        .await
        .unwrap();
    let mint = Mint::by("default").opaque("00opaque");
    okta.controls().mint(&mint).unwrap();
    let url = okta.url();
    let token = |name: &str, issuer: &str| {
        format!(
            "{name}: {{ access_token: 00opaque, introspect: {{ authorization_server: default, client_id: 0oa1, client_secret: s3cr3t }}, expect: {{ issuer: '{issuer}' }} }}"
        )
    };
    let right = token("right", &format!("{url}/oauth2/default"));
    let wrong = token("wrong", &format!("{url}/oauth2/other"));
    let probes = format!("{{ token: {{ {right}, {wrong} }} }}");
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    let matches =
        |name: &str| page.value(&format!(r#"okta_token_issuer_matches{{token="{name}"}}"#));
    assert_eq!((matches("right"), matches("wrong")), (1.0, 0.0), "{page}");
}

#[tokio::test]
async fn what_a_cap_keeps_off_the_page_is_counted() {
    // Twenty keys are shown.
    let okta = Org::new("acme").start().await.unwrap();
    let key = |n: u32| {
        format!(r#"{{"kty":"RSA","use":"sig","alg":"RS256","kid":"k{n}","n":"sXchRw","e":"AQAB"}}"#)
    };
    for (keys, dropped) in [(20, 0.0), (27, 7.0)] {
        let set: Vec<String> = (0..keys).map(key).collect();
        let set = format!(r#"{{"keys":[{}]}}"#, set.join(","));
        okta.controls().clear_faults();
        okta.controls()
            .fault("/oauth2/v1/keys", Fault::body("application/json", set));
        let page = Exporter::watch(&okta, "{ jwks: { org: {} } }")
            .await
            .first_round()
            .await;
        assert_eq!(page.value("okta_jwks_keys"), f64::from(keys), "{page}");
        assert_eq!(page.sum("okta_jwks_key_info"), 20.0);
        let counted = page.value(r#"okta_exporter_series_dropped_total{probe="jwks/org"}"#);
        let runs = page.value(r#"okta_probe_runs_total{probe="jwks/org"}"#);
        assert_eq!(counted, dropped * runs, "{page}");
    }
    // And fifty incidents.
    for (incidents, dropped) in [(50, 0.0), (53, 3.0)] {
        let now = jiff::Timestamp::now();
        let entry = |n: u32| {
            format!(
                "<entry><id>e{n}</id><title>Investigating</title><updated>{now}</updated></entry>"
            )
        };
        let feed: String = (0..incidents).map(entry).collect();
        let feed = Fault::body("application/atom+xml", format!("<feed>{feed}</feed>"));
        okta.controls().clear_faults();
        okta.controls().fault("/feed", feed);
        let url = okta.url();
        let yaml = watch(&format!("{url}/feed"), url);
        let page = Exporter::start(&yaml).await.first_round().await;
        assert_eq!(page.sum("okta_status_incident_active"), 50.0, "{page}");
        let counted = page.value(r#"okta_exporter_series_dropped_total{probe="status_page/page"}"#);
        assert_eq!(counted, dropped, "{page}");
    }
}

#[test]
fn a_comment_before_a_document_begins_hides_nothing_of_it() {
    let feed = "<feed><entry><id>1</id><title>Resolved</title><updated>2026-07-01</updated></entry></feed>";
    for comment in ["<!-- a -->", "<!-- a > <b -->", "<!-- <html> -->"] {
        let text = format!("{comment}{feed}");
        let seen = read(Format::Auto, None, text.as_bytes());
        assert!(seen.is_ok(), "{comment}: {seen:?}");
    }
}
