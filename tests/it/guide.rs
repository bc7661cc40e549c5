mod hosts;
mod inventory;
mod pages;
mod scenes;
mod tokens;

use std::{collections::BTreeSet, fs, time::Duration};

use okta_exporter::{
    guide,
    sim::{ApiToken, Fault, Mint, ORG, Org, PageMode, RunningStatusPage},
};
use serde_json::json;

use crate::support::{API_TOKEN, Exporter, Program, acme};
use hosts::{
    certificate_ending, elsewhere, handshake_hangs, hangs_up, nobody_listens, unknown_authority,
};
use inventory::{
    days, dropped, ending, failed_over, idle_token, integrations, moved, of_org, principal,
    token_gone,
};
use pages::{cell_beside, incident_on, page_at, page_of_unknown_authority, status_page};
use scenes::{
    asking, broken_off, challenged, fault_at, forgotten, impatient, limited_again_and_again, org,
    slow_rounds, thrifty, users, with,
};
use tokens::{
    bearer, foreign, forgetful, introspecting, jwt, no_token, reports, revoked, secret_is_gone,
    skewed, tampered, token, withdrawn, withdrawn_early,
};

/// Cases that nothing here can provoke, each with its reason.
const EXCUSED: &[(&str, &str)] = &[
    (
        "timeout-dns",
        "no resolver of ours stands in the way; a unit test describes the failure",
    ),
    (
        "overdue",
        "runs have time limits, so none of ours hangs for long; below, its org is looked at later",
    ),
    (
        "no-descriptor",
        "the test's own descriptors would go as well; `pressure.rs` takes those of a process apart",
    ),
    (
        "internal",
        "a fault of the program would have to be planted; a unit test describes the failure",
    ),
];

/// A test for each case, named after it; it provokes the trouble and waits until it is told.
macro_rules! recognised {
    ($($name:ident: $case:literal => $provoke:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            let (exporter, _held) = $provoke.await;
            exporter.until_case($case).await;
            crate::handbook::its_reasons_are_told(&exporter, $case).await;
        })*

        const PROVOKED: &[&str] = &[$($case),*];
    };
}

#[test]
fn every_case_is_provoked_somewhere() {
    let all: BTreeSet<&str> = guide::cases().map(|case| case.slug).collect();
    let excused = EXCUSED.iter().map(|(case, _)| *case);
    let told: BTreeSet<&str> = PROVOKED.iter().copied().chain(excused).collect();
    let missing: Vec<_> = all.difference(&told).collect();
    assert!(missing.is_empty(), "no test provokes {missing:?}");
    let unknown: Vec<_> = told.difference(&all).collect();
    assert!(unknown.is_empty(), "there is no case {unknown:?}");
}

#[test]
fn an_alert_and_its_cases_lead_to_one_another() {
    let alerts = fs::read_to_string("config/prometheus/okta.alerts.yml").unwrap();
    for case in guide::cases() {
        let Some(alert) = case.alert else { continue };
        assert!(alerts.contains(&format!("alert: {alert}\n")), "no {alert}");
        let page = fs::read_to_string(format!("docs/runbooks/{alert}.md")).unwrap();
        let link = format!("(../troubleshooting.md#{})", case.slug);
        assert!(page.contains(&link), "{alert}.md should link {link}");
    }
}

#[test]
fn every_runbook_is_there() {
    for case in guide::cases() {
        let runbook = guide::Advice::from(case).runbook;
        let (file, anchor) = runbook.split_once('#').unwrap_or((&runbook, ""));
        let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{file}: {e}"));
        let heading = format!("### {anchor}\n");
        assert!(anchor.is_empty() || text.contains(&heading), "{runbook}");
    }
}

#[tokio::test]
async fn a_log_line_names_its_case_with_time_risk_and_runbook() {
    let okta = org().start().await.unwrap();
    okta.controls()
        .fault("/api/v1/users", Fault::error(401, "E0000011"));
    let expired = Mint::by("default").lasting(Duration::ZERO);
    let token = okta.controls().mint(&expired).unwrap();
    let probes = format!(
        "{{ endpoint: {{ users: {{ path: /api/v1/users, credential: monitor }} }}, token: {{ ci: {{ access_token: {token} }} }} }}"
    );
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("c.yaml");
    fs::write(&path, acme(&okta, &probes)).unwrap();
    let flag = format!("--config.file={}", path.display());
    let flags = [
        &flag,
        "--web.listen-address=127.0.0.1:0",
        "--log.format=json",
    ];
    let mut exporter = Program::exporter(&flags, &[]);
    for case in ["dead-api-token", "expired-token"] {
        // Either may come first.
        let part = format!("\"case\":\"{case}\"");
        let is_it = |line: &&String| line.contains(&part);
        if !exporter.said.iter().any(|line| is_it(&line)) {
            exporter.until(&part).await;
        }
        let line = exporter.said.iter().find(is_it).unwrap();
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["level"], "warn");
        assert_eq!(line["risk"], "low");
        let runbook = if case == "expired-token" {
            "docs/runbooks/OktaTokenExpired.md"
        } else {
            "docs/troubleshooting.md#dead-api-token"
        };
        assert_eq!(line["runbook"], runbook);
        for field in ["cause", "next", "takes", "org", "probe"] {
            assert!(line[field].is_string(), "no {field} in {line}");
        }
    }
    exporter.terminate().await;
}

#[tokio::test]
async fn the_page_tells_what_is_found_and_what_mends_it() {
    let (exporter, _held) = token(|_| reports().lasting(Duration::ZERO)).await;
    exporter.until_case("expired-token").await;
    let page = crate::support::get(exporter.url())
        .await
        .text()
        .await
        .unwrap();
    let advice = guide::Fact::TokenExpired.case();
    for part in [
        "1 critical · okta-exporter</title>",
        "0 of 1 probes failing",
        "expired-token",
        advice.takes,
        "until 60 s before <code>exp</code>",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
}

const SILENT: &str = r#"Bearer realm="https://acme.okta.com""#;

recognised! {
    a_limit_of_the_token_endpoint: "token-endpoint-limit" => fault_at("/oauth2/v1/token", Fault::rate_limited(), &asking("/oauth2/v1/token"));
    a_limit: "rate-limit" => users(Fault::rate_limited());
    a_limit_hit_again_and_again: "structural-limit" => limited_again_and_again();
    a_limit_of_requests_at_once: "concurrency-limit" => users(Fault::concurrency());
    a_429_that_says_nothing: "unknown-limit" => users(Fault::rate_limited_without_headers());

    a_name_that_does_not_resolve: "dns" => elsewhere("https://nobody.invalid");
    a_port_where_nobody_listens: "connect" => nobody_listens();
    a_handshake_that_hangs: "timeout-connect" => handshake_hangs();
    a_handshake_that_breaks_off: "tls-broken-off" => hangs_up();
    a_certificate_of_nobody: "tls" => unknown_authority();
    a_certificate_about_to_end: "certificate-expiring" => certificate_ending();
    an_answer_that_does_not_begin: "timeout-first-byte" => impatient(Fault::stall_forever());
    an_answer_that_does_not_end: "timeout-body" => impatient(Fault::stall_midway());
    an_answer_that_breaks_off: "cut" => users(Fault::truncated());
    an_answer_without_measure: "too-large" => users(Fault::oversized(5 << 20));
    a_request_sent_in_circles: "redirect-loop" => fault_at("/.well-known/openid-configuration", Fault::redirect_loop(), "{ discovery: {} }");
    a_form_sent_to_another_path: "redirect-within" => introspecting(Fault::redirect_to("/oauth2/v1/keys"));
    a_request_sent_elsewhere: "redirect" => users(Fault::redirect_to("https://elsewhere.invalid/"));
    a_captive_portal: "not-okta" => users(Fault::not_json());
    a_wrong_method: "wrong-method" => users(Fault::error(405, "E0000022"));
    an_org_that_the_edge_does_not_know: "edge-not-found" => users(Fault::edge_not_found());
    an_edge_that_refuses: "edge" => users(Fault::edge(403));
    an_edge_that_fails: "edge-server-error" => users(Fault::edge(502));

    a_file_that_holds_an_error_in_place_of_a_token: "not-a-token" => no_token();
    a_token_that_has_expired: "expired-token" => token(|_| reports().lasting(Duration::ZERO));
    a_clock_ten_minutes_off: "clock-skew" => skewed();
    a_token_before_its_time: "not-yet-valid" => token(|_| reports().starting_in(Duration::from_hours(1)));
    a_token_of_another_server: "wrong-issuer" => token(|_| reports().issuer("https://elsewhere.invalid"));
    an_id_token: "id-token" => with(org(), &format!("{{ token: {{ ci: {{ access_token: '{}' }} }} }}", jwt(r#"{"exp":4000000000,"aud":"0oa1","nonce":"n"}"#)));
    a_token_that_never_ends: "token-without-end" => with(org(), &format!("{{ token: {{ ci: {{ access_token: '{}' }} }} }}", jwt(r#"{"aud":"api","scp":["a"]}"#)));
    an_endpoint_without_a_limit: "limit-not-told" => with(org(), "{ endpoint: { it: { path: /.well-known/openid-configuration, interval: 1s, timeout: 1s } } }");
    a_token_that_nobody_reads: "token-unjudged" => with(org(), "{ token: { ci: { access_token: 00opaque, expect: { audience: api } } } }");
    a_token_for_somebody_else: "wrong-audience" => token(|_| reports().audience("api://other"));
    a_token_whose_key_is_gone: "key-not-published" => withdrawn();
    a_file_that_was_taken_away: "store-failing" => forgetful();
    a_key_that_caches_may_still_hold: "key-withdrawn-early" => withdrawn_early();
    a_token_that_was_altered: "bad-signature" => tampered();
    a_key_set_without_keys: "no-keys" => fault_at("/oauth2/v1/keys", Fault::body("application/json", r#"{"keys":[]}"#), "{ jwks: { org: {} } }");
    a_token_that_was_revoked: "inactive-token" => revoked();
    a_bearer_that_nobody_minted: "invalid-token" => bearer(org(), |_| "00unknown".to_owned());
    a_bearer_without_its_proof: "dpop-required" => challenged(400, "invalid_request", "The resource request requires a DPoP proof.");
    a_nonce_asked_for_again: "dpop-nonce" => challenged(400, "use_dpop_nonce", "Authorization server requires nonce in DPoP proof.");
    a_proof_for_another_url: "dpop-proof" => challenged(401, "invalid_dpop_proof", "'htu' claim in the DPoP proof JWT is invalid.");

    a_public_document_that_is_refused: "public-document-refused" => fault_at("/.well-known/openid-configuration", Fault::error(403, "E0000006"), "{ discovery: {} }");
    a_request_without_credential: "no-credential" => with(org(), "{ endpoint: { it: { path: /api/v1/users } } }");
    an_api_token_that_nobody_uses: "api-token-expiring" => idle_token();
    an_api_token_that_was_revoked: "api-token-gone" => token_gone();
    an_api_token_that_is_dead: "dead-api-token" => with(Org::new("acme").api_token(ApiToken::new("monitor", API_TOKEN).dead()), &asking("/api/v1/users"));
    a_feature_that_the_org_lacks: "feature-not-licensed" => with(org().without_feature("/api/v1/groups"), &asking("/api/v1/groups"));
    a_bearer_without_the_scope: "missing-scope" => bearer(org().bearer("00bearer", ["okta.groups.read"]), |_| "00bearer".to_owned());
    an_app_that_was_granted_nothing: "app-not-granted" => challenged(400, "consent_required", "You are not allowed any of the requested scopes.");
    a_scope_that_there_is_not: "unknown-scope" => challenged(400, "invalid_scope", "One or more scopes are not configured.");
    a_client_with_a_wrong_secret: "invalid-client" => with(org(), "{ token: { ci: { access_token: 00opaque, introspect: { client_id: 0oa1, client_secret: wrong } } } }");
    scopes_that_no_rule_grants: "scopes-refused" => challenged(400, "access_denied", "All of the requested scopes were refused.");
    an_address_that_is_not_admitted: "network-zone" => challenged(403, "access_denied", "Policy evaluation failed for this request.");
    a_role_that_may_not: "role-or-policy" => with(Org::new("acme").api_token(ApiToken::new("monitor", API_TOKEN).only(["okta.groups.read"])), &asking("/api/v1/users"));
    a_credential_that_is_not_taken: "credential-refused" => users(Fault::error(401, "E0000004"));

    an_org_that_takes_no_changes: "read-only" => users(Fault::error(503, "E0000010"));
    an_okta_that_fails: "server-error" => users(Fault::status(500));
    an_incident_on_the_cell: "incident" => status_page(PageMode::Right);
    an_incident_on_all_cells: "incident-of-unknown-reach" => incident_on("All cells", PageMode::Right);
    a_cell_whose_name_nobody_knows: "incidents-unmatched" => with(org().cell("og1"), "{ organization: {} }");
    a_principal_that_okta_does_not_list: "principal-not-listed" => principal("00Tmistyped");
    a_log_whose_cursor_is_forgotten: "log-gap" => forgotten();
    a_pool_whose_agent_dropped: "agent-pool" => dropped();
    a_stream_that_carries_nothing: "log-stream-off" => integrations(|sim| sim.deactivate_log_stream("to-the-archive"));
    a_hook_that_lost_its_verification: "event-hook-unverified" => integrations(|sim| sim.verify_hook("to-the-tickets", false));
    an_org_that_failed_over: "failed-over" => failed_over();
    a_threshold_that_was_moved: "settings-changed" => moved();
    an_org_that_is_about_to_end: "org-expiring" => of_org(|sim| sim.expire_org_in(Duration::from_hours(24)));
    a_support_that_may_sign_in: "support-access-open" => of_org(|sim| sim.open_support_access(Duration::from_hours(8)));
    mails_that_nobody_gets: "nobody-subscribed" => of_org(|sim| sim.unsubscribe("RATELIMIT_NOTIFICATION"));
    a_feature_that_nobody_asked_for: "withheld" => with(org().without_feature("/api/v1/agentPools"), "{ agent_pools: { optional: true } }");
    a_key_that_nobody_rotates: "signing-key-not-rotated" => ending(|okta| okta.rotate_keys_by_hand("default", days(400)));
    an_application_whose_certificate_ends: "app-certificate-expiring" => ending(|okta| okta.add_saml_app("Payroll", days(20)).unwrap());
    a_provider_whose_certificate_ends: "idp-certificate-expiring" => ending(|okta| okta.add_idp("Partner", days(20)).unwrap());
    a_domain_whose_certificate_ends: "domain-certificate-expiring" => ending(|okta| okta.add_domain("login.acme.example", false, days(20)));
    a_domain_that_okta_did_not_renew: "managed-domain-certificate-expiring" => ending(|okta| okta.add_domain("login.acme.example", true, days(10)));
    a_domain_that_is_not_verified: "domain-not-verified" => ending(|okta| {
        okta.add_domain("login.acme.example", true, days(80));
        okta.set_domain_status("login.acme.example", "IN_PROGRESS");
    });
    a_certificate_that_is_misdated: "certificate-misdated" => ending(|okta| {
        okta.add_idp("Partner", days(400)).unwrap();
        okta.misdate_certificate("Partner");
    });
    a_feed_that_is_frozen: "status-page-frozen" => status_page(PageMode::Frozen);
    a_status_page_that_was_rewritten: "status-page-unreadable" => status_page(PageMode::Rewritten);
    a_status_page_of_nobody: "status-page-unreachable" => page_at("https://nobody.invalid");
    a_status_page_with_a_certificate_of_nobody: "status-page-tls" => page_of_unknown_authority();
    a_status_page_that_turns_programs_away: "status-page-refused" => status_page(PageMode::Unauthorized);

    another_org_that_answers: "mismatch" => with(org().issuer("https://login.acme.example"), "{ discovery: {} }");
    a_secret_that_is_gone: "secret" => secret_is_gone();
    runs_longer_than_their_interval: "overlap" => slow_rounds();
    an_org_left_alone: "breaker" => broken_off();
    budget: "budget" => thrifty();
    a_path_that_leads_nowhere: "not-found" => with(org(), &asking("/api/v1/nothing"));
    a_request_that_is_not_served: "refused" => users(Fault::error(400, "E0000001"));
}

/// One case has several signs: each of those that decide subtly is provoked too.
macro_rules! also {
    ($($name:ident: $case:literal => $provoke:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            let (exporter, _held) = $provoke.await;
            exporter.until_case($case).await;
            crate::handbook::its_reasons_are_told(&exporter, $case).await;
        })*
    };
}

also! {
    a_bearer_that_has_expired: "expired-token" => bearer(org(), |okta| okta.controls().mint(&Mint::by(ORG).lasting(Duration::ZERO)).unwrap());
    a_proof_from_the_past: "clock-skew" => challenged(401, "invalid_dpop_proof", "The DPoP proof JWT is issued more than five minutes in the past.");
    an_assertion_that_seems_expired: "clock-skew" => challenged(401, "invalid_client", "The client_assertion token is expired.");
    an_assertion_from_the_future: "clock-skew" => challenged(401, "invalid_client", "The client_assertion token was issued in the future.");
    an_assertion_of_another_key: "invalid-client" => challenged(401, "invalid_client", "The client_assertion signature is invalid.");
    a_mint_without_a_proof: "dpop-required" => challenged(400, "invalid_dpop_proof", "The DPoP proof JWT header is missing.");
    a_challenge_that_gives_no_error: "no-credential" => users(Fault::challenge(401, SILENT));
    a_session_that_there_is_not: "no-credential" => users(Fault::error(403, "E0000005"));
    a_403_without_a_code: "role-or-policy" => users(Fault::challenge(403, SILENT));
    a_watched_token_without_the_scope: "missing-scope" => token(|_| Mint::by("default").scopes(["reports.list"]));
    a_token_of_another_org: "wrong-issuer" => with(org(), &format!("{{ token: {{ ci: {{ access_token: '{}' }} }} }}", foreign()));
    a_503_of_the_edge: "edge-server-error" => users(Fault::edge(503));
    a_proof_without_its_id: "dpop-proof" => challenged(400, "invalid_dpop_proof", "'jti' claim in the DPoP proof JWT is missing.");
    a_proof_without_its_time: "dpop-proof" => challenged(400, "invalid_dpop_proof", "'iat' claim in the DPoP proof JWT is missing.");
    a_key_set_that_is_refused: "public-document-refused" => fault_at("/oauth2/v1/keys", Fault::error(401, "E0000004"), "{ jwks: { org: {} } }");
    a_cell_that_is_refused: "public-document-refused" => fault_at("/.well-known/okta-organization", Fault::challenge(403, SILENT), "{ organization: {} }");
    a_cell_that_is_not_told: "incidents-unmatched" => cell_beside("", RunningStatusPage::okta_url, "");
    a_cell_that_is_set_where_no_page_names_any: "incidents-unmatched" => cell_beside("ok7", RunningStatusPage::statuspage_url, "cell: 'okta.com:7',");
    an_introspection_refused_without_a_word: "invalid-client" => introspecting(Fault::challenge(401, SILENT));
    an_introspection_that_is_forbidden: "network-zone" => introspecting(Fault::challenge(403, SILENT));
}

#[tokio::test]
async fn a_probe_that_is_silent_is_told_unless_something_holds_it_back() {
    let okta = org().start().await.unwrap();
    let exporter = Exporter::watch(&okta, &asking("/api/v1/users")).await;
    exporter.first_round().await;
    let soon = exporter.view_later(Duration::from_secs(90));
    assert_eq!(soon["orgs"][0]["probes"][0]["findings"], json!([]));
    let late = exporter.view_later(Duration::from_secs(200));
    let found = &late["orgs"][0]["probes"][0]["findings"][0];
    assert_eq!(found["case"], "overdue", "{late:#}");

    let (exporter, _held) = broken_off().await;
    exporter.until_case("breaker").await;
    let late = exporter.view_later(Duration::from_secs(200));
    let probes = late["orgs"][0]["probes"].as_array().unwrap();
    let mut left_out = probes.iter().filter(|p| p["trouble"]["case"] == "breaker");
    let left_out = left_out.next().unwrap();
    assert_eq!(left_out["overdue"], true, "{late:#}");
    assert_eq!(left_out["findings"], json!([]), "{late:#}");
}
