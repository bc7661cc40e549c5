//! The command: its exit status, its colours, and the little that it needs to know.

use std::process::Output;

use okta_exporter::sim::Fault;
use serde_json::Value;

use super::{NO_PAGE, org, token};
use crate::support::{API_TOKEN, PATIENCE};

#[tokio::test]
async fn the_five_variables_of_the_guide_are_enough() {
    let okta = org().start().await.unwrap();
    let token = token(&okta, "reports.read");
    let variables = [
        ("OKTA_DOMAIN", okta.url()),
        ("OKTA_TOKEN", API_TOKEN),
        ("ACCESS_TOKEN", &token),
        ("CLIENT_ID", "0oa1"),
        ("CLIENT_SECRET", "s3cr3t"),
        NO_PAGE,
    ];
    let said = run(&["--output=json"], &variables).await;
    let text = String::from_utf8(said.stdout).unwrap();
    assert_eq!(said.status.code(), Some(0), "{text}");
    assert!(said.stderr.is_empty(), "no progress where nobody watches");
    let json: Value = serde_json::from_str(&text).unwrap();
    let checks = json["orgs"][0]["checks"].as_array().unwrap();
    let facts = |name: &str| {
        let check = checks.iter().find(|check| check["name"] == name);
        &check.unwrap_or_else(|| panic!("no {name} in {text}"))["facts"]
    };
    assert_eq!(facts("discovery")["http_status"], 200);
    assert!(facts("discovery")["first_byte_seconds"].as_f64() > Some(0.0));
    assert_eq!(facts("/api/v1/users")["remaining"], 49);
    assert_eq!(facts("access payload")["aud"][0], "api://default");
    assert!(facts("access expiry")["seconds_left"].as_i64() > Some(3000));
    assert_eq!(facts("access scopes")["scopes"][0], "reports.read");
    assert_eq!(facts("access introspection")["active"], true);
    assert_eq!(facts("access signing key")["published"], true);
}

#[tokio::test]
async fn the_exit_status_tells_how_it_stands() {
    let okta = org().start().await.unwrap();
    let variables = [
        ("OKTA_DOMAIN", okta.url()),
        ("OKTA_TOKEN", API_TOKEN),
        NO_PAGE,
    ];
    let status =
        async |args: &[&str], variables: &[(&str, &str)]| run(args, variables).await.status.code();
    assert_eq!(status(&[], &variables).await, Some(0));
    okta.controls()
        .fault("/api/v1/users", Fault::error(403, "E0000006"));
    assert_eq!(status(&[], &variables).await, Some(1));
    okta.controls()
        .fault("/api/v1/users", Fault::error(401, "E0000011"));
    assert_eq!(status(&[], &variables).await, Some(2));
    assert_eq!(status(&["--nonsense"], &variables).await, Some(64));
    assert_eq!(status(&[], &[]).await, Some(64), "there is no org to ask");
}

#[tokio::test]
async fn colour_is_used_where_it_is_wanted_and_no_secret_is_ever_shown() {
    let okta = org().start().await.unwrap();
    okta.controls()
        .fault("/api/v1/users", Fault::error(401, "E0000011"));
    let token = token(&okta, "reports.read");
    let variables = [
        ("OKTA_DOMAIN", okta.url()),
        ("OKTA_TOKEN", API_TOKEN),
        ("ACCESS_TOKEN", &token),
        ("CLIENT_ID", "0oa1"),
        ("CLIENT_SECRET", "s3cr3t"),
        NO_PAGE,
    ];
    let signature = token.rsplit_once('.').unwrap().1;
    for (args, coloured) in [
        (&["--color=always"][..], true),
        (&["--color=never"], false),
        (&[], false),
        (&["--output=json"], false),
    ] {
        let said = run(args, &variables).await;
        let text = String::from_utf8([said.stdout, said.stderr].concat()).unwrap();
        assert_eq!(text.contains('\x1b'), coloured, "{args:?}");
        for secret in [API_TOKEN, "s3cr3t", signature] {
            assert!(!text.contains(secret), "{args:?} shows {secret}");
        }
    }
}

#[tokio::test]
async fn a_terminal_is_shown_how_far_it_is_and_then_a_report_in_colour() {
    let okta = org().start().await.unwrap();
    let variables = [("OKTA_DOMAIN", okta.url()), NO_PAGE];
    let program = concat!(env!("CARGO_BIN_EXE_okta-exporter"), " diagnose");
    // `script` runs a program on a terminal of its own.
    let mut command = tokio::process::Command::new("script");
    command
        .args(["--quiet", "--return", "--command", program, "/dev/null"])
        .env_clear()
        .envs(variables)
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true);
    let ended = tokio::time::timeout(PATIENCE, command.output()).await;
    let said = ended.expect("it does not end").unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    assert_eq!(said.status.code(), Some(0), "{text}");
    let (working, report) = text.split_once("\x1b[1mokta-exporter").unwrap();
    assert!(working.starts_with("\r\x1b[2K1 of 3: "), "{working:?}");
    assert!(
        working.ends_with("\r\x1b[2K"),
        "the line stays: {working:?}"
    );
    assert!(report.contains("\x1b[32m✓\x1b[0m discovery"), "{report}");
}

pub async fn run(args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_okta-exporter"));
    command
        .arg("diagnose")
        .args(args)
        .env_clear()
        .envs(variables.iter().copied())
        .kill_on_drop(true);
    let ended = tokio::time::timeout(PATIENCE, command.output()).await;
    ended.expect("it does not end").unwrap()
}
