//! Scenes of what the org says of itself.

use std::time::Duration;

use super::{org, stage::Stage, watch};

/// A trial in its last week, to which Okta Support was let in, and of whose limits nobody is told; then
/// it is paid for, closed, and somebody is told.
pub async fn org_itself(stage: &Stage) {
    let okta = org("trial").start().await.unwrap();
    let sim = okta.controls();
    sim.expire_org_in(Duration::from_hours(7 * 24));
    sim.open_support_access(Duration::from_hours(8));
    sim.unsubscribe("RATELIMIT_NOTIFICATION");
    let _exporter = watch(stage, "trial", &okta, "org: { interval: 1s }").await;
    let labels = [("org", "trial")];
    for alert in [
        "OktaOrgExpiring",
        "OktaSupportAccessOpen",
        "OktaNobodySubscribed",
    ] {
        stage.fires(alert, &labels).await;
    }
    sim.pay_for_org();
    sim.close_support_access();
    for alert in ["OktaOrgExpiring", "OktaSupportAccessOpen"] {
        stage.resolves(alert, &labels).await;
    }
}
