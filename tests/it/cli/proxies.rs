//! Through a proxy: used, named where it fails, refused where it cannot be read.

use std::fs;

use okta_exporter::sim::{Org, Tls};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

use super::{ANY_PORT, File, served};
use crate::support::{Program, Scrape};

#[tokio::test]
async fn a_proxy_whose_name_does_not_resolve_is_not_taken_for_the_org() {
    let yaml = "status_pages: {}\norgs: { acme: { url: 'https://acme.okta.com', probes: { discovery: {} } } }";
    let file = File::of(yaml);
    let proxy = [("HTTPS_PROXY", "http://proxy.invalid:3128")];
    let mut exporter = Program::exporter(&[&file.flag(), ANY_PORT], &proxy);
    exporter
        .until("the name proxy.invalid does not resolve")
        .await;
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_or_refuses_or_hangs_is_named_and_its_password_is_not() {
    let yaml = "status_pages: {}\norgs: { acme: { url: 'https://acme.okta.com', probes: { discovery: { timeout: 1s } } } }";
    let file = File::of(yaml);
    let refusing = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
    let (refuses, hangs) = (port(&refusing), port(&silent));
    tokio::spawn(async move {
        while let Ok((mut client, _)) = refusing.accept().await {
            // Whoever asks may be gone.
            drop(client.write_all(b"HTTP/1.1 403 No\r\n\r\n").await);
        }
    });
    let through = "no connection to acme.okta.com through the proxy 127.0.0.1";
    for (port, told) in [
        (1, format!("{through}:1: ")),
        (refuses, format!("{through}:{refuses}: ")),
        (hangs, format!(", by the proxy 127.0.0.1:{hangs}")),
    ] {
        let proxy = format!("http://me:s3cr3t@127.0.0.1:{port}");
        let proxy = [("HTTPS_PROXY", proxy.as_str())];
        let mut exporter = Program::exporter(&[&file.flag(), ANY_PORT], &proxy);
        exporter.until(&told).await;
        let (_, said) = exporter.terminate().await;
        assert!(!said.join("\n").contains("s3cr3t"), "{said:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_cannot_be_read_is_told_at_the_check_and_the_start_once() {
    let org = |name| format!("{name}: {{ url: 'https://{name}.okta.com' }}");
    let file = File::of(&format!("orgs: {{ {}, {} }}", org("acme"), org("other")));
    let proxy = [("HTTPS_PROXY", "::::s3cr3t")];
    for flags in [
        &[&file.flag(), ANY_PORT][..],
        &[&file.flag(), "--config.check"],
    ] {
        let (status, said) = Program::exporter(flags, &proxy).end().await;
        let said = said.join("\n");
        assert!(!status.success(), "{said}");
        let told = "the variable HTTPS_PROXY cannot be used as a proxy: write it like";
        assert_eq!(said.matches(told).count(), 1, "{said}");
        assert!(said.contains("1 problem"), "{said}");
        assert!(!said.contains("s3cr3t"), "{said}");
    }
}

/// The org's name resolves nowhere: whoever reaches it went through the proxy.
#[tokio::test]
async fn an_org_is_watched_through_the_proxy_that_the_usual_variable_names() {
    const HOST: &str = "elsewhere.example";
    let org = Org::new("acme").issuer(&format!("https://{HOST}"));
    let okta = org.tls(Tls::new().wrong_host()).start().await.unwrap();
    let target = okta.url().strip_prefix("https://").unwrap().to_owned();
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let asked = tokio::spawn(tunnel(proxy, target));

    let files = tempfile::tempdir().unwrap();
    let ca = files.path().join("ca.pem");
    fs::write(&ca, okta.ca_pem().unwrap()).unwrap();
    let file = File::of(&format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: 'https://{HOST}', ca_file: '{}', probes: {{ discovery: {{}} }} }} }}",
        ca.display()
    ));
    let flags = [&file.flag(), ANY_PORT, "--log.level=debug"];
    let mut exporter = Program::exporter(&flags, &[("HTTPS_PROXY", &url)]);
    let served = served(&mut exporter).await;
    exporter.until("the probe ran").await;
    let page = Scrape::of(&served).await;
    assert_eq!(page.value(r#"okta_org_up{org="acme"}"#), 1.0);
    assert_eq!(
        asked.await.unwrap(),
        format!("CONNECT {HOST}:443 HTTP/1.1\r\n")
    );

    // What is named in NO_PROXY is asked for directly, and so is not found.
    for named in [HOST, "*.example"] {
        let direct = [("HTTPS_PROXY", url.as_str()), ("NO_PROXY", named)];
        let mut exporter = Program::exporter(&flags, &direct);
        exporter
            .until(&format!("the name {HOST} does not resolve"))
            .await;
    }
}

/// A proxy for one connection: whatever it is asked to connect to, it leads to `target`. Tells what
/// it was asked.
async fn tunnel(proxy: TcpListener, target: String) -> String {
    let (client, _) = proxy.accept().await.unwrap();
    let mut client = BufReader::new(client);
    let mut asked = String::new();
    client.read_line(&mut asked).await.unwrap();
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        client.read_line(&mut line).await.unwrap();
    }
    client
        .write_all(b"HTTP/1.1 200 Connected\r\n\r\n")
        .await
        .unwrap();
    let mut server = TcpStream::connect(target).await.unwrap();
    // How the two part is theirs.
    drop(copy_bidirectional(&mut client, &mut server).await);
    asked
}
