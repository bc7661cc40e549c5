//! Scenes of what an org leans on beside Okta: agents, log streams, hooks.

use super::{configuration, org, stage::Stage, watch};
use crate::support::{API_TOKEN, Exporter};

/// Agents drop, one and then the other; a log stream is switched off and a hook loses its verification,
/// and all comes back.
pub async fn agents(stage: &Stage) {
    let okta = org("leaning").start().await.unwrap();
    let probes = "agent_pools: {}, integrations: {}";
    let _exporter = watch(stage, "leaning", &okta, probes).await;
    let sim = okta.controls();
    let pool = [("org", "leaning"), ("pool", "example.com"), ("kind", "ad")];
    let stream = [("org", "leaning")];
    let hook = [("org", "leaning"), ("name", "to-the-tickets")];
    let inline = [("org", "leaning"), ("name", "claims-of-billing")];

    sim.drop_agent("dc1");
    sim.deactivate_log_stream("to-the-archive");
    sim.verify_hook("to-the-tickets", false);
    sim.switch_inline_hook("claims-of-billing", false);
    stage.fires("OktaAgentPoolDegraded", &pool).await;
    stage.fires("OktaLogStreamDeactivated", &stream).await;
    stage.fires("OktaEventHookUnverified", &hook).await;
    stage.fires("OktaHookDeactivated", &inline).await;
    sim.drop_agent("dc2");
    stage.resolves("OktaAgentPoolDegraded", &pool).await;
    stage.fires("OktaAgentPoolDown", &pool).await;

    for agent in ["dc1", "dc2"] {
        sim.return_agent(agent);
    }
    sim.activate_log_stream("to-the-archive");
    sim.verify_hook("to-the-tickets", true);
    sim.switch_inline_hook("claims-of-billing", true);
    stage.resolves("OktaAgentPoolDown", &pool).await;
    stage.resolves("OktaLogStreamDeactivated", &stream).await;
    stage.resolves("OktaEventHookUnverified", &hook).await;
    stage.resolves("OktaHookDeactivated", &inline).await;
}

/// The org fails over, and back.
pub async fn failed_over(stage: &Stage) {
    let okta = org("moved").bearer("00bearer", ["okta.dr.read"]);
    let okta = okta.start().await.unwrap();
    let yaml = configuration("moved", &okta, "disaster_recovery: {}", "status_pages: {}");
    let yaml = yaml.replace(&format!("api_token: {API_TOKEN}"), "bearer_token: 00bearer");
    let exporter = Exporter::start(&yaml).await;
    exporter.first_round().await;
    stage.scrape(exporter.url()).await;
    let moved = [("org", "moved"), ("domain", "moved.okta.com")];
    okta.controls().fail_over(true);
    stage.fires("OktaFailedOver", &moved).await;
    okta.controls().fail_over(false);
    stage.resolves("OktaFailedOver", &moved).await;
}
