use std::time::Duration;

use jiff::SignedDuration;
use okta_exporter::sim::{self, Fault, Mint, ORG, Org};

use crate::support::{
    Exporter, Scrape, ServiceApp, TOKEN, USERS, answered, asked, failed, is_up, json, minted,
    new_key, start, users, with,
};

/// What the status page says of the first probe in trouble.
async fn trouble(exporter: &Exporter) -> String {
    let status = json(&format!("{}/api/v1/status", exporter.url())).await;
    let probes = status["orgs"].as_array().unwrap().iter();
    let mut probes = probes.flat_map(|org| org["probes"].as_array().unwrap());
    let failing = probes.find(|probe| !probe["trouble"].is_null()).unwrap();
    let trouble = &failing["trouble"];
    format!(
        "{} | {} | {}",
        trouble["what"], trouble["cause"], trouble["next"]
    )
}

#[tokio::test]
async fn a_new_app_is_served_by_the_defaults_dpop_and_all() {
    let app = ServiceApp::new();
    let registered = app.registered().grant(["okta.users.read"]).dpop();
    let okta = with(registered).await;
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let page = exporter
        .until(|page| {
            let cached = r#"okta_credential_token_requests_total{result="cached"}"#;
            is_up(page) && page.get(cached) >= Some(2.0)
        })
        .await;
    assert_eq!(minted(&page), 1.0);
    assert_eq!(failed(&page), 0.0);
    // Plain; with a proof; with the nonce.
    assert_eq!(answered(&okta, TOKEN, 400), 2);
    assert_eq!(answered(&okta, TOKEN, 200), 1);
    let token = |code: &str| format!(r#"okta_requests_total{{api="token",code="{code}"}}"#);
    assert_eq!(page.value(&token("400")), 2.0);
    assert_eq!(page.value(&token("200")), 1.0);
    let own =
        r#"okta_rate_limit_own_requests_total{credential="billing",bucket="/oauth2/v1/token"}"#;
    assert_eq!(page.value(own), 3.0, "challenges cost a request");
    // Half of the bucket less three.
    let left = r#"okta_rate_limit_remaining{credential="billing",api="token"}"#;
    assert_eq!(page.value(left), 147.0);
    let errors = page.all(r#"okta_api_errors_total{api="token"}"#);
    assert_eq!(errors, [1.0], "only the refusal it learned from:\n{page}");
    let now = jiff::Timestamp::now().as_second() as f64;
    let left = page.value("okta_credential_token_expiry_timestamp_seconds") - now;
    assert!((3500.0..=3601.0).contains(&left), "{left}");
    assert_eq!(
        page.value(r#"okta_credential_missing_scope{scope="okta.users.read"}"#),
        0.0
    );
    assert_eq!(answered(&okta, "/api/v1/users", 400), 0);
    assert_eq!(answered(&okta, "/api/v1/users", 401), 0);
}

#[tokio::test]
async fn that_proofs_are_wanted_is_learned_however_it_is_said() {
    for (error, words) in [
        ("invalid_grant", "The DPoP proof JWT header is missing."),
        (
            "invalid_request",
            "A dpop proof is required for this client.",
        ),
    ] {
        let app = ServiceApp::new();
        let okta = with(app.registered().grant(["okta.users.read"])).await;
        let challenge = format!(r#"DPoP error="{error}", error_description="{words}""#);
        okta.controls()
            .fault(TOKEN, Fault::challenge(400, &challenge).times(1));
        let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
        let page = exporter.until(is_up).await;
        assert_eq!(failed(&page), 0.0, "{error}");
        assert_eq!(
            answered(&okta, TOKEN, 400),
            2,
            "{error}: refused once, and then its proof for the nonce"
        );
    }
}

#[tokio::test]
async fn a_nonce_is_kept_for_the_next_token_and_renewed_when_okta_renews_it() {
    let app = ServiceApp::new();
    let registered = app.registered().grant(["okta.users.read"]).dpop();
    // Such a token is used for half of its life.
    let org = Org::new("acme").token_lifetime(Duration::from_secs(2));
    let okta = start(org.service_app(registered)).await;
    let oauth = format!("{USERS}, dpop: always");
    let exporter = Exporter::start(&app.yaml(&okta, &oauth, &users())).await;
    let page = exporter
        .until(|page| is_up(page) && minted(page) >= 3.0)
        .await;
    assert_eq!(
        answered(&okta, TOKEN, 400),
        1,
        "one challenge for three tokens"
    );
    assert!(!page.has_any("okta_api_errors_total"), "{page}");

    // The old one is still taken, and the answer brings the new one.
    okta.controls().renew_nonce();
    let before = minted(&page);
    let page = exporter
        .until(|page| is_up(page) && minted(page) >= before + 2.0)
        .await;
    assert_eq!(answered(&okta, TOKEN, 400), 1);

    okta.controls().void_nonces();
    let before = minted(&page);
    let page = exporter
        .until(|page| is_up(page) && minted(page) >= before + 2.0)
        .await;
    assert_eq!(answered(&okta, TOKEN, 400), 2);
    assert!(!page.has_any("okta_api_errors_total"), "{page}");
    assert_eq!(failed(&page), 0.0);
}

#[tokio::test]
async fn an_app_without_dpop_gets_a_bearer_token_and_never_sends_a_proof() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    let oauth = format!("{USERS}, dpop: never");
    let exporter = Exporter::start(&app.yaml(&okta, &oauth, &users())).await;
    let page = exporter.until(is_up).await;
    assert_eq!(minted(&page), 1.0);
    assert_eq!(answered(&okta, TOKEN, 400), 0);

    okta.controls()
        .register(app.registered().grant(["okta.users.read"]).dpop());
    okta.controls().revoke_all(ServiceApp::ID);
    exporter.until(|page| failed(page) >= 1.0).await;
    let told = trouble(&exporter).await;
    assert!(told.contains("write `dpop: auto`"), "{told}");
}

#[tokio::test]
async fn a_resource_that_wants_a_proof_gets_one() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    okta.controls()
        .fault("/api/v1/users", Fault::wants_proof().times(1));
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let page = exporter.until(is_up).await;
    assert_eq!(minted(&page), 2.0, "a plain one, and one that is bound");
    assert_eq!(page.sum("okta_probe_failures_total"), 0.0, "{page}");
    assert_eq!(answered(&okta, TOKEN, 400), 1, "the nonce");
}

#[tokio::test]
async fn nonces_of_resource_servers_are_sent_back() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"]).dpop()).await;
    okta.controls().want_nonces_at_resources();
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let page = exporter
        .until(|page| page.get(r#"okta_requests_total{api="users",code="200"}"#) >= Some(2.0))
        .await;
    assert_eq!(answered(&okta, "/api/v1/users", 401), 1);
    assert_eq!(page.sum("okta_probe_failures_total"), 0.0, "{page}");
    assert!(
        page.all(r#"okta_api_errors_total{api="users"}"#).is_empty(),
        "{page}"
    );
}

#[tokio::test]
async fn every_kind_of_key_and_algorithm_is_taken() {
    use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
    use aws_lc_rs::signature::{
        ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    };
    let pem = |label: &str, der: &[u8]| {
        use base64::{Engine, engine::general_purpose::STANDARD};
        format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            STANDARD.encode(der)
        )
    };
    let rsa = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048);
    let rsa = rsa.unwrap();
    let rsa = (rsa.serialize_pem(), rsa.public_key_pem());
    let curve = |curve| {
        let pair = EcdsaKeyPair::generate(curve).unwrap();
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let private = pair.to_pkcs8v1().unwrap();
        (
            pem("PRIVATE KEY", private.as_ref()),
            pem("PUBLIC KEY", public.as_ref()),
        )
    };
    let keys = [
        ("RS256", rsa.clone()),
        ("RS384", rsa.clone()),
        ("RS512", rsa),
        ("ES256", new_key()),
        ("ES384", curve(&ECDSA_P384_SHA384_FIXED_SIGNING)),
        ("ES512", curve(&ECDSA_P521_SHA512_FIXED_SIGNING)),
    ];
    let files = tempfile::tempdir().unwrap();
    let mut org = Org::new("acme");
    let (mut credentials, mut probes) = (Vec::new(), Vec::new());
    for (algorithm, (private, public)) in keys {
        let file = files.path().join(algorithm);
        std::fs::write(&file, private).unwrap();
        let registered = sim::ServiceApp::new(algorithm).key("k1", &public);
        org = org.service_app(registered.grant(["okta.users.read"]).dpop());
        credentials.push(format!(
            "{algorithm}: {{ oauth: {{ client_id: {algorithm}, key_id: k1, private_key_file: '{}', algorithm: {algorithm}, {USERS} }} }}",
            file.display()
        ));
        probes.push(format!(
            "{algorithm}: {{ path: /api/v1/users, credential: {algorithm} }}"
        ));
    }
    let okta = start(org).await;
    let (url, credentials, probes) = (okta.url(), credentials.join(", "), probes.join(", "));
    let exporter = Exporter::start(&format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{url}', credentials: {{ {credentials} }}, probes: {{ endpoint: {{ {probes} }} }} }} }}"
    ))
    .await;
    let page = exporter.first_round().await;
    assert_eq!(page.sum("okta_probe_success"), 6.0, "{page}");
    assert_eq!(
        page.sum(r#"okta_credential_token_requests_total{result="minted"}"#),
        6.0
    );
}

#[tokio::test]
async fn a_custom_server_takes_secrets_and_assertions_alike() {
    let app = ServiceApp::new();
    let registered = app.registered().secret("s3cr3t").grant(["reports.read"]);
    let okta = with(registered).await;
    let (url, id, key) = (okta.url(), ServiceApp::ID, app.key_file());
    let key = key.display();
    let custom = format!("client_id: {id}, authorization_server: default, scopes: [reports.read]");
    // A path below the server itself: the Management API takes no token of a custom one.
    let probe = |credential: &str| {
        format!("{credential}: {{ path: /oauth2/default/v1/keys, credential: {credential} }}")
    };
    let exporter = Exporter::start(&format!(
        "status_pages: {{}}\norgs:\n  acme:\n    url: '{url}'\n    credentials:\n      basic: {{ oauth: {{ {custom}, client_secret: s3cr3t }} }}\n      post: {{ oauth: {{ {custom}, client_secret: s3cr3t, client_auth: client_secret_post }} }}\n      key: {{ oauth: {{ {custom}, private_key_file: '{key}', key_id: k1 }} }}\n      wrong: {{ oauth: {{ {custom}, client_secret: other }} }}\n    probes: {{ endpoint: {{ {}, {}, {}, {} }} }}\n",
        probe("basic"), probe("post"), probe("key"), probe("wrong"),
    ))
    .await;
    let page = exporter.first_round().await;
    for credential in ["basic", "post", "key"] {
        let minted = format!(
            r#"okta_credential_token_requests_total{{credential="{credential}",result="minted"}}"#
        );
        assert_eq!(page.value(&minted), 1.0, "{credential}: {page}");
    }
    let refused = r#"okta_credential_token_requests_total{credential="wrong",result="failed"}"#;
    assert_eq!(page.value(refused), 1.0);
    let reason = r#"okta_probe_failures_total{probe="endpoint/wrong",reason="unauthorized"}"#;
    assert_eq!(page.value(reason), 1.0);
}

#[tokio::test]
async fn probes_that_share_a_credential_share_its_token() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    okta.controls()
        .fault(TOKEN, Fault::stall(Duration::from_millis(300)));
    // All due at the same time: their interval spreads the starts.
    let probe = |n: usize| {
        format!("p{n}: {{ path: /api/v1/users, credential: billing, interval: 1s, timeout: 1s }}")
    };
    let probes: Vec<String> = (0..8).map(probe).collect();
    let probes = format!("{{ endpoint: {{ {} }} }}", probes.join(", "));
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &probes)).await;
    let page = exporter.first_round().await;
    assert_eq!(answered(&okta, TOKEN, 200), 1);
    assert_eq!(minted(&page), 1.0);
    assert_eq!(page.sum("okta_probe_failures_total"), 0.0, "{page}");
}

#[tokio::test]
async fn a_token_that_okta_no_longer_takes_is_minted_again_unseen() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"]).dpop()).await;
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    exporter.until(is_up).await;
    assert_eq!(okta.controls().revoke_all(ServiceApp::ID), 1);
    let page = exporter.until(|page| minted(page) >= 2.0).await;
    assert_eq!(minted(&page), 2.0);
    assert_eq!(page.sum("okta_probe_failures_total"), 0.0, "{page}");
}

#[tokio::test]
async fn a_refusal_that_no_new_token_mends_makes_no_loop() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    exporter.until(is_up).await;
    okta.controls()
        .fault("/api/v1/users", Fault::invalid_token());
    let refused = r#"okta_probe_failures_total{reason="unauthorized"}"#;
    let page = exporter.until(|page| page.value(refused) >= 4.0).await;
    assert_eq!(minted(&page), 2.0, "one more, and no other for a minute");
}

#[tokio::test]
async fn a_path_that_is_always_refused_costs_no_token_at_every_run() {
    let app = ServiceApp::new();
    let granted = ["okta.users.read", "okta.groups.read"];
    let okta = with(app.registered().grant(granted)).await;
    okta.controls()
        .fault("/api/v1/groups", Fault::invalid_token());
    let oauth = "scopes: [okta.users.read, okta.groups.read]";
    let both = [asked("users"), asked("groups")].join(", ");
    let probes = format!("{{ endpoint: {{ {both} }} }}");
    let exporter = Exporter::start(&app.yaml(&okta, oauth, &probes)).await;
    let refused = r#"okta_probe_failures_total{probe="endpoint/groups",reason="unauthorized"}"#;
    let page = exporter.until(|page| page.value(refused) >= 6.0).await;
    assert!(is_up(&page), "the token is taken elsewhere: {page}");
    assert!(minted(&page) <= 2.0, "{page}");
}

#[tokio::test]
async fn a_proof_that_is_demanded_and_not_taken_makes_no_loop() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    okta.controls().fault("/api/v1/users", Fault::wants_proof());
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let failures = "okta_probe_failures_total";
    let page = exporter.until(|page| page.sum(failures) >= 4.0).await;
    assert_eq!(minted(&page), 2.0, "a plain one, and one that is bound");
}

#[tokio::test]
async fn a_key_that_okta_does_not_know_is_not_tried_at_every_run() {
    let app = ServiceApp::new();
    let (_, other) = new_key();
    let registered = sim::ServiceApp::new(ServiceApp::ID).key("k1", &other);
    let okta = with(registered.grant(["okta.users.read"])).await;
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let refused = r#"okta_probe_failures_total{probe="endpoint/users",reason="unauthorized"}"#;
    let page = exporter.until(|page| page.value(refused) >= 8.0).await;
    let asked = answered(&okta, TOKEN, 401) as f64;
    assert!(asked <= page.value(refused) / 2.0, "{asked}");
    assert!(failed(&page) <= asked);
    let told = trouble(&exporter).await;
    assert!(
        told.contains("client_assertion signature is invalid"),
        "{told}"
    );
    assert!(told.contains("private key must be the one"), "{told}");
    assert_eq!(
        answered(&okta, "/api/v1/users", 401),
        0,
        "nothing goes out without a token"
    );
}

/// Three probes that need the same token.
const THREE: [&str; 3] = ["users", "groups", "apps"];

fn three() -> String {
    format!("{{ endpoint: {{ {} }} }}", THREE.map(asked).join(", "))
}

/// True once each of the three has failed so often for this reason.
fn each_failed(page: &Scrape, reason: &str, times: f64) -> bool {
    THREE.iter().all(|name| {
        let failures =
            format!(r#"okta_probe_failures_total{{probe="endpoint/{name}",reason="{reason}"}}"#);
        page.get(&failures) >= Some(times)
    })
}

/// When tokens were asked for.
fn asked_at(okta: &sim::Running) -> Vec<jiff::Timestamp> {
    let requests = okta.controls().requests();
    let tokens = requests.iter().filter(|request| request.path == TOKEN);
    tokens.map(|request| request.at).collect()
}

#[tokio::test]
async fn a_token_that_cannot_be_minted_is_asked_for_once_for_all_and_again_when_it_is_time() {
    let app = ServiceApp::new();
    let scopes = ["okta.users.read", "okta.groups.read", "okta.apps.read"];
    let okta = with(app.registered().grant(scopes)).await;
    let refused = r#"Bearer error="invalid_client", error_description="no such client""#;
    okta.controls().fault(TOKEN, Fault::challenge(401, refused));
    let oauth = format!("scopes: [{}]", scopes.join(", "));
    let exporter = Exporter::start(&app.yaml(&okta, &oauth, &three())).await;
    let page = exporter
        .until(|page| each_failed(page, "unauthorized", 12.0))
        .await;
    // At once, and then 1 s, 2 s, 4 s … after the last: the waits double.
    let asked_at = asked_at(&okta);
    for (times, least) in asked_at.windows(2).zip([1, 2, 4, 8, 16, 32]) {
        let apart = times[1].duration_since(times[0]);
        assert!(apart >= SignedDuration::from_secs(least), "{asked_at:?}");
    }
    // Each of twelve runs was half a second after another.
    assert!(asked_at.len() >= 3, "it is asked again: {asked_at:?}");
    assert!(failed(&page) <= asked_at.len() as f64, "{page}");
    let status = json(&format!("{}/api/v1/status", exporter.url())).await;
    let probes = status["orgs"][0]["probes"].as_array().unwrap().iter();
    let told: Vec<String> = probes
        .map(|probe| probe["trouble"].to_string())
        .filter(|trouble| trouble.contains("no such client"))
        .collect();
    let remember = told
        .iter()
        .filter(|told| told.contains("not asked again yet"));
    assert_eq!(told.len(), 3, "each tells what Okta said: {told:?}");
    assert!(remember.count() >= 2, "one at most has asked: {told:?}");
    let paths = THREE.map(|name| format!("/api/v1/{name}"));
    let requests = okta.controls().requests();
    let sent = requests
        .iter()
        .find(|request| paths.contains(&request.path));
    assert!(sent.is_none(), "nothing goes out without a token: {sent:?}");

    okta.controls().clear_faults();
    let page = exporter.until(|page| minted(page) >= 1.0).await;
    let success = |page: &Scrape| page.sum("okta_probe_success") == 3.0;
    exporter.until(success).await;
    assert_eq!(minted(&page), 1.0, "one for all");
}

#[tokio::test]
async fn what_okta_asked_for_at_the_token_endpoint_is_kept_to_by_all_who_need_the_token() {
    let app = ServiceApp::new();
    let scopes = ["okta.users.read", "okta.groups.read", "okta.apps.read"];
    let okta = with(app.registered().grant(scopes)).await;
    okta.controls().fault(TOKEN, Fault::retry_after(3).times(1));
    let oauth = format!("scopes: [{}], dpop: never", scopes.join(", "));
    let exporter = Exporter::start(&app.yaml(&okta, &oauth, &three())).await;
    let success = |page: &Scrape| page.sum("okta_probe_success") == 3.0;
    let page = exporter.until(success).await;
    let asked_at = asked_at(&okta);
    assert_eq!(asked_at.len(), 2, "{asked_at:?}");
    let apart = asked_at[1].duration_since(asked_at[0]);
    assert!(apart >= SignedDuration::from_secs(3), "{asked_at:?}");
    assert_eq!((failed(&page), minted(&page)), (1.0, 1.0));
}

#[tokio::test]
async fn an_assertion_that_is_refused_for_its_time_is_explained_by_the_clocks() {
    let app = ServiceApp::new();
    let okta = with(app.registered()).await;
    okta.controls()
        .set_clock_offset(SignedDuration::from_mins(10));
    let words = "The client_assertion token is expired.";
    let told = format!(r#"Bearer error="invalid_client", error_description="{words}""#);
    okta.controls().fault(TOKEN, Fault::challenge(401, &told));
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let page = exporter.first_round().await;
    assert!(page.value("okta_clock_skew_seconds") < -500.0, "{page}");
    let told = trouble(&exporter).await;
    assert!(told.contains("this machine's clock is "), "{told}");
    assert!(told.contains(" s behind Okta's: synchronise it"), "{told}");
    assert!(told.contains("see `okta_clock_skew_seconds`"), "{told}");
}

#[tokio::test]
async fn a_limit_at_the_token_endpoint_is_waited_for() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    okta.controls().fault(TOKEN, Fault::retry_after(3).times(1));
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let page = exporter.first_round().await;
    let limited = r#"okta_probe_failures_total{reason="rate_limited"}"#;
    assert_eq!(page.value(limited), 1.0);
    let page = exporter.until(is_up).await;
    assert_eq!((failed(&page), minted(&page)), (1.0, 1.0));
    assert_eq!(page.sum("okta_probe_failures_total"), 1.0, "{page}");
}

#[tokio::test]
async fn a_scope_that_was_not_granted_is_named_before_okta_refuses() {
    let app = ServiceApp::new();
    // A short life, so that what is granted later is soon seen.
    let org = Org::new("acme").token_lifetime(Duration::from_secs(4));
    let okta = start(org.service_app(app.registered().grant(["okta.users.read"]))).await;
    let oauth = "scopes: [okta.users.read, okta.groups.read]";
    let probes = format!(
        "{{ endpoint: {{ {}, {} }} }}",
        asked("users"),
        asked("groups")
    );
    let exporter = Exporter::start(&app.yaml(&okta, oauth, &probes)).await;
    let page = exporter.first_round().await;
    let missing = |page: &Scrape, scope: &str| {
        page.value(&format!(
            r#"okta_credential_missing_scope{{credential="billing",scope="{scope}"}}"#
        ))
    };
    assert_eq!(missing(&page, "okta.users.read"), 0.0);
    assert_eq!(missing(&page, "okta.groups.read"), 1.0);
    assert_eq!(
        page.value(r#"okta_probe_success{probe="endpoint/users"}"#),
        1.0
    );
    let forbidden = r#"okta_probe_failures_total{probe="endpoint/groups",reason="forbidden"}"#;
    assert_eq!(page.value(forbidden), 1.0);
    let told = trouble(&exporter).await;
    let path = "Admin Console > Applications > 0oaBILLING > Okta API Scopes > Grant";
    assert!(
        told.contains("okta.groups.read") && told.contains(path),
        "{told}"
    );
    assert_eq!(answered(&okta, "/api/v1/groups", 403), 0);

    okta.controls().register(
        app.registered()
            .grant(["okta.users.read", "okta.groups.read"]),
    );
    let up = r#"okta_probe_success{probe="endpoint/groups"}"#;
    let page = exporter.until(|page| page.value(up) == 1.0).await;
    assert_eq!(missing(&page, "okta.groups.read"), 0.0);
}

#[tokio::test]
async fn a_token_that_tells_its_scopes_is_not_sent_where_it_lacks_one() {
    let okta = start(Org::new("acme")).await;
    let mint = |scope: &str| {
        okta.controls()
            .mint(&Mint::by(ORG).scopes([scope]))
            .unwrap()
    };
    let (reads, lacks) = (mint("okta.users.read"), mint("okta.groups.read"));
    let url = okta.url();
    let probe = |name: &str| format!("{name}: {{ path: /api/v1/users, credential: {name} }}");
    let exporter = Exporter::start(&format!(
        "status_pages: {{}}\norgs:\n  acme:\n    url: '{url}'\n    credentials: {{ reads: {{ bearer_token: {reads} }}, lacks: {{ bearer_token: {lacks} }} }}\n    probes: {{ endpoint: {{ {}, {} }} }}\n",
        probe("reads"),
        probe("lacks"),
    ))
    .await;
    let page = exporter.first_round().await;
    let up = r#"okta_probe_success{probe="endpoint/reads"}"#;
    assert_eq!(page.value(up), 1.0, "{page}");
    let forbidden = r#"okta_probe_failures_total{probe="endpoint/lacks",reason="forbidden"}"#;
    assert_eq!(page.value(forbidden), 1.0, "{page}");
    assert_eq!(answered(&okta, "/api/v1/users", 403), 0);
    let told = trouble(&exporter).await;
    let path =
        "Admin Console > Applications > the app that mints the token > Okta API Scopes > Grant";
    assert!(
        told.contains("okta.users.read") && told.contains(path),
        "{told}"
    );
}

#[tokio::test]
async fn an_app_that_was_granted_nothing_is_told_where_to_grant() {
    let app = ServiceApp::new();
    let okta = with(app.registered()).await;
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let page = exporter.first_round().await;
    assert_eq!(
        page.value(r#"okta_probe_failures_total{reason="forbidden"}"#),
        1.0
    );
    assert_eq!(
        page.value(r#"okta_credential_missing_scope{scope="okta.users.read"}"#),
        1.0
    );
    assert_eq!(
        page.value(
            r#"okta_api_errors_total{api="token",code="400",error_code="consent_required"}"#
        ),
        1.0
    );
    let told = trouble(&exporter).await;
    let path = "Admin Console > Applications > 0oaBILLING > Okta API Scopes > Grant";
    assert!(told.contains(path), "{told}");
}

#[tokio::test]
async fn counters_of_tokens_start_at_0_and_unknown_things_are_absent() {
    let app = ServiceApp::new();
    let okta = with(app.registered()).await;
    let exporter = Exporter::start(&app.yaml(&okta, USERS, "{}")).await;
    let page = exporter.scrape().await;
    let counts = page.all("okta_credential_token_requests_total");
    assert_eq!(counts, [0.0, 0.0, 0.0]);
    assert!(!page.has_any("okta_credential_token_expiry"), "{page}");
    assert!(!page.has_any("okta_credential_missing_scope"), "{page}");
}

#[tokio::test]
async fn a_token_that_is_over_when_it_comes_costs_no_mint_at_every_request() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    let over = r#"{"token_type":"Bearer","expires_in":0,"access_token":"x"}"#;
    okta.controls()
        .fault(TOKEN, Fault::body("application/json", over));
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let runs = r#"okta_probe_failures_total{probe="endpoint/users",reason="invalid_body"}"#;
    let page = exporter.until(|page| page.get(runs) >= Some(8.0)).await;
    assert!(failed(&page) <= 4.0, "waiting doubles: {page}");
    assert!(!page.has_any("okta_credential_token_expiry_timestamp_seconds"));
    assert!(trouble(&exporter).await.contains("over already"));
    okta.controls().clear_faults();
    exporter.until(is_up).await;
}

#[tokio::test]
async fn a_renewal_that_fails_is_met_by_nobody_while_the_old_token_holds() {
    let app = ServiceApp::new();
    let org = Org::new("acme").token_lifetime(Duration::from_secs(30));
    let okta = start(org.service_app(app.registered().grant(["okta.users.read"]))).await;
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    exporter.until(is_up).await;
    okta.controls().fault(TOKEN, Fault::status(503));
    // It is renewed when half of its life is over.
    let page = exporter.until(|page| failed(page) >= 2.0).await;
    assert_eq!(page.sum("okta_probe_failures_total"), 0.0, "{page}");
    assert!(page.has_any("okta_credential_token_expiry_timestamp_seconds"));
    okta.controls().clear_faults();
    let page = exporter.until(|page| minted(page) >= 2.0).await;
    assert_eq!(page.sum("okta_probe_failures_total"), 0.0, "{page}");
}

#[tokio::test]
async fn a_token_that_okta_did_not_refuse_goes_on_serving_the_others() {
    let app = ServiceApp::new();
    let scopes = ["okta.users.read", "okta.groups.read"];
    let org = Org::new("acme").limit("/api/v1/groups*", 1_000_000);
    let okta = start(org.service_app(app.registered().grant(scopes))).await;
    let oauth = format!("scopes: [{}]", scopes.join(", "));
    let probes = format!(
        "{{ endpoint: {{ {}, {} }} }}",
        asked("users"),
        asked("groups")
    );
    let exporter = Exporter::start(&app.yaml(&okta, &oauth, &probes)).await;
    let up = |page: &Scrape| page.sum("okta_probe_success") == 2.0;
    exporter.until(up).await;
    okta.controls().fault(TOKEN, Fault::status(503));
    let gateway = [("www-authenticate", r#"Bearer error="invalid_token""#)];
    okta.controls()
        .fault("/api/v1/users", Fault::edge_that_says(401, gateway));
    let page = exporter.until(|page| failed(page) >= 2.0).await;
    let of = |probe: &str| {
        page.sum(&format!(
            r#"okta_probe_failures_total{{probe="endpoint/{probe}"}}"#
        ))
    };
    assert!(of("users") >= 2.0, "{page}");
    assert_eq!(of("groups"), 0.0, "{page}");
    okta.controls().clear_faults();
    exporter.until(up).await;
}

#[tokio::test]
async fn who_may_manage_reads() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.manage"])).await;
    let oauth = "scopes: [okta.users.manage]";
    let exporter = Exporter::start(&app.yaml(&okta, oauth, &users())).await;
    exporter.until(is_up).await;
}

#[tokio::test]
async fn a_path_that_okta_adds_later_is_asked_and_okta_tells() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    let path = "/api/v1/groups/00g1/of-tomorrow";
    let tomorrow =
        format!("tomorrow: {{ path: '{path}', credential: billing, sampling: interval }}");
    let yaml = app.yaml(&okta, USERS, &format!("{{ endpoint: {{ {tomorrow} }} }}"));
    let exporter = Exporter::start(&yaml).await;
    exporter.first_round().await;
    assert_eq!(answered(&okta, path, 403), 1, "it was sent");
    assert!(trouble(&exporter).await.contains("insufficient_scope"));
}

#[tokio::test]
async fn neither_a_form_nor_a_proof_follows_a_redirect() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"]).dpop()).await;
    let told =
        |probe: &str| format!(r#"okta_probe_failures_total{{probe="{probe}",reason="redirect"}}"#);
    let controls = okta.controls();
    controls.fault(TOKEN, Fault::redirect_to("/oauth2/v1/keys").times(1));
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let redirected = told("endpoint/users");
    exporter
        .until(|page| page.get(&redirected) == Some(1.0))
        .await;
    exporter.until(is_up).await;
    controls.fault("/api/v1/users", Fault::redirect_to("/api/v1/groups"));
    exporter
        .until(|page| page.get(&redirected) >= Some(2.0))
        .await;
    let elsewhere =
        |r: &&sim::Received| ["/oauth2/v1/keys", "/api/v1/groups"].contains(&r.path.as_str());
    assert_eq!(controls.requests().iter().filter(elsewhere).count(), 0);
}

#[tokio::test]
async fn a_first_token_is_minted_by_a_clock_that_is_a_little_ahead() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"]).dpop()).await;
    okta.controls()
        .set_clock_offset(SignedDuration::from_secs(-20));
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let page = exporter.until(is_up).await;
    assert_eq!(answered(&okta, TOKEN, 401), 0);
    assert_eq!((minted(&page), failed(&page)), (1.0, 0.0));
}
