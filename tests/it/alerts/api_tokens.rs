//! Scenes of the org's API tokens.

use std::time::Duration;

use okta_exporter::sim::ApiToken;

use super::{org, stage::Stage, watch};

/// Nobody has used a token for 25 days, and then somebody does; another is revoked.
pub async fn api_tokens(stage: &Stage) {
    let unused = Duration::from_hours(25 * 24);
    let okta = org("tokens-of-others")
        .api_token(ApiToken::new("monthly report", "00monthly").unused_for(unused))
        .api_token(ApiToken::new("contractor", "00contractor"))
        .start()
        .await
        .unwrap();
    let exporter = watch(stage, "tokens-of-others", &okta, "api_tokens: {}").await;
    let of = |id, name| {
        [
            ("org", "tokens-of-others"),
            ("token_id", id),
            ("token_name", name),
        ]
    };
    let monthly = of("00T00000000000000001", "monthly report");
    let contractor = of("00T00000000000000002", "contractor");
    stage.fires("OktaApiTokenExpiring", &monthly).await;
    let reporter = okta_exporter::sim::Principal::new("monthly report");
    okta.controls().spend("/api/v1/users", &reporter, 1);
    stage.resolves("OktaApiTokenExpiring", &monthly).await;
    assert!(okta.controls().revoke_api_token("contractor"));
    stage.fires("OktaApiTokenDisappeared", &contractor).await;
    drop(exporter);
    stage.resolves("OktaApiTokenDisappeared", &contractor).await;
}
