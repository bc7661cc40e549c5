//! Certificates, renewed and of authorities of their own, while connections are kept.

use std::{cell::Cell, time::Duration};

use okta_exporter::sim::{Org, Running, Tls};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::support::{Exporter, Program, Scrape};

const ENDS: &str = r#"okta_tls_certificate_expiry_timestamp_seconds{org="acme"}"#;
const FIRST_END: &str = r#"okta_org_tls_chain_expiry_timestamp_seconds{org="acme"}"#;
const DAY: Duration = Duration::from_hours(24);

/// An exporter of an org that shows one certificate and then another, to new connections only: those
/// that are open are left as they are.
struct Renewed {
    exporter: Exporter,
    target: watch::Sender<String>,
    before: Running,
    after: Running,
    _ca: tempfile::NamedTempFile,
}

impl Renewed {
    async fn start(before: Tls, after: Tls) -> Self {
        let between = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", between.local_addr().unwrap());
        let org = |tls: Tls| Org::new("acme").issuer(&url).tls(tls).start();
        let (before, after) = (org(before).await.unwrap(), org(after).await.unwrap());
        let target = watch::Sender::new(before.url().to_owned());
        let targets = target.subscribe();
        tokio::spawn(async move {
            loop {
                let (mut near, _) = between.accept().await.unwrap();
                let target = targets
                    .borrow()
                    .strip_prefix("https://")
                    .unwrap()
                    .to_owned();
                let mut far = TcpStream::connect(target).await.unwrap();
                tokio::spawn(async move { drop(copy_bidirectional(&mut near, &mut far).await) });
            }
        });
        let ca = tempfile::NamedTempFile::new().unwrap();
        let both = [&before, &after].map(|org| org.ca_pem().unwrap()).concat();
        std::fs::write(&ca, both).unwrap();
        let exporter = Exporter::start(&format!(
            "status_pages: {{}}\norgs:\n  acme:\n    url: '{url}'\n    ca_file: '{}'\n    probes: {{ discovery: {{ interval: 3s, timeout: 3s }}, organization: {{ interval: 3s, timeout: 3s }} }}\n",
            ca.path().display()
        ))
        .await;
        Self {
            exporter,
            target,
            before,
            after,
            _ca: ca,
        }
    }

    /// New connections see the other certificate from now on: the page once each probe has run thrice
    /// since. Each page until then is shown.
    async fn renew(&self, shown: impl Fn(&Scrape)) -> Scrape {
        let runs = |page: &Scrape, probe: &str| {
            page.value(&format!(r#"okta_probe_runs_total{{probe="{probe}"}}"#))
        };
        let first = self.exporter.first_round().await;
        self.target.send_replace(self.after.url().to_owned());
        let over = |page: &Scrape| {
            shown(page);
            let probes = ["discovery", "organization"];
            let mut probes = probes.into_iter();
            probes.all(|probe| runs(page, probe) >= runs(&first, probe) + 3.0)
        };
        self.exporter.until(over).await
    }
}

fn days_left(page: &Scrape, series: &str) -> f64 {
    let left = page.value(series) - jiff::Timestamp::now().as_second() as f64;
    (left / DAY.as_secs_f64()).round()
}

#[tokio::test]
async fn a_certificate_that_expired_is_told_though_kept_connections_go_on() {
    let org = Renewed::start(Tls::new(), Tls::new().expired()).await;
    let page = org.renew(|_| ()).await;
    assert_eq!(page.value(r#"okta_org_up{org="acme"}"#), 0.0, "{page}");
    let success = |probe: &str| page.value(&format!(r#"okta_probe_success{{probe="{probe}"}}"#));
    assert_eq!((success("discovery"), success("organization")), (0.0, 1.0));
    let failed = page.value(r#"okta_probe_failures_total{probe="discovery",reason="tls"}"#);
    assert!(failed >= 2.0, "{page}");
    assert_eq!(
        org.before.controls().connection_count(),
        2,
        "the kept one is kept"
    );
    org.exporter.until_case("tls").await;
}

#[tokio::test]
async fn a_renewed_certificate_is_told_though_the_old_connection_is_kept() {
    let old = Tls::new().lasting(5 * DAY);
    let new = Tls::new().by_intermediate_lasting(30 * DAY);
    let org = Renewed::start(old, new).await;
    let first = org.exporter.first_round().await;
    assert_eq!(
        (days_left(&first, ENDS), days_left(&first, FIRST_END)),
        (5.0, 5.0)
    );
    let renewed = Cell::new(false);
    let page = org
        .renew(|page| {
            let told = (days_left(page, ENDS), days_left(page, FIRST_END));
            renewed.set(renewed.get() || told == (90.0, 30.0));
            assert!(!renewed.get() || told == (90.0, 30.0), "back to {told:?}");
        })
        .await;
    assert!(renewed.get(), "{page}");
    assert!(org.after.controls().connection_count() >= 1);
}

/// Elsewhere than on Linux the system's authorities are not named by a variable.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_ca_file_is_trusted_besides_the_systems_own_and_by_its_org_alone() {
    let known = Org::new("acme").tls(Tls::new()).start().await.unwrap();
    let private = Org::new("acme").tls(Tls::new()).start().await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let [system, ca, config] = ["system.pem", "ca.pem", "c.yaml"].map(|n| files.path().join(n));
    std::fs::write(&system, known.ca_pem().unwrap()).unwrap();
    std::fs::write(&ca, private.ca_pem().unwrap()).unwrap();
    let ca_file = format!("ca_file: '{}', ", ca.display());
    let orgs = [
        ("known", &known, ""),
        ("private", &private, ca_file.as_str()),
        ("besides", &known, ca_file.as_str()),
        ("stranger", &private, ""),
    ]
    .map(|(name, okta, ca)| {
        let url = okta.url();
        format!("  {name}: {{ url: '{url}', {ca}probes: {{ discovery: {{}} }} }}\n")
    });
    let yaml = format!("status_pages: {{}}\norgs:\n{}", orgs.concat());
    std::fs::write(&config, yaml).unwrap();
    let flag = format!("--config.file={}", config.display());
    let flags = [
        &flag,
        "--web.listen-address=127.0.0.1:0",
        "--log.level=debug",
    ];
    let system = [("SSL_CERT_FILE", system.to_str().unwrap())];
    let mut exporter = Program::exporter(&flags, &system);
    let address = exporter.until("address=").await;
    for _ in &orgs {
        exporter.until("probe=discovery").await;
    }
    let address = address.split(' ').next().unwrap();
    let page = Scrape::of(&format!("http://{address}")).await;
    for (org, up) in [
        ("known", 1.0),
        ("private", 1.0),
        ("besides", 1.0),
        ("stranger", 0.0),
    ] {
        let series = format!(r#"okta_org_up{{org="{org}"}}"#);
        assert_eq!(page.value(&series), up, "{org}: {page}");
    }
}
