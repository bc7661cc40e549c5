//! An hour takes seconds here, so that every run of the tests has one. Days, as many hours as one likes:
//!
//! ```text
//! HEALTHY_HOURS=24 cargo test --release --test it healthy -- --nocapture
//! ```

mod archive;
mod judge;
mod world;

use std::env;

use judge::Judgement;
use okta_exporter::sim::Fault;
use world::{Kind, live};

/// How many hours whoever runs the tests wants.
#[expect(clippy::disallowed_methods, reason = "it is no setting of the program")]
fn hours() -> i64 {
    let given = env::var("HEALTHY_HOURS").ok();
    given.map_or(1, |hours| hours.parse().unwrap())
}

/// What may be pending though all is well: its `for` says for how long.
const PENDING: [(&str, &str); 2] = [
    (
        "OktaProbeBudgetSpent pending",
        "a single run stood back, as all of them begin at once",
    ),
    (
        "OktaOrgVerdictUnknown pending",
        "an exporter that has just begun knows nothing",
    ),
];

#[tokio::test(start_paused = true)]
async fn a_healthy_org_shows_no_alert_and_no_red_tile_in_an_hour_of_its_time() {
    is_quiet(Kind::Whole).await;
}

/// As somebody who tries it sees it first.
#[tokio::test(start_paused = true)]
async fn a_free_org_of_which_only_the_token_is_written_is_as_quiet() {
    is_quiet(Kind::Free).await;
}

async fn is_quiet(kind: Kind) {
    let archive = live(kind, hours() * 3_600, |_| {}).await;
    let mut told = Judgement::of(&archive).await;
    let may_be = |told: &String| PENDING.iter().any(|(alert, _)| told.starts_with(alert));
    told.alerts.retain(|told| !may_be(told));
    let is_well = told.alerts.is_empty() && told.red.is_empty();
    assert!(is_well, "{told:#?}");
    assert!(told.shown > 300, "the test has lost its eyes: {told:?}");
}

/// So that the silence above means something.
#[tokio::test(start_paused = true)]
async fn an_org_that_fails_shows_alerts_and_red_tiles_within_minutes() {
    let archive = live(Kind::Whole, 15 * 60, |sim| {
        sim.fault("/.well-known/openid-configuration", Fault::status(503));
        sim.drop_agent("dc1");
        sim.drop_agent("dc2");
    })
    .await;
    let told = Judgement::of(&archive).await;
    for alert in ["OktaOrgUnreachable firing", "OktaAgentPoolDown firing"] {
        let fires = told.alerts.iter().any(|told| told.starts_with(alert));
        assert!(fires, "{alert}: {told:#?}");
    }
    for place in ["health.json", "agents.json"] {
        let is_red = told.red.iter().any(|told| told.contains(place));
        assert!(is_red, "{place}: {told:#?}");
    }
}
