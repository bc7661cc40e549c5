//! Orgs that are not reached as they should be: names, ports, certificates, handshakes.

use std::{fs, time::Duration};

use okta_exporter::sim::Tls;

use super::scenes::{Held, org};
use crate::support::Exporter;

pub async fn elsewhere(url: &str) -> (Exporter, Held) {
    let yaml = format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{url}', probes: {{ discovery: {{ interval: 5s, timeout: 5s }} }} }} }}"
    );
    (Exporter::start(&yaml).await, Vec::new())
}

pub async fn nobody_listens() -> (Exporter, Held) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap();
    drop(port);
    elsewhere(&format!("https://{address}")).await
}

pub async fn unknown_authority() -> (Exporter, Held) {
    let okta = org().tls(Tls::new()).start().await.unwrap();
    let (exporter, mut held) = elsewhere(okta.url()).await;
    held.push(Box::new(okta));
    (exporter, held)
}

pub async fn certificate_ending() -> (Exporter, Held) {
    let tls = Tls::new().lasting(Duration::from_hours(5 * 24));
    let okta = org().tls(tls).start().await.unwrap();
    let ca = tempfile::NamedTempFile::new().unwrap();
    fs::write(ca.path(), okta.ca_pem().unwrap()).unwrap();
    let (url, path) = (okta.url(), ca.path().display());
    let yaml = format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{url}', ca_file: '{path}', probes: {{ discovery: {{}} }} }} }}"
    );
    let exporter = Exporter::start(&yaml).await;
    (exporter, vec![Box::new(okta), Box::new(ca)])
}

/// A port that takes connections and never says a word of TLS.
pub async fn handshake_hangs() -> (Exporter, Held) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (exporter, mut held) = elsewhere(&format!("https://{}", port.local_addr().unwrap())).await;
    held.push(Box::new(port));
    (exporter, held)
}

/// A port for TLS at which every connection is closed at once.
pub async fn hangs_up() -> (Exporter, Held) {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let watched = elsewhere(&format!("https://{}", port.local_addr().unwrap())).await;
    tokio::spawn(async move { while port.accept().await.is_ok() {} });
    watched
}
