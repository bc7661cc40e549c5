use std::{collections::BTreeMap, fs, path::Path};

use okta_exporter::{
    config::Config,
    fleet,
    probe::{KINDS, Place},
};

use crate::support::{
    example::{EXAMPLE, example},
    new_key,
};

fn environment(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    variables.iter().map(own).collect()
}

/// Every probe that a configuration plans, one in a line.
fn planned(config: Config) -> String {
    let lines = fleet::plans(config)
        .iter()
        .map(|plan| format!("{plan}\n"))
        .collect::<Vec<_>>();
    lines.concat()
}

#[test]
fn the_example_is_good_and_says_what_holds_without_it() {
    let secrets = tempfile::tempdir().unwrap();
    let text = example(secrets.path());
    let none = BTreeMap::new();
    let written = planned(Config::parse(&text, &none).unwrap_or_else(|e| panic!("{e}")));
    let is_pace = |line: &&str| {
        let line = line.trim_start();
        ["interval:", "timeout:", "sampling:", "budget:"]
            .iter()
            .any(|setting| line.starts_with(setting))
    };
    assert!(text.lines().filter(is_pace).count() >= 10);
    let without: String = text
        .lines()
        .filter(|line| !is_pace(line))
        .fold(String::new(), |text, line| text + line + "\n");
    assert_eq!(planned(Config::parse(&without, &none).unwrap()), written);
}

#[test]
fn the_example_shows_every_setting_there_is() {
    let asked = "{ zzz: 1 }";
    let kinds: String = KINDS
        .iter()
        .filter_map(|info| {
            let kind = info.kind;
            match info.place {
                Place::Page | Place::Host => None,
                Place::Once => Some(format!("      {kind}: {asked}\n")),
                // A token's settings are in groups.
                Place::Named if kind == "token" => Some(format!(
                    "      token: {{ ci: {{ zzz: 1, introspect: {asked}, expect: {asked} }} }}\n"
                )),
                Place::Named => Some(format!("      {kind}: {{ one: {asked} }}\n")),
            }
        })
        .collect();
    let yaml = format!(
        "zzz: 1\ndefaults: {asked}\nstatus_pages: {{ okta: {asked} }}\norgs:\n  acme:\n    zzz: 1\n    event_hook: {asked}\n    credentials: {{ monitor: {asked}, billing: {{ oauth: {asked} }} }}\n    probes:\n      zzz: 1\n{kinds}"
    );
    let told = Config::parse(&yaml, &BTreeMap::new())
        .unwrap_err()
        .to_string();
    let lists: Vec<&str> = told
        .split("(known here: ")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap())
        .collect();
    assert_eq!(lists.len(), yaml.matches("zzz").count(), "{told}");
    assert!(lists.len() > 10);
    for name in lists.iter().flat_map(|list| list.split(", ")) {
        assert!(
            EXAMPLE.contains(&format!("{name}:")),
            "`{name}` is not in the example"
        );
    }
}

#[test]
fn every_broken_file_is_told_in_these_words() {
    let directory = Path::new("tests/fixtures/config/bad");
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    files.sort();
    assert!(files.len() >= 25, "{} files", files.len());
    // A new kind changes none of these files.
    let kinds = KINDS.iter().filter(|info| info.place.is_of_org());
    let kinds = kinds.map(|info| info.kind).collect::<Vec<_>>().join(", ");
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let told = match Config::load(Some(&file), &BTreeMap::new()) {
            Ok(_) => panic!("{name} is not broken"),
            Err(problems) => problems.to_string(),
        };
        assert!(!told.contains("s3cr3t"), "{name} shows a secret: {told}");
        assert!(!told.contains("MIGHAgEA"), "{name} shows a key: {told}");
        let told = told.replace(&kinds, "every kind");
        insta::with_settings!({
            snapshot_path => "../fixtures/config/bad",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(name, told);
        });
    }
}

#[test]
fn five_variables_are_enough() {
    let all = environment(&[
        ("OKTA_DOMAIN", "acme.okta.com"),
        ("OKTA_TOKEN", "00s3cr3t"),
        ("ACCESS_TOKEN", "s3cr3t"),
        ("CLIENT_ID", "0oa1"),
        ("CLIENT_SECRET", "s3cr3t"),
    ]);
    let config = Config::load(None, &all).unwrap();
    assert_eq!(config.warnings, Vec::<String>::new());
    insta::assert_snapshot!("five_variables", planned(config));

    let domain = environment(&[("OKTA_DOMAIN", "https://acme.okta.com/")]);
    insta::assert_snapshot!(
        "one_variable",
        planned(Config::load(None, &domain).unwrap())
    );
}

#[test]
fn a_scope_that_an_app_does_not_ask_for_is_told_with_the_place_that_grants_it() {
    let told = |asked: &str, probes: &str| {
        let yaml = format!(
            "status_pages: {{}}\norgs:\n  acme:\n    url: https://acme.okta.com\n    credentials: {{ app: {{ oauth: {{ client_id: 0oa1, key_id: k1, private_key_env: KEY, scopes: [{asked}] }} }} }}\n    probes: {{ {probes} }}\n"
        );
        let key = environment(&[("KEY", &new_key().0)]);
        Config::parse(&yaml, &key).map_or_else(|problems| problems.to_string(), |_| String::new())
    };
    let logs = "endpoint: { logs: { path: '/api/v1/logs?limit=1', credential: app } }";
    let settings = "rate_limit_settings: { credential: app }";
    let grant = "add it to its `oauth.scopes`, and grant it at Admin Console > Applications > the app > Okta API Scopes";
    for (probes, scope) in [(logs, "okta.logs.read"), (settings, "okta.rateLimits.read")] {
        let lacking = told("okta.users.read", probes);
        let named = format!("`app` does not ask for the scope {scope}, which ");
        assert!(lacking.contains(&named), "{lacking}");
        assert!(lacking.contains(grant), "{lacking}");
        assert_eq!(told(scope, probes), "");
    }
    let managing = told("okta.logs.manage", logs);
    assert_eq!(managing, "", "who may manage may read");
    // What anybody may read needs none, and neither does asking about a token.
    let public = "discovery: {}, organization: {}, jwks: { org: {} }, token: { ci: { access_token: a, introspect: { client_id: 0oa2, client_secret: b } } }";
    assert_eq!(told("okta.users.read", public), "");
}

#[test]
fn a_credential_is_in_use_where_a_planned_probe_asks_with_it() {
    let warnings = |probes: &str| {
        let yaml = format!(
            "status_pages: {{}}\norgs:\n  acme:\n    url: https://acme.okta.com\n    credentials: {{ app: {{ oauth: {{ client_id: 0oa1, key_id: k1, private_key_env: KEY, scopes: [okta.users.read] }} }}, monitor: {{ api_token_env: TOKEN }} }}\n    probes: {{ {probes} }}\n"
        );
        let secrets = environment(&[("KEY", &new_key().0), ("TOKEN", "00s3cr3t")]);
        let config = Config::parse(&yaml, &secrets).unwrap_or_else(|e| panic!("{e}"));
        config.warnings
    };
    let users = "endpoint: { users: { path: /api/v1/users, credential: app } }";
    let unused = ["the configuration:5:118: orgs.acme.credentials.monitor: no probe uses it"];
    assert_eq!(warnings(users), unused);
    // Of the two only the second may read the settings, so that it is the one that does.
    let nothing: [&str; 0] = [];
    assert_eq!(
        warnings(&format!("{users}, rate_limit_settings: {{}}")),
        nothing
    );
}

#[test]
fn who_tells_the_share_of_each_credential_is_planned_anew_with_another_credential() {
    let fingerprints = |credentials: &str| {
        let yaml = format!(
            "status_pages: {{}}\norgs: {{ acme: {{ url: 'https://acme.okta.com', credentials: {{ {credentials} }}, probes: {{ discovery: {{}}, rate_limit_settings: {{ credential: a }} }} }} }}"
        );
        let secrets = environment(&[("TOKEN", "00s3cr3t")]);
        let mut config = Config::parse(&yaml, &secrets).unwrap_or_else(|e| panic!("{e}"));
        let (_, org) = config.orgs.pop_first().unwrap();
        let probes = org.probes.iter();
        probes
            .map(|planned| planned.fingerprint)
            .collect::<Vec<_>>()
    };
    let one = fingerprints("a: { api_token_env: TOKEN }");
    let two = fingerprints("a: { api_token_env: TOKEN }, b: { api_token_env: TOKEN }");
    assert_eq!((one[0] == two[0], one[1] == two[1]), (true, false));
}

#[cfg(unix)]
#[test]
fn a_secret_that_is_kept_in_the_open_is_warned_of_and_taken() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("key.pem");
    fs::write(&key, new_key().0).unwrap();
    let warnings = |mode: u32| {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let yaml = format!(
            "status_pages: {{}}\norgs:\n  acme:\n    url: https://acme.okta.com\n    credentials:\n      a: {{ api_token: 00s3cr3t }}\n      b: {{ oauth: {{ client_id: 0oa1, key_id: k1, scopes: [okta.users.read], private_key_file: '{}' }} }}\n    probes: {{ endpoint: {{ a: {{ path: /x, credential: a }}, b: {{ path: /x, credential: b }} }} }}\n",
            key.display()
        );
        Config::parse(&yaml, &BTreeMap::new()).unwrap().warnings
    };
    let guarded = warnings(0o600);
    assert_eq!(guarded.len(), 1, "{guarded:?}");
    let inline =
        "the configuration:6:12: orgs.acme.credentials.a.api_token: a secret is written here: ";
    assert!(guarded[0].starts_with(inline), "{guarded:?}");
    let open = warnings(0o644);
    assert_eq!(open.len(), 2, "{open:?}");
    let file = ": orgs.acme.credentials.b.oauth.private_key_file: everybody on this host may read ";
    assert!(open[1].contains(file), "{open:?}");
    for mode in [0o620, 0o602] {
        let writable = warnings(mode);
        assert_eq!(writable.len(), 2, "{writable:?}");
        let told = "others than its owner may write";
        assert!(writable[1].contains(told), "{writable:?}");
    }
}

#[test]
fn without_file_or_variables_both_ways_are_shown() {
    let told = Config::load(None, &BTreeMap::new())
        .unwrap_err()
        .to_string();
    insta::assert_snapshot!("nothing", told);
    let admin = environment(&[("OKTA_DOMAIN", "acme-admin.okta.com")]);
    insta::assert_snapshot!(
        "admin_domain",
        Config::load(None, &admin).unwrap_err().to_string()
    );
}

#[test]
fn the_environment_wins_over_the_file() {
    let yaml = "orgs: { acme-eu: { url: 'https://old.okta.com', probes: { discovery: {} } } }";
    let config = Config::parse(
        yaml,
        &environment(&[
            ("OKTA_EXPORTER__ORGS__ACME_EU__URL", "https://new.okta.com"),
            (
                "OKTA_EXPORTER__ORGS__ACME_EU__PROBES__DISCOVERY__INTERVAL",
                "90s",
            ),
            ("OKTA_EXPORTER__STATUS_PAGES", "{}"),
        ]),
    )
    .unwrap();
    let org = config.orgs.values().next().unwrap();
    assert_eq!(org.url.to_string(), "https://new.okta.com");
    assert_eq!(
        planned(config),
        "acme-eu: discovery every 90s from 0ns, timeout 30s\n"
    );
}

/// Every probe that these variables plan without a file.
fn planned_by(variables: &[(&str, &str)]) -> Vec<String> {
    let config = Config::load(None, &environment(variables)).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(config.warnings, Vec::<String>::new());
    planned(config).lines().map(str::to_owned).collect()
}

#[test]
fn one_interval_by_a_variable_changes_one_probe_and_leaves_the_defaults() {
    let domain = [
        ("OKTA_DOMAIN", "acme.okta.com"),
        ("OKTA_TOKEN", "00s3cr3t"),
        ("OKTA_EXPORTER__STATUS_PAGES", "{}"),
    ];
    let interval = (
        "OKTA_EXPORTER__ORGS__ACME__PROBES__DISCOVERY__INTERVAL",
        "30s",
    );
    let watched = ("ACCESS_TOKEN", "s3cr3t");
    let own = [
        ("OKTA_EXPORTER__ORGS__ACME__URL", "https://acme.okta.com"),
        (
            "OKTA_EXPORTER__ORGS__ACME__CREDENTIALS__MONITOR__API_TOKEN",
            "00s3cr3t",
        ),
        ("OKTA_EXPORTER__STATUS_PAGES", "{}"),
    ];
    for (variables, probes) in [
        (domain.to_vec(), 15),
        ([&domain[..], &[watched]].concat(), 16),
        (own.to_vec(), 15),
    ] {
        let without = planned_by(&variables);
        assert_eq!(without.len(), probes, "{without:#?}");
        let with = planned_by(&[&variables[..], &[interval]].concat());
        let names = |lines: &[String]| {
            let names = lines
                .iter()
                .map(|line| line.split(" every ").next().unwrap());
            names.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(names(&with), names(&without));
        let every_30s: Vec<_> = with
            .iter()
            .filter(|line| line.contains("every 30s"))
            .collect();
        assert_eq!(every_30s.len(), 1, "{with:#?}");
        assert!(every_30s[0].starts_with("acme: discovery "), "{with:#?}");
    }
}

#[test]
fn a_probe_that_a_variable_adds_comes_on_top_and_what_a_variable_sets_whole_is_whole() {
    let domain = [
        ("OKTA_DOMAIN", "acme.okta.com"),
        ("OKTA_EXPORTER__STATUS_PAGES", "{}"),
    ];
    let with = |variable: (&str, &str)| planned_by(&[&domain[..], &[variable]].concat()).len();
    let jwks = "OKTA_EXPORTER__ORGS__ACME__PROBES__JWKS__DEFAULT__AUTHORIZATION_SERVER";
    assert_eq!(planned_by(&domain).len(), 3);
    assert_eq!(with((jwks, "default")), 4);
    let discovery = r#"{"discovery": {"interval": "30s"}}"#;
    assert_eq!(with(("OKTA_EXPORTER__ORGS__ACME__PROBES", discovery)), 1);
    let file = "orgs: { acme: { url: 'https://acme.okta.com', probes: { discovery: {} } } }";
    let variables = [(jwks, "default"), ("OKTA_EXPORTER__STATUS_PAGES", "{}")];
    let config = Config::parse(file, &environment(&variables)).unwrap();
    assert_eq!(
        planned(config).lines().count(),
        2,
        "a file says all there are"
    );
}

#[test]
fn okta_s_status_page_keeps_its_url_under_another_interval() {
    let yaml = "orgs: { acme: { url: 'https://acme.okta.com', probes: { discovery: {} } } }";
    let page = |variables: &[(&str, &str)]| {
        let config = Config::parse(yaml, &environment(variables)).unwrap_or_else(|e| panic!("{e}"));
        let pages = config.status_pages.into_iter();
        pages
            .map(|(name, page)| format!("{name} {:?}", page.probe.interval))
            .collect::<Vec<_>>()
    };
    let interval = ("OKTA_EXPORTER__STATUS_PAGES__OKTA__INTERVAL", "5m");
    assert_eq!(page(&[interval]), ["okta 300s"]);
    assert_eq!(
        page(&[("OKTA_EXPORTER__STATUS_PAGES", "{}")]),
        Vec::<String>::new()
    );
}

#[test]
fn a_secret_of_a_variable_beats_the_file_that_holds_another_and_may_begin_like_json() {
    let yaml = "status_pages: {}\norgs: { acme: { url: 'https://acme.okta.com', credentials: { app: { oauth: { client_id: 0oa1, key_id: k1, scopes: [reports], authorization_server: default, client_secret_file: /nowhere } } }, probes: { endpoint: { x: { path: /x, credential: app } } } } }";
    let told = |variables: &[(&str, &str)]| match Config::parse(yaml, &environment(variables)) {
        Ok(config) => {
            let shown = config.shown.json + &config.shown.yaml;
            assert!(!shown.contains("k3y"), "{shown}");
            config.warnings.concat()
        }
        Err(problems) => problems.to_string(),
    };
    let secret = "OKTA_EXPORTER__ORGS__ACME__CREDENTIALS__APP__OAUTH__CLIENT_SECRET";
    for text in ["[k3y", "{k3y", "{\"k3y\": 1}", "k3y"] {
        assert_eq!(told(&[(secret, text)]), "", "{text}");
    }
    let by_name = format!("{secret}_ENV");
    assert_eq!(told(&[(&by_name, "SECRET"), ("SECRET", "k3y")]), "");
    let twice = told(&[(secret, "k3y"), (&by_name, "SECRET"), ("SECRET", "k3y")]);
    assert!(twice.contains("given more than once"), "{twice}");
    let missing = told(&[]);
    assert!(missing.contains("/nowhere"), "{missing}");
}

#[test]
fn a_variable_is_blamed_for_what_it_set_alone() {
    let told = |variables: &[(&str, &str)]| {
        let problems = Config::load(None, &environment(variables)).unwrap_err();
        problems.to_string()
    };
    let domain = ("OKTA_DOMAIN", "acme.okta.com");
    let root = told(&[
        domain,
        ("OKTA_EXPORTER__DEFAULTS__TIMEOUT", "10s"),
        ("OKTA_EXPORTER__ORGS____URL", "x"),
    ]);
    assert!(
        root.contains("names no setting") && !root.contains("set by"),
        "{root}"
    );
    // What is wrong with the timeout is not the budget's fault.
    let timeout = told(&[
        domain,
        ("OKTA_EXPORTER__DEFAULTS__BUDGET", "0.1"),
        ("OKTA_EXPORTER__DEFAULTS__TIMEOUT", "2h"),
    ]);
    assert!(
        timeout.contains("(set by OKTA_EXPORTER__DEFAULTS__TIMEOUT)"),
        "{timeout}"
    );
    assert!(!timeout.contains("BUDGET"), "{timeout}");
    // Nor is a credential without a token that of its id; and what a list of settings sets is its fault.
    let id = (
        "OKTA_EXPORTER__ORGS__ACME__CREDENTIALS__M__PRINCIPAL_ID",
        "00T1",
    );
    assert!(!told(&[domain, id]).contains("set by"));
    let whole = told(&[(
        "OKTA_EXPORTER__ORGS__ACME",
        r#"{"url": "http://acme.okta.com"}"#,
    )]);
    assert!(
        whole.contains("(set by OKTA_EXPORTER__ORGS__ACME)"),
        "{whole}"
    );
}

#[test]
fn orgs_whose_names_have_dots_hide_nothing_of_each_other() {
    let yaml = "status_pages: {}\norgs:\n  acme: 5\n  acme.eu: { url: 'http://x', probes: { discovery: { interval: 1s } } }\n";
    let told = Config::parse(yaml, &BTreeMap::new())
        .unwrap_err()
        .to_string();
    for place in [
        "orgs.acme: ",
        "orgs.\"acme.eu\".url: ",
        "orgs.\"acme.eu\".probes.discovery.interval: ",
    ] {
        assert!(told.contains(place), "{told}");
    }
}
