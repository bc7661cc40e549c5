mod files;
mod introspection;
mod signatures;

use std::time::Duration;

use jiff::SignedDuration;
use okta_exporter::sim::{Fault, Mint, Org, Running};

use crate::support::{Exporter, Scrape, json};

async fn org() -> Running {
    Org::new("acme")
        .client("0oa1", "s3cr3t")
        .start()
        .await
        .unwrap()
}

const INTROSPECT: &str = "introspect: { client_id: 0oa1, client_secret: s3cr3t }";

/// A JWT, encrypted or not, with this header and these claims, that nobody signed.
fn unsigned(parts: &[&str]) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let parts: Vec<String> = parts.iter().map(|it| URL_SAFE_NO_PAD.encode(it)).collect();
    parts.join(".")
}

/// What is told of the probe `ci`, as one text.
async fn told_of_ci(exporter: &Exporter) -> String {
    json(&format!("{}/api/v1/status", exporter.url()))
        .await
        .to_string()
}

#[tokio::test]
async fn a_token_of_the_org_s_other_host_is_the_org_s() {
    let okta = org().await;
    let other = "https://acme.okta.example";
    let links = format!(
        r#"{{"id":"00o1","cell":"ok7","_links":{{"organization":{{"href":"{}"}},"alternate":{{"href":"{other}"}}}}}}"#,
        okta.url()
    );
    let controls = okta.controls();
    controls.fault(
        "/.well-known/okta-organization",
        Fault::body("application/json", links),
    );
    let mint = |issuer: &str| {
        let by = Mint::by("default").scopes(["a"]).issuer(issuer);
        controls.mint(&by).unwrap()
    };
    let told = mint(&format!("{other}/oauth2/default"));
    let named = mint("https://login.acme.example/oauth2/default");
    let foreign = mint("https://elsewhere.example/oauth2/default");
    let probes = format!(
        "{{ token: {{
            told: {{ access_token: {told}, {INTROSPECT} }},
            expected: {{ access_token: {told}, {INTROSPECT}, expect: {{ issuer: '{other}/oauth2/default' }} }},
            named: {{ access_token: {named}, {INTROSPECT}, expect: {{ issuer: ['{other}/oauth2/default', 'https://login.acme.example/oauth2/default'] }} }},
            foreign: {{ access_token: {foreign}, {INTROSPECT} }} }} }}"
    );
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    for name in ["told", "expected", "named"] {
        let of = |family: &str| page.value(&format!(r#"{family}{{token="{name}"}}"#));
        let success = format!(r#"okta_probe_success{{probe="token/{name}"}}"#);
        assert_eq!(page.value(&success), 1.0, "{name}: {page}");
        assert_eq!(of("okta_token_active"), 1.0, "{name}");
        assert_eq!(of("okta_token_signature_valid"), 1.0, "{name}");
    }
    assert_eq!(
        page.value(r#"okta_token_issuer_matches{token="expected"}"#),
        1.0
    );
    assert_eq!(
        page.value(r#"okta_token_issuer_matches{token="named"}"#),
        1.0
    );
    assert_eq!(
        page.value(r#"okta_probe_success{probe="token/foreign"}"#),
        0.0
    );
}

#[tokio::test]
async fn what_is_expected_and_not_there_is_wrong_and_both_sides_are_told() {
    let okta = org().await;
    let header = r#"{"alg":"RS256","kid":"k1"}"#;
    let url = okta.url();
    let no_aud = unsigned(&[
        header,
        &format!(r#"{{"exp":4102444800,"iss":"{url}","scp":["api"]}}"#),
        "x",
    ]);
    let id_token = unsigned(&[
        header,
        &format!(r#"{{"exp":4102444800,"iss":"{url}","aud":"0oa1b2c3","sub":"00u1","nonce":"n"}}"#),
        "x",
    ]);
    let endless = unsigned(&[header, &format!(r#"{{"iss":"{url}","aud":"other"}}"#), "x"]);
    for (token, expect, told) in [
        (
            &no_aud,
            "audience: [api://default, https://api.acme.example], issuer: https://acme.example/oauth2/default",
            [
                "the token has no `aud`; `api://default` or `https://api.acme.example` was expected".to_owned(),
                format!("the token's `iss` is `{url}`; `https://acme.example/oauth2/default` was expected"),
            ],
        ),
        (
            &id_token,
            "audience: api://default, scopes: [okta.users.read]",
            [
                "the token's `aud` is `0oa1b2c3`; `api://default` was expected".to_owned(),
                "this is an ID token".to_owned(),
            ],
        ),
        (
            &id_token,
            "scopes: [okta.users.read]",
            [
                "the token lacks the scopes okta.users.read; it has none".to_owned(),
                "this is an ID token".to_owned(),
            ],
        ),
        (
            &endless,
            "audience: [api, other]",
            ["the token has no `exp`".to_owned(), "token-without-end".to_owned()],
        ),
    ] {
        let probes = format!("{{ token: {{ ci: {{ access_token: {token}, expect: {{ {expect} }} }} }} }}");
        let exporter = Exporter::watch(&okta, &probes).await;
        let page = exporter.first_round().await;
        let status = told_of_ci(&exporter).await;
        for told in told {
            assert!(status.contains(&told), "{told}: {status}");
        }
        if expect.starts_with("audience: [api,") {
            assert_eq!(page.value("okta_token_audience_matches"), 1.0);
        } else if expect.contains("audience") {
            assert_eq!(page.value("okta_token_audience_matches"), 0.0);
        }
    }
}

#[tokio::test]
async fn what_is_expected_of_a_token_that_nobody_reads_is_told_as_not_judged() {
    let okta = org().await;
    let encrypted = unsigned(&[r#"{"alg":"dir","enc":"A256GCM"}"#, "", "iv", "text", "tag"]);
    for (token, settings, is_unjudged) in [
        (
            "00opaque",
            "expect: { issuer: 'https://acme.okta.com' }",
            true,
        ),
        ("00opaque", "expect: { scopes: [a] }", true),
        (&encrypted, "expect: { audience: api }", true),
        ("00opaque", "expect: { scopes: [] }", false),
        (
            "00opaque",
            &format!("expect: {{ scopes: [a] }}, {INTROSPECT}"),
            false,
        ),
    ] {
        let probes = format!("{{ token: {{ ci: {{ access_token: {token}, {settings} }} }} }}");
        let exporter = Exporter::watch(&okta, &probes).await;
        exporter.first_round().await;
        let told = told_of_ci(&exporter).await;
        let says_so = told.contains("nothing of `expect` is judged");
        assert_eq!(says_so, is_unjudged, "{settings}: {told}");
    }
}

#[tokio::test]
async fn a_failed_request_takes_no_series_away() {
    let okta = org().await;
    let token = okta.controls().mint(&Mint::by("default")).unwrap();
    let probes = format!(
        "{{ token: {{ ci: {{ access_token: {token}, interval: 1s, timeout: 1s, {INTROSPECT}, expect: {{ scopes: [reports.read] }} }} }} }}"
    );
    let exporter = Exporter::watch(&okta, &probes).await;
    let series = |page: &Scrape| -> Vec<String> {
        let page = page.to_string();
        let lines = page.lines().filter(|line| line.starts_with("okta_token_"));
        let names = lines.filter_map(|line| line.split_once(' '));
        names.map(|(name, _)| name.to_owned()).collect()
    };
    let all = series(&exporter.first_round().await);
    assert!(all.len() >= 7, "{all:?}");
    let failed = r#"okta_probe_failures_total{probe="token/ci",reason="http_status"}"#;
    for path in ["/oauth2/default/v1/introspect", "/oauth2/default/v1/keys"] {
        let failures = exporter.scrape().await.value(failed);
        okta.controls().fault(path, Fault::status(503).times(1));
        let page = exporter.until(|page| page.value(failed) > failures).await;
        assert_eq!(series(&page), all, "{path}");
    }
    // What Okta said of it does not hold for ever.
    okta.controls()
        .fault("/oauth2/default/v1/introspect", Fault::status(503));
    let later = series(&exporter.scrape_later(Duration::from_mins(6)));
    assert!(
        !later
            .iter()
            .any(|line| line.starts_with("okta_token_active"))
    );
    let expiry = "okta_token_time_to_expiry_seconds";
    assert!(later.iter().any(|line| line.starts_with(expiry)));
}

#[tokio::test]
async fn the_time_that_is_left_is_counted_by_oktas_clock() {
    let okta = org().await;
    okta.controls()
        .set_clock_offset(SignedDuration::from_hours(1));
    let mint = Mint::by("default").lasting(Duration::from_mins(10));
    let token = okta.controls().mint(&mint).unwrap();
    let probes = format!(
        "{{ token: {{ ci: {{ access_token: {token}, interval: 1s, timeout: 1s, {INTROSPECT} }} }} }}"
    );
    let exporter = Exporter::watch(&okta, &probes).await;
    let left = |page: &Scrape| page.value("okta_token_time_to_expiry_seconds");
    let now = left(&exporter.first_round().await);
    assert!((580.0..=602.0).contains(&now), "{now}");
    // An org that answers no more has told the time once, which is better than not at all.
    okta.shutdown().await;
    let failed = r#"okta_probe_success{probe="token/ci"}"#;
    let page = exporter.until(|page| page.get(failed) == Some(0.0)).await;
    assert!(page.get("okta_clock_skew_seconds").is_some());
    let later = exporter.scrape_later(Duration::from_mins(6));
    assert!(!later.has_any("okta_clock_skew_seconds"));
    assert!((200.0..=242.0).contains(&left(&later)), "{}", left(&later));
}

#[tokio::test]
async fn a_token_of_another_org_is_not_asked_about_here() {
    let (okta, other) = (org().await, org().await);
    let token = other.controls().mint(&Mint::by("default")).unwrap();
    let probes = format!("{{ token: {{ ci: {{ access_token: {token}, {INTROSPECT} }} }} }}");
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    assert_eq!(
        page.value(r#"okta_probe_failures_total{reason="config"}"#),
        1.0
    );
    // What it says of itself is known all the same.
    assert!(page.value("okta_token_time_to_expiry_seconds") > 0.0);
    // Asked was only whether the org goes by that name as well.
    let asked: Vec<String> = okta
        .controls()
        .requests()
        .into_iter()
        .map(|r| r.path)
        .collect();
    assert_eq!(
        asked,
        ["/.well-known/okta-organization"],
        "the token went nowhere"
    );
}
