use std::path::Path;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use okta_exporter::sim::{ApiToken, Mint, ORG, Org, Running};
use tokio::process::Command;

use crate::support::{API_TOKEN, Program, ServiceApp};

async fn org() -> Running {
    let token = ApiToken::new("monitor", API_TOKEN);
    Org::new("acme").api_token(token).start().await.unwrap()
}

/// The exporter in a directory of its own, which is also its home, until it has read `users`. Returns
/// what it said of where its settings come from.
async fn run(directory: &Path, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_okta-exporter"));
    command
        .args(["--web.listen-address=127.0.0.1:0", "--log.level=debug"])
        .current_dir(directory)
        .env_clear()
        .env("HOME", directory)
        .env("OKTA_EXPORTER__STATUS_PAGES", "{}")
        .env("OKTA_EXPORTER__DEFAULTS__INTERVAL", "5s")
        .env("OKTA_EXPORTER__DEFAULTS__TIMEOUT", "5s")
        .envs(variables.iter().copied());
    let mut exporter = Program::start(command);
    let source = exporter.until("settings read").await;
    exporter
        .until("\"the probe ran\" org=127 probe=endpoint/users")
        .await;
    let (_, said) = exporter.terminate().await;
    assert!(!said.concat().contains(API_TOKEN), "the token is shown");
    source
}

#[tokio::test]
async fn what_okta_s_sdks_read_is_enough() {
    let (okta, directory) = (org().await, tempfile::tempdir().unwrap());
    let url = okta.url();
    let terraform = ("OKTA_ORG_NAME", "other");
    let source = run(
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
    let source = run(directory.path(), &[]).await;
    let files = format!("{}, .okta.yaml)", home.display());
    assert!(source.contains(&files), "{source}");
}

#[tokio::test]
async fn a_service_app_s_key_is_taken_as_people_have_it() {
    let (app, directory) = (ServiceApp::new(), tempfile::tempdir().unwrap());
    let registered = app.registered().grant(["okta.users.read"]).dpop();
    let okta = Org::new("acme")
        .service_app(registered)
        .start()
        .await
        .unwrap();
    okta.controls().mint(&Mint::by(ORG)).unwrap();
    let pem = std::fs::read_to_string(app.key_file()).unwrap();
    let one_line = pem.replace('\n', "\\n");
    let path = app.key_file().display().to_string();
    let jwk = jwk(&pem);
    for (name, key) in [
        ("OKTA_CLIENT_PRIVATEKEY", &pem),
        ("OKTA_CLIENT_PRIVATEKEY", &one_line),
        ("OKTA_CLIENT_PRIVATEKEY", &path),
        ("OKTA_CLIENT_JWK", &jwk),
    ] {
        let variables = [
            ("OKTA_CLIENT_ORGURL", okta.url()),
            ("OKTA_CLIENT_AUTHORIZATIONMODE", "PrivateKey"),
            ("OKTA_CLIENT_CLIENTID", ServiceApp::ID),
            ("OKTA_CLIENT_SCOPES", "okta.users.read"),
            (name, key),
            ("OKTA_CLIENT_PRIVATEKEYID", "k1"),
        ];
        run(directory.path(), &variables).await;
    }
    let yaml = format!(
        "okta:\n  client:\n    orgUrl: {}\n    clientId: {}\n    scopes: [okta.users.read]\n    privateKeyId: k1\n    privateKey: |\n      {}\n",
        okta.url(),
        ServiceApp::ID,
        pem.trim().replace('\n', "\n      ")
    );
    std::fs::write(directory.path().join(".okta.yaml"), yaml).unwrap();
    run(directory.path(), &[]).await;
}

/// The same key as a JWK, which here brings no key id of its own.
fn jwk(pem: &str) -> String {
    let pair = rcgen::KeyPair::from_pem(pem).unwrap();
    let (private, public) = (pair.serialize_der(), pair.public_key_raw());
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    // In PKCS#8 the scalar of a P-256 key stands here; a point begins with how it is written.
    let (d, x, y) = (&private[36..68], &public[1..33], &public[33..65]);
    serde_json::json!({ "kty": "EC", "crv": "P-256", "d": text(d), "x": text(x), "y": text(y) })
        .to_string()
}

#[tokio::test]
async fn a_check_tells_where_settings_come_from_and_never_a_value() {
    let variables = [
        ("OKTA_ORG_NAME", "acme"),
        ("OKTA_BASE_URL", "oktapreview.com"),
        ("OKTA_API_TOKEN", API_TOKEN),
        ("ACCESS_TOKEN", API_TOKEN),
    ];
    let checked = Program::exporter(&["--config.check"], &variables);
    let (status, said) = checked.end().await;
    assert!(status.success(), "{said:?}");
    let expected = "settings come from Terraform variables (OKTA_ORG_NAME, OKTA_BASE_URL, OKTA_API_TOKEN); found and not used: variables of the guide (ACCESS_TOKEN)";
    assert_eq!(said[0], expected);
    assert!(!said.concat().contains(API_TOKEN), "{said:?}");
}

#[tokio::test]
async fn a_file_wins_over_what_people_have_besides() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("okta-exporter.yaml");
    std::fs::write(&file, "orgs: { acme: { url: 'https://acme.okta.com' } }").unwrap();
    let flag = format!("--config.file={}", file.display());
    let variables = [("OKTA_CLIENT_ORGURL", "not even a URL")];
    let checked = Program::exporter(&["--config.check", &flag], &variables);
    let (status, said) = checked.end().await;
    assert!(status.success(), "{said:?}");
    assert_eq!(said[0], format!("settings come from {}", file.display()));
}
