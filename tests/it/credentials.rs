use std::time::Duration;

use jiff::SignedDuration;
use okta_exporter::sim::{self, Fault, Mint, ORG, Org, Running};

use crate::support::{Exporter, PATIENCE, Program, Scrape, ServiceApp, asked, get, json, new_key};

const TOKEN: &str = "/oauth2/v1/token";
const USERS: &str = "scopes: [okta.users.read]";

/// Starts the org with limits that no test reaches, and with the key that signs its tokens made
/// beforehand: that takes its time.
async fn start(org: Org) -> Running {
    let org = org.limit("/api/v1/users", 1_000_000);
    let running = org.start().await.unwrap();
    running.okta().mint(&Mint::by(ORG)).unwrap();
    running
}

async fn with(app: sim::ServiceApp) -> Running {
    start(Org::new("acme").service_app(app)).await
}

fn users() -> String {
    format!("{{ endpoint: {{ {} }} }}", asked("users"))
}

/// How often a path was answered with this status.
fn answered(okta: &Running, path: &str, status: u16) -> usize {
    let requests = okta.okta().requests();
    let so = |r: &&sim::Received| r.path == path && r.status == Some(status);
    requests.iter().filter(so).count()
}

fn minted(page: &Scrape) -> f64 {
    page.value(r#"okta_credential_token_requests_total{credential="billing",result="minted"}"#)
}

fn failed(page: &Scrape) -> f64 {
    page.value(r#"okta_credential_token_requests_total{credential="billing",result="failed"}"#)
}

fn is_up(page: &Scrape) -> bool {
    page.get(r#"okta_probe_success{probe="endpoint/users"}"#) == Some(1.0)
}

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
    let token = |code: &str| format!(r#"okta_requests_total{{endpoint="token",code="{code}"}}"#);
    assert_eq!(page.value(&token("400")), 2.0);
    assert_eq!(page.value(&token("200")), 1.0);
    let own =
        r#"okta_rate_limit_own_requests_total{credential="billing",bucket="/oauth2/v1/token"}"#;
    assert_eq!(page.value(own), 3.0, "challenges cost a request");
    // Half of the bucket less three.
    let left = r#"okta_rate_limit_remaining{credential="billing",endpoint="token"}"#;
    assert_eq!(page.value(left), 147.0);
    let errors = page.all(r#"okta_api_errors_total{endpoint="token"}"#);
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

    okta.okta().renew_nonce();
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

    okta.okta()
        .register(app.registered().grant(["okta.users.read"]).dpop());
    okta.okta().revoke_all(ServiceApp::ID);
    exporter.until(|page| failed(page) >= 1.0).await;
    let told = trouble(&exporter).await;
    assert!(told.contains("write `dpop: auto`"), "{told}");
}

#[tokio::test]
async fn a_resource_that_wants_a_proof_gets_one() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    okta.okta()
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
    okta.okta().want_nonces_at_resources();
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    let page = exporter
        .until(|page| page.get(r#"okta_requests_total{endpoint="users",code="200"}"#) >= Some(2.0))
        .await;
    assert_eq!(answered(&okta, "/api/v1/users", 401), 1);
    assert_eq!(page.sum("okta_probe_failures_total"), 0.0, "{page}");
    assert!(
        page.all(r#"okta_api_errors_total{endpoint="users"}"#)
            .is_empty(),
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
    okta.okta()
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
    assert_eq!(okta.okta().revoke_all(ServiceApp::ID), 1);
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
    okta.okta().fault("/api/v1/users", Fault::invalid_token());
    let refused = r#"okta_probe_failures_total{reason="unauthorized"}"#;
    let page = exporter.until(|page| page.value(refused) >= 4.0).await;
    assert_eq!(minted(&page), 2.0, "one more, and no other for a minute");
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

#[tokio::test]
async fn a_limit_at_the_token_endpoint_is_waited_for() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    okta.okta().fault(TOKEN, Fault::retry_after(3).times(1));
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

    okta.okta().register(
        app.registered()
            .grant(["okta.users.read", "okta.groups.read"]),
    );
    let up = r#"okta_probe_success{probe="endpoint/groups"}"#;
    let page = exporter.until(|page| page.value(up) == 1.0).await;
    assert_eq!(missing(&page, "okta.groups.read"), 0.0);
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
            r#"okta_api_errors_total{endpoint="token",code="400",error_code="consent_required"}"#
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
async fn a_clock_ten_minutes_off_is_corrected_by_the_first_answer() {
    for minutes in [10, -10] {
        let app = ServiceApp::new();
        let okta = with(app.registered().grant(["okta.users.read"]).dpop()).await;
        okta.okta()
            .set_clock_offset(SignedDuration::from_mins(minutes));
        let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
        let page = exporter.first_round().await;
        assert!(is_up(&page), "{page}");
        assert_eq!(minted(&page), 1.0);
        assert_eq!(
            answered(&okta, TOKEN, 401),
            1,
            "the assertion was dated wrong once"
        );
        let skew = page.value("okta_clock_skew_seconds");
        assert!((skew + minutes as f64 * 60.0).abs() < 5.0, "{skew}");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_while_a_token_is_in_use_does_no_harm() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"]).dpop()).await;
    let exporter = Exporter::start(&app.yaml(&okta, USERS, &users())).await;
    exporter.until(is_up).await;
    okta.okta().set_clock_offset(SignedDuration::from_mins(10));
    let page = exporter
        .until(|page| page.value("okta_clock_skew_seconds") < -500.0 && is_up(page))
        .await;
    assert_eq!(page.sum("okta_probe_failures_total"), 0.0, "{page}");
    assert_eq!(
        answered(&okta, "/api/v1/users", 401),
        1,
        "one proof was dated wrong"
    );
    assert_eq!(minted(&page), 1.0);
}

/// The program itself, for what it logs.
async fn program(files: &tempfile::TempDir, yaml: &str) -> (Program, String) {
    let file = files.path().join("okta-exporter.yaml");
    std::fs::write(&file, yaml).unwrap();
    let file = format!("--config.file={}", file.display());
    let mut program = Program::exporter(&[&file, "--web.listen-address=127.0.0.1:0"], &[]);
    let rest = program.until("message=serving").await;
    let address = rest.split("address=").nth(1).unwrap();
    let address = address.split(' ').next().unwrap().to_owned();
    (program, format!("http://{address}"))
}

/// Scrapes the program until its page is as told.
async fn until(url: &str, holds: impl Fn(&Scrape) -> bool) -> Scrape {
    let looking = async {
        let mut tick = tokio::time::interval(Duration::from_millis(200));
        loop {
            tick.tick().await;
            let page = Scrape::of(url).await;
            if holds(&page) {
                return page;
            }
        }
    };
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(page) => page,
        Err(tokio::time::error::Elapsed { .. }) => panic!(
            "it never came; the page at last:\n{}",
            Scrape::of(url).await
        ),
    }
}

#[tokio::test]
async fn a_rotated_key_file_is_used_without_a_restart_and_ends_the_waiting() {
    let app = ServiceApp::new();
    let org = Org::new("acme").token_lifetime(Duration::from_secs(2));
    let okta = start(org.service_app(app.registered().grant(["okta.users.read"]))).await;
    let files = tempfile::tempdir().unwrap();
    let (mut program, url) = program(&files, &app.yaml(&okta, USERS, &users())).await;
    until(&url, is_up).await;

    // Okta forgets the old key before the file is replaced.
    let (private, public) = new_key();
    let rotated = sim::ServiceApp::new(ServiceApp::ID).key("k1", &public);
    okta.okta().register(rotated.grant(["okta.users.read"]));
    let line = program
        .until("no access token for the credential `billing`")
        .await;
    assert!(
        line.contains("client_assertion signature is invalid"),
        "{line}"
    );
    let page = until(&url, |page| failed(page) >= 2.0).await;
    let before = minted(&page);

    std::fs::write(app.key_file(), private).unwrap();
    program.until("the probe works again").await;
    let page = until(&url, |page| is_up(page) && minted(page) > before).await;
    assert!(failed(&page) >= 2.0);
    assert!(program.terminate().await.0.success());
}

#[tokio::test]
async fn an_org_that_dies_in_the_middle_of_a_mint_is_back_when_it_is_back() {
    let app = ServiceApp::new();
    let registered = || app.registered().grant(["okta.users.read"]).dpop();
    let okta = with(registered()).await;
    okta.okta().fault(TOKEN, Fault::stall_forever());
    let port = okta.url().rsplit(':').next().unwrap().parse().unwrap();
    let files = tempfile::tempdir().unwrap();
    // One probe with patience: what breaks is the connection, not the timeout.
    let probes = "{ endpoint: { users: { path: /api/v1/users, credential: billing, interval: 5s, timeout: 5s } } }";
    let (mut program, url) = program(&files, &app.yaml(&okta, USERS, probes)).await;
    tokio::time::timeout(PATIENCE, okta.okta().until_asked(TOKEN, 1))
        .await
        .unwrap();
    okta.shutdown().await;
    program
        .until("no access token for the credential `billing`")
        .await;
    let page = until(&url, |page| failed(page) >= 1.0).await;
    assert!(
        page.sum(r#"okta_request_failures_total{endpoint="token"}"#) >= 1.0,
        "{page}"
    );
    assert!(!page.has_any("okta_credential_token_expiry"), "{page}");

    let okta = start(Org::new("acme").port(port).service_app(registered())).await;
    program.until("the probe works again").await;
    let page = until(&url, is_up).await;
    assert_eq!(minted(&page), 1.0);
    assert_eq!(answered(&okta, "/api/v1/users", 200), 1);
    assert!(program.terminate().await.0.success());
}

#[tokio::test]
async fn a_wrong_clock_is_told_in_the_log() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"])).await;
    okta.okta().set_clock_offset(SignedDuration::from_mins(-10));
    let files = tempfile::tempdir().unwrap();
    let (mut program, url) = program(&files, &app.yaml(&okta, USERS, &users())).await;
    let line = program.until("clock_skew_seconds=").await;
    assert!(line.starts_with("59") || line.starts_with("60"), "{line}");
    until(&url, is_up).await;
    assert!(program.terminate().await.0.success());
}

#[tokio::test]
async fn neither_key_nor_token_nor_assertion_is_shown() {
    let app = ServiceApp::new();
    let okta = with(app.registered().grant(["okta.users.read"]).dpop()).await;
    let files = tempfile::tempdir().unwrap();
    let yaml = app.yaml(&okta, USERS, &users());
    let file = files.path().join("okta-exporter.yaml");
    std::fs::write(&file, yaml).unwrap();
    let file = format!("--config.file={}", file.display());
    let args = [
        &file,
        "--web.listen-address=127.0.0.1:0",
        "--log.level=trace",
    ];
    let mut program = Program::exporter(&args, &[]);
    let address = program.until("message=serving").await;
    let address = address.split("address=").nth(1).unwrap().to_owned();
    let url = format!("http://{}", address.split(' ').next().unwrap());
    program.until("minted an access token").await;
    program.until("the probe ran").await;
    okta.okta().revoke_all(ServiceApp::ID);
    program.until("minted an access token").await;
    let mut told = Vec::new();
    for path in ["/metrics", "/", "/api/v1/status", "/config"] {
        told.push(get(&format!("{url}{path}")).await.text().await.unwrap());
    }
    told.extend(program.terminate().await.1);
    let key = std::fs::read_to_string(app.key_file()).unwrap();
    let key = key.lines().nth(1).unwrap();
    for line in told {
        // Every JWT begins so.
        assert!(!line.contains("eyJ"), "{line}");
        assert!(!line.contains(key), "{line}");
    }
}
