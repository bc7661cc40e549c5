//! Variables over a file.

use okta_exporter::config::Config;

use super::{environment, planned};

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
