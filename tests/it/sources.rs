use okta_exporter::sim::{ApiToken, Org, Running};
use tokio::process::Command;

use crate::support::{API_TOKEN, Program, Scrape};

async fn org() -> Running {
    let token = ApiToken::new("monitor", API_TOKEN);
    Org::new("acme").api_token(token).start().await.unwrap()
}

/// The exporter in a directory of its own, which is also its home, until it has seen `users`.
async fn run(directory: &std::path::Path, variables: &[(&str, &str)]) -> (String, Scrape) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_okta-exporter"));
    command
        .arg("--web.listen-address=127.0.0.1:0")
        .current_dir(directory)
        .env_clear()
        .env("HOME", directory)
        .env("OKTA_EXPORTER__STATUS_PAGES", "{}")
        .env("OKTA_EXPORTER__DEFAULTS__INTERVAL", "1s")
        .env("OKTA_EXPORTER__DEFAULTS__TIMEOUT", "1s")
        .envs(variables.iter().copied());
    let mut exporter = Program::start(command);
    let source = exporter.until("settings read").await;
    let address = exporter.until("address=").await;
    let url = format!("http://{}", address.split(' ').next().unwrap());
    let seen = async {
        loop {
            let page = Scrape::of(&url).await;
            if page.get(r#"okta_probe_success{probe="endpoint/users"}"#) == Some(1.0) {
                return page;
            }
            tokio::task::yield_now().await;
        }
    };
    let page = tokio::time::timeout(crate::support::PATIENCE, seen).await;
    let (_, said) = exporter.terminate().await;
    assert!(!said.concat().contains(API_TOKEN), "the token is shown");
    (source, page.expect("no answer with this credential"))
}

#[tokio::test]
async fn what_okta_s_sdks_read_is_enough() {
    let (okta, directory) = (org().await, tempfile::tempdir().unwrap());
    let url = okta.url();
    let terraform = ("OKTA_ORG_NAME", "other");
    let (source, page) = run(
        directory.path(),
        &[
            ("OKTA_CLIENT_ORGURL", url),
            ("OKTA_CLIENT_TOKEN", API_TOKEN),
            terraform,
        ],
    )
    .await;
    assert!(
        source.starts_with(
            r#"" source="SDK settings (OKTA_CLIENT_ORGURL, OKTA_CLIENT_TOKEN)" not_used="Terraform variables (OKTA_ORG_NAME)""#
        ),
        "{source}"
    );
    assert!(page.has_any("okta_rate_limit_remaining"), "{page}");
}

#[tokio::test]
async fn so_is_a_settings_file_of_theirs_in_the_home_or_working_directory() {
    let (okta, directory) = (org().await, tempfile::tempdir().unwrap());
    let (home, working) = (
        directory.path().join(".okta/okta.yaml"),
        directory.path().join(".okta.yaml"),
    );
    std::fs::create_dir(home.parent().unwrap()).unwrap();
    let elsewhere = "okta: { client: { orgUrl: 'https://elsewhere.okta.com' } }";
    std::fs::write(&home, elsewhere).unwrap();
    let here = format!(
        "okta: {{ client: {{ orgUrl: '{}', token: {API_TOKEN} }} }}",
        okta.url()
    );
    std::fs::write(&working, here).unwrap();
    let (source, _) = run(directory.path(), &[]).await;
    let files = format!("{}, .okta.yaml)", home.display());
    assert!(source.contains(&files), "{source}");
}
