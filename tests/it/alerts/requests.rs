//! What becomes of requests: nobody answers, or badly, or late, or by a clock or a certificate that is off.

use std::{fs, time::Duration};

use jiff::SignedDuration;
use okta_exporter::sim::{Fault, Tls};

use super::{ENDPOINTS, org, stage::Stage, watch};
use crate::support::Exporter;

pub async fn unreachable(stage: &Stage) {
    let okta = org("down").start().await.unwrap();
    let probes = format!("discovery: {{}}, {ENDPOINTS}");
    let _exporter = watch(stage, "down", &okta, &probes).await;
    okta.controls().fault("/", Fault::status(503));
    stage.fires("OktaOrgUnreachable", &[("org", "down")]).await;
    stage.inhibits("OktaBreakerOpen", "down").await;
    stage.inhibits("OktaOrgVerdictOkta", "down").await;
    okta.controls().clear_faults();
    stage
        .resolves("OktaOrgUnreachable", &[("org", "down")])
        .await;
}

/// One endpoint fails, the other answers: the breaker stays closed.
pub async fn server_errors(stage: &Stage) {
    let okta = org("failing").start().await.unwrap();
    let _exporter = watch(stage, "failing", &okta, ENDPOINTS).await;
    okta.controls().fault("/api/v1/users", Fault::status(503));
    let told = stage.fires("OktaServerErrors", &[("org", "failing")]).await;
    let summary = told.summary();
    assert!(
        summary.starts_with("failing: Okta answers with server errors. Read status.okta.com"),
        "{summary}"
    );
    okta.controls().clear_faults();
    stage
        .resolves("OktaServerErrors", &[("org", "failing")])
        .await;
}

/// Discovery has succeeded and is asked again only when the breaker wants it.
pub async fn breaker(stage: &Stage) {
    let okta = org("stalling").start().await.unwrap();
    let probes = format!("discovery: {{ interval: 1h }}, {ENDPOINTS}");
    let _exporter = watch(stage, "stalling", &okta, &probes).await;
    okta.controls().fault("/api/", Fault::stall_forever());
    stage.fires("OktaBreakerOpen", &[("org", "stalling")]).await;
    okta.controls().clear_faults();
    stage
        .resolves("OktaBreakerOpen", &[("org", "stalling")])
        .await;
}

/// Two exporters watch the org: what both see is told once, and of one api, though it is refused only
/// two times in five and Prometheus has an `endpoint` of its own on each target.
pub async fn refusals(stage: &Stage) {
    let okta = org("refusing").start().await.unwrap();
    let probes = "endpoint: { users: { path: /api/v1/users, credential: monitor, sampling: interval }, groups: { path: /api/v1/groups, credential: monitor, sampling: interval }, apps: { path: /api/v1/logs, credential: monitor, sampling: interval } }";
    let _exporters = [
        watch(stage, "refusing", &okta, probes).await,
        watch(stage, "refusing", &okta, probes).await,
    ];
    okta.controls()
        .fault("/api/v1/users", Fault::error(404, "E0000007").share(2, 5));
    okta.controls()
        .fault("/api/v1/groups", Fault::error(401, "E0000011"));
    okta.controls().fault("/api/v1/logs", Fault::concurrency());
    let surge = [
        ("org", "refusing"),
        ("api", "users"),
        ("error_code", "E0000007"),
    ];
    let failing = [("org", "refusing"), ("probe", "endpoint/groups")];
    let limited = [("org", "refusing"), ("api", "apps")];
    let told = stage.fires("OktaErrorSurge", &surge).await;
    assert!(
        told.summary().contains("of the api users are E0000007. "),
        "{}",
        told.summary()
    );
    stage.fires("OktaProbeFailing", &failing).await;
    stage.fires("OktaConcurrencyLimited", &limited).await;
    okta.controls().clear_faults();
    stage.resolves("OktaErrorSurge", &surge).await;
    let surges = [("org", "refusing"), ("error_code", "E0000007")];
    assert_eq!(stage.count("OktaErrorSurge", &surges), 1, "{stage:?}");
    stage.resolves("OktaProbeFailing", &failing).await;
    stage.resolves("OktaConcurrencyLimited", &limited).await;
}

pub async fn clock(stage: &Stage) {
    let okta = org("late").start().await.unwrap();
    let _exporter = watch(stage, "late", &okta, "discovery: {}").await;
    okta.controls()
        .set_clock_offset(SignedDuration::from_mins(-10));
    // What is about the exporter names its target, as Prometheus labels it.
    let late = [("org", "late"), ("namespace", "monitoring")];
    let told = stage.fires("OktaClockSkew", &late).await;
    let summary = told.summary();
    assert!(summary.contains(" ahead of that of late. "), "{summary}");
    okta.controls().set_clock_offset(SignedDuration::ZERO);
    stage.resolves("OktaClockSkew", &[("org", "late")]).await;
}

/// No certificate changes while a server runs; that a longer one is quiet, the rules' own tests show.
pub async fn certificate(stage: &Stage) {
    let tls = Tls::new().lasting(Duration::from_hours(5 * 24));
    let okta = org("old").tls(tls).start().await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let ca = files.path().join("ca.pem");
    fs::write(&ca, okta.ca_pem().unwrap()).unwrap();
    let exporter = Exporter::start(&format!(
        "status_pages: {{}}\norgs: {{ old: {{ url: '{}', ca_file: '{}', probes: {{ discovery: {{}} }} }} }}",
        okta.url(),
        ca.display()
    ))
    .await;
    stage.scrape(exporter.url()).await;
    let told = stage
        .fires("OktaTlsCertificateExpiring", &[("org", "old")])
        .await;
    assert!(
        told.summary().contains("expires in 4d 23h"),
        "{}",
        told.summary()
    );
}
