use std::{collections::BTreeSet, fs, process::Output};

use okta_exporter::sim::{ApiToken, Fault, Org, Running};
use serde_json::Value;

use crate::support::{API_TOKEN, PATIENCE, acme};

async fn org() -> Running {
    let org = Org::new("acme").api_token(ApiToken::new("monitor", API_TOKEN));
    org.start().await.unwrap()
}

const PROBES: &str = "{ discovery: {}, organization: {}, jwks: { org: {}, default: {} }, endpoint: { users: { path: /api/v1/users, credential: monitor }, groups: { path: /api/v1/groups, credential: monitor } } }";

/// The report of the org with these flags and variables.
async fn run(okta: &Running, flags: &[&str], variables: &[(&str, &str)]) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("c.yaml");
    fs::write(&file, acme(okta, PROBES)).unwrap();
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_okta-exporter"));
    command
        .arg("diagnose")
        .arg(format!("--config.file={}", file.display()))
        .args(flags)
        .env_clear()
        .envs(variables.iter().copied())
        .kill_on_drop(true);
    let ended = tokio::time::timeout(PATIENCE, command.output()).await;
    ended.expect("it does not end").unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The checks of the only org.
fn checks(output: &Output) -> Vec<Value> {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["orgs"][0]["checks"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_report_of_some_sections_asks_and_judges_by_those_alone() {
    let okta = org().await;
    okta.controls()
        .fault("/api/v1/users", Fault::error(403, "E0000006"));
    let whole = run(&okta, &["--output=json"], &[]).await;
    assert_eq!(whole.status.code(), Some(1));
    let sections = |output: &Output| {
        let checks = checks(output);
        let sections = checks
            .iter()
            .map(|check| check["section"].as_str().unwrap());
        sections.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    assert_eq!(sections(&whole).len(), 6);
    let before = okta.controls().requests().len();
    let keys = run(&okta, &["--output=json", "--section=signing_keys"], &[]).await;
    assert_eq!(keys.status.code(), Some(0), "what is wrong is elsewhere");
    assert_eq!(sections(&keys), BTreeSet::from(["signing_keys".to_owned()]));
    let asked = okta.controls().requests();
    let asked: Vec<&str> = asked[before..]
        .iter()
        .map(|asked| asked.path.as_str())
        .collect();
    assert_eq!(asked.len(), 3, "{asked:?}");
    let others = ["/api/v1/users", "/api/v1/groups"];
    assert!(!asked.iter().any(|path| others.contains(path)), "{asked:?}");
    let flags = ["--output=json", "--section=access", "--section=status"];
    let two = run(&okta, &flags, &[]).await;
    assert_eq!(two.status.code(), Some(1));
    let expected = ["access", "status"].map(str::to_owned);
    assert_eq!(sections(&two), BTreeSet::from(expected));
}

#[tokio::test]
async fn a_section_that_there_is_not_is_refused_with_those_that_there_are() {
    let okta = org().await;
    let refused = run(&okta, &["--section=keys"], &[]).await;
    assert_eq!(refused.status.code(), Some(64));
    let said = String::from_utf8(refused.stderr).unwrap();
    for name in [
        "connectivity",
        "rate_limits",
        "access",
        "tokens",
        "signing_keys",
        "status",
    ] {
        assert!(said.contains(name), "{said}");
    }
    assert_eq!(okta.controls().request_count(), 0);
}

#[tokio::test]
async fn the_exit_status_fails_from_where_it_is_told_to() {
    let okta = org().await;
    let status = async |flags: &[&str]| run(&okta, flags, &[]).await.status.code();
    assert_eq!(status(&["--fail-on=degraded"]).await, Some(0));
    okta.controls()
        .fault("/api/v1/users", Fault::error(403, "E0000006"));
    assert_eq!(status(&[]).await, Some(1));
    assert_eq!(status(&["--fail-on=degraded"]).await, Some(1));
    assert_eq!(status(&["--fail-on=broken"]).await, Some(0));
    okta.controls().fault("/oauth2/v1/keys", Fault::status(503));
    assert_eq!(status(&["--fail-on=broken"]).await, Some(2));
    assert_eq!(status(&[]).await, Some(2));
    assert_eq!(status(&["--fail-on=skipped"]).await, Some(64));
}

#[tokio::test]
async fn a_report_is_as_wide_as_there_are_columns() {
    let okta = org().await;
    okta.controls()
        .fault("/api/v1/users", Fault::error(403, "E0000006"));
    let widest = async |columns: Option<&str>| {
        let variables: Vec<_> = columns
            .map(|columns| ("COLUMNS", columns))
            .into_iter()
            .collect();
        let report = text(&run(&okta, &["--section=access"], &variables).await);
        // The address of the org and the name of the file are one word each.
        let prose = report.lines().filter(|line| {
            line.contains(' ') && !line.contains(okta.url()) && !line.contains("/c.yaml")
        });
        prose.map(|line| line.chars().count()).max().unwrap()
    };
    let usual = widest(None).await;
    assert!((60..=80).contains(&usual), "{usual}");
    for (columns, least, most) in [
        ("60", 40, 60),
        ("140", 100, 140),
        // Within reason,
        ("1", 30, 60),
        ("100000", 120, 200),
        // and what is no number says nothing.
        ("wide", usual, usual),
        ("0", usual, usual),
    ] {
        let widest = widest(Some(columns)).await;
        assert!((least..=most).contains(&widest), "{columns}: {widest}");
    }
}

#[tokio::test]
async fn each_case_has_a_link_to_where_the_guide_tells_of_it() {
    let okta = org().await;
    okta.controls()
        .fault("/api/v1/users", Fault::error(403, "E0000006"));
    okta.controls().fault("/oauth2/v1/keys", Fault::status(503));
    let guide = fs::read_to_string("docs/troubleshooting.md").unwrap();
    let json = run(&okta, &["--output=json"], &[]).await;
    let mut cases = 0;
    for check in checks(&json) {
        let Some(case) = check["advice"]["case"].as_str() else {
            assert_eq!(check["help"], Value::Null);
            continue;
        };
        cases += 1;
        let anchor = format!("docs/troubleshooting.md#{case}");
        assert_eq!(check["help"], anchor);
        assert!(guide.contains(&format!("\n### {case}\n")), "{case}");
        let told = text(&run(&okta, &[], &[("COLUMNS", "200")]).await);
        assert!(told.contains(&anchor), "{told}");
    }
    assert!(cases >= 2);
    let url = "--web.external-url=https://ops.example.com/okta/";
    for check in checks(&run(&okta, &["--output=json", url], &[]).await) {
        if let Some(case) = check["advice"]["case"].as_str() {
            let there = format!("https://ops.example.com/okta/guide/{case}");
            assert_eq!(check["help"], there);
        }
    }
}
