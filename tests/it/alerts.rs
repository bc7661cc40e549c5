mod agents;
mod api_tokens;
mod ends;
mod events;
mod exporter;
mod org;
mod requests;
mod stage;
mod standing;
mod verdicts;

use std::{fs, path::Path, time::Duration};

use jiff::SignedDuration;
use okta_exporter::sim::{
    ApiToken, Clock, Incident, Mint, ORG, Org, PageMode, Principal, Running, StatusPage,
};

use crate::support::{API_TOKEN, Exporter, ServiceApp, asked};
use stage::Stage;

const CLIENT: (&str, &str) = ("0oa1", "s3cr3t");

/// Two endpoints, asked twice a second and not once in a window.
const ENDPOINTS: &str = "endpoint: { users: { path: /api/v1/users, credential: monitor, sampling: interval }, groups: { path: /api/v1/groups, credential: monitor, sampling: interval } }";

/// What an org has that ends or stops; nothing of a well one does.
const INVENTORY: &str = "rate_limit_settings: {}, agent_pools: {}, integrations: {}, authorization_servers: {}, certificates: {}, org: {}, api_tokens: {}";

/// All scenes share one Prometheus and one Alertmanager, and play at the same time; each has an org
/// and an exporter of its own. What is shipped waits for minutes: here the files are the shipped
/// ones with their `for`, look backs and intervals made seconds. The longest scene waits out the five
/// minutes within which a hook may be late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_at_okta_arrives_as_an_alert_and_resolves_when_it_is_over() {
    let stage = Stage::open().await;
    let well = ["/api/v1*", "/api/v1/agentPools*", "/api/v1/domains*"]
        .iter()
        .fold(org("well"), |org, pattern| org.limit(pattern, 1_000_000));
    let well = well.start().await.unwrap();
    let healthy = format!(
        "discovery: {{}}, organization: {{}}, jwks: {{ org: {{}} }}, {ENDPOINTS}, {INVENTORY}"
    );
    // However busy this machine is, no request takes that long.
    let healthy = configuration("well", &well, &healthy, "status_pages: {}").replace("1s", "10s");
    let healthy = Exporter::start(&healthy).await;
    // Before any answer told a limit one request is sent at a time, however long it takes.
    healthy.first_round().await;
    stage.scrape(healthy.url()).await;
    tokio::join!(
        Box::pin(limits(&stage)),
        Box::pin(exporter::budget(&stage)),
        Box::pin(tokens(&stage)),
        Box::pin(api_tokens::api_tokens(&stage)),
        Box::pin(scope_of_our_own(&stage)),
        Box::pin(events::events(&stage)),
        Box::pin(events::event_hook(&stage)),
        Box::pin(agents::agents(&stage)),
        Box::pin(agents::failed_over(&stage)),
        Box::pin(keys(&stage)),
        Box::pin(incidents(&stage)),
        Box::pin(requests::unreachable(&stage)),
        Box::pin(requests::server_errors(&stage)),
        Box::pin(requests::breaker(&stage)),
        Box::pin(requests::refusals(&stage)),
        Box::pin(requests::clock(&stage)),
        Box::pin(requests::certificate(&stage)),
        Box::pin(exporter::overdue(&stage)),
        Box::pin(exporter::exporter_down(&stage)),
        Box::pin(events::system_log(&stage)),
        Box::pin(org::org_itself(&stage)),
        Box::pin(exporter::store_failing(&stage)),
        Box::pin(exporter::config_reload_failed(&stage)),
        Box::pin(ends::ends(&stage)),
        Box::pin(verdicts::network(&stage)),
        Box::pin(verdicts::okta_itself(&stage)),
        Box::pin(verdicts::cell(&stage)),
        Box::pin(verdicts::credential_and_limit(&stage)),
        Box::pin(verdicts::degraded(&stage)),
        Box::pin(verdicts::unknown(&stage)),
        Box::pin(standing::odd_tokens(&stage)),
        Box::pin(standing::empty_key_set(&stage)),
        Box::pin(standing::slow(&stage)),
        Box::pin(standing::maintenance(&stage)),
    );
    assert_eq!(stage.heard_with("org", "well"), [""; 0], "{stage:?}");
}

/// An org whose limits are wide, so that no probe has to stand back.
fn org(name: &str) -> Org {
    let wide = [
        "/api/v1/users",
        "/api/v1/groups",
        "/api/v1/logs",
        "/oauth2/{authorizationServerId}/v1*",
    ];
    wide.iter()
        .fold(Org::new(name), |org, pattern| org.limit(pattern, 1_000_000))
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .client(CLIENT.0, CLIENT.1)
}

/// An exporter that watches this org alone, scraped by the stage's Prometheus.
async fn watch(stage: &Stage, name: &str, okta: &Running, probes: &str) -> Exporter {
    watch_more(stage, name, okta, probes, "status_pages: {}").await
}

async fn watch_more(
    stage: &Stage,
    name: &str,
    okta: &Running,
    probes: &str,
    more: &str,
) -> Exporter {
    let exporter = Exporter::start(&configuration(name, okta, probes, more)).await;
    exporter.first_round().await;
    stage.scrape(exporter.url()).await;
    exporter
}

fn configuration(name: &str, okta: &Running, probes: &str, more: &str) -> String {
    let url = okta.url();
    format!(
        "{more}\ndefaults: {{ interval: 1s, timeout: 1s, budget: 1 }}\norgs:\n  {name}:\n    url: '{url}'\n    credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}\n    probes: {{ {probes} }}\n"
    )
}

/// Three limits of 200 in five seconds: one is used by 75 %, and Okta is set to warn from 30 % on;
/// two run out, of which one is looked at in between.
async fn limits(stage: &Stage) {
    let paths = ["/api/v1/users", "/api/v1/groups", "/api/v1/logs"];
    let okta = paths
        .iter()
        .fold(org("spent"), |org, path| org.limit(path, 400));
    let okta = okta
        .window(Duration::from_secs(5))
        .warning_threshold(30)
        .start()
        .await
        .unwrap();
    let probes = "rate_limit_settings: {}, endpoint: { users: { path: /api/v1/users, credential: monitor }, groups: { path: /api/v1/groups, credential: monitor }, logs: { path: /api/v1/logs, credential: monitor, sampling: interval } }";
    let _exporter = watch(stage, "spent", &okta, probes).await;
    let sim = okta.controls();
    let spending = tokio::spawn(async move {
        let application = Principal::new("monitor");
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        loop {
            tick.tick().await;
            for (path, requests) in paths.iter().zip([3, 12, 12]) {
                sim.spend(path, &application, requests);
            }
        }
    });
    let alerts = [
        ("OktaRateLimitNearlyExhausted", "users"),
        ("OktaRateLimitExhausted", "groups"),
        ("OktaRateLimitProjectedToExhaust", "logs"),
    ];
    for (alert, endpoint) in alerts {
        stage
            .fires(alert, &[("org", "spent"), ("api", endpoint)])
            .await;
    }
    spending.abort();
    for (alert, endpoint) in alerts {
        stage
            .resolves(alert, &[("org", "spent"), ("api", endpoint)])
            .await;
    }
}

async fn scope_of_our_own(stage: &Stage) {
    let app = ServiceApp::new();
    let org = Org::new("acme").token_lifetime(Duration::from_secs(4));
    let scopes = ["okta.users.read", "okta.groups.read"];
    let okta = org
        .service_app(app.registered().grant(scopes))
        .start()
        .await
        .unwrap();
    let oauth = "scopes: [okta.users.read, okta.groups.read]";
    let probes = format!(
        "{{ endpoint: {{ {}, {} }} }}",
        asked("users"),
        asked("groups")
    );
    let exporter = Exporter::start(&app.yaml(&okta, oauth, &probes)).await;
    exporter.first_round().await;
    stage.scrape(exporter.url()).await;
    okta.controls()
        .register(app.registered().grant(["okta.users.read"]));
    let missing = [("credential", "billing"), ("scope", "okta.groups.read")];
    stage.fires("OktaCredentialMissingScope", &missing).await;
    okta.controls().register(app.registered().grant(scopes));
    stage.resolves("OktaCredentialMissingScope", &missing).await;
}

async fn tokens(stage: &Stage) {
    let okta = org("tokens").start().await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let sim = okta.controls();
    let scoped = || Mint::by("default").scopes(["reports.read"]);
    let keep = |name: &str, mint: &Mint| {
        let token = sim.mint(mint).unwrap();
        replace(&files.path().join(name), &token);
        token
    };
    let names = [
        "expiring", "expired", "revoked", "poor", "orphaned", "nothing",
    ];
    for name in names {
        keep(name, &scoped());
    }
    let probes = names.map(|name| {
        format!(
            "{name}: {{ access_token_file: '{}', introspect: {{ client_id: {}, client_secret: {} }}, expect: {{ scopes: [reports.read] }} }}",
            files.path().join(name).display(),
            CLIENT.0,
            CLIENT.1
        )
    });
    let probes = format!("token: {{ {} }}", probes.join(", "));
    let _exporter = watch(stage, "tokens", &okta, &probes).await;

    // Most of an hour ago, as far as the token says.
    sim.set_clock_offset(SignedDuration::from_mins(-57));
    keep("expiring", &scoped());
    sim.set_clock_offset(SignedDuration::ZERO);
    keep("expired", &scoped().lasting(Duration::from_secs(2)));
    let revoked = keep("revoked", &scoped());
    assert!(sim.revoke(&revoked));
    keep("poor", &Mint::by("default").scopes(["reports.list"]));
    replace(&files.path().join("nothing"), "null");
    sim.remove_key_early("default").unwrap();
    let alerts = [
        ("nothing", "OktaTokenUnreadable"),
        ("expiring", "OktaTokenExpiring"),
        ("expired", "OktaTokenExpired"),
        ("revoked", "OktaTokenInactive"),
        ("poor", "OktaTokenMissingScope"),
        ("orphaned", "OktaTokenSigningKeyUnpublished"),
    ];
    for (token, alert) in alerts {
        if token == "orphaned" {
            // Its key has been missed for a while by now; nodes that lag are given minutes.
            sim.clock().advance(Duration::from_mins(4));
        }
        let told = stage
            .fires(alert, &[("org", "tokens"), ("token", token)])
            .await;
        assert!(told.summary().contains(token), "{}", told.summary());
    }
    sim.rotate_keys("default").unwrap();
    for name in names {
        keep(name, &scoped());
    }
    for (token, alert) in alerts {
        stage
            .resolves(alert, &[("org", "tokens"), ("token", token)])
            .await;
    }
}

async fn keys(stage: &Stage) {
    // That a key is gone is settled over minutes, which pass in seconds here.
    let org = org("keys").clock(&Clock::fast(60));
    let okta = org.start().await.unwrap();
    let probes = "jwks: { org: {}, default: { authorization_server: default } }";
    let _exporter = watch(stage, "keys", &okta, probes).await;
    let scraped = "OktaSigningKeysRotated";
    okta.controls().rotate_keys(ORG).unwrap();
    let rotated = [("org", "keys"), ("authorization_server", "org")];
    let early = [("org", "keys"), ("authorization_server", "default")];
    okta.controls().remove_key_early("default").unwrap();
    stage.fires(scraped, &rotated).await;
    stage.fires("OktaSigningKeyRemovedEarly", &early).await;
    stage.resolves(scraped, &rotated).await;
    stage.resolves("OktaSigningKeyRemovedEarly", &early).await;
}

async fn incidents(stage: &Stage) {
    let okta = org("cell").cell("ok14").start().await.unwrap();
    let page = |of: usize| async move {
        let page = StatusPage::new(&Clock::running());
        let past = page.open(Incident::new("Long over").cells("okta.com:1"));
        assert!(page.resolve(&past), "page {of}");
        page.start(0).await.unwrap()
    };
    let (kept, frozen, rewritten) = (page(1).await, page(2).await, page(3).await);
    let pages = format!(
        "status_pages: {{ kept: {{ url: '{}' }}, frozen: {{ url: '{}' }}, rewritten: {{ url: '{}' }} }}",
        kept.okta_url(),
        frozen.atom_url(),
        rewritten.okta_url()
    );
    let _exporter = watch_more(stage, "cell", &okta, "organization: {}", &pages).await;
    let incident = kept
        .page()
        .open(Incident::new("Sign-in fails").cells("okta.com:14"));
    let possible = kept.page().open(Incident::new("Slow").cells("All cells"));
    frozen.page().mode(PageMode::Frozen);
    rewritten.page().mode(PageMode::Rewritten);
    let alerts = [
        ("OktaOrgIncident", ("org", "cell")),
        ("OktaOrgIncidentPossible", ("org", "cell")),
        ("OktaStatusIncident", ("page", "kept")),
        ("OktaStatusPageFrozen", ("page", "frozen")),
        ("OktaStatusPageUnreadable", ("page", "rewritten")),
    ];
    for (alert, label) in alerts {
        stage.fires(alert, &[label]).await;
    }
    assert!(kept.page().resolve(&incident) && kept.page().resolve(&possible));
    frozen.page().mode(PageMode::Right);
    rewritten.page().mode(PageMode::Right);
    for (alert, label) in alerts {
        stage.resolves(alert, &[label]).await;
    }
}

/// Writes a file that may be read at any moment.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(&new, path).unwrap();
}
