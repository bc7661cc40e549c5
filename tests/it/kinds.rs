use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use okta_exporter::{
    config::{Config, Planned},
    okta::{Client, Session},
    probe::{self, KINDS, KindInfo, Place},
    sim::{ApiToken, Clock, Mint, Org, StatusPage},
};

use crate::support::{
    API_TOKEN, PATIENCE,
    example::{EXAMPLE, example},
};

/// The hosts that the example asks.
const CONTROLS: [&str; 3] = ["beta.okta.com", "gamma.oktapreview.com", "www.example.com"];

/// Every probe that a configuration plans, with the client that it asks through.
fn planned(config: Config) -> Vec<(Client, Planned)> {
    let pages = config.status_pages.into_values();
    let mut all: Vec<_> = pages.map(|page| (page.client, page.probe)).collect();
    let controls = config.controls.into_values();
    all.extend(controls.map(|control| (control.client, control.probe)));
    for org in config.orgs.into_values() {
        let probes = org.probes.into_iter();
        all.extend(probes.map(|planned| (org.client.clone(), planned)));
    }
    all
}

/// The kinds that are not among these.
fn lacking(kinds: &BTreeSet<&str>) -> Vec<&'static str> {
    let all = KINDS.iter().map(|info| info.kind);
    all.filter(|kind| !kinds.contains(kind)).collect()
}

#[test]
fn every_kind_has_a_file_of_its_own_and_a_place_in_the_example_that_says_what_it_is() {
    let mut problems = Vec::new();
    for KindInfo { kind, place, .. } in KINDS {
        let files = [
            format!("src/probe/{kind}.rs"),
            format!("src/probe/{kind}/mod.rs"),
        ];
        if !files.iter().any(|file| Path::new(file).exists()) {
            problems.push(format!("`{kind}` is not the name of a file in src/probe"));
        }
        let line = match place {
            Place::Page => "status_pages:".to_owned(),
            Place::Host => "controls:".to_owned(),
            Place::Once | Place::Named => format!("      {kind}:"),
        };
        let lines: Vec<&str> = EXAMPLE.lines().collect();
        let at = lines.iter().position(|written| *written == line);
        let said = at.is_some_and(|at| lines[at - 1].trim_start().starts_with("# "));
        if !said {
            problems.push(format!(
                "config/okta-exporter.yaml has no line `{line}` below a comment that says what it watches"
            ));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn some_configuration_makes_each_kind() {
    let secrets = tempfile::tempdir().unwrap();
    let text = example(secrets.path());
    let config = Config::parse(&text, &BTreeMap::new()).unwrap_or_else(|e| panic!("{e}"));
    let all = planned(config);
    let made = all
        .iter()
        .map(|(_, planned)| planned.probe.kind())
        .collect();
    let lacking = lacking(&made);
    assert!(
        lacking.is_empty(),
        "config/okta-exporter.yaml makes no probe of the kinds {lacking:?}"
    );
}

#[tokio::test]
async fn the_simulated_okta_serves_what_each_kind_asks_and_what_it_learns_can_be_kept() {
    let secrets = tempfile::tempdir().unwrap();
    let text = example(secrets.path());
    let okta = Org::new("acme")
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .client("0oa1b2c3d4e5f6g7h8i9", API_TOKEN)
        .bearer(API_TOKEN, ["okta.dr.read"])
        .start()
        .await
        .unwrap();
    let token = okta.controls().mint(&Mint::by("default")).unwrap();
    fs::write(secrets.path().join("ci-access-token"), token).unwrap();
    let page = StatusPage::new(&Clock::running()).start(0).await.unwrap();
    let text = text
        .replace("https://acme.okta.com", okta.url())
        .replace("https://status.okta.com/", &page.okta_url());
    let text = CONTROLS.iter().fold(text, |text, host| {
        text.replace(&format!("  - {host}"), &format!("  - {}", okta.url()))
    });
    let config = Config::parse(&text, &BTreeMap::new()).unwrap_or_else(|e| panic!("{e}"));

    let (mut served, mut failures) = (BTreeSet::new(), Vec::new());
    let mut apis = BTreeSet::new();
    for (client, Planned { id, probe, .. }) in planned(config) {
        let session = Session::new(&client, PATIENCE);
        let its_own = id.strip_prefix("endpoint/").map(str::to_owned);
        let nothing = probe.no_memory();
        let result = probe.run(&session, &nothing).await;
        if !["status_page", "control"].contains(&probe.kind()) {
            let exchanges = session.take_exchanges().into_iter();
            let called = exchanges.map(|exchange| exchange.api.to_string());
            apis.extend(called.filter(|api| Some(api) != its_own.as_ref()));
        }
        match (result.observation, result.failure) {
            (Some(seen), None) => {
                served.insert(probe.kind());
                let memory = nothing.learn(&seen);
                let written = memory.to_json().unwrap();
                let read = probe.memory(written).unwrap();
                if probe.memory_key(session.origin()).is_some() {
                    assert_eq!(read, memory, "{id}");
                }
            }
            (_, failure) => failures.push(format!("{id}: {failure:?}")),
        }
        let strange = probe.memory("no memory of any kind".into());
        let told = strange.unwrap_err().to_string();
        assert!(told.contains(probe.kind()), "{told}");
    }
    let lacking = lacking(&served);
    assert!(
        lacking.is_empty(),
        "src/sim does not serve what these kinds ask: {lacking:?}; {failures:#?}"
    );
    let own = probe::own_apis().into_iter().map(str::to_owned);
    let unknown: Vec<_> = apis.difference(&own.collect()).cloned().collect();
    assert!(
        unknown.is_empty(),
        "an endpoint probe could be called as these requests are; say so in APIS of the kind: {unknown:?}"
    );
}

#[test]
fn each_kind_says_how_often_it_runs_and_what_its_credential_needs() {
    for info in KINDS {
        assert!(info.interval.get() >= Duration::from_secs(30), "{info:?}");
        if let okta_exporter::probe::Access::Read { paths, role } = info.access {
            assert!(
                !paths.is_empty() && role.ends_with("Administrator"),
                "{info:?}"
            );
            for path in paths {
                let scope = okta_exporter::okta::scopes::needed(path);
                assert!(scope.is_some(), "no scope is known for {path}");
            }
        }
    }
}

/// The kinds that only tell what an org has; each is on by itself where a credential may read it.
const INVENTORY: [&str; 6] = [
    "agent_pools",
    "api_tokens",
    "authorization_servers",
    "certificates",
    "integrations",
    "org",
];

#[test]
fn what_an_org_has_costs_less_than_ten_requests_an_hour_by_default() {
    let yaml = "status_pages: {}\norgs: { acme: { url: 'https://acme.okta.com', credentials: { monitor: { api_token: 00secret } } } }";
    let config = Config::parse(yaml, &BTreeMap::new()).unwrap_or_else(|e| panic!("{e}"));
    let (mut an_hour, mut counted) = (0.0, BTreeSet::new());
    for (
        _,
        Planned {
            probe, interval, ..
        },
    ) in planned(config)
    {
        if INVENTORY.contains(&probe.kind()) {
            let asks = probe.asks();
            assert!(!asks.is_empty(), "{} asks nothing", probe.kind());
            an_hour += asks.iter().map(|ask| ask.per_hour(interval)).sum::<f64>();
            counted.insert(probe.kind());
        }
    }
    let known = KINDS.iter().map(|info| info.kind);
    let known: BTreeSet<&str> = known.filter(|kind| INVENTORY.contains(kind)).collect();
    assert_eq!(counted, known, "what a credential may read is on by itself");
    assert!(an_hour < 10.0, "{an_hour} requests an hour");
}

#[test]
fn what_is_remembered_is_kept_under_oktas_own_ids_and_not_under_names_that_may_change() {
    let keys = |org: &str, jwks: &str, host: &str| {
        let yaml = format!(
            "status_pages: {{}}\norgs: {{ {org}: {{ url: 'https://{host}', probes: {{ discovery: {{}}, jwks: {{ {jwks}: {{ authorization_server: aus1 }} }} }} }} }}"
        );
        let config = Config::parse(&yaml, &BTreeMap::new()).unwrap_or_else(|e| panic!("{e}"));
        let origin = format!("https://{host}").parse().unwrap();
        let all = planned(config).into_iter();
        all.filter_map(|(_, planned)| planned.probe.memory_key(&origin))
            .collect::<Vec<_>>()
    };
    let kept = keys("acme", "custom", "acme.okta.com");
    assert_eq!(kept.len(), 1, "discovery remembers nothing");
    let key = (kept[0].origin.as_str(), kept[0].kind, kept[0].id.as_str());
    assert_eq!(key, ("https://acme.okta.com", "jwks", "aus1"));
    assert_eq!(keys("renamed", "also-renamed", "acme.okta.com"), kept);
    assert_ne!(keys("acme", "custom", "other.okta.com"), kept);
}
