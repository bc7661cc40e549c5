//! Watched tokens and credentials whose file turns into something else.

use okta_exporter::sim::{ApiToken, Mint, Org};

use super::{INTROSPECT, org};
use crate::support::{API_TOKEN, Exporter, Scrape, json};

#[tokio::test]
async fn a_watched_token_that_turns_into_none_keeps_its_place_and_is_told_as_what_it_is() {
    let okta = org().await;
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("token");
    let good = okta.controls().mint(&Mint::by("default")).unwrap();
    std::fs::write(&file, &good).unwrap();
    let probes = format!(
        "{{ token: {{ ci: {{ access_token_file: '{}', interval: 1s, timeout: 1s, {INTROSPECT} }} }} }}",
        file.display()
    );
    let exporter = Exporter::watch(&okta, &probes).await;
    let readable = |is: f64| move |page: &Scrape| page.get("okta_token_readable") == Some(is);
    exporter.until(readable(1.0)).await;
    for (text, told) in [
        ("null".to_owned(), "the word `null`"),
        (
            "{\n \"error\": \"invalid_client\",\n \"error_description\": \"The client secret supplied is invalid.\"\n}".to_owned(),
            "it is an error answer (`invalid_client`)",
        ),
        (
            "<!DOCTYPE html>\n<html><body>Please sign in</body></html>".to_owned(),
            "it is a web page",
        ),
        (
            format!("{{\"token_type\": \"Bearer\",\n\"access_token\": \"{good}\"}}"),
            "take `access_token` out of it",
        ),
        (format!("\"{good}\"\n"), "in quotes"),
        ("${OKTA_TOKEN}".to_owned(), "a placeholder"),
        ("00AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-AB".to_owned(), "it is an API token"),
        (good[..good.len() / 3].to_owned(), "it was cut"),
    ] {
        std::fs::write(&file, text).unwrap();
        let page = exporter.until(readable(0.0)).await;
        assert_eq!(page.value(r#"okta_probe_success{probe="token/ci"}"#), 0.0);
        assert!(page.has_any("okta_token_expiry"), "{page}");
        assert!(!page.to_string().contains(&good));
        let status = json(&format!("{}/api/v1/status", exporter.url())).await;
        let status = status.to_string();
        assert!(status.contains(told), "{told}: {status}");
        assert!(status.contains("not-a-token"), "{status}");
        assert!(!status.contains(&good));
        let asked = okta.controls().request_count();
        std::fs::write(&file, format!("\u{feff}{good}\n")).unwrap();
        exporter.until(readable(1.0)).await;
        assert!(okta.controls().request_count() >= asked);
    }
}

#[tokio::test]
async fn a_credential_whose_file_turns_into_no_token_sends_nothing() {
    let okta = Org::new("acme")
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .start()
        .await
        .unwrap();
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("token");
    std::fs::write(&file, API_TOKEN).unwrap();
    let yaml = format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{}', budget: 1, credentials: {{ monitor: {{ api_token_file: '{}' }} }}, probes: {{ endpoint: {{ users: {{ path: /api/v1/users, credential: monitor, sampling: interval, interval: 1s, timeout: 1s }} }} }} }} }}",
        okta.url(),
        file.display()
    );
    let exporter = Exporter::start(&yaml).await;
    let succeeds = |is: f64| move |page: &Scrape| page.get("okta_probe_success") == Some(is);
    exporter.until(succeeds(1.0)).await;
    for (text, told) in [
        ("null", "the word `null`"),
        (
            "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjQxMDI0NDQ4MDB9.c2ln",
            "it is an access token",
        ),
        ("'00s3cr3tApiToken'", "in quotes"),
        ("OKTA_TOKEN=00s3cr3tApiToken", "only what follows"),
    ] {
        std::fs::write(&file, text).unwrap();
        exporter.until(succeeds(0.0)).await;
        let asked = okta.controls().request_count();
        let status = json(&format!("{}/api/v1/status", exporter.url()))
            .await
            .to_string();
        assert!(status.contains(told), "{told}: {status}");
        assert!(status.contains("not-a-token"), "{status}");
        assert_eq!(okta.controls().request_count(), asked, "{text} was sent");
        std::fs::write(&file, API_TOKEN).unwrap();
        exporter.until(succeeds(1.0)).await;
    }
}
