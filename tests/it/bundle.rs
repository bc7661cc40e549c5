use std::{fs, os::unix::fs::PermissionsExt as _, process::Output};

use okta_exporter::sim::{ApiToken, Fault, Org};

use crate::support::{API_TOKEN, Exporter, PATIENCE, endpoint, get};

async fn run(args: &[&str]) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_okta-exporter"));
    command
        .arg("bundle")
        .args(args)
        .env_clear()
        .kill_on_drop(true);
    let ended = tokio::time::timeout(PATIENCE, command.output()).await;
    ended.expect("it does not end").unwrap()
}

/// What stands below a title.
fn part<'a>(bundle: &'a str, title: &str) -> &'a str {
    let (_, rest) = bundle
        .split_once(&format!("\n== {title} ==\n"))
        .unwrap_or_else(|| panic!("no part `{title}`:\n{bundle}"));
    rest.split("\n== ").next().unwrap()
}

#[tokio::test]
async fn a_bundle_tells_what_failed_when_by_which_ids_and_under_which_settings() {
    let org = Org::new("acme").api_token(ApiToken::new("monitor", API_TOKEN));
    let okta = org.start().await.unwrap();
    okta.controls()
        .fault("/api/v1/users", Fault::error(403, "E0000006"));
    let probes = format!(
        "{{ discovery: {{}}, endpoint: {{ {}, {} }} }}",
        endpoint("users"),
        endpoint("groups")
    );
    let exporter = Exporter::watch(&okta, &probes).await;
    exporter.first_round().await;
    let url = format!("{}/api/v1/support-bundle", exporter.url());
    let answer = get(&url).await;
    assert_eq!(
        answer.headers()["content-type"],
        "text/plain; charset=utf-8"
    );
    let bundle = answer.text().await.unwrap();
    let head = bundle.split("\n\n").next().unwrap();
    for words in ["all times are UTC", "version 0.", " seconds"] {
        assert!(head.contains(words), "{head}");
    }
    let verdicts = part(&bundle, "verdicts");
    assert!(verdicts.starts_with("acme: "), "{verdicts}");
    let failures = part(&bundle, "failures, by probe");
    for words in [
        "acme endpoint/users fails: forbidden (",
        " x-okta-request-id=",
    ] {
        assert!(failures.contains(words), "{failures}");
    }
    let failed = part(&bundle, "requests that failed, the last one last");
    assert!(!failed.contains("/api/v1/groups"), "{failed}");
    let line = failed.lines().find(|line| line.contains("/api/v1/users"));
    let line = line.unwrap_or_else(|| panic!("{failed}"));
    let sent: jiff::Timestamp = line.split(' ').next().unwrap().parse().unwrap();
    assert!(sent <= jiff::Timestamp::now());
    for words in [
        "Z acme endpoint/users /api/v1/users credential=monitor 403 in ",
        " error=E0000006 x-okta-request-id=",
        " date=",
    ] {
        assert!(line.contains(words), "{line}");
    }
    // Of what went well the headers are there, too.
    let all = part(&bundle, "requests, the last one last");
    let groups = all.lines().find(|line| line.contains("/api/v1/groups"));
    let groups = groups.unwrap_or_else(|| panic!("{all}"));
    for header in ["limit", "remaining", "reset"] {
        let header = format!(" x-rate-limit-{header}=");
        assert!(groups.contains(&header), "{groups}");
    }
    let settings = part(&bundle, "settings, as of /config");
    assert!(settings.contains("api_token_file: fill-in"), "{settings}");
    let metrics = part(&bundle, "metrics");
    assert!(metrics.contains("\nokta_probe_success{"), "{metrics}");
    let status = part(&bundle, "status, as of /api/v1/status");
    let status: serde_json::Value = serde_json::from_str(status).unwrap();
    assert!(status["orgs"].is_array());
    for never in [API_TOKEN, "SSWS", "uthorization:", "set-cookie", "Cookie"] {
        assert!(!bundle.contains(never), "{never}\n{bundle}");
    }
    // Whoever asks for it asks Okta nothing, and the bundle of the command is the same.
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bundle.txt");
    let (at, output) = (exporter.url(), file.display().to_string());
    let written = run(&["--url", at, "--output", &output]).await;
    assert!(written.status.success(), "{written:?}");
    let kept = fs::read_to_string(&file).unwrap();
    assert_eq!(kept.lines().next(), bundle.lines().next());
    assert!(part(&kept, "metrics").contains("\nokta_probe_success{"));
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let printed = run(&["--url", at]).await;
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert_eq!(printed.lines().next(), bundle.lines().next());
}

#[tokio::test]
async fn a_bundle_of_nobody_says_where_it_asked_and_what_else_there_is() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bundle.txt");
    let output = file.display().to_string();
    let failed = run(&["--url=http://127.0.0.1:1/", "--output", &output]).await;
    assert_eq!(failed.status.code(), Some(1));
    let said = String::from_utf8(failed.stderr).unwrap();
    let url = "http://127.0.0.1:1/api/v1/support-bundle: ";
    for words in [url, "refused", "`okta-exporter diagnose`"] {
        assert!(said.contains(words), "{said}");
    }
    assert!(!file.exists(), "nothing came");
}
