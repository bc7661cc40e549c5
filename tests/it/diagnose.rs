mod command;
mod status_pages;
mod tokens;

use std::{collections::BTreeMap, fs, sync::Mutex};

use okta_exporter::{
    config::Config,
    diagnose::{self, Report, Style, Verdict},
    sim::{ApiToken, Clock, Fault, Incident, Mint, Org, Running, StatusPage},
};
use serde_json::Value;

use crate::support::{API_TOKEN, ServiceApp, acme, endpoint};
use command::run;

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
async fn what_is_not_given_is_skipped_and_not_failed() {
    let okta = org().start().await.unwrap();
    let said = run(&[], &[("OKTA_DOMAIN", okta.url()), NO_PAGE]).await;
    let text = String::from_utf8(said.stdout).unwrap();
    assert_eq!(said.status.code(), Some(0), "{text}");
    for hint in ["set OKTA_TOKEN", "set ACCESS_TOKEN", "no status page"] {
        assert!(text.contains(hint), "no {hint} in {text}");
    }
}

/// No status page is asked: none of the tests may leave this machine.
const NO_PAGE: (&str, &str) = ("OKTA_EXPORTER__STATUS_PAGES", "{}");

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
