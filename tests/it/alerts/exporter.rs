//! Scenes of the exporter itself: what it cannot do, and that it is gone.

use std::{fs, time::Duration};

use okta_exporter::sim::{ApiToken, Fault, ORG, Org};

use super::{configuration, org, stage::Stage, watch, watch_more};
use crate::support::{API_TOKEN, Exporter};

/// Of a limit of ten in five seconds, two probes that ask twice a second would leave nothing.
pub async fn budget(stage: &Stage) {
    let okta = org("thrifty")
        .limit("/api/v1/users", 20)
        .window(Duration::from_secs(5))
        .start()
        .await
        .unwrap();
    let probes = "endpoint: { users: { path: /api/v1/users, credential: monitor, sampling: interval }, more: { path: '/api/v1/users?limit=2', credential: monitor, sampling: interval } }";
    let _exporter = watch(stage, "thrifty", &okta, probes).await;
    stage
        .fires("OktaProbeBudgetSpent", &[("org", "thrifty")])
        .await;
}

/// Every answer comes in time, and there are so many that a round of them outlasts three intervals.
pub async fn overdue(stage: &Stage) {
    let principals = (0..400).map(|n| ApiToken::new(&format!("app-{n}"), &format!("00app{n}")));
    let okta = principals
        .fold(org("crowded"), Org::api_token)
        .limit("/api/v1/principal-rate-limits*", 1_000_000)
        .limit("/api/v1*", 1_000_000)
        .start()
        .await
        .unwrap();
    let probes = "rate_limit_settings: { interval: 2s, timeout: 2s }";
    let named = format!("api_token: {API_TOKEN}, principal_id: 00T00000000000000000");
    let yaml = configuration("crowded", &okta, probes, "status_pages: {}")
        .replace(&format!("api_token: {API_TOKEN}"), &named);
    let exporter = Exporter::start(&yaml).await;
    exporter.first_round().await;
    stage.scrape(exporter.url()).await;
    okta.controls()
        .fault("/api/v1/", Fault::stall(Duration::from_secs(1)));
    let late = [("org", "crowded"), ("probe", "rate_limit_settings")];
    stage.fires("OktaProbeOverdue", &late).await;
    okta.controls().clear_faults();
    stage.resolves("OktaProbeOverdue", &late).await;
}

/// The file is taken away for a while.
pub async fn store_failing(stage: &Stage) {
    let okta = org("forgetful").start().await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let (path, elsewhere) = (files.path().join("state"), files.path().join("elsewhere"));
    let storage = format!(
        "status_pages: {{}}\nstorage: {{ path: '{}' }}",
        path.display()
    );
    let probes = "jwks: { org: {} }";
    let exporter = watch_more(stage, "forgetful", &okta, probes, &storage).await;
    let address = exporter.url().strip_prefix("http://").unwrap();
    let of_it = [("instance", address)];
    fs::rename(&path, &elsewhere).unwrap();
    okta.controls().rotate_keys(ORG).unwrap();
    let told = stage.fires("OktaExporterStoreFailing", &of_it).await;
    assert!(told.summary().contains(address), "{}", told.summary());
    fs::rename(&elsewhere, &path).unwrap();
    stage.resolves("OktaExporterStoreFailing", &of_it).await;
}

/// Its settings are written wrong, and right again.
pub async fn config_reload_failed(stage: &Stage) {
    let okta = org("mistyped").start().await.unwrap();
    let mut exporter = watch(stage, "mistyped", &okta, "discovery: {}").await;
    let address = exporter.url().strip_prefix("http://").unwrap().to_owned();
    let of_it = [("instance", address.as_str())];
    exporter.refuse_settings();
    let told = stage.fires("OktaExporterConfigReloadFailed", &of_it).await;
    assert!(told.summary().contains(&address), "{}", told.summary());
    let probes = "discovery: {}, organization: {}";
    exporter
        .apply(&configuration(
            "mistyped",
            &okta,
            probes,
            "status_pages: {}",
        ))
        .await;
    stage
        .resolves("OktaExporterConfigReloadFailed", &of_it)
        .await;
}

/// It ends, and begins again.
pub async fn exporter_down(stage: &Stage) {
    let okta = org("unwatched").start().await.unwrap();
    let exporter = watch(stage, "unwatched", &okta, "discovery: {}").await;
    let url = exporter.url().to_owned();
    let address = url.strip_prefix("http://").unwrap();
    exporter.drain().await;
    let gone = [("instance", address)];
    stage.fires("OktaExporterDown", &gone).await;
    let yaml = configuration("unwatched", &okta, "discovery: {}", "status_pages: {}");
    let _again = Exporter::start_at(&yaml, address).await;
    stage.resolves("OktaExporterDown", &gone).await;
}
