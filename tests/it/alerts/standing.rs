//! What is wrong though everything answers.

use std::time::Duration;

use okta_exporter::sim::{Clock, Fault, Incident, Mint, StatusPage};

use super::{CLIENT, configuration, org, replace, stage::Stage, watch, watch_more};
use crate::support::Exporter;

/// Tokens that are not what they should be: altered, of another server, for another API.
pub async fn odd_tokens(stage: &Stage) {
    let okta = org("odd").start().await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let sim = okta.controls();
    let right = || {
        let mint = Mint::by("default").audience("api://reports");
        sim.mint(&mint).unwrap()
    };
    let names = ["altered", "foreign", "misled"];
    for name in names {
        replace(&files.path().join(name), &right());
    }
    let probes = names.map(|name| {
        let file = files.path().join(name).display().to_string();
        let issuer = format!("{}/oauth2/default", okta.url());
        format!(
            "{name}: {{ access_token_file: '{file}', introspect: {{ client_id: {}, client_secret: {} }}, expect: {{ issuer: '{issuer}', audience: 'api://reports' }} }}",
            CLIENT.0, CLIENT.1
        )
    });
    let probes = format!("token: {{ {} }}", probes.join(", "));
    let _exporter = watch(stage, "odd", &okta, &probes).await;

    let good = right();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let altered: String = signature.chars().rev().collect();
    replace(
        &files.path().join("altered"),
        &format!("{signed}.{altered}"),
    );
    let foreign = Mint::by("default")
        .audience("api://reports")
        .issuer("https://elsewhere.example");
    replace(&files.path().join("foreign"), &sim.mint(&foreign).unwrap());
    let misled = Mint::by("default").audience("api://mail");
    replace(&files.path().join("misled"), &sim.mint(&misled).unwrap());
    let alerts = [
        ("altered", "OktaTokenSignatureInvalid"),
        ("foreign", "OktaTokenIssuerUnexpected"),
        ("misled", "OktaTokenAudienceUnexpected"),
    ];
    for (token, alert) in alerts {
        let labels = [("org", "odd"), ("token", token), ("severity", "critical")];
        stage.fires(alert, &labels).await;
    }
    for name in names {
        replace(&files.path().join(name), &right());
    }
    for (token, alert) in alerts {
        stage
            .resolves(alert, &[("org", "odd"), ("token", token)])
            .await;
    }
}

pub async fn empty_key_set(stage: &Stage) {
    let okta = org("keyless").start().await.unwrap();
    let probes = "jwks: { default: { authorization_server: default } }";
    let _exporter = watch(stage, "keyless", &okta, probes).await;
    let empty = Fault::body("application/json", r#"{"keys":[]}"#);
    okta.controls().fault("/oauth2/default/v1/keys", empty);
    let labels = [("org", "keyless"), ("authorization_server", "default")];
    stage.fires("OktaKeySetEmpty", &labels).await;
    okta.controls().clear_faults();
    stage.resolves("OktaKeySetEmpty", &labels).await;
}

/// Every answer takes four seconds.
pub async fn slow(stage: &Stage) {
    let okta = org("slow").start().await.unwrap();
    let probes = "endpoint: { users: { path: /api/v1/users, credential: monitor, sampling: interval, interval: 8s, timeout: 8s } }";
    let patient = configuration("slow", &okta, probes, "status_pages: {}");
    let exporter = Exporter::start(&patient).await;
    exporter.first_round().await;
    stage.scrape(exporter.url()).await;
    okta.controls()
        .fault("/api/v1/users", Fault::stall(Duration::from_secs(4)));
    stage.fires("OktaSlow", &[("org", "slow")]).await;
    okta.controls().clear_faults();
    stage.resolves("OktaSlow", &[("org", "slow")]).await;
}

/// Work that begins in two hours.
pub async fn maintenance(stage: &Stage) {
    let okta = org("planned").start().await.unwrap();
    let page = StatusPage::new(&Clock::running());
    let page = page.start(0).await.unwrap();
    let pages = format!(
        "status_pages: {{ planned: {{ url: '{}' }} }}",
        page.okta_url()
    );
    let _exporter = watch_more(stage, "planned", &okta, "discovery: {}", &pages).await;
    let begins = jiff::Timestamp::now() + Duration::from_hours(2);
    let work = Incident::new("Upgrade").cells("okta.com:14");
    let work = page
        .page()
        .open(work.planned(begins, begins + Duration::from_hours(1)));
    stage
        .fires("OktaMaintenanceAhead", &[("page", "planned")])
        .await;
    page.page().change(&work, "Cancelled");
    stage
        .resolves("OktaMaintenanceAhead", &[("page", "planned")])
        .await;
}
