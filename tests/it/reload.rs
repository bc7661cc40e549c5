use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
    time::Duration,
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

use crate::support::{API_TOKEN, Exporter, PATIENCE, Scrape, ServiceApp, TOKEN, get};

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

/// When a probe was first written as it is.
#[derive(Debug, Clone, Copy)]
struct Start {
    at: Timestamp,
    /// How many requests of those in whose place it came may have been on their way, or begun while the
    /// configuration was applied.
    of_others: u64,
}

/// What is the same of an org in both: its probes that are written as before, with all they need.
fn unchanged<'a>(
    before: &'a Model,
    after: &Model,
) -> BTreeMap<&'static str, (&'a Written, BTreeSet<&'a str>)> {
    let mut same = BTreeMap::new();
    for (name, org) in before {
        let Some(now) = after.get(name).filter(|now| now.okta == org.okta) else {
            continue;
        };
        let uses = |probe: &Probe| {
            probe.credential.is_none_or(|credential| {
                org.credentials.get(credential) == now.credentials.get(credential)
            })
        };
        let ids = org
            .probes
            .iter()
            .filter(|(id, probe)| now.probes.get(*id) == Some(probe) && uses(probe));
        same.insert(*name, (org, ids.map(|(id, _)| id.as_str()).collect()));
    }
    same
}

/// The short name by which the requests of a probe are counted.
fn api(id: &str) -> &str {
    match id.split_once('/') {
        Some(("endpoint", name)) => name,
        Some((kind, _)) => kind,
        None => id,
    }
}

fn path(id: &str) -> String {
    match id.split_once('/') {
        Some(("endpoint", name)) => format!("/api/v1/{name}"),
        Some((_, "org")) => "/oauth2/v1/keys".to_owned(),
        Some((_, server)) => format!("/oauth2/{server}/v1/keys"),
        None if id == "discovery" => "/.well-known/openid-configuration".to_owned(),
        None => "/.well-known/okta-organization".to_owned(),
    }
}

/// Holds what was counted before against what is counted now.
fn counters_go_on(before: &Scrape, after: &Scrape, models: (&Model, &Model)) {
    let same = unchanged(models.0, models.1);
    for series in before.series().iter().filter(|series| series.is_counter()) {
        let label = |name: &str| series.labels.get(name).map(String::as_str);
        let Some((org, ids)) = label("org").and_then(|org| same.get(org)) else {
            continue;
        };
        let of_probe = label("probe").is_none_or(|probe| ids.contains(probe));
        let credential = label("credential").filter(|credential| *credential != "none");
        let used = |id: &&str| {
            credential.is_none_or(|credential| org.probes[*id].credential == Some(credential))
        };
        let of_api =
            label("api").is_none_or(|name| ids.iter().any(|id| api(id) == name && used(id)));
        let of_credential = ids.iter().any(used);
        let of_bucket = label("bucket").is_none_or(|bucket| {
            let bucket = bucket.trim_end_matches('*');
            ids.iter().any(|id| path(id) == bucket && used(id))
        });
        let of_server = label("authorization_server")
            .is_none_or(|server| ids.contains(format!("jwks/{server}").as_str()));
        if of_probe && of_api && of_credential && of_bucket && of_server {
            let now = after.get(&series.selector());
            assert!(
                now >= Some(series.value),
                "{} was {} and is {now:?}\n{after}",
                series.selector(),
                series.value
            );
        }
    }
}

/// No series names an org, a probe, an endpoint or a credential that is not written.
fn nothing_is_left(page: &Scrape, model: &Model) {
    for series in page.series() {
        let label = |name: &str| series.labels.get(name).map(String::as_str);
        let Some(name) = label("org").filter(|org| !org.is_empty()) else {
            continue;
        };
        let Some(org) = model.get(name) else {
            panic!("{} is left\n{page}", series.selector())
        };
        let probes = &org.probes;
        let known = label("probe").is_none_or(|probe| probes.contains_key(probe))
            && label("api")
                .is_none_or(|name| name == "token" || probes.keys().any(|id| api(id) == name))
            && label("authorization_server")
                .is_none_or(|name| probes.contains_key(&format!("jwks/{name}")));
        assert!(
            known,
            "{} is left of\n{model:#?}\n{page}",
            series.selector()
        );
        let used = |name: &str| {
            name == "none" || probes.values().any(|probe| probe.credential == Some(name))
        };
        // What an app minted stays as long as the app.
        let is_minting = label("bucket") == Some(TOKEN) || label("api") == Some("token");
        let of_requests = !is_minting
            && (series.name.starts_with("okta_rate_limit")
                || series.name.starts_with("okta_exporter_budget"));
        assert!(
            !of_requests || label("credential").is_none_or(used),
            "{} is left of\n{model:#?}\n{page}",
            series.selector()
        );
    }
}

/// Counts the runs with an app's token that these changes gave up.
fn count_given_up(
    apps: &mut BTreeMap<&'static str, (Timestamp, usize)>,
    changes: &Changes,
    before: &Model,
) {
    for id in changes.changed.iter().chain(&changes.removed) {
        let org = id.org.as_ref();
        let org = org.and_then(|org| before.get_key_value(org.as_str()));
        let asked_with = org.and_then(|(_, org)| org.probes.get(&id.probe)?.credential);
        let app = org.and_then(|(name, _)| apps.get_mut(name));
        if let (Some("app"), Some((_, given_up))) = (asked_with, app) {
            *given_up += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_configurations_one_after_the_other_disturb_nothing_that_stays() {
    let world = World::new(3).await;
    let mut rng = Rng::with_seed(20_261_127);
    let mut reloading = Reloading::new();
    let mut model = Model::new();
    // When each probe that is at work was first written so.
    let mut since: BTreeMap<(&'static str, String), Start> = BTreeMap::new();
    // When each app was first written so, and how many runs with its token were given up since.
    let mut apps: BTreeMap<&'static str, (Timestamp, usize)> = BTreeMap::new();
    let mut kept = 0;
    for round in 0..100 {
        let before = (reloading.scrape(), model.clone());
        for _ in 0..=rng.u8(0..3) {
            rewrite(&mut model, world.oktas.len(), &mut rng);
        }
        let applied_at = Timestamp::now();
        let changes = reloading.apply(&world.yaml(&model)).await;
        let applying = Timestamp::now().duration_since(applied_at).as_millis();
        let applying = u64::try_from(applying).unwrap_or_default();
        let same = unchanged(&before.1, &model);
        let stays = |(org, id): &(&'static str, String)| {
            same.get(org)
                .is_some_and(|(_, ids)| ids.contains(id.as_str()))
        };
        since.retain(|probe, _| stays(probe));
        let is_same = |org: &&'static str| {
            same.get(org).is_some_and(|(before, _)| {
                before.credentials["app"] == model[org].credentials["app"]
            })
        };
        apps.retain(|org, _| is_same(org));
        count_given_up(&mut apps, &changes, &before.1);
        assert_eq!(
            changes.unchanged,
            since.len(),
            "{changes:?}\n{since:#?}\n{:#?}\n{model:#?}",
            before.1
        );
        kept += since.len();
        for (name, org) in &model {
            apps.entry(*name).or_insert((applied_at, 0));
            for id in org.probes.keys() {
                let there = before.1.values().filter(|there| there.okta == org.okta);
                let others = there.filter_map(|there| there.probes.get(id));
                let begun = others.map(|other| 1 + applying / other.interval);
                since.entry((*name, id.clone())).or_insert(Start {
                    at: applied_at,
                    of_others: begun.sum(),
                });
            }
        }
        let after = reloading.scrape();
        counters_go_on(&before.0, &after, (&before.1, &model));
        if round % 4 == 3 {
            nothing_is_left(&reloading.first_round().await, &model);
        } else {
            let wait = Duration::from_millis(rng.u64(0..120));
            tokio::time::timeout(wait, std::future::pending::<()>())
                .await
                .unwrap_err();
        }
        for ((org, id), Start { at, of_others }) in &since {
            let written = &model[org];
            let requests = world.oktas[written.okta].controls().requests();
            let now = Timestamp::now();
            let asked = requests
                .iter()
                .filter(|r| r.path == path(id) && r.at >= *at)
                .count() as u64;
            let age = now.duration_since(*at).as_millis().unsigned_abs();
            let allowed = 1 + of_others + u64::try_from(age).unwrap() / written.probes[id].interval;
            assert!(
                asked <= allowed,
                "{org} {id}: {asked} requests in {age} ms, {allowed} were due"
            );
        }
        let page = reloading.scrape();
        for (org, (start, given_up)) in &apps {
            let requests = world.oktas[model[org].okta].controls().requests();
            let minted = requests
                .iter()
                .filter(|r| r.path == TOKEN && r.at >= *start)
                .count();
            // On a machine that does much else a mint may take longer than a request may, and is made again;
            // and a run that is given up as it mints tells nobody what it got.
            let late = format!(r#"okta_probe_failures_total{{org="{org}",reason="timeout"}}"#);
            let allowed = 1.0 + page.sum(&late) + *given_up as f64;
            assert!(
                minted as f64 <= allowed,
                "{org}: {minted} tokens since {start}"
            );
        }
    }
    assert!(
        kept > 300,
        "too few probes stayed for this to prove anything: {kept}"
    );
    let asked = world
        .oktas
        .iter()
        .map(|okta| okta.controls().request_count());
    assert!(asked.sum::<u64>() > 150, "hardly anything was asked");
    reloading.fleet.stop().await;
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
