//! Which paths share a limit: as configured, as published, and as it turns out.

use std::time::Duration;

use okta_exporter::sim::Running;

use super::org;
use crate::support::{API_TOKEN, Exporter, Program, Scrape, endpoint};

/// An exporter that takes these paths for these buckets, and asks `org` and `idps` by one token.
async fn watch_buckets(okta: &Running, buckets: &str) -> Exporter {
    Exporter::start(&with_buckets(okta, buckets)).await
}

fn with_buckets(okta: &Running, buckets: &str) -> String {
    let (url, probes) = (okta.url(), ["org", "idps"].map(endpoint).join(", "));
    format!(
        "status_pages: {{}}\norgs:\n  acme:\n    url: '{url}'\n    budget: 1\n    buckets: {{ {buckets} }}\n    credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}\n    probes: {{ endpoint: {{ {probes} }} }}\n"
    )
}

#[tokio::test]
async fn a_configured_bucket_wins_over_the_published_one() {
    let okta = org().start().await.unwrap();
    let exporter = watch_buckets(&okta, "/api/v1/org: tenant").await;
    let page = exporter.first_round().await;
    let limit = |endpoint: &str, bucket: &str| {
        page.get(&format!(
            r#"okta_rate_limit_limit{{api="{endpoint}",bucket="{bucket}"}}"#
        ))
    };
    assert_eq!(limit("org", "tenant"), Some(50.0), "{page}");
    assert_eq!(limit("idps", "/api/v1*"), Some(50.0), "{page}");
}

#[tokio::test]
async fn endpoints_that_turn_out_to_share_a_bucket_are_counted_in_one() {
    let okta = org()
        .limit("/api/v1*", 2_000)
        .window(Duration::from_secs(1))
        .start()
        .await
        .unwrap();
    let exporter = watch_buckets(&okta, "/api/v1/org: elsewhere").await;
    let found =
        r#"okta_rate_limit_bucket_mismatch{org="acme",credential="monitor",found="shared"}"#;
    let page = exporter.until(|page| page.get(found) == Some(1.0)).await;
    assert_eq!(page.all("okta_rate_limit_bucket_mismatch").len(), 1);
    let one = r#"okta_rate_limit_limit{api="org",bucket="/api/v1*"}"#;
    let page = exporter.until(|page| page.get(one) == Some(1_000.0)).await;
    assert_eq!(
        page.all("okta_rate_limit_own_requests_total").len(),
        1,
        "what was asked before the move counts in the one bucket: {page}"
    );
    // A request is settled a moment before the run that made it is recorded.
    let own = |page: &Scrape| page.value("okta_rate_limit_own_requests_total");
    let all_are_own = |page: &Scrape| page.sum("okta_requests_total") >= own(page);
    let page = exporter.until(all_are_own).await;
    assert_eq!(page.sum("okta_requests_total"), own(&page));
}

#[tokio::test]
async fn what_to_write_about_a_shared_bucket_is_said_once() {
    let okta = org()
        .limit("/api/v1*", 2_000)
        .window(Duration::from_secs(1))
        .start()
        .await
        .unwrap();
    let file = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    std::fs::write(&file, with_buckets(&okta, "/api/v1/org: elsewhere")).unwrap();
    let flag = format!("--config.file={}", file.path().display());
    let mut program = Program::exporter(&[&flag, "--web.listen-address=127.0.0.1:0"], &[]);
    program.until("they share a bucket").await;
    let line = program.said.last().unwrap().replace('\\', "");
    for part in [
        "level=info",
        "org=acme",
        "=idps",
        "=org",
        "write it under orgs.acme.buckets: { 'PATH OF org': '/api/v1*' }",
    ] {
        assert!(line.contains(part), "no `{part}` in {line}");
    }
    // As many answers as it took, and as many again.
    let asked = okta.controls().requests().len();
    okta.controls().until_asked("/api/v1/org", asked).await;
    let (_, said) = program.terminate().await;
    let told = said
        .iter()
        .filter(|line| line.contains("they share a bucket"));
    assert_eq!(told.count(), 1, "{said:?}");
}

#[tokio::test]
async fn endpoints_of_one_bucket_that_contradict_each_other_are_counted_apart() {
    let okta = org()
        .limit("/api/v1/idps", 600)
        .limit("/api/v1*", 2_000)
        .window(Duration::from_secs(2))
        .start()
        .await
        .unwrap();
    let exporter = watch_buckets(&okta, "").await;
    let found = r#"okta_rate_limit_bucket_mismatch{org="acme",credential="monitor",found="apart"}"#;
    exporter.until(|page| page.get(found) == Some(1.0)).await;
    let apart = |page: &Scrape| {
        let own = "okta_rate_limit_own_requests_total{bucket=";
        page.get(&format!(r#"{own}"org"}}"#)).is_some()
            && page.get(&format!(r#"{own}"/api/v1*"}}"#)).is_some()
    };
    let page = exporter.until(apart).await;
    let limit = |endpoint: &str, bucket: &str| {
        page.get(&format!(
            r#"okta_rate_limit_limit{{api="{endpoint}",bucket="{bucket}"}}"#
        ))
    };
    assert_eq!(limit("org", "org"), Some(1_000.0), "{page}");
    assert_eq!(limit("idps", "/api/v1*"), Some(300.0), "{page}");
}
