mod credentials;
mod variables;

use std::{collections::BTreeMap, fs, path::Path};

use okta_exporter::{
    config::Config,
    fleet,
    probe::{KINDS, Place},
};

use crate::support::example::{EXAMPLE, example};

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
