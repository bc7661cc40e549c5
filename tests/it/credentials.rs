mod mints;
mod proofs;
mod scopes;

use std::time::Duration;

use okta_exporter::sim::{self, Fault, Org};

use crate::support::{
    Exporter, ServiceApp, TOKEN, USERS, answered, asked, is_up, json, minted, new_key, start,
    users, with,
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
