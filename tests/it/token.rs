use std::time::Duration;

use jiff::SignedDuration;
use okta_exporter::sim::{ApiToken, Clock, Fault, Mint, ORG, Org, Running};

use crate::support::{API_TOKEN, Exporter, Scrape, ServiceApp, json};

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
async fn an_encrypted_token_is_introspected_and_judged_by_that() {
    let token = unsigned(&[
        r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#,
        "key",
        "iv",
        "text",
        "tag",
    ]);
    let okta = org().await;
    let mint = Mint::by("default").scopes(["a", "b"]).opaque(&token);
    okta.controls().mint(&mint).unwrap();
    // No `authorization_server`: the issuer that is expected names it.
    let probes = format!(
        "{{ token: {{ ci: {{ access_token: {token}, {INTROSPECT}, expect: {{ issuer: '{}/oauth2/default', scopes: [a, c] }} }} }} }}",
        okta.url()
    );
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    assert_eq!(
        page.value(r#"okta_probe_success{probe="token/ci"}"#),
        1.0,
        "{page}"
    );
    assert_eq!(page.value("okta_token_active"), 1.0);
    assert_eq!(page.value(r#"okta_token_missing_scope{scope="a"}"#), 0.0);
    assert_eq!(page.value(r#"okta_token_missing_scope{scope="c"}"#), 1.0);
    assert!(page.value("okta_token_time_to_expiry_seconds") > 0.0);
}

#[tokio::test]
async fn whoever_introspects_proves_itself_as_it_is_registered() {
    let app = ServiceApp::new();
    let okta = Org::new("acme")
        .service_app(app.registered().grant(["okta.users.read"]))
        .client("0oaWEB", "s3cr3t")
        .client("0oaSPA", "")
        .start()
        .await
        .unwrap();
    let token = okta.controls().mint(&Mint::by("default")).unwrap();
    let key = app.key_file().display().to_string();
    let id = ServiceApp::ID;
    let ways = [
        (
            "basic",
            "client_id: 0oaWEB, client_secret: s3cr3t".to_owned(),
        ),
        (
            "post",
            "client_id: 0oaWEB, client_auth: client_secret_post, client_secret: s3cr3t".to_owned(),
        ),
        (
            "key",
            format!("client_id: {id}, key_id: k1, private_key_file: '{key}'"),
        ),
        ("public", "client_id: 0oaSPA, client_auth: none".to_owned()),
        ("app", "credential: billing".to_owned()),
    ];
    let probes = ways.each_ref().map(|(name, introspect)| {
        format!("{name}: {{ access_token: {token}, introspect: {{ {introspect} }} }}")
    });
    let probes = format!("{{ token: {{ {} }} }}", probes.join(", "));
    let yaml = app.yaml(&okta, "scopes: [okta.users.read]", &probes);
    let page = Exporter::start(&yaml).await.first_round().await;
    for (name, _) in ways {
        let active = page.get(&format!(r#"okta_token_active{{token="{name}"}}"#));
        assert_eq!(active, Some(1.0), "{name}: {page}");
    }
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

#[tokio::test]
async fn a_token_of_a_custom_server_is_decoded_introspected_and_verified() {
    let okta = org().await;
    let mint = Mint::by("default")
        .scopes(["reports.read", "reports.list"])
        .lasting(Duration::from_mins(10));
    let token = okta.controls().mint(&mint).unwrap();
    let url = okta.url();
    let probes = format!(
        "{{ token: {{ ci: {{ access_token: {token}, {INTROSPECT}, expect: {{ issuer: '{url}/oauth2/default', audience: 'api://default', scopes: [reports.read, reports.write] }} }} }} }}"
    );
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    let of = |name: &str| page.value(&format!(r#"{name}{{org="acme",token="ci"}}"#));
    assert_eq!(of("okta_token_active"), 1.0);
    let left = of("okta_token_time_to_expiry_seconds");
    assert!((580.0..=600.0).contains(&left), "{left}");
    let lifetime =
        of("okta_token_expiry_timestamp_seconds") - of("okta_token_issued_timestamp_seconds");
    assert_eq!(lifetime, 600.0);
    assert_eq!(of("okta_token_issuer_matches"), 1.0);
    assert_eq!(of("okta_token_audience_matches"), 1.0);
    assert_eq!(of("okta_token_signature_valid"), 1.0);
    assert_eq!(of("okta_token_signing_key_published"), 1.0);
    assert_eq!(
        page.value(r#"okta_token_missing_scope{scope="reports.read"}"#),
        0.0
    );
    assert_eq!(
        page.value(r#"okta_token_missing_scope{scope="reports.write"}"#),
        1.0
    );
    assert_eq!(page.value(r#"okta_token_scope{scope="reports.list"}"#), 1.0);
    assert!(!page.to_string().contains(&token), "the token is shown");
    // Asked where it was minted: any other server would have called it inactive.
    let asked = okta.controls().requests();
    assert!(
        asked
            .iter()
            .any(|r| r.path == "/oauth2/default/v1/introspect")
    );
}

#[tokio::test]
async fn of_the_orgs_own_tokens_nothing_is_said_about_the_signature() {
    let okta = org().await;
    let token = okta
        .controls()
        .mint(&Mint::by(ORG).scopes(["okta.users.read"]))
        .unwrap();
    let probes = format!("{{ token: {{ ci: {{ access_token: {token}, {INTROSPECT} }} }} }}");
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    assert_eq!(page.value("okta_token_active"), 1.0);
    assert!(!page.has_any("okta_token_signature_valid"), "{page}");
    assert!(!page.has_any("okta_token_signing_key_published"), "{page}");
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
async fn an_opaque_token_is_known_by_introspection_alone() {
    let okta = org().await;
    okta.controls()
        .mint(&Mint::by("default").opaque("00opaque").scopes(["a", "b"]))
        .unwrap();
    let probes = "{ token: { ci: { access_token: 00opaque, introspect: { authorization_server: default, client_id: 0oa1, client_secret: s3cr3t }, expect: { scopes: [a, c] } } } }";
    let page = Exporter::watch(&okta, probes).await.first_round().await;
    assert_eq!(page.value("okta_token_active"), 1.0);
    assert!(page.value("okta_token_time_to_expiry_seconds") > 0.0);
    assert_eq!(page.value(r#"okta_token_missing_scope{scope="c"}"#), 1.0);
}

#[tokio::test]
async fn a_revoked_token_is_inactive_and_an_expired_one_negative() {
    let okta = org().await;
    let revoked = okta.controls().mint(&Mint::by("default")).unwrap();
    assert!(okta.controls().revoke(&revoked));
    let old = Mint::by("default").lasting(Duration::ZERO);
    let expired = okta.controls().mint(&old).unwrap();
    let probes = format!(
        "{{ token: {{ revoked: {{ access_token: {revoked}, {INTROSPECT} }}, expired: {{ access_token: {expired}, {INTROSPECT} }} }} }}"
    );
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    assert_eq!(page.value(r#"okta_token_active{token="revoked"}"#), 0.0);
    assert!(page.value(r#"okta_token_time_to_expiry_seconds{token="revoked"}"#) > 0.0);
    assert_eq!(page.value(r#"okta_token_active{token="expired"}"#), 0.0);
    assert!(page.value(r#"okta_token_time_to_expiry_seconds{token="expired"}"#) <= 0.0);
}

#[tokio::test]
async fn a_token_whose_key_was_withdrawn_is_about_to_break() {
    // Nodes that lag are given minutes, which pass in seconds here.
    let org = Org::new("acme").clock(&Clock::fast(60));
    let okta = org.start().await.unwrap();
    let lasting = Mint::by("default").lasting(Duration::from_hours(24));
    let token = okta.controls().mint(&lasting).unwrap();
    let probes =
        format!("{{ token: {{ ci: {{ access_token: {token}, interval: 1s, timeout: 1s }} }} }}");
    let exporter = Exporter::watch(&okta, &probes).await;
    let published = "okta_token_signing_key_published";
    assert_eq!(exporter.first_round().await.value(published), 1.0);
    okta.controls().remove_key_early("default").unwrap();
    let page = exporter
        .until(|page| page.get(published) == Some(0.0))
        .await;
    assert!(
        !page.has_any("okta_token_signature_valid"),
        "nobody can check it"
    );
}

const RUNS: &str = r#"okta_probe_runs_total{probe="token/ci"}"#;

#[tokio::test]
async fn a_fresh_key_that_some_nodes_do_not_know_yet_is_never_called_unpublished() {
    let okta = org().await;
    okta.controls()
        .lag_keys("default", Duration::from_hours(1))
        .unwrap();
    okta.controls().rotate_keys("default").unwrap();
    let token = okta.controls().mint(&Mint::by("default")).unwrap();
    let probes =
        format!("{{ token: {{ ci: {{ access_token: {token}, interval: 1s, timeout: 1s }} }} }}");
    let exporter = Exporter::watch(&okta, &probes).await;
    let published = "okta_token_signing_key_published";
    let page = exporter
        .until(|page| {
            assert_ne!(page.get(published), Some(0.0), "{page}");
            page.get(RUNS) >= Some(30.0)
        })
        .await;
    assert_eq!(page.get(published), Some(1.0));
}

#[tokio::test]
async fn an_opaque_token_that_ends_has_expired_and_was_not_revoked() {
    let clock = Clock::running();
    let org = Org::new("acme").client("0oa1", "s3cr3t").clock(&clock);
    let okta = org.start().await.unwrap();
    let mint = Mint::by("default").opaque("00opaque").scopes(["a"]);
    okta.controls()
        .mint(&mint.lasting(Duration::from_mins(10)))
        .unwrap();
    let probes = "{ token: { ci: { access_token: 00opaque, interval: 1s, timeout: 1s, introspect: { authorization_server: default, client_id: 0oa1, client_secret: s3cr3t } } } }";
    let exporter = Exporter::watch(&okta, probes).await;
    let page = exporter.first_round().await;
    assert_eq!(page.value("okta_token_active"), 1.0);
    clock.advance(Duration::from_mins(11));
    let page = exporter
        .until(|page| page.get("okta_token_active") == Some(0.0))
        .await;
    let left = page.value("okta_token_time_to_expiry_seconds");
    assert!((-120.0..0.0).contains(&left), "{left}");
    assert_eq!(page.value(r#"okta_token_scope{scope="a"}"#), 1.0);
    exporter.until_case("expired-token").await;
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
async fn a_signature_that_one_answer_speaks_against_is_looked_at_again() {
    let (okta, other) = (org().await, org().await);
    let token = okta.controls().mint(&Mint::by("default")).unwrap();
    let keys = |org: &Running| format!("{}/oauth2/default/v1/keys", org.url());
    let mut mixed = json(&keys(&okta)).await;
    mixed["keys"][0]["n"] = json(&keys(&other)).await["keys"][0]["n"].clone();
    let mixed = Fault::body("application/json", mixed.to_string());
    okta.controls()
        .fault("/oauth2/default/v1/keys", mixed.times(1));
    let probes = format!("{{ token: {{ ci: {{ access_token: {token} }} }} }}");
    let page = Exporter::watch(&okta, &probes).await.first_round().await;
    assert_eq!(page.value("okta_token_signature_valid"), 1.0);
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
