//! Scenes of what the System Log and event hooks tell.

use std::time::Duration;

use okta_exporter::sim::{ApiToken, EventHook, Limited, LogEvent, Org};

use super::{configuration, org, stage::Stage, watch};
use crate::support::{API_TOKEN, Exporter};

/// The org and its callers meet their limits, a client is refused, and Okta switches a log stream off:
/// the log alone tells.
pub async fn events(stage: &Stage) {
    let okta = org("logged").start().await.unwrap();
    let _exporter = watch(stage, "logged", &okta, "system_log: { interval: 1s }").await;
    let (bucket, token) = ("/api/v1/apps", "00Tnightly");
    let refused = LogEvent::new("app.oauth2.token.grant").failed("invalid_scope");
    let told = [
        LogEvent::org_limit(Limited::Warned, bucket, 600),
        LogEvent::org_limit(Limited::Violated, bucket, 600),
        LogEvent::concurrency_limit(),
        LogEvent::operation_limit(Limited::Violated, bucket, "ssws_token", 300).by_api_token(token),
        refused.clone(),
        refused,
    ];
    let sim = okta.controls();
    sim.deactivate_log_stream("to-the-archive");
    let telling = every_second(move || {
        for event in &told {
            sim.log(event);
        }
    });
    let of_bucket = |event| [("org", "logged"), ("event", event), ("bucket", bucket)];
    let at_once = [("org", "logged"), ("event", "concurrency_violation")];
    let refusals = [("org", "logged"), ("reason", "invalid_scope")];
    let alerts = [
        ("OktaOrgRateLimitWarning", &of_bucket("warning")[..]),
        ("OktaOrgRateLimitViolation", &of_bucket("violation")),
        ("OktaOrgRateLimitViolation", &at_once),
        (
            "OktaPrincipalRateLimitViolation",
            &of_bucket("operation_violation"),
        ),
        ("OktaTokenGrantsRefused", &refusals),
        ("OktaLogStreamDeactivated", &[("org", "logged")]),
    ];
    for (alert, labels) in alerts {
        let told = stage.fires(alert, labels).await;
        if alert == "OktaPrincipalRateLimitViolation" {
            assert!(told.description().contains(token), "{}", told.description());
        }
    }
    telling.abort();
    let activated = LogEvent::new("system.log_stream.lifecycle.activate");
    okta.controls().log(&activated);
    for (alert, labels) in alerts {
        stage.resolves(alert, labels).await;
    }
}

/// A hook that delivered once, and misses ten events that the log says were meant for it. Then, after
/// minutes in which everybody got in, nobody does.
pub async fn event_hook(stage: &Stage) {
    const SECRET: &str = "s3cr3t-of-the-event-hook";
    let okta = org("hooked").start().await.unwrap();
    let yaml = configuration(
        "hooked",
        &okta,
        "system_log: { interval: 1s }",
        "status_pages: {}",
    );
    let exporter = format!("{yaml}    event_hook: {{ authorization: {SECRET} }}\n");
    let exporter = Exporter::start(&exporter).await;
    exporter.first_round().await;
    stage.scrape(exporter.url()).await;
    let sim = okta.controls();
    let hook = EventHook::new(&format!("{}/hooks/okta/hooked", exporter.url()))
        .header("Authorization", SECRET)
        .types(["user.account.lock"]);
    // On a busy machine the three seconds that Okta waits may be over.
    let id = loop {
        if let Ok(id) = sim.add_hook(hook.clone()).await {
            break id;
        }
    };
    sim.log(&LogEvent::new("user.account.lock"));
    assert_eq!(sim.until_hook_settled(&id).await.delivered, 1);

    // The simulated hook knows nothing of these.
    let missed = LogEvent::sign_in().debug("targetEventHookIds", id);
    let (told, mut left) = (sim.clone(), 10);
    let telling = every_second(move || {
        if left > 0 {
            told.log(&missed);
            left -= 1;
        }
    });
    let silent = [("org", "hooked")];
    stage.fires("OktaEventHookSilent", &silent).await;
    stage.resolves("OktaEventHookSilent", &silent).await;
    telling.abort();
    let failing = every_second(move || {
        sim.log_many(&LogEvent::failed_sign_in("INVALID_CREDENTIALS"), 60);
    });
    stage.fires("OktaAuthenticationFailureSurge", &silent).await;
    failing.abort();
    stage
        .resolves("OktaAuthenticationFailureSurge", &silent)
        .await;
}

/// More stands in the log, two hours late, than two calls in five seconds read; then Okta forgets where
/// reading was left.
pub async fn system_log(stage: &Stage) {
    let okta = Org::new("behind")
        .limit("/api/v1/logs", 4)
        .window(Duration::from_secs(5))
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .start()
        .await
        .unwrap();
    let late = LogEvent::sign_in().late(Duration::from_hours(2));
    okta.controls().log_many(&late, 20_000);
    let exporter = watch(stage, "behind", &okta, "system_log: { look_back: 1d }").await;
    let behind = [("org", "behind")];
    stage.fires("OktaLogLagging", &behind).await;
    stage.resolves("OktaLogLagging", &behind).await;
    okta.controls().forget_log_cursors();
    stage.fires("OktaLogGap", &behind).await;
    stage.resolves("OktaLogGap", &behind).await;
    drop(exporter);
}

/// Does this each second until it is told to stop.
fn every_second(mut act: impl FnMut() + Send + 'static) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        loop {
            tick.tick().await;
            act();
        }
    })
}
