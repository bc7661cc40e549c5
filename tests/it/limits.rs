mod buckets;

use okta_exporter::sim::{ApiToken, Fault, Mint, Org, Running};

use crate::support::{API_TOKEN, Exporter, Scrape, ServiceApp, endpoint};

/// What the simulated org calls its first and second API token.
const FIRST: &str = "00T00000000000000000";
const SECOND: &str = "00T00000000000000001";

/// An exporter that reads an org's rate-limit settings as `monitor`, with this id of its own.
async fn watch(okta: &Running, id: &str, others: &str, probes: &str) -> Exporter {
    let url = okta.url();
    Exporter::start(&format!(
        "status_pages: {{}}\norgs:\n  acme:\n    url: '{url}'\n    budget: 1\n    credentials: {{ monitor: {{ api_token: {API_TOKEN}, principal_id: {id} }}{others} }}\n    probes: {{ rate_limit_settings: {{ credential: monitor }}, {probes} }}\n"
    ))
    .await
}

fn org() -> Org {
    Org::new("acme").api_token(ApiToken::new("monitor", API_TOKEN))
}

fn failed(page: &Scrape, reason: &str) -> f64 {
    page.value(&format!(
        r#"okta_probe_failures_total{{probe="rate_limit_settings",reason="{reason}"}}"#
    ))
}

#[tokio::test]
async fn each_credential_has_its_own_share_and_the_orgs_limit_follows() {
    let okta = Org::new("acme")
        .api_token(ApiToken::new("other", "00other").percent(10))
        .api_token(
            ApiToken::new("monitor", API_TOKEN)
                .percent(25)
                .concurrency_percent(75),
        )
        .bearer("00bearer", ["okta.users.read"])
        .limit("/api/v1/users", 400)
        .warning_threshold(90)
        .client_mode("PREVIEW")
        .start()
        .await
        .unwrap();
    let token = okta.controls().mint(&Mint::by("org")).unwrap();
    let others = format!(", app: {{ bearer_token: {token} }}, unknown: {{ api_token: 00other }}");
    let uses = "app: { path: /api/v1/logs, credential: app }, other: { path: /api/v1/groups, credential: unknown }";
    let probes = format!("endpoint: {{ {}, {uses} }}", endpoint("users"));
    let exporter = watch(&okta, SECOND, &others, &probes).await;
    let page = exporter.first_round().await;

    let ratio = |credential: &str| {
        page.get(&format!(
            r#"okta_rate_limit_principal_ratio{{org="acme",credential="{credential}"}}"#
        ))
    };
    assert_eq!(ratio("monitor"), Some(0.25));
    assert_eq!(ratio("app"), Some(0.5), "an app is known by its own token");
    assert_eq!(ratio("unknown"), None, "nobody said which token it is");
    assert_eq!(
        page.value(r#"okta_rate_limit_principal_concurrency_ratio{credential="monitor"}"#),
        0.75
    );
    assert_eq!(
        page.value(r#"okta_rate_limit_warning_threshold_ratio{org="acme"}"#),
        0.9
    );
    for (mode, value) in [("enforce", 0.0), ("log_only", 1.0), ("disabled", 0.0)] {
        let series = format!(r#"okta_rate_limit_client_mode{{org="acme",mode="{mode}"}}"#);
        assert_eq!(page.value(&series), value, "{mode}");
    }
    assert_eq!(
        page.value(r#"okta_rate_limit_limit{credential="monitor",api="users"}"#),
        100.0
    );
    assert_eq!(
        page.value(r#"okta_rate_limit_org_limit_estimate{org="acme",bucket="/api/v1/users"}"#),
        400.0
    );
    assert_eq!(
        page.get(r#"okta_rate_limit_org_limit_estimate{bucket="/api/v1/groups*"}"#),
        None,
        "only a credential whose share is unknown asked there"
    );
}

#[tokio::test]
async fn a_share_is_found_on_whichever_page_it_stands() {
    let crowd = (0..130).map(|n| ApiToken::new(&format!("other-{n}"), &format!("00other{n}")));
    let okta = crowd
        .fold(Org::new("acme"), Org::api_token)
        .api_token(ApiToken::new("monitor", API_TOKEN).percent(20))
        .start()
        .await
        .unwrap();
    let exporter = watch(&okta, "00T00000000000000130", "", "").await;
    let page = exporter.first_round().await;
    assert_eq!(page.value("okta_rate_limit_principal_ratio"), 0.2);
    assert_eq!(
        page.value(r#"okta_requests_total{api="principal_rate_limits",code="200"}"#),
        3.0
    );
    // Okta writes whole URLs: what follows is of the same bucket all the same.
    let bucket = r#"okta_rate_limit_limit{api="principal_rate_limits",bucket="/api/v1/principal-rate-limits*"}"#;
    assert!(page.get(bucket).is_some(), "{page}");
    assert!(
        !page.to_string().contains("http:/127"),
        "a URL is no path: {page}"
    );
}

/// What comes of a list whose next page is said to be here.
async fn led_to(target: &str) -> Scrape {
    let okta = org().start().await.unwrap();
    let link = format!("<{target}>; rel=\"next\"");
    let fault = Fault::headers([("link", &link)]);
    okta.controls()
        .fault("/api/v1/principal-rate-limits", fault);
    watch(&okta, FIRST, "", "").await.first_round().await
}

#[tokio::test]
async fn a_list_that_goes_on_elsewhere_is_a_failure_and_nothing_is_sent_there() {
    let elsewhere = org().start().await.unwrap();
    let other_host = format!("{}/api/v1/principal-rate-limits", elsewhere.url());
    for target in [&other_host, "/api/v1/users?after=1", "http://["] {
        let page = led_to(target).await;
        assert_eq!(failed(&page, "redirect"), 1.0, "{target}: {page}");
        assert_eq!(failed(&page, "internal"), 0.0, "{target}");
        let sent = page.value(r#"okta_requests_total{api="principal_rate_limits"}"#);
        assert_eq!(sent, 1.0, "{target}");
    }
    assert_eq!(elsewhere.controls().connection_count(), 0);
}

#[tokio::test]
async fn a_list_without_end_is_read_as_far_as_was_agreed_and_is_of_one_bucket() {
    let page = led_to("?filter=principalType%20eq%20%22SSWS_TOKEN%22").await;
    let sent = page.value(r#"okta_requests_total{api="principal_rate_limits",code="200"}"#);
    assert!(sent > 1.0 && sent <= 20.0, "{sent}");
    let of_this = |line: &&str| {
        line.starts_with("okta_rate_limit_limit{") && line.contains("principal_rate_limits")
    };
    let page = page.to_string();
    assert_eq!(page.lines().filter(of_this).count(), 1, "{page}");
}

#[tokio::test]
async fn what_may_not_be_read_is_absent_and_the_rest_is_there() {
    let okta = Org::new("acme")
        .api_token(ApiToken::new("monitor", API_TOKEN).only(["okta.principalRateLimits.read"]))
        .start()
        .await
        .unwrap();
    let page = watch(&okta, FIRST, "", "").await.first_round().await;
    assert_eq!(page.value("okta_rate_limit_principal_ratio"), 0.5);
    assert!(
        !page.has_any("okta_rate_limit_warning_threshold_ratio"),
        "{page}"
    );
    assert!(!page.has_any("okta_rate_limit_client_mode"), "{page}");
    assert_eq!(failed(&page, "forbidden"), 1.0);

    let okta = org()
        .without_feature("/api/v1/principal-rate-limits")
        .start()
        .await
        .unwrap();
    let page = watch(&okta, FIRST, "", "").await.first_round().await;
    assert!(!page.has_any("okta_rate_limit_principal_ratio"), "{page}");
    assert_eq!(page.value("okta_rate_limit_warning_threshold_ratio"), 0.6);
    assert_eq!(failed(&page, "forbidden"), 1.0);
}

#[tokio::test]
async fn a_credential_that_okta_lists_nowhere_has_no_share() {
    let okta = org().start().await.unwrap();
    let page = watch(&okta, SECOND, "", "").await.first_round().await;
    assert_eq!(
        page.value(r#"okta_probe_success{probe="rate_limit_settings"}"#),
        1.0
    );
    assert!(!page.has_any("okta_rate_limit_principal_ratio"), "{page}");
    assert!(
        !page.has_any("okta_rate_limit_org_limit_estimate"),
        "{page}"
    );
}

#[tokio::test]
async fn a_disturbance_ends_the_round_and_leaves_what_was_known() {
    let okta = org().start().await.unwrap();
    let url = okta.url();
    let exporter = Exporter::start(&format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{url}', budget: 1, credentials: {{ monitor: {{ api_token: {API_TOKEN}, principal_id: {FIRST} }} }}, probes: {{ rate_limit_settings: {{ interval: 1s, timeout: 1s }} }} }} }}\n"
    ))
    .await;
    exporter.first_round().await;
    okta.controls().fault(
        "/api/v1/rate-limit-settings/warning-threshold",
        Fault::concurrency(),
    );
    let page = exporter
        .until(|page| failed(page, "concurrency_limited") >= 1.0)
        .await;
    assert_eq!(page.value("okta_rate_limit_warning_threshold_ratio"), 0.6);
    assert_eq!(page.value("okta_rate_limit_principal_ratio"), 0.5);
    let last = okta.controls().requests().pop().unwrap();
    assert!(last.path.ends_with("/warning-threshold"), "{}", last.path);
}

#[tokio::test]
async fn a_429_is_of_one_of_three_kinds_and_a_limit_of_0_is_no_limit() {
    let okta = org().start().await.unwrap();
    let kinds = |page: &Scrape, endpoint: &str| {
        ["limit", "concurrency", "unknown"].map(|kind| {
            page.value(&format!(
                r#"okta_rate_limit_exceeded_total{{api="{endpoint}",kind="{kind}"}}"#
            ))
        })
    };
    okta.controls()
        .fault("/api/v1/users", Fault::rate_limited());
    okta.controls()
        .fault("/api/v1/groups", Fault::concurrency());
    okta.controls()
        .fault("/api/v1/apps", Fault::rate_limited_without_headers());
    let probes = ["users", "groups", "apps"].map(endpoint).join(", ");
    let exporter = Exporter::watch(&okta, &format!("{{ endpoint: {{ {probes} }} }}")).await;
    let page = exporter.first_round().await;
    assert_eq!(kinds(&page, "users"), [1.0, 0.0, 0.0]);
    assert_eq!(kinds(&page, "groups"), [0.0, 1.0, 0.0]);
    assert_eq!(kinds(&page, "apps"), [0.0, 0.0, 1.0]);
    assert_eq!(page.all("okta_rate_limit_limit").len(), 1, "{page}");
    assert!(page.get(r#"okta_rate_limit_limit{api="users"}"#) > Some(0.0));
}

#[tokio::test]
async fn a_service_app_is_known_by_its_client_id() {
    let app = ServiceApp::new();
    let scopes = ["okta.rateLimits.read", "okta.principalRateLimits.read"];
    let registered = app.registered().grant(scopes);
    let okta = Org::new("acme")
        .service_app(registered)
        .start()
        .await
        .unwrap();
    let oauth = format!("scopes: [{}]", scopes.join(", "));
    let yaml = app.yaml(&okta, &oauth, "{ rate_limit_settings: {} }");
    let page = Exporter::start(&yaml).await.first_round().await;
    assert_eq!(
        page.value(r#"okta_rate_limit_principal_ratio{credential="billing"}"#),
        0.5,
        "{page}"
    );
    assert_eq!(page.value("okta_rate_limit_warning_threshold_ratio"), 0.6);
}

#[tokio::test]
async fn a_setting_that_changes_is_told_with_when_and_survives_a_restart() {
    let token = ApiToken::new("monitor", API_TOKEN);
    let okta = Org::new("acme").api_token(token).start().await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let storage = files.path().join("state.redb");
    let yaml = format!(
        "storage: {{ path: '{}' }}\nstatus_pages: {{}}\norgs: {{ acme: {{ url: '{}', budget: 1, credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}, probes: {{ rate_limit_settings: {{ interval: 1s, timeout: 1s }} }} }} }}\n",
        storage.display(),
        okta.url()
    );
    let changed = |setting: &str| {
        format!(
            r#"okta_rate_limit_settings_last_change_timestamp_seconds{{org="acme",setting="{setting}"}}"#
        )
    };
    let all = "okta_rate_limit_settings_last_change_timestamp_seconds";
    let mails = "okta_rate_limit_admin_notifications";
    let exporter = Exporter::start(&yaml).await;
    let page = exporter.first_round().await;
    assert_eq!(page.value(mails), 1.0);
    assert!(page.all(all).is_empty(), "{page}");
    okta.controls().set_admin_notifications(false);
    let notifications = changed("admin_notifications");
    let page = exporter
        .until(|page| page.get(&notifications).is_some())
        .await;
    assert_eq!(page.value(mails), 0.0);
    let at = page.value(&notifications);
    assert!((at - jiff::Timestamp::now().as_second() as f64).abs() < 60.0);
    exporter.drain().await;
    okta.controls().set_warning_threshold(85);
    let threshold = changed("warning_threshold");
    let exporter = Exporter::start(&yaml).await;
    let page = exporter.until(|page| page.get(&threshold).is_some()).await;
    assert_eq!(page.value(&notifications), at, "{page}");
    assert_eq!(page.all(all).len(), 2, "{page}");
}
