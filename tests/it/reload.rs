mod hundred;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

use fastrand::Rng;
use jiff::Timestamp;
use okta_exporter::{
    config::Config,
    fleet::{Board, Changes, Fleet, ProbeId},
    metrics::Page,
    sim::{ApiToken, Fault, Mint, ORG, Org, Running},
    store::InMemory,
};

use crate::support::{API_TOKEN, Exporter, PATIENCE, Scrape, ServiceApp, get};

/// How often each probe may be asked.
const INTERVALS: [u64; 3] = [150, 250, 400];
const ENDPOINTS: [&str; 4] = ["users", "groups", "apps", "logs"];
const NAMES: [&str; 5] = ["acme", "beta", "gamma", "delta", "epsilon"];

/// A fleet that is given one configuration after the other.
struct Reloading {
    board: Arc<Board>,
    fleet: Fleet,
}

impl Reloading {
    fn new() -> Self {
        let board = Arc::new(Board::new());
        let fleet = Fleet::new(&board, Arc::new(InMemory::default()));
        Self { board, fleet }
    }

    async fn apply(&mut self, yaml: &str) -> Changes {
        let config = Config::parse_after(self.fleet.made(), yaml, &BTreeMap::new());
        self.fleet
            .apply(config.unwrap_or_else(|e| panic!("{e}\n{yaml}")))
            .await
    }

    fn scrape(&self) -> Scrape {
        let mut page = Page::new();
        self.board.draw(Timestamp::now(), &mut page);
        Scrape::parse(page.text())
    }

    async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let mut recorded = self.board.recorded();
        let waiting = recorded.wait_for(|()| holds(self));
        let told = tokio::time::timeout(PATIENCE, waiting).await;
        drop(told.unwrap_or_else(|_| panic!("it never came:\n{}", self.scrape())));
    }

    async fn first_round(&self) -> Scrape {
        self.until(|this| this.board.is_ready()).await;
        self.scrape()
    }
}

/// One probe as it is written; its name is its place in the map.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Probe {
    interval: u64,
    credential: Option<&'static str>,
    version: u32,
}

/// One org as it is written, at one simulated Okta.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Written {
    okta: usize,
    credentials: BTreeMap<&'static str, u32>,
    probes: BTreeMap<String, Probe>,
}

type Model = BTreeMap<&'static str, Written>;

/// The simulated orgs, and the app that all of them know.
struct World {
    oktas: Vec<Running>,
    app: ServiceApp,
}

impl World {
    async fn new(count: usize) -> Self {
        let app = ServiceApp::new();
        let mut oktas = Vec::new();
        for _ in 0..count {
            let mut org = Org::new("acme")
                .api_token(ApiToken::new("monitor", API_TOKEN))
                .service_app(app.registered().grant([
                    "okta.users.read",
                    "okta.groups.read",
                    "okta.apps.read",
                    "okta.logs.read",
                ]));
            for endpoint in ENDPOINTS {
                org = org.limit(&format!("/api/v1/{endpoint}"), 1_000_000);
            }
            let running = org.start().await.unwrap();
            running.controls().mint(&Mint::by(ORG)).unwrap();
            oktas.push(running);
        }
        Self { oktas, app }
    }

    fn yaml(&self, model: &Model) -> String {
        let mut text =
            "status_pages: {}\ndefaults: { timeout: 100ms, budget: 1 }\norgs:\n".to_owned();
        for (name, org) in model {
            writeln!(
                text,
                "  {name}:\n    url: '{}'\n    credentials:",
                self.oktas[org.okta].url()
            )
            .unwrap();
            for (credential, version) in &org.credentials {
                let key = self.app.key_file();
                let written = match *credential {
                    "monitor" => format!("api_token: {API_TOKEN}, principal_id: 00T{version}"),
                    _ => format!(
                        "oauth: {{ client_id: {}, key_id: k1, private_key_file: '{}', scopes: [{}okta.groups.read, okta.apps.read, okta.logs.read, okta.users.read] }}",
                        ServiceApp::ID,
                        key.display(),
                        "okta.users.read, ".repeat(*version as usize),
                    ),
                };
                writeln!(text, "      {credential}: {{ {written} }}").unwrap();
            }
            writeln!(text, "    probes:").unwrap();
            for kind in ["discovery", "organization"] {
                if let Some(probe) = org.probes.get(kind) {
                    writeln!(text, "      {kind}: {{ interval: {}ms }}", probe.interval).unwrap();
                }
            }
            for kind in ["endpoint", "jwks"] {
                let named = org
                    .probes
                    .iter()
                    .filter_map(|(id, probe)| Some((id.strip_prefix(&format!("{kind}/"))?, probe)));
                let mut lines = String::new();
                for (name, probe) in named {
                    let interval = probe.interval;
                    let rest = match probe.credential {
                        Some(credential) => format!(
                            "path: '/api/v1/{name}?limit={}', credential: {credential}, sampling: interval",
                            1 + probe.version
                        ),
                        None => format!("authorization_server: {name}"),
                    };
                    writeln!(
                        lines,
                        "        {name}: {{ interval: {interval}ms, {rest} }}"
                    )
                    .unwrap();
                }
                if !lines.is_empty() {
                    write!(text, "      {kind}:\n{lines}").unwrap();
                }
            }
        }
        text
    }
}

fn probe(id: &str, rng: &mut Rng) -> Probe {
    Probe {
        interval: *rng.choice(&INTERVALS).unwrap(),
        credential: id
            .starts_with("endpoint/")
            .then(|| *rng.choice(&["monitor", "app"]).unwrap()),
        version: 0,
    }
}

fn any_id(rng: &mut Rng) -> String {
    match rng.u8(0..6) {
        0 => "discovery".to_owned(),
        1 => "organization".to_owned(),
        2 => format!("jwks/{}", rng.choice(&["org", "default"]).unwrap()),
        _ => format!("endpoint/{}", rng.choice(&ENDPOINTS).unwrap()),
    }
}

/// Writes something else than before: adds, changes, removes or renames.
fn rewrite(model: &mut Model, oktas: usize, rng: &mut Rng) {
    let free: BTreeSet<usize> = (0..oktas)
        .filter(|okta| model.values().all(|org| org.okta != *okta))
        .collect();
    let unused = NAMES.iter().filter(|name| !model.contains_key(*name));
    let unused: Vec<&'static str> = unused.copied().collect();
    let some = rng.choice(model.keys().copied().collect::<Vec<_>>());
    match (rng.u8(0..12), some) {
        (0, _) | (_, None) => {
            let Some(okta) = free.first() else { return };
            let mut org = Written {
                okta: *okta,
                credentials: BTreeMap::from([("monitor", 0), ("app", 0)]),
                probes: BTreeMap::new(),
            };
            for _ in 0..5 {
                let id = any_id(rng);
                org.probes.insert(id.clone(), probe(&id, rng));
            }
            model.insert(rng.choice(unused).unwrap(), org);
        }
        (1, Some(name)) if model.len() > 1 => drop(model.remove(name)),
        (2, Some(name)) => {
            let org = model.remove(name).unwrap();
            model.insert(rng.choice(unused).unwrap(), org);
        }
        (3, Some(name)) => {
            let credential = *rng.choice(&["monitor", "app"]).unwrap();
            let org = model.get_mut(name).unwrap();
            *org.credentials.get_mut(credential).unwrap() += 1;
        }
        (4..=6, Some(name)) => {
            let probes = &mut model.get_mut(name).unwrap().probes;
            let ids: Vec<String> = probes.keys().cloned().collect();
            if ids.len() > 1 {
                probes.remove(&rng.choice(ids).unwrap());
            }
        }
        (7..=8, Some(name)) => {
            let probes = &mut model.get_mut(name).unwrap().probes;
            let id = rng
                .choice(probes.keys().cloned().collect::<Vec<_>>())
                .unwrap();
            let changed = probe(&id, rng);
            // Only an endpoint has something to write it in.
            let version = probes[&id].version + u32::from(changed.credential.is_some());
            probes.insert(id, Probe { version, ..changed });
        }
        (_, Some(name)) => {
            let id = any_id(rng);
            let new = probe(&id, rng);
            model.get_mut(name).unwrap().probes.entry(id).or_insert(new);
        }
    }
}

#[tokio::test]
async fn an_open_breaker_stays_open_when_something_else_is_written() {
    let world = World::new(1).await;
    let okta = &world.oktas[0];
    okta.controls().fault("/", Fault::status(503));
    let yaml = |interval: u32| {
        format!(
            "status_pages: {{}}\norgs: {{ acme: {{ url: '{}', probes: {{ discovery: {{ interval: 100ms, timeout: 100ms }}, organization: {{ interval: {interval}s, timeout: 1s }} }} }} }}",
            okta.url()
        )
    };
    let mut reloading = Reloading::new();
    reloading.apply(&yaml(60)).await;
    let open = r#"okta_exporter_breaker_state{org="acme",state="open"}"#;
    reloading
        .until(|this| this.scrape().get(open) == Some(1.0))
        .await;
    let asked = okta.controls().request_count();
    let changes = reloading.apply(&yaml(30)).await;
    let organization = ProbeId {
        org: "acme".parse().ok(),
        probe: "organization".to_owned(),
    };
    assert_eq!(
        (changes.changed, changes.unchanged),
        (vec![organization], 1)
    );
    let held = r#"okta_probe_failures_total{probe="organization",reason="breaker_open"}"#;
    reloading
        .until(|this| this.scrape().value(held) >= 1.0)
        .await;
    assert_eq!(reloading.scrape().value(open), 1.0);
    assert_eq!(okta.controls().request_count(), asked);
}

#[tokio::test]
async fn what_a_probe_asked_with_another_credential_goes_though_the_org_cannot_be_asked_now() {
    let other = "00another-api-token-of-the-same-org-000000";
    let okta = Org::new("acme")
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .api_token(ApiToken::new("edge", other))
        .start()
        .await
        .unwrap();
    let yaml = |credential: &str| {
        format!(
            "status_pages: {{}}
orgs:
  acme:
    url: '{}'
    budget: 1
    credentials: {{ monitor: {{ api_token: {API_TOKEN} }}, edge: {{ api_token: {other} }} }}
    probes:
      discovery: {{ interval: 100ms, timeout: 100ms }}
      endpoint: {{ users: {{ path: /api/v1/users, credential: {credential}, sampling: interval }} }}
",
            okta.url()
        )
    };
    let mut reloading = Reloading::new();
    reloading.apply(&yaml("monitor")).await;
    let page = reloading.first_round().await;
    let of = |page: &Scrape, credential: &str| {
        let label = Some(credential);
        let series = page.series().iter();
        series
            .filter(|series| series.labels.get("credential").map(String::as_str) == label)
            .count()
    };
    assert!(of(&page, "monitor") > 0, "{page}");
    okta.controls().fault("/", Fault::status(503));
    let open = r#"okta_exporter_breaker_state{org="acme",state="open"}"#;
    reloading
        .until(|this| this.scrape().get(open) == Some(1.0))
        .await;
    reloading.apply(&yaml("edge")).await;
    let page = reloading.scrape();
    assert_eq!(of(&page, "monitor"), 0, "{page}");
}

#[tokio::test]
async fn a_probe_that_only_moved_keeps_its_counters_and_loses_what_it_saw() {
    let world = World::new(2).await;
    let yaml = |okta: &Running, server: &str| {
        format!(
            "status_pages: {{}}\norgs: {{ acme: {{ url: '{}', probes: {{ jwks: {{ keys: {{ authorization_server: {server} }} }} }} }} }}",
            okta.url()
        )
    };
    let mut reloading = Reloading::new();
    reloading.apply(&yaml(&world.oktas[0], "org")).await;
    let page = reloading.first_round().await;
    assert!(
        page.get(r#"okta_jwks_keys{authorization_server="org"}"#)
            .is_some()
    );
    reloading.apply(&yaml(&world.oktas[0], "default")).await;
    let page = reloading.first_round().await;
    assert_eq!(
        page.value(r#"okta_probe_runs_total{probe="jwks/keys"}"#),
        2.0
    );
    assert!(
        page.get(r#"okta_jwks_keys{authorization_server="org"}"#)
            .is_none()
    );
    assert!(
        page.get(r#"okta_jwks_keys{authorization_server="default"}"#)
            .is_some()
    );
}

#[tokio::test]
async fn what_is_shown_is_what_was_applied_last() {
    let world = World::new(1).await;
    let yaml = |interval: &str| {
        let okta = world.oktas[0].url();
        format!(
            "status_pages: {{}}\norgs: {{ acme: {{ url: '{okta}', probes: {{ discovery: {{ interval: {interval} }} }} }} }}"
        )
    };
    let mut exporter = Exporter::start(&yaml("40s")).await;
    let shown = async |exporter: &Exporter| {
        let url = format!("{}/config", exporter.url());
        get(&url).await.text().await.unwrap()
    };
    assert!(shown(&exporter).await.contains("40s"));
    let changes = exporter.apply(&yaml("41s")).await;
    assert_eq!((changes.changed.len(), changes.unchanged), (1, 0));
    let shown = shown(&exporter).await;
    assert!(shown.contains("41s") && !shown.contains("40s"), "{shown}");
}
