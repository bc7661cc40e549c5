use std::{collections::BTreeMap, fs, process::Output, sync::Mutex, time::Duration};

use base64::Engine as _;
use okta_exporter::{
    config::Config,
    diagnose::{self, Report, Style, Verdict},
    sim::{ApiToken, Clock, Fault, Incident, Mint, Org, Principal, Running, StatusPage, Tls},
};
use serde_json::Value;

use crate::support::{API_TOKEN, Exporter, PATIENCE, ServiceApp, acme, endpoint, json};

fn org() -> Org {
    Org::new("acme")
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .client("0oa1", "s3cr3t")
        .cell("ok7")
}

async fn report(yaml: &str) -> Report {
    let config = Config::parse(yaml, &BTreeMap::new()).unwrap_or_else(|e| panic!("{e}"));
    diagnose::diagnose(config, &|_| {}).await
}

#[tokio::test]
async fn whoever_waits_hears_of_each_probe() {
    let okta = org().start().await.unwrap();
    let yaml = acme(&okta, "{ discovery: {}, organization: {} }");
    let config = Config::parse(&yaml, &BTreeMap::new()).unwrap();
    let heard = Mutex::new(Vec::new());
    let hear = |step: diagnose::Step<'_>| {
        let told = format!("{} of {}: {}", step.done, step.all, step.probe);
        heard.lock().unwrap().push(told);
    };
    diagnose::diagnose(config, &hear).await;
    let heard = heard.into_inner().unwrap();
    assert_eq!(
        heard,
        ["1 of 2: acme discovery", "2 of 2: acme organization"]
    );
}

#[tokio::test]
async fn what_is_left_of_a_window_is_counted_by_oktas_clock() {
    let okta = org().start().await.unwrap();
    okta.controls()
        .set_clock_offset(jiff::SignedDuration::from_hours(1));
    let endpoint = endpoint("users");
    let yaml = acme(&okta, &format!("{{ endpoint: {{ {endpoint} }} }}"));
    let report = report(&yaml).await;
    let checks = &report.orgs[0].checks;
    let said = checks.iter().find(|check| check.says.contains("resets in"));
    let said = &said.unwrap_or_else(|| panic!("{checks:#?}")).says;
    assert!(said.ends_with(" s"), "{said}");
}

#[tokio::test]
async fn a_key_that_few_answers_lacked_is_in_doubt_and_not_gone() {
    let okta = org().start().await.unwrap();
    let token = okta.controls().mint(&Mint::by("default")).unwrap();
    okta.controls().remove_key_early("default").unwrap();
    let probes = format!("{{ token: {{ ci: {{ access_token: {token} }} }} }}");
    let report = report(&acme(&okta, &probes)).await;
    let told = check(&report, 0, "ci signing key");
    assert_eq!(told, (Verdict::Degraded, Some("key-not-published")));
}

/// The verdict of a check, and its case.
fn check(report: &Report, org: usize, name: &str) -> (Verdict, Option<&'static str>) {
    let checks = &report.orgs[org].checks;
    let Some(check) = checks.iter().find(|check| check.name == name) else {
        panic!("no check `{name}`: {checks:#?}")
    };
    (
        check.verdict,
        check.advice.as_ref().map(|advice| advice.case),
    )
}

#[tokio::test]
async fn an_org_where_all_is_well_is_healthy() {
    let okta = org().start().await.unwrap();
    let (url, _page) = page(None).await;
    let yaml = everything(&okta, &token(&okta, "reports.read"), &url);
    let report = normal(report(&yaml).await, &okta);
    assert_eq!(report.verdict, Verdict::Healthy);
    insta::assert_snapshot!("diagnose_healthy", diagnose::text(&report, Style::Plain));
}

#[tokio::test]
async fn an_org_in_trouble_is_told_section_by_section_for_people_and_programs() {
    let okta = org().start().await.unwrap();
    okta.controls()
        .fault("/api/v1/users", Fault::error(403, "E0000006"));
    okta.controls().fault("/api/v1/groups", Fault::status(503));
    let incident = Incident::new("Sign-in is slow").cells("okta.com:7");
    let (url, _page) = page(Some(incident)).await;
    let yaml = everything(&okta, &token(&okta, "reports.list"), &url);
    let report = normal(report(&yaml).await, &okta);
    assert_eq!(report.verdict, Verdict::Broken);
    let text = diagnose::text(&report, Style::Plain);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    insta::assert_snapshot!("diagnose_trouble", text);
    let json = serde_json::to_string_pretty(&report).unwrap();
    insta::assert_snapshot!("diagnose_trouble_json", json);
    let reference = fs::read_to_string("docs/diagnose.md").unwrap();
    for fact in report.orgs[0]
        .checks
        .iter()
        .flat_map(|check| check.facts.keys())
    {
        assert!(
            reference.contains(&format!("`{fact}`")),
            "docs/diagnose.md lacks {fact}"
        );
    }
    // Colour adds nothing but colour.
    let colour = diagnose::text(&report, Style::Colour);
    assert!(colour.contains("\x1b[31m✗\x1b[0m"));
    let bare = ["0", "1", "2", "31", "32", "33"]
        .iter()
        .fold(colour, |text, code| {
            text.replace(&format!("\x1b[{code}m"), "")
        });
    assert_eq!(bare, text);
}

#[tokio::test]
async fn an_org_that_cannot_be_reached_is_left_alone_and_hides_no_other() {
    let well = org().start().await.unwrap();
    let yaml = acme(&well, "{ discovery: {}, organization: {} }")
        + "  lost: { url: 'https://nobody.invalid', probes: { discovery: {}, organization: {}, jwks: { org: {} } } }\n";
    let report = report(&yaml).await;
    assert_eq!(report.orgs[0].verdict, Verdict::Healthy);
    assert_eq!(report.orgs[1].verdict, Verdict::Broken);
    assert_eq!(
        check(&report, 1, "discovery"),
        (Verdict::Broken, Some("dns"))
    );
    assert_eq!(check(&report, 1, "org"), (Verdict::Skipped, None));
    assert!(report.orgs[1].support.is_empty(), "Okta never heard of it");
}

#[tokio::test]
async fn a_stalled_org_does_not_delay_the_report_beyond_one_timeout() {
    let okta = org().start().await.unwrap();
    okta.controls().fault("/", Fault::stall_forever());
    let probes = format!(
        "{{ discovery: {{ timeout: 500ms }}, organization: {{ timeout: 500ms }}, endpoint: {{ {} }} }}",
        endpoint("users")
    );
    let report = report(&acme(&okta, &probes)).await;
    let stalled = (Verdict::Broken, Some("timeout-first-byte"));
    assert_eq!(check(&report, 0, "discovery"), stalled);
    assert_eq!(okta.controls().request_count(), 1, "the others did not try");
    let [ticket] = &report.orgs[0].support[..] else {
        panic!("{:?}", report.orgs[0].support)
    };
    let path = "/.well-known/openid-configuration";
    assert_eq!(ticket.path.as_deref(), Some(path));
    let text = diagnose::text(&report, Style::Plain);
    assert!(text.contains(&format!("{path}: no answer")), "{text}");
}

#[tokio::test]
async fn what_is_wrong_with_tokens_clocks_and_certificates_is_found() {
    let clock = Clock::running();
    let tls = Tls::new().lasting(Duration::from_hours(5 * 24));
    let okta = org().clock(&clock).tls(tls).start().await.unwrap();
    let expired = okta
        .controls()
        .mint(&Mint::by("default").lasting(Duration::ZERO));
    okta.controls()
        .set_clock_offset(jiff::SignedDuration::from_mins(-10));
    let revoked = token(&okta, "reports.read");
    okta.controls().revoke(&revoked);
    let late = Mint::by("default").lasting(Duration::from_secs(58));
    let late = okta.controls().mint(&late).unwrap();
    let ca = tempfile::NamedTempFile::new().unwrap();
    fs::write(ca.path(), okta.ca_pem().unwrap()).unwrap();
    let introspect = "introspect: { client_id: 0oa1, client_secret: s3cr3t }";
    let yaml = format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{}', ca_file: '{}', probes: {{ discovery: {{}}, token: {{ expired: {{ access_token: {}, {introspect} }}, revoked: {{ access_token: {revoked}, {introspect} }}, late: {{ access_token: {late} }} }} }} }} }}",
        okta.url(),
        ca.path().display(),
        expired.unwrap(),
    );
    let report = report(&yaml).await;
    for (name, verdict, case) in [
        ("clock", Verdict::Degraded, Some("clock-skew")),
        (
            "certificate",
            Verdict::Degraded,
            Some("certificate-expiring"),
        ),
        (
            "revoked introspection",
            Verdict::Broken,
            Some("inactive-token"),
        ),
        ("late expiry", Verdict::Degraded, Some("expired-token")),
        // By Okta's clock, which is ten minutes slow, it is from the future.
        ("expired expiry", Verdict::Broken, Some("not-yet-valid")),
    ] {
        assert_eq!(check(&report, 0, name), (verdict, case), "{name}");
    }
}

#[tokio::test]
async fn a_page_without_cells_is_told_by_its_open_incidents() {
    let okta = org().start().await.unwrap();
    let (_, served) = page(Some(Incident::new("Sign-in is slow"))).await;
    let asked = acme(&okta, "{ organization: {} }");
    let pages = format!(
        "status_pages: {{ other: {{ url: '{}' }} }}",
        served.statuspage_url()
    );
    let with_cell = report(&asked.replace("status_pages: {}", &pages)).await;
    assert_eq!(check(&with_cell, 0, "other"), (Verdict::Degraded, None));
    let asked = acme(&okta, "{ discovery: {} }");
    let without = report(&asked.replace("status_pages: {}", &pages)).await;
    // Which cell the org is on is as unknown as where the incident is.
    assert_eq!(check(&without, 0, "other"), (Verdict::Degraded, None));
}

#[tokio::test]
async fn a_page_that_tells_its_indicator_alone_is_told_by_that() {
    let okta = org().start().await.unwrap();
    for (incident, verdict) in [
        (None, Verdict::Healthy),
        (Some(Incident::new("Sign-in is slow")), Verdict::Degraded),
    ] {
        let (_, served) = page(incident).await;
        let file = format!("{}/api/v2/status.json", served.statuspage_url());
        let pages = format!("status_pages: {{ other: {{ url: '{file}' }} }}");
        let asked = acme(&okta, "{ organization: {} }").replace("status_pages: {}", &pages);
        let report = report(&asked).await;
        assert_eq!(check(&report, 0, "other"), (verdict, None));
    }
}

#[tokio::test]
async fn a_page_whose_components_are_out_is_not_well_for_having_no_incident() {
    let okta = org().start().await.unwrap();
    for (indicator, verdict, says) in [
        ("none", Verdict::Healthy, "no open incident"),
        ("maintenance", Verdict::Healthy, "no open incident"),
        (
            "major",
            Verdict::Degraded,
            "no open incident, but its indicator is `major`",
        ),
        (
            "on fire",
            Verdict::Degraded,
            "no open incident, but its indicator is `other`",
        ),
    ] {
        let summary = serde_json::json!({
            "page": {"name": "Example", "url": "https://status.example"},
            "status": {"indicator": indicator, "description": "Partial System Outage"},
            "components": [{"id": "c1", "name": "Sign-in", "status": "major_outage"}],
            "incidents": [],
            "scheduled_maintenances": [],
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let served = move || std::future::ready(axum::Json(summary.clone()));
        let pages = axum::Router::new().route("/api/v2/summary.json", axum::routing::get(served));
        let task = tokio::spawn(async move { axum::serve(listener, pages).await });
        let pages = format!("status_pages: {{ other: {{ url: '{url}', format: statuspage }} }}");
        let asked = acme(&okta, "{ organization: {} }").replace("status_pages: {}", &pages);
        let report = report(&asked).await;
        assert_eq!(check(&report, 0, "other"), (verdict, None), "{indicator}");
        let checks = &report.orgs[0].checks;
        let told = checks.iter().find(|check| check.name == "other").unwrap();
        assert_eq!(told.says, says);
        task.abort();
    }
}

#[tokio::test]
async fn an_incident_that_may_be_on_any_cell_is_not_told_to_be_elsewhere() {
    let okta = org().start().await.unwrap();
    for (cells, says) in [
        (
            "All cells",
            "no open incident on okta.com:7, 1 that may be on any cell: I-99001",
        ),
        (
            "",
            "no open incident on okta.com:7, 1 that may be on any cell: I-99001",
        ),
        (
            "okta.com:8; others",
            "no open incident on okta.com:7, 1 that may be on any cell: I-99001",
        ),
    ] {
        let (url, _page) = page(Some(Incident::new("Sign-in is slow").cells(cells))).await;
        let pages = format!("status_pages: {{ okta: {{ url: '{url}' }} }}");
        let asked = acme(&okta, "{ discovery: {}, organization: {} }");
        let report = report(&asked.replace("status_pages: {}", &pages)).await;
        let case = Some("incident-of-unknown-reach");
        assert_eq!(
            check(&report, 0, "okta"),
            (Verdict::Degraded, case),
            "{cells}"
        );
        assert_eq!(report.verdict, Verdict::Degraded);
        let checks = &report.orgs[0].checks;
        let told = checks.iter().find(|check| check.name == "okta").unwrap();
        assert!(told.says.starts_with(says), "{}", told.says);
        assert_eq!(told.facts["open_incidents_of_unknown_reach"], 1);
    }
    let (url, _page) = page(Some(Incident::new("Slow").cells("okta.com:8 (US Cell 8)"))).await;
    let pages = format!("status_pages: {{ okta: {{ url: '{url}' }} }}");
    let asked = acme(&okta, "{ discovery: {}, organization: {} }");
    let report = report(&asked.replace("status_pages: {}", &pages)).await;
    assert_eq!(check(&report, 0, "okta"), (Verdict::Healthy, None));
}

#[tokio::test]
async fn a_limit_counts_as_nearly_used_up_from_where_the_org_has_okta_warn() {
    let hour = Duration::from_hours(1);
    let okta = org().window(hour).warning_threshold(60);
    let okta = okta.start().await.unwrap();
    assert_eq!(
        okta.controls()
            .spend("/api/v1/users", &Principal::new("monitor"), 35),
        35
    );
    let asked = |more: &str| {
        let users = "endpoint: { users: { path: /api/v1/users, credential: monitor } }";
        acme(&okta, &format!("{{ {users}{more} }}"))
    };
    let known = report(&asked(", rate_limit_settings: {}")).await;
    assert_eq!(check(&known, 0, "/api/v1/users"), (Verdict::Degraded, None));
    let text = diagnose::text(&known, Style::Plain);
    assert!(text.contains("Okta warns from 60 % on"), "{text}");
    let unknown = report(&asked("")).await;
    assert_eq!(
        check(&unknown, 0, "/api/v1/users"),
        (Verdict::Healthy, None)
    );
}

#[tokio::test]
async fn a_service_app_is_told_what_it_was_not_granted() {
    let app = ServiceApp::new();
    let registered = app.registered().grant(["okta.users.read"]).dpop();
    let okta = Org::new("acme")
        .service_app(registered)
        .start()
        .await
        .unwrap();
    let ask = |name: &str| format!("{name}: {{ path: /api/v1/{name}, credential: billing }}");
    let probes = format!("{{ endpoint: {{ {}, {} }} }}", ask("users"), ask("groups"));
    let scopes = "scopes: [okta.users.read, okta.groups.read]";
    let yaml = app.yaml(&okta, scopes, &probes);
    let report = report(&yaml).await;
    let lacking = (Verdict::Degraded, Some("missing-scope"));
    assert_eq!(check(&report, 0, "scopes of billing"), lacking);
    assert_eq!(check(&report, 0, "endpoint/groups"), lacking);
    assert_eq!(
        check(&report, 0, "endpoint/users"),
        (Verdict::Healthy, None)
    );
    let mut checks = report.orgs[0].checks.iter();
    let scopes = checks
        .find(|check| check.name == "scopes of billing")
        .unwrap();
    assert_eq!(scopes.facts["missing"][0], "okta.groups.read", "{scopes:?}");
    assert_eq!(scopes.facts["granted"][0], "okta.users.read", "{scopes:?}");

    let exporter = Exporter::start(&yaml).await;
    exporter.first_round().await;
    let status = json(&format!("{}/api/v1/status", exporter.url())).await;
    let of_org = status["orgs"].as_array().unwrap();
    let found = of_org.iter().find(|org| org["name"] == "acme").unwrap();
    assert_eq!(found["findings"][0]["case"], "missing-scope", "{status:#}");
}

#[tokio::test]
async fn what_does_not_work_is_broken_whatever_status_it_comes_with() {
    let discovery = "/.well-known/openid-configuration";
    for fault in [
        Fault::error(403, "E0000006"),
        Fault::error(404, "E0000007"),
        Fault::rate_limited(),
        Fault::status(503),
    ] {
        let okta = org().start().await.unwrap();
        okta.controls().fault(discovery, fault.clone());
        okta.controls().fault("/oauth2/v1/keys", fault);
        let probes = "{ discovery: {}, jwks: { org: {} } }";
        let report = report(&acme(&okta, probes)).await;
        assert_eq!(check(&report, 0, "discovery").0, Verdict::Broken);
        assert_eq!(check(&report, 0, "org").0, Verdict::Broken);
    }
    let app = ServiceApp::new();
    let challenge =
        |status: u16, error: &str| Fault::challenge(status, &format!(r#"DPoP error="{error}""#));
    for fault in [
        challenge(400, "invalid_dpop_proof"),
        challenge(400, "invalid_request"),
        challenge(400, "consent_required"),
        challenge(401, "invalid_client"),
        challenge(403, "access_denied"),
        Fault::rate_limited(),
    ] {
        let registered = app.registered().grant(["okta.users.read"]).dpop();
        let okta = Org::new("acme")
            .service_app(registered)
            .start()
            .await
            .unwrap();
        okta.controls().fault("/oauth2/v1/token", fault);
        let probes = "{ endpoint: { users: { path: /api/v1/users, credential: billing } } }";
        let report = report(&app.yaml(&okta, "scopes: [okta.users.read]", probes)).await;
        let (verdict, case) = check(&report, 0, "endpoint/users");
        assert_eq!(verdict, Verdict::Broken, "no access token: {case:?}");
    }
    // The same client is refused: by a 400 as by a 401.
    for status in [400, 401] {
        let okta = org().start().await.unwrap();
        okta.controls()
            .fault("/oauth2/v1/introspect", challenge(status, "invalid_client"));
        let probes = "{ token: { ci: { access_token: 00opaque, introspect: { client_id: 0oa1, client_secret: s3cr3t } } } }";
        let report = report(&acme(&okta, probes)).await;
        assert_eq!(
            check(&report, 0, "ci introspection").0,
            Verdict::Broken,
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_custom_servers_token_without_a_kid_is_not_told_to_have_a_key_that_is_not_public() {
    let okta = org().start().await.unwrap();
    let part = |json: String| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json);
    let claims = format!(
        r#"{{"iss":"{}/oauth2/default","exp":4000000000}}"#,
        okta.url()
    );
    for (header, says) in [
        (r#"{"alg":"RS256"}"#, "the token names none"),
        (r#"{"alg":"RS256","kid":"k"}"#, "key"),
    ] {
        let token = format!("{}.{}.c2ln", part(header.to_owned()), part(claims.clone()));
        let report = report(&acme(
            &okta,
            &format!("{{ token: {{ ci: {{ access_token: '{token}' }} }} }}"),
        ))
        .await;
        let checks = &report.orgs[0].checks;
        let key = checks
            .iter()
            .find(|check| check.name == "ci signing key")
            .unwrap();
        assert!(
            key.says.contains(says) && !key.says.contains("not public"),
            "{}",
            key.says
        );
    }
}

#[tokio::test]
async fn what_is_not_given_is_skipped_and_not_failed() {
    let okta = org().start().await.unwrap();
    let said = run(&[], &[("OKTA_DOMAIN", okta.url()), NO_PAGE]).await;
    let text = String::from_utf8(said.stdout).unwrap();
    assert_eq!(said.status.code(), Some(0), "{text}");
    for hint in ["set OKTA_TOKEN", "set ACCESS_TOKEN", "no status page"] {
        assert!(text.contains(hint), "no {hint} in {text}");
    }
}

#[tokio::test]
async fn the_five_variables_of_the_guide_are_enough() {
    let okta = org().start().await.unwrap();
    let token = token(&okta, "reports.read");
    let variables = [
        ("OKTA_DOMAIN", okta.url()),
        ("OKTA_TOKEN", API_TOKEN),
        ("ACCESS_TOKEN", &token),
        ("CLIENT_ID", "0oa1"),
        ("CLIENT_SECRET", "s3cr3t"),
        NO_PAGE,
    ];
    let said = run(&["--output=json"], &variables).await;
    let text = String::from_utf8(said.stdout).unwrap();
    assert_eq!(said.status.code(), Some(0), "{text}");
    assert!(said.stderr.is_empty(), "no progress where nobody watches");
    let json: Value = serde_json::from_str(&text).unwrap();
    let checks = json["orgs"][0]["checks"].as_array().unwrap();
    let facts = |name: &str| {
        let check = checks.iter().find(|check| check["name"] == name);
        &check.unwrap_or_else(|| panic!("no {name} in {text}"))["facts"]
    };
    assert_eq!(facts("discovery")["http_status"], 200);
    assert!(facts("discovery")["first_byte_seconds"].as_f64() > Some(0.0));
    assert_eq!(facts("/api/v1/users")["remaining"], 49);
    assert_eq!(facts("access payload")["aud"][0], "api://default");
    assert!(facts("access expiry")["seconds_left"].as_i64() > Some(3000));
    assert_eq!(facts("access scopes")["scopes"][0], "reports.read");
    assert_eq!(facts("access introspection")["active"], true);
    assert_eq!(facts("access signing key")["published"], true);
}

#[tokio::test]
async fn the_exit_status_tells_how_it_stands() {
    let okta = org().start().await.unwrap();
    let variables = [
        ("OKTA_DOMAIN", okta.url()),
        ("OKTA_TOKEN", API_TOKEN),
        NO_PAGE,
    ];
    let status =
        async |args: &[&str], variables: &[(&str, &str)]| run(args, variables).await.status.code();
    assert_eq!(status(&[], &variables).await, Some(0));
    okta.controls()
        .fault("/api/v1/users", Fault::error(403, "E0000006"));
    assert_eq!(status(&[], &variables).await, Some(1));
    okta.controls()
        .fault("/api/v1/users", Fault::error(401, "E0000011"));
    assert_eq!(status(&[], &variables).await, Some(2));
    assert_eq!(status(&["--nonsense"], &variables).await, Some(64));
    assert_eq!(status(&[], &[]).await, Some(64), "there is no org to ask");
}

#[tokio::test]
async fn colour_is_used_where_it_is_wanted_and_no_secret_is_ever_shown() {
    let okta = org().start().await.unwrap();
    okta.controls()
        .fault("/api/v1/users", Fault::error(401, "E0000011"));
    let token = token(&okta, "reports.read");
    let variables = [
        ("OKTA_DOMAIN", okta.url()),
        ("OKTA_TOKEN", API_TOKEN),
        ("ACCESS_TOKEN", &token),
        ("CLIENT_ID", "0oa1"),
        ("CLIENT_SECRET", "s3cr3t"),
        NO_PAGE,
    ];
    let signature = token.rsplit_once('.').unwrap().1;
    for (args, coloured) in [
        (&["--color=always"][..], true),
        (&["--color=never"], false),
        (&[], false),
        (&["--output=json"], false),
    ] {
        let said = run(args, &variables).await;
        let text = String::from_utf8([said.stdout, said.stderr].concat()).unwrap();
        assert_eq!(text.contains('\x1b'), coloured, "{args:?}");
        for secret in [API_TOKEN, "s3cr3t", signature] {
            assert!(!text.contains(secret), "{args:?} shows {secret}");
        }
    }
}

#[tokio::test]
async fn a_terminal_is_shown_how_far_it_is_and_then_a_report_in_colour() {
    let okta = org().start().await.unwrap();
    let variables = [("OKTA_DOMAIN", okta.url()), NO_PAGE];
    let program = concat!(env!("CARGO_BIN_EXE_okta-exporter"), " diagnose");
    // `script` runs a program on a terminal of its own.
    let mut command = tokio::process::Command::new("script");
    command
        .args(["--quiet", "--return", "--command", program, "/dev/null"])
        .env_clear()
        .envs(variables)
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true);
    let ended = tokio::time::timeout(PATIENCE, command.output()).await;
    let said = ended.expect("it does not end").unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    assert_eq!(said.status.code(), Some(0), "{text}");
    let (working, report) = text.split_once("\x1b[1mokta-exporter").unwrap();
    assert!(working.starts_with("\r\x1b[2K1 of 3: "), "{working:?}");
    assert!(
        working.ends_with("\r\x1b[2K"),
        "the line stays: {working:?}"
    );
    assert!(report.contains("\x1b[32m✓\x1b[0m discovery"), "{report}");
}

/// No status page is asked: none of the tests may leave this machine.
const NO_PAGE: (&str, &str) = ("OKTA_EXPORTER__STATUS_PAGES", "{}");

async fn run(args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_okta-exporter"));
    command
        .arg("diagnose")
        .args(args)
        .env_clear()
        .envs(variables.iter().copied())
        .kill_on_drop(true);
    let ended = tokio::time::timeout(PATIENCE, command.output()).await;
    ended.expect("it does not end").unwrap()
}

fn token(okta: &Running, scope: &'static str) -> String {
    let mint = Mint::by("default").scopes([scope]);
    okta.controls().mint(&mint).unwrap()
}

async fn page(incident: Option<Incident>) -> (String, okta_exporter::sim::RunningStatusPage) {
    let page = StatusPage::new(&Clock::running());
    if let Some(incident) = incident {
        page.open(incident.category("Service Degradation"));
    }
    let served = page.start(0).await.unwrap();
    (served.okta_url(), served)
}

/// Every kind of probe.
fn everything(okta: &Running, token: &str, page: &str) -> String {
    let url = okta.url();
    let ask =
        |name: &str| format!("{name}: {{ path: '/api/v1/{name}?limit=1', credential: monitor }}");
    let probes = format!(
        "{{ discovery: {{}}, organization: {{}}, jwks: {{ org: {{}}, default: {{ authorization_server: default }} }}, endpoint: {{ {}, {} }}, token: {{ ci: {{ access_token: {token}, introspect: {{ client_id: 0oa1, client_secret: s3cr3t }}, expect: {{ issuer: '{url}/oauth2/default', audience: 'api://default', scopes: [reports.read] }} }} }} }}",
        ask("users"),
        ask("groups")
    );
    let page = format!("status_pages: {{ okta: {{ url: '{page}' }} }}");
    acme(okta, &probes).replace("status_pages: {}", &page)
}

/// The report with all that differs from run to run made the same.
fn normal(report: Report, okta: &Running) -> Report {
    let url = okta.url();
    let long_ago: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut report = report;
    report.at = long_ago;
    report.version = "0.0.0";
    for org in &mut report.orgs {
        org.url = org.url.replace(url, "https://acme.okta.com");
        for check in &mut org.checks {
            check.says = words(&check.says.replace(url, "https://acme.okta.com"));
            for (name, value) in &mut check.facts {
                *value = fact(name, value, url);
            }
        }
        for ticket in &mut org.support {
            ticket.at = long_ago;
            ticket.request_id = ticket.request_id.take().map(|id| "r".repeat(id.len()));
            ticket.error_id = ticket.error_id.take().map(|id| "e".repeat(id.len()));
        }
    }
    report
}

/// Numbers before units, times and key ids made the same.
fn words(text: &str) -> String {
    let units = ["ms", "s", "min", "h", "days"];
    let words: Vec<&str> = text.split(' ').collect();
    let bare = |word: &str| word.trim_end_matches([',', ';', ':']).to_owned();
    let same = |(place, word): (usize, &&str)| {
        let next = words.get(place + 1).map(|next| bare(next));
        let last = place.checked_sub(1).map(|before| words[before]);
        let mark = &word[bare(word).len()..];
        if next.is_some_and(|next| units.contains(&next.as_str())) && word.parse::<f64>().is_ok() {
            "1".to_owned()
        } else if units.contains(&bare(word).as_str())
            && last.is_some_and(|n| n.parse::<f64>().is_ok())
        {
            format!("s{mark}")
        } else if bare(word).parse::<jiff::Timestamp>().is_ok() {
            format!("2026-01-01T00:00:00Z{mark}")
        } else if bare(word).len() == 43 {
            format!("KEY{mark}")
        } else {
            (*word).to_owned()
        }
    };
    words
        .iter()
        .enumerate()
        .map(same)
        .collect::<Vec<_>>()
        .join(" ")
}

fn fact(name: &str, value: &Value, url: &str) -> Value {
    match value {
        Value::Number(_) if name.ends_with("_seconds") || name == "seconds_left" => 1.into(),
        Value::String(text) => words(&text.replace(url, "https://acme.okta.com")).into(),
        Value::Array(items) => items.iter().map(|item| fact(name, item, url)).collect(),
        other => other.clone(),
    }
}
