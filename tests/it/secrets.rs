use std::{fs, os::unix::fs::symlink, path::Path};

use okta_exporter::{
    okta::{AuthMethod, ClientAuth, Credential, OAuthApp, OAuthSettings, SecretSource},
    sim::{ApiToken, Org, Running},
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

#[tokio::test]
async fn the_configuration_in_force_is_shown_without_its_secrets() {
    let okta = org().await;
    let probes = "{ discovery: {}, token: { ci: { access_token: 00s3cr3t, introspect: { client_id: 0oa1, client_secret: s3cr3t } } } }";
    let exporter = Exporter::watch(&okta, probes).await;
    let answer = get(&format!("{}/config", exporter.url())).await;
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
