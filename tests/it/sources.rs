use std::{collections::BTreeSet, path::Path};

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
    run_org("127", directory, variables).await
}

/// The same, of the org with this name.
async fn run_org(name: &str, directory: &Path, variables: &[(&str, &str)]) -> String {
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
        .until(&format!(
            "\"the probe ran\" org={name} probe=endpoint/users"
        ))
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
    let used = r#"" source="SDK settings (OKTA_CLIENT_ORGURL, OKTA_CLIENT_TOKEN)" "#;
    assert!(source.starts_with(used), "{source}");
    let over = r#"overridden_by="OKTA_EXPORTER__DEFAULTS__INTERVAL, OKTA_EXPORTER__DEFAULTS__TIMEOUT, OKTA_EXPORTER__STATUS_PAGES""#;
    assert!(source.contains(over), "{source}");
    let not_used = r#"not_used="Terraform variables (OKTA_ORG_NAME)""#;
    assert!(source.ends_with(not_used), "{source}");
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
        "okta:\n  client:\n    orgUrl: {}\n    clientId: {}\n    scopes: [okta.users.read]\n    kid: k1\n    privateKey: |\n      {}\n",
        okta.url(),
        ServiceApp::ID,
        pem.trim().replace('\n', "\n      ")
    );
    std::fs::write(directory.path().join(".okta.yaml"), yaml).unwrap();
    run(directory.path(), &[]).await;
}

#[tokio::test]
async fn a_service_app_s_jwk_may_stand_in_a_variable() {
    let (app, directory) = (ServiceApp::new(), tempfile::tempdir().unwrap());
    let registered = app.registered().grant(["okta.users.read"]);
    let okta = Org::new("acme").service_app(registered);
    let okta = okta.start().await.unwrap();
    let jwk = jwk(&std::fs::read_to_string(app.key_file()).unwrap());
    let oauth =
        |setting: &str| format!("OKTA_EXPORTER__ORGS__ACME__CREDENTIALS__APP__OAUTH__{setting}");
    let [id, key, key_id, scopes] = ["CLIENT_ID", "PRIVATE_KEY", "KEY_ID", "SCOPES"].map(oauth);
    let variables = [
        ("OKTA_EXPORTER__ORGS__ACME__URL", okta.url()),
        (&id, ServiceApp::ID),
        (&key, &jwk),
        (&key_id, "k1"),
        (&scopes, r#"["okta.users.read"]"#),
    ];
    run_org("acme", directory.path(), &variables).await;
    assert_eq!(
        who_asked(&okta),
        BTreeSet::from([ServiceApp::ID.to_owned()])
    );
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

/// Who asked this org, of those whom it knows; `stranger` for a credential it does not know.
fn who_asked(okta: &Running) -> BTreeSet<String> {
    let asked = okta.controls().requests().into_iter();
    let needs_one = asked.filter(|request| request.path.starts_with("/api/"));
    needs_one
        .map(|request| request.principal.unwrap_or_else(|| "stranger".to_owned()))
        .collect()
}

/// A home directory with these SDK settings.
fn home(settings: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".okta")).unwrap();
    std::fs::write(home.path().join(".okta/okta.yaml"), settings).unwrap();
    home
}

const OTHERS_TOKEN: &str = "00s3cr3tOfAnotherOrg";

#[tokio::test]
async fn the_token_of_a_home_file_never_reaches_the_org_that_variables_name() {
    let token = "OKTA_EXPORTER__ORGS__ACME__CREDENTIALS__PREVIEW__API_TOKEN";
    for settings in [
        format!("okta: {{ client: {{ orgUrl: 'https://acme.okta.com', token: {OTHERS_TOKEN} }} }}"),
        "okta: { client: { orgUrl: 'https://acme.okta.com', authorizationMode: JWT } }".to_owned(),
        "okta:\n\tthis is broken".to_owned(),
        "okta:\n  client:\n\0    orgUrl: https://acme.okta.com".to_owned(),
    ] {
        // Who would believe the other token, so that it were seen.
        let other = ApiToken::new("other", OTHERS_TOKEN);
        let okta = Org::new("acme")
            .api_token(ApiToken::new("preview", API_TOKEN))
            .api_token(other)
            .start()
            .await
            .unwrap();
        let home = home(&settings);
        let url = ("OKTA_EXPORTER__ORGS__ACME__URL", okta.url());
        let source = run_org("acme", home.path(), &[url, (token, API_TOKEN)]).await;
        assert_eq!(who_asked(&okta), BTreeSet::from(["preview".to_owned()]));
        let file = home.path().join(".okta/okta.yaml").display().to_string();
        let (used, not_used) = source.split_once("not_used=").unwrap();
        assert!(
            !used.contains(&file) && not_used.contains(&file),
            "{source}"
        );
        assert!(used.contains("overridden_by=\"OKTA_EXPORTER__"), "{source}");
        assert!(used.contains(token), "{source}");
    }
}

#[tokio::test]
async fn a_url_is_not_laid_over_credentials_that_another_source_gave() {
    let okta = org().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("okta-exporter.yaml");
    let yaml = format!(
        "orgs: {{ acme: {{ url: 'https://acme.okta.com', credentials: {{ monitor: {{ api_token: {OTHERS_TOKEN} }} }} }} }}"
    );
    std::fs::write(&file, yaml).unwrap();
    let flag = format!("--config.file={}", file.display());
    let url = ("OKTA_EXPORTER__ORGS__ACME__URL", okta.url());
    let domain = [
        ("OKTA_DOMAIN", "acme.okta.com"),
        ("OKTA_TOKEN", OTHERS_TOKEN),
    ];
    let watched = [
        ("OKTA_DOMAIN", "acme.okta.com"),
        ("ACCESS_TOKEN", OTHERS_TOKEN),
    ];
    let sdk = [
        ("OKTA_CLIENT_ORGURL", "https://acme.okta.com"),
        ("OKTA_CLIENT_TOKEN", OTHERS_TOKEN),
    ];
    let none: [(&str, &str); 0] = [];
    for (args, others, secret) in [
        (
            &[flag.as_str()][..],
            &none[..],
            "credentials.monitor.api_token",
        ),
        (&[], &domain, "credentials.monitor.api_token_env"),
        (&[], &watched, "probes.token.access.access_token_env"),
        (&[], &sdk, "credentials.monitor.api_token_env"),
    ] {
        let variables = [others, &[url]].concat();
        let (status, said) = Program::exporter(args, &variables).end().await;
        assert_eq!(status.code(), Some(1), "{said:?}");
        let said = said.concat();
        let told = format!("orgs.acme.url: `orgs.acme.{secret}` was given for another URL");
        assert!(said.contains(&told), "{said}");
        assert!(
            said.contains("(set by OKTA_EXPORTER__ORGS__ACME__URL)"),
            "{said}"
        );
        assert!(!said.contains(OTHERS_TOKEN), "the token is shown");
    }
    assert_eq!(okta.controls().connection_count(), 0);
}

#[tokio::test]
async fn orgs_of_two_sources_are_asked_with_their_own_tokens() {
    let domains = Org::new("acme").api_token(ApiToken::new("domains", OTHERS_TOKEN));
    let own = Org::new("acme").api_token(ApiToken::new("own", API_TOKEN));
    let (domains, own) = (domains.start().await.unwrap(), own.start().await.unwrap());
    let directory = tempfile::tempdir().unwrap();
    let variables = [
        ("OKTA_DOMAIN", domains.url()),
        ("OKTA_TOKEN", OTHERS_TOKEN),
        ("OKTA_EXPORTER__ORGS__OWN__URL", own.url()),
        (
            "OKTA_EXPORTER__ORGS__OWN__CREDENTIALS__MONITOR__API_TOKEN",
            API_TOKEN,
        ),
    ];
    run_org("own", directory.path(), &variables).await;
    run_org("127", directory.path(), &variables).await;
    assert_eq!(who_asked(&own), BTreeSet::from(["own".to_owned()]));
    assert_eq!(who_asked(&domains), BTreeSet::from(["domains".to_owned()]));
}
