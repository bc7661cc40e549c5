//! Files and pipes that hang, as settings and secrets are read once.

use std::time::Duration;

use okta_exporter::sim::{Fault, Mint};
use tokio::{process::Command, time::Instant};

use super::{AT_ONCE, EXPORTER, lookups::hanging, org};
use crate::support::{API_TOKEN, PATIENCE};

/// Runs a command of the exporter with this configuration; what it says, and how long it took.
async fn said(before: &str, args: &[&str], config: &std::path::Path) -> (String, Duration) {
    let begun = Instant::now();
    let mut command = Command::new("sh");
    command
        .env_clear()
        .args(["-c", &format!("{before}; exec \"$0\" \"$@\""), EXPORTER])
        .args(args)
        .arg(format!("--config.file={}", config.display()))
        .kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.expect("it does not end").unwrap();
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).unwrap(), begun.elapsed())
}

const CHECK: &[&str] = &["--config.check"];
const REPORT: &[&str] = &["diagnose"];

#[tokio::test]
async fn a_pipe_or_a_file_that_hangs_keeps_neither_the_check_nor_the_report_waiting() {
    let files = tempfile::tempdir().unwrap();
    let hanging = hanging(&files).await;
    let at = |name: &str| files.path().join(name);
    for name in ["pipe", "hung"] {
        let made = Command::new("mkfifo").arg(at(name)).status().await;
        assert!(made.unwrap().success());
    }
    std::fs::remove_file(at("hung")).unwrap();
    std::fs::write(at("hung"), API_TOKEN).unwrap();
    std::fs::write(at("hung.hangs"), "").unwrap();
    for (name, words) in [
        ("pipe", "no regular file"),
        ("hung", "takes too long to be read"),
    ] {
        let file = at(name).display().to_string();
        let credential = |settings: &str| {
            format!("credentials: {{ monitor: {{ {settings} }} }}, probes: {{ discovery: {{}} }}")
        };
        let token = |settings: &str| format!("probes: {{ token: {{ ci: {{ {settings} }} }} }}");
        for settings in [
            credential(&format!("api_token_file: '{file}'")),
            credential(&format!(
                "oauth: {{ client_id: 0oa1, scopes: [okta.users.read], private_key_file: '{file}' }}"
            )),
            token(&format!("access_token_file: '{file}'")),
            format!("ca_file: '{file}', probes: {{ discovery: {{}} }}"),
        ] {
            let yaml = format!(
                "status_pages: {{}}\norgs: {{ acme: {{ url: 'https://acme.okta.com', {settings} }} }}\n"
            );
            std::fs::write(at("c.yaml"), yaml).unwrap();
            for command in [CHECK, REPORT] {
                let (said, took) = said(&hanging, command, &at("c.yaml")).await;
                assert!(said.contains(words), "{settings}: {said}");
                assert!(took < 3 * AT_ONCE, "{settings}: {took:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_token_that_hangs_once_it_was_judged_does_not_keep_the_report_waiting() {
    let okta = org().await;
    let files = tempfile::tempdir().unwrap();
    let before = hanging(&files).await;
    let token = okta.controls().mint(&Mint::by("default")).unwrap();
    let (file, config) = (files.path().join("token"), files.path().join("c.yaml"));
    std::fs::write(&file, token).unwrap();
    let (url, keys) = (okta.url(), "/oauth2/default/v1/keys");
    let settings = format!(
        "access_token_file: '{}', interval: 1m, timeout: 6s",
        file.display()
    );
    std::fs::write(
        &config,
        format!(
            "status_pages: {{}}\norgs: {{ acme: {{ url: '{url}', probes: {{ token: {{ ci: {{ {settings} }} }} }} }} }}\n"
        ),
    )
    .unwrap();
    // Between the first look at the token and the second.
    let stalled = Fault::stall(Duration::from_secs(3));
    okta.controls().fault(keys, stalled);
    let hangs = async {
        while !okta
            .controls()
            .requests()
            .iter()
            .any(|asked| asked.path == keys)
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        std::fs::write(file.with_extension("hangs"), "").unwrap();
    };
    let ((said, took), ()) = tokio::join!(said(&before, REPORT, &config), hangs);
    assert!(said.contains("it cannot be read"), "{said}");
    assert!(took < 8 * AT_ONCE, "{took:?}");
}
