//! Scenes of the verdict on an org: of causes that no other alert tells sooner, and of two that one does.
//! None has a discovery probe, whose own alert holds the verdict back.

use okta_exporter::sim::{Fault, Mint, Org};

use super::{ENDPOINTS, configuration, org, replace, stage::Stage, watch, watch_more};
use crate::support::Exporter;

/// Nobody else is asked: silence is the network's.
pub async fn network(stage: &Stage) {
    let okta = org("cut").start().await.unwrap();
    let _exporter = watch(stage, "cut", &okta, ENDPOINTS).await;
    okta.controls().fault("/", Fault::stall_forever());
    stage
        .fires("OktaOrgVerdictNetwork", &[("org", "cut")])
        .await;
    okta.controls().clear_faults();
    stage
        .resolves("OktaOrgVerdictNetwork", &[("org", "cut")])
        .await;
}

pub async fn okta_itself(stage: &Stage) {
    let okta = org("broken").start().await.unwrap();
    let _exporter = watch(stage, "broken", &okta, ENDPOINTS).await;
    okta.controls().fault("/", Fault::status(503));
    let told = stage
        .fires("OktaOrgVerdictOkta", &[("org", "broken")])
        .await;
    let summary = told.summary();
    assert!(
        summary.starts_with("broken: Okta itself fails. "),
        "{summary}"
    );
    okta.controls().clear_faults();
    stage
        .resolves("OktaOrgVerdictOkta", &[("org", "broken")])
        .await;
}

/// The org and a control on its cell are silent, and one on another cell answers.
pub async fn cell(stage: &Stage) {
    let okta = org("celled").cell("ok7").start().await.unwrap();
    let on = async |cell: &str| Org::new("control").cell(cell).start().await.unwrap();
    let (near, far) = (on("ok7").await, on("ok14").await);
    let controls = format!(
        "status_pages: {{}}\ncontrols: ['{}', '{}']",
        near.url(),
        far.url()
    );
    let probes = format!("organization: {{}}, {ENDPOINTS}");
    let exporter = watch_more(stage, "celled", &okta, &probes, &controls).await;
    // Who has not told its cell is nobody's neighbour: on a busy machine a first run may fail.
    let is_well = |well: &f64| *well > 0.0;
    exporter
        .until(|page| page.all("okta_probe_success").iter().all(is_well))
        .await;
    for silent in [&near, &okta] {
        silent.controls().fault("/", Fault::stall_forever());
    }
    let celled = [("org", "celled")];
    stage.fires("OktaOrgVerdictCell", &celled).await;
    for silent in [&near, &okta] {
        silent.controls().clear_faults();
    }
    stage.resolves("OktaOrgVerdictCell", &celled).await;
}

/// A credential is refused; then a limit refuses, which has an alert of its own and holds the verdict
/// back.
pub async fn credential_and_limit(stage: &Stage) {
    let okta = org("refused").start().await.unwrap();
    let _exporter = watch(stage, "refused", &okta, ENDPOINTS).await;
    let refused = [("org", "refused")];
    okta.controls().fault("/api/", Fault::invalid_token());
    stage.fires("OktaOrgVerdictCredential", &refused).await;
    okta.controls().clear_faults();
    stage.resolves("OktaOrgVerdictCredential", &refused).await;
    okta.controls()
        .fault("/api/v1/users", Fault::rate_limited());
    stage.inhibits("OktaOrgVerdictLimit", "refused").await;
    okta.controls().clear_faults();
}

/// A token is for somebody else: its own alert tells that sooner, and holds the verdict back.
pub async fn degraded(stage: &Stage) {
    let okta = org("degraded").start().await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("token");
    let token = okta.controls().mint(&Mint::by("default")).unwrap();
    replace(&file, &token);
    let probes = format!(
        "token: {{ ci: {{ access_token_file: '{}', expect: {{ audience: 'api://nobody' }} }} }}",
        file.display()
    );
    let _exporter = watch(stage, "degraded", &okta, &probes).await;
    stage.inhibits("OktaOrgVerdictDegraded", "degraded").await;
}

/// Requests hang for longer than anybody waits: no run ends.
pub async fn unknown(stage: &Stage) {
    let okta = org("hanging").start().await.unwrap();
    okta.controls().fault("/", Fault::stall_forever());
    let usual = configuration("hanging", &okta, "organization: {}", "status_pages: {}");
    let patient = usual.replace("interval: 1s, timeout: 1s", "interval: 1h, timeout: 1h");
    let mut exporter = Exporter::start(&patient).await;
    stage.scrape(exporter.url()).await;
    let hanging = [("org", "hanging")];
    stage.fires("OktaOrgVerdictUnknown", &hanging).await;
    okta.controls().clear_faults();
    exporter.apply(&usual).await;
    stage.resolves("OktaOrgVerdictUnknown", &hanging).await;
}
