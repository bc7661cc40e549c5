//! The simulated org through a real socket: what only shows once HTTP is spoken.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jiff::Timestamp;
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, ThumbprintHash},
};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::{ApiToken, Clock, Fault, Mint, ORG, Org, Running, Tls};

const USERS: &str = "/api/v1/users";

fn client() -> reqwest::ClientBuilder {
    Client::builder().timeout(Duration::from_secs(5)).no_proxy()
}

fn acme() -> Org {
    Org::new("acme").api_token(ApiToken::new("exporter", "live"))
}

async fn get(org: &Running, path: &str, authorization: &str) -> Response {
    let url = format!("{}{path}", org.url());
    let request = client()
        .build()
        .unwrap()
        .get(url)
        .header("authorization", authorization);
    request.send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn an_api_token_sees_half_of_the_bucket_and_its_error_answers_cost() {
    let clock = Clock::by_hand(Timestamp::from_second(1_000_000).unwrap());
    let org = acme().clock(&clock).start().await.unwrap();
    let first = get(&org, USERS, "SSWS live").await;
    assert_eq!(first.status(), 200);
    assert_eq!(header(&first, "x-rate-limit-limit"), Some("50"));
    assert_eq!(header(&first, "x-rate-limit-remaining"), Some("49"));
    assert_eq!(header(&first, "x-rate-limit-reset"), Some("1000060"));
    assert_eq!(
        header(&first, "date"),
        Some("Mon, 12 Jan 1970 13:46:40 GMT")
    );
    let missing = get(&org, "/api/v1/users/nobody", "SSWS live").await;
    assert_eq!(missing.status(), 404);
    assert_eq!(header(&missing, "x-rate-limit-remaining"), Some("49"));
    let body: Value = serde_json::from_str(&missing.text().await.unwrap()).unwrap();
    assert_eq!(body["errorCode"], "E0000007");
}

#[tokio::test]
async fn a_dead_token_is_told_so_without_rate_headers() {
    let token = ApiToken::new("old", "gone").dead();
    let org = Org::new("acme").api_token(token).start().await.unwrap();
    let answer = get(&org, USERS, "SSWS gone").await;
    assert_eq!(answer.status(), 401);
    assert_eq!(header(&answer, "www-authenticate"), Some("SSWS"));
    assert_eq!(header(&answer, "x-rate-limit-limit"), None);
    assert!(header(&answer, "x-okta-request-id").is_some());
}

#[tokio::test]
async fn a_bearer_token_without_the_scope_is_refused_in_an_empty_body() {
    let org = Org::new("acme")
        .bearer("opaque", ["okta.groups.read"])
        .start()
        .await
        .unwrap();
    let answer = get(&org, USERS, "Bearer opaque").await;
    assert_eq!(answer.status(), 403);
    let challenge = header(&answer, "www-authenticate").unwrap();
    assert!(
        challenge.contains(r#"error="insufficient_scope""#),
        "{challenge}"
    );
    assert!(
        challenge.contains(r#"scope="okta.users.read""#),
        "{challenge}"
    );
    assert_eq!(answer.text().await.unwrap(), "");
    assert_eq!(
        get(&org, "/api/v1/groups", "Bearer opaque").await.status(),
        200
    );
}

#[tokio::test]
async fn the_edge_answers_without_request_id() {
    let org = acme().start().await.unwrap();
    let nowhere = get(&org, "/nowhere", "SSWS live").await;
    assert_eq!(nowhere.status(), 404);
    assert_eq!(header(&nowhere, "content-type"), None);
    assert_eq!(header(&nowhere, "x-okta-request-id"), None);
    let url = format!("{}{USERS}", org.url());
    let posted = client().build().unwrap().delete(url).send().await.unwrap();
    assert_eq!(posted.status(), 405);
    assert_eq!(header(&posted, "x-okta-request-id"), None);
    assert_eq!(header(&posted, "x-rate-limit-limit"), None);
}

#[tokio::test]
async fn a_list_links_itself_and_the_next_page_in_two_lines() {
    let org = acme().people(5).start().await.unwrap();
    let page = get(&org, "/api/v1/users?limit=2", "SSWS live").await;
    let links: Vec<_> = page.headers().get_all("link").iter().collect();
    assert_eq!(links.len(), 2);
    let next = links[1].to_str().unwrap();
    let next = next.trim_start_matches('<').split('>').next().unwrap();
    let path = next.strip_prefix(org.url()).unwrap();
    let body = get(&org, path, "SSWS live").await.text().await.unwrap();
    let users: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(users.as_array().unwrap().len(), 2);
    assert!(users[0]["id"].as_str().unwrap().ends_with('2'));
}

#[tokio::test]
async fn signing_keys_are_public_and_unlimited() {
    let org = acme().start().await.unwrap();
    let keys = get(&org, "/oauth2/v1/keys", "").await;
    assert_eq!(keys.status(), 200);
    assert_eq!(header(&keys, "x-rate-limit-limit"), None);
    assert!(
        header(&keys, "cache-control")
            .unwrap()
            .ends_with(", must-revalidate")
    );
    let body: Value = serde_json::from_str(&keys.text().await.unwrap()).unwrap();
    for field in ["kid", "n", "e", "alg", "kty", "use"] {
        assert!(body["keys"][0][field].is_string(), "{field}: {body}");
    }
}

#[tokio::test]
async fn the_keys_of_org_access_tokens_are_not_published_but_those_of_custom_servers_are() {
    let org = acme().start().await.unwrap();
    for (server, path, published) in [
        (ORG, "/oauth2/v1/keys", false),
        ("default", "/oauth2/default/v1/keys", true),
    ] {
        let token = org
            .controls()
            .mint(&Mint::by(server).scopes(["a"]))
            .unwrap();
        let head = jsonwebtoken::decode_header(&token).unwrap();
        let at_plus_jwt = head.typ.as_deref() == Some("application/okta-internal-at+jwt");
        assert_eq!(at_plus_jwt, server == ORG);
        let keys = get(&org, path, "").await.text().await.unwrap();
        assert_eq!(keys.contains(&head.kid.unwrap()), published, "{server}");
    }
}

#[tokio::test]
async fn only_the_server_that_minted_a_token_calls_it_active() {
    let org = acme().client("id", "secret").start().await.unwrap();
    let token = org
        .controls()
        .mint(&Mint::by("default").scopes(["a", "b"]))
        .unwrap();
    let ask = async |path: &str, secret: &str| {
        let url = format!("{}{path}", org.url());
        let request = client()
            .build()
            .unwrap()
            .post(url)
            .basic_auth("id", Some(secret));
        let answer = request
            .form(&[("token", token.as_str())])
            .send()
            .await
            .unwrap();
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        body
    };
    let active = ask("/oauth2/default/v1/introspect", "secret").await;
    assert_eq!(active["active"], true);
    assert_eq!(active["scope"], "a b");
    let inactive = serde_json::json!({ "active": false });
    assert_eq!(ask("/oauth2/v1/introspect", "secret").await, inactive);
    assert_eq!(
        ask("/oauth2/default/v1/introspect", "wrong").await["error"],
        "invalid_client"
    );
    assert!(org.controls().revoke(&token));
    assert_eq!(
        ask("/oauth2/default/v1/introspect", "secret").await,
        inactive
    );
}

#[tokio::test]
async fn a_fault_bites_as_often_as_it_was_told() {
    let org = acme().start().await.unwrap();
    org.controls().fault(USERS, Fault::status(503).times(2));
    for status in [503, 503, 200] {
        assert_eq!(get(&org, USERS, "SSWS live").await.status(), status);
    }
    org.controls().fault(USERS, Fault::status(503).share(2, 5));
    for status in [503, 503, 200, 200, 200, 503] {
        assert_eq!(get(&org, USERS, "SSWS live").await.status(), status);
    }
    org.controls().fault(USERS, Fault::truncated());
    assert!(get(&org, USERS, "SSWS live").await.bytes().await.is_err());
    org.controls().clear_faults();
    let doubled = [("x-rate-limit-limit", "10"), ("x-rate-limit-limit", "20")];
    org.controls()
        .fault(USERS, Fault::headers(doubled).times(1));
    let answer = get(&org, USERS, "SSWS live").await;
    assert_eq!(
        answer
            .headers()
            .get_all("x-rate-limit-limit")
            .iter()
            .count(),
        2
    );
    org.controls().fault(USERS, Fault::concurrency());
    let limited = get(&org, USERS, "SSWS live").await;
    assert_eq!(
        (
            limited.status().as_u16(),
            header(&limited, "x-rate-limit-limit")
        ),
        (429, Some("0"))
    );
    let seen = org.controls().requests();
    assert_eq!(seen.last().unwrap().status, Some(429));
    assert_eq!(seen.last().unwrap().principal.as_deref(), Some("exporter"));
}

#[tokio::test]
async fn over_tls_the_right_certificate_is_trusted_and_requests_share_a_connection() {
    let org = acme().tls(Tls::new()).start().await.unwrap();
    let ca = reqwest::Certificate::from_pem(org.ca_pem().unwrap().as_bytes()).unwrap();
    let trusting = client().tls_certs_only([ca]).build().unwrap();
    for _ in 0..3 {
        let answer = trusting
            .get(format!("{}/oauth2/v1/keys", org.url()))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.version(), reqwest::Version::HTTP_2);
        answer.bytes().await.unwrap();
    }
    assert_eq!(org.controls().connection_count(), 1);
    let wary = client().build().unwrap();
    assert!(wary.get(org.url()).send().await.is_err());
}

#[tokio::test]
async fn a_certificate_for_another_host_or_past_its_end_is_refused() {
    for tls in [Tls::new().wrong_host(), Tls::new().expired()] {
        let org = acme().tls(tls).start().await.unwrap();
        let ca = reqwest::Certificate::from_pem(org.ca_pem().unwrap().as_bytes()).unwrap();
        let trusting = client().tls_certs_only([ca]).build().unwrap();
        assert!(trusting.get(org.url()).send().await.is_err());
    }
}

#[tokio::test]
async fn an_org_that_stops_leaves_no_request_hanging() {
    let org = acme().start().await.unwrap();
    let controls = org.controls();
    controls.fault(USERS, Fault::stall_forever());
    let url = format!("{}{USERS}", org.url());
    let stalled = tokio::spawn(client().build().unwrap().get(url.clone()).send());
    controls.until_asked(USERS, 1).await;
    org.shutdown().await;
    assert!(!stalled.await.unwrap().unwrap_err().is_timeout());
    assert!(
        client()
            .build()
            .unwrap()
            .get(url)
            .send()
            .await
            .unwrap_err()
            .is_connect()
    );
}

#[tokio::test]
async fn a_bound_token_is_refused_without_a_proof_in_oktas_words() {
    let org = Org::new("acme").start().await.unwrap();
    let mint = Mint::by(ORG).scopes(["okta.users.read"]);
    let token = org
        .controls()
        .mint(&mint.bound_to(Some("thumbprint")))
        .unwrap();

    let plain = get(&org, USERS, &format!("Bearer {token}")).await;
    assert_eq!(plain.status(), 400);
    let challenge = header(&plain, "www-authenticate").unwrap();
    assert!(
        challenge.starts_with("Bearer authorization_uri="),
        "{challenge}"
    );
    assert!(
        challenge.contains(r#"error="invalid_request""#),
        "{challenge}"
    );
    assert!(challenge.contains("The resource request requires a DPoP proof."));
    assert_eq!(plain.text().await.unwrap(), "");

    let unproved = get(&org, USERS, &format!("DPoP {token}")).await;
    assert_eq!(unproved.status(), 401);
    let challenge = header(&unproved, "www-authenticate").unwrap();
    let algs = r#"DPoP algs="RS256 RS384 RS512 ES256 ES384 ES512", authorization_uri="#;
    assert!(challenge.starts_with(algs), "{challenge}");
    assert!(
        challenge.contains(r#"error="invalid_dpop_proof""#),
        "{challenge}"
    );
    assert_eq!(unproved.text().await.unwrap(), "");
}

#[tokio::test]
async fn a_proof_for_another_url_is_refused_in_a_challenge() {
    let org = Org::new("acme").start().await.unwrap();
    let pair = rcgen::KeyPair::generate().unwrap();
    let key = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
    let jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
    let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).unwrap();
    let mint = Mint::by(ORG).scopes(["okta.users.read"]);
    let token = org
        .controls()
        .mint(&mint.bound_to(Some(&thumbprint)))
        .unwrap();
    let ask = async |about: String, jti: &str| {
        let header = Header {
            typ: Some("dpop+jwt".to_owned()),
            jwk: Some(jwk.clone()),
            ..Header::new(Algorithm::ES256)
        };
        let claims = json!({
            "htm": "GET", "htu": about, "iat": Timestamp::now().as_second(), "jti": jti,
            "ath": BASE64URL.encode(digest(&SHA256, token.as_bytes())),
        });
        let proof = jsonwebtoken::encode(&header, &claims, &key).unwrap();
        let url = format!("{}{USERS}", org.url());
        let request = client().build().unwrap().get(url).header("dpop", proof);
        let request = request.header("authorization", format!("DPoP {token}"));
        request.send().await.unwrap()
    };
    let right = ask(format!("{}{USERS}", org.url()), "1").await;
    assert_eq!(right.status(), 200);
    let wrong = ask(format!("{}/{USERS}", org.url()), "2").await;
    assert_eq!(wrong.status(), 401);
    let challenge = header(&wrong, "www-authenticate").unwrap();
    let told = r#"error="invalid_dpop_proof", error_description="'htu' claim in the DPoP proof JWT is invalid.""#;
    assert!(challenge.contains(told), "{challenge}");
}

#[tokio::test]
async fn a_request_without_a_credential_is_told_apart_from_one_with_a_dead_token() {
    let org = acme().start().await.unwrap();
    let url = format!("{}{USERS}", org.url());
    let nobody = client().build().unwrap().get(url).send().await.unwrap();
    assert_eq!(nobody.status(), 403);
    assert_eq!(header(&nobody, "www-authenticate"), None);
    assert!(nobody.text().await.unwrap().contains("E0000005"));
    let dead = get(&org, USERS, "SSWS dead").await;
    assert_eq!(
        (dead.status().as_u16(), header(&dead, "www-authenticate")),
        (401, Some("SSWS"))
    );
}

#[tokio::test]
async fn an_edge_says_what_it_likes_and_carries_no_id() {
    let org = acme().start().await.unwrap();
    let old = "Sun, 06 Nov 1994 08:49:37 GMT";
    let says = Fault::edge_that_says(502, [("date", old), ("retry-after", "9")]);
    org.controls().fault(USERS, says);
    let answer = get(&org, USERS, "SSWS live").await;
    assert_eq!(answer.status(), 502);
    assert_eq!(header(&answer, "date"), Some(old));
    assert_eq!(header(&answer, "retry-after"), Some("9"));
    assert_eq!(header(&answer, "x-okta-request-id"), None);
}
