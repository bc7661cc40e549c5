use std::{fs, os::unix::fs::symlink, path::Path};

use okta_exporter::{
    okta::{AuthMethod, ClientAuth, Credential, OAuthApp, OAuthSettings, SecretSource},
    sim::{ApiToken, Org, Running, Tls},
    units::Secret,
};
use secrecy::zeroize::ZeroizeOnDrop;

use crate::support::{API_TOKEN, Exporter, Leak, Program, Scrape, get};

async fn org() -> Running {
    let token = ApiToken::new("monitor", API_TOKEN);
    // Nothing here is about limits.
    let org = Org::new("acme").limit("/api/v1/users", 1_000_000);
    org.api_token(token).start().await.unwrap()
}

/// A volume as Kubernetes mounts a secret: `token` leads through `..data` to the version in force.
struct Volume(tempfile::TempDir);

impl Volume {
    fn of(token: &str) -> Self {
        let volume = Self(tempfile::tempdir().unwrap());
        volume.write("..1", token);
        symlink("..1", volume.path().join("..data")).unwrap();
        symlink("..data/token", volume.path().join("token")).unwrap();
        volume
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, version: &str, token: &str) {
        fs::create_dir(self.path().join(version)).unwrap();
        fs::write(self.path().join(version).join("token"), token).unwrap();
    }

    /// Puts a new version in the old one's place, in one step.
    fn swap(&self, token: &str) {
        self.write("..2", token);
        symlink("..2", self.path().join("..data_tmp")).unwrap();
        fs::rename(self.path().join("..data_tmp"), self.path().join("..data")).unwrap();
        fs::remove_dir_all(self.path().join("..1")).unwrap();
    }
}

#[tokio::test]
async fn a_secret_that_kubernetes_swaps_is_in_force_at_once_and_counted() {
    let (okta, volume) = (org().await, Volume::of("00retired"));
    let (token, url) = (volume.path().join("token"), okta.url());
    let yaml = format!(
        "status_pages: {{}}\norgs:\n  acme:\n    url: '{url}'\n    credentials: {{ monitor: {{ api_token_file: '{}' }} }}\n    probes: {{ endpoint: {{ users: {{ path: /api/v1/users, credential: monitor, interval: 2s, timeout: 2s }} }} }}\n",
        token.display(),
    );
    let file = volume.path().join("c.yaml");
    fs::write(&file, yaml).unwrap();
    let flag = format!("--config.file={}", file.display());
    let mut exporter = Program::exporter(&[&flag, "--web.listen-address=127.0.0.1:0"], &[]);
    let address = exporter.until("address=").await;
    let url = format!("http://{}", address.split(' ').next().unwrap());
    exporter.until("reason=unauthorized").await;
    let reloads = "okta_exporter_secret_reloads_total";
    assert_eq!(Scrape::of(&url).await.value(reloads), 0.0);
    volume.swap(API_TOKEN);
    exporter.until("a secret file holds something new").await;
    exporter.until("the probe works again").await;
    let page = Scrape::of(&url).await;
    assert_eq!(page.value(reloads), 1.0);
}

/// Windows' editors put a mark before UTF-8, in whichever file.
#[tokio::test]
async fn a_mark_before_what_a_file_holds_is_skipped_in_every_file() {
    let token = ApiToken::new("monitor", API_TOKEN);
    let org = Org::new("acme").tls(Tls::new()).api_token(token);
    let okta = org.start().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let marked = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, format!("\u{feff}{text}\r\n")).unwrap();
        path.display().to_string()
    };
    let ca = marked("ca.pem", okta.ca_pem().unwrap());
    let token = marked("token", API_TOKEN);
    let yaml = format!(
        "status_pages: {{}}\norgs:\n  acme:\n    url: '{}'\n    ca_file: '{ca}'\n    credentials: {{ monitor: {{ api_token_file: '{token}' }}, other: {{ api_token_env: TOKEN }} }}\n    probes: {{ endpoint: {{ users: {{ path: /api/v1/users, credential: monitor }}, groups: {{ path: /api/v1/groups, credential: other }} }} }}\n",
        okta.url(),
    );
    let flag = format!("--config.file={}", marked("c.yaml", &yaml));
    let flags = [
        &flag,
        "--web.listen-address=127.0.0.1:0",
        "--log.level=debug",
    ];
    let variable = format!("\u{feff}{API_TOKEN}");
    let mut exporter = Program::exporter(&flags, &[("TOKEN", &variable)]);
    exporter
        .until("\"the probe ran\" org=acme probe=endpoint/users")
        .await;
    exporter
        .until("\"the probe ran\" org=acme probe=endpoint/groups")
        .await;
    exporter.kill().await;

    let sdk = format!(
        "okta: {{ client: {{ orgUrl: '{}', token: {API_TOKEN} }} }}",
        okta.url()
    );
    fs::create_dir(directory.path().join(".okta")).unwrap();
    marked(".okta/okta.yaml", &sdk);
    let home = directory.path().display().to_string();
    let (status, said) = Program::exporter(&["--config.check"], &[("HOME", &home)])
        .end()
        .await;
    assert!(status.success(), "{said:?}");
}

#[tokio::test]
async fn a_secret_in_a_query_is_shown_nowhere() {
    let okta = org().await;
    let yaml = format!(
        "status_pages: {{ ours: {{ url: '{0}/status?key=s3cr3t&s3cr3t', interval: 1s, timeout: 1s }} }}\norgs: {{ acme: {{ url: '{0}', probes: {{ endpoint: {{ users: {{ path: '/api/v1/users?limit=1&apikey=s3cr3t', interval: 1s, timeout: 1s }} }} }} }} }}\n",
        okta.url()
    );
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("c.yaml");
    fs::write(&file, yaml).unwrap();
    let flag = format!("--config.file={}", file.display());
    let flags = [
        flag.as_str(),
        "--web.listen-address=127.0.0.1:0",
        "--log.level=trace",
    ];
    let mut exporter = Program::exporter(&flags, &[]);
    let address = exporter.until("address=").await;
    let url = format!("http://{}", address.split(' ').next().unwrap());
    exporter.until("probe=status_page/ours").await;
    exporter.until("probe=endpoint/users").await;
    for path in [
        "/config",
        "/config?format=json",
        "/",
        "/api/v1/status",
        "/api/v1/support-bundle",
        "/metrics",
    ] {
        let page = get(&format!("{url}{path}")).await.text().await.unwrap();
        assert!(!page.contains("s3cr3t"), "{path}: {page}");
        if path.starts_with("/config") {
            assert!(page.contains("?limit=1&apikey=<redacted>"), "{page}");
        }
    }
    let (_, said) = exporter.terminate().await;
    let told = said.iter().find(|line| line.contains("s3cr3t"));
    assert_eq!(told, None);
    for output in ["text", "json"] {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_okta-exporter"));
        command
            .args(["diagnose", &flag, "--output", output])
            .env_clear();
        let report = command.output().await.unwrap();
        let said = String::from_utf8_lossy(&[report.stdout, report.stderr].concat()).into_owned();
        assert!(said.contains("status"), "{said}");
        assert!(!said.contains("s3cr3t"), "{said}");
    }
}

#[tokio::test]
async fn the_configuration_in_force_is_shown_without_its_secrets() {
    let okta = org().await;
    let probes = "{ discovery: {}, token: { ci: { access_token: 00s3cr3t, introspect: { client_id: 0oa1, client_secret: s3cr3t } } } }";
    let exporter = Exporter::watch(&okta, probes).await;
    let answer = get(&format!("{}/config?format=json", exporter.url())).await;
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.unwrap();
    for secret in [API_TOKEN, "s3cr3t"] {
        assert!(!text.contains(secret), "{text}");
    }
    let shown: serde_json::Value = serde_json::from_str(&text).unwrap();
    let acme = &shown["settings"]["orgs"]["acme"];
    assert_eq!(acme["url"], okta.url());
    assert_eq!(acme["credentials"]["monitor"]["api_token"], "<redacted>");
    let ci = &acme["probes"]["token"]["ci"];
    assert_eq!(ci["introspect"]["client_id"], "0oa1");
    assert_eq!(ci["introspect"]["client_secret"], "<redacted>");
    // What nobody wrote is in force all the same.
    assert_eq!(ci["interval"], "1m");
    assert_eq!(acme["probes"]["discovery"]["timeout"], "30s");
}

/// Compiles only where memory is zeroed when it is let go.
fn is_zeroed<T: ZeroizeOnDrop + ?Sized>(_: &T) {}

#[test]
fn a_panic_shows_no_secret() {
    let text = "00q9ZtWmXvKpR4sLbN7cYhJd2fGuTe5aPo8iQkV1rM";
    let leak = Leak::default().text("the secret", text);
    let secret = || Secret::from(text);
    is_zeroed(&secret());
    let app = OAuthApp::new(OAuthSettings {
        client_id: "0oa1".to_owned(),
        auth: ClientAuth::ClientSecretPost(SecretSource::Given(secret())),
        scopes: Vec::new(),
        token_path: "/oauth2/default/v1/token".to_owned(),
        dpop: okta_exporter::okta::Dpop::Always,
    });
    let credential = Credential {
        name: "monitor".parse().unwrap(),
        method: AuthMethod::OAuth(Box::new(app)),
        principal_id: None,
    };
    let held = (
        secret(),
        AuthMethod::ApiToken(SecretSource::Given(secret())),
        credential,
    );
    let payload = std::panic::catch_unwind(move || panic!("{held:?}"));
    let payload = payload.unwrap_err();
    let told = payload.downcast_ref::<String>().unwrap();
    assert!(told.contains("0oa1"), "{told}");
    assert_eq!(leak.found(told), Vec::<String>::new());
}
