use std::{collections::BTreeMap, fs, path::Path};

use okta_exporter::{config::Config, fleet};

use crate::support::{API_TOKEN, Program, example::example, get, new_key};

/// Every probe that a configuration plans, one in a line.
fn planned(config: Config) -> Vec<String> {
    let plans = fleet::plans(config);
    plans.iter().map(ToString::to_string).collect()
}

/// What is shown of a configuration, written to a file elsewhere and read from there without secrets.
fn pasted(shown: &str) -> Result<Config, String> {
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("pasted.yaml");
    fs::write(&file, shown).unwrap();
    Config::outline(Some(&file), &BTreeMap::new())
        .map_err(|problems| format!("{problems}\n{shown}"))
}

/// A configuration in a file of a directory.
fn load(directory: &Path, yaml: &str, variables: &[(&str, &str)]) -> Config {
    let file = directory.join("c.yaml");
    fs::write(&file, yaml).unwrap();
    let variables = variables.iter();
    let environment: BTreeMap<String, String> = variables
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Config::load(Some(&file), &environment).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn the_example_as_it_is_shown_plans_what_the_example_plans() {
    let directory = tempfile::tempdir().unwrap();
    let config = load(directory.path(), &example(directory.path()), &[]);
    let (json, yaml) = (config.shown.json.clone(), config.shown.yaml.clone());
    let again = pasted(&yaml).unwrap();
    let settings = |json: &str| {
        let shown: serde_json::Value = serde_json::from_str(json).unwrap();
        shown["settings"].clone()
    };
    // All paths were whole already, and no secret was written there.
    assert_eq!(settings(&again.shown.json), settings(&json));
    let plans = planned(config);
    assert!(plans.len() > 15, "{plans:#?}");
    assert_eq!(planned(again), plans);
}

#[test]
fn a_secret_becomes_the_name_of_where_it_came_from_or_of_where_it_should_be() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("token"), API_TOKEN).unwrap();
    let key = new_key().0;
    let yaml = format!(
        "# a comment
storage: {{ path: kept.redb }}
defaults: {{ timeout: 20s }}
status_pages: {{}}
orgs:
  acme.eu:
    url: https://acme.okta.com
    budget: 0.1
    credentials:
      written: {{ api_token: {API_TOKEN} }}
      file: {{ api_token_file: token }}
      variable: {{ api_token_env: TOKEN }}
      replaced: {{ api_token_file: token }}
      app: {{ oauth: {{ client_id: 0oa1, key_id: k1, private_key: {key:?}, scopes: [okta.users.read] }} }}
    event_hook: {{ authorization: 0123456789s3cr3t }}
    probes:
      discovery: {{ interval: 60s }}
      organization:
      endpoint:
        written: {{ path: '/api/v1/users?limit=1', credential: written, interval: 90s }}
        file: {{ path: /api/v1/groups, credential: file }}
        variable: {{ path: /api/v1/apps, credential: variable }}
        replaced: {{ path: /api/v1/devices, credential: replaced }}
        app: {{ path: /api/v1/users/me, credential: app }}
"
    );
    let replacing = "OKTA_EXPORTER__ORGS__ACME_EU__CREDENTIALS__REPLACED__API_TOKEN";
    let variables = [("TOKEN", API_TOKEN), (replacing, API_TOKEN)];
    let config = load(directory.path(), &yaml, &variables);
    let shown = config.shown.yaml.clone();
    let place = |name: &str| directory.path().join(name).display().to_string();
    for part in [
        "\n  acme.eu:\n",
        "      written:\n        api_token_file: fill-in  # the secret itself was written here",
        &format!("      file:\n        api_token_file: {}\n", place("token")),
        "      variable:\n        api_token_env: TOKEN\n",
        &format!("      replaced:\n        api_token_env: {replacing}\n"),
        "          private_key_file: fill-in  # ",
        "      authorization_file: fill-in  # ",
        &format!("\n  path: {}\n", place("kept.redb")),
        &format!("# and over it from: {replacing}\n"),
        // As they were written.
        "        interval: 60s\n",
        "          interval: 90s\n",
        "  timeout: 20s\n",
        "    budget: 0.1\n",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    for secret in [API_TOKEN, "0123456789s3cr3t", "PRIVATE KEY"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let again = pasted(&shown).unwrap_or_else(|told| panic!("{told}"));
    assert_eq!(again.storage, config.storage);
    assert_eq!(planned(again), planned(config));
}

#[test]
fn what_a_password_was_left_out_of_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let yaml = "status_pages: { ours: { url: 'https://status.example.com/?key=s3cr3t' } }\norgs: { acme: { url: 'https://acme.okta.com', probes: { discovery: {} } } }\n";
    let shown = load(directory.path(), yaml, &[]).shown.yaml;
    let line = shown.lines().find(|line| line.contains("status.example"));
    let line = line.unwrap_or_else(|| panic!("{shown}"));
    assert!(
        line.contains("?key=<redacted>\"  # write in what is left out here"),
        "{line}"
    );
    pasted(&shown).unwrap();
}

#[tokio::test]
async fn what_a_running_exporter_shows_is_checked_by_another() {
    let variables = [
        ("OKTA_DOMAIN", "https://127.0.0.1:1"),
        ("OKTA_TOKEN", API_TOKEN),
        ("OKTA_EXPORTER__STATUS_PAGES", "{}"),
    ];
    let mut exporter = Program::exporter(&["--web.listen-address=127.0.0.1:0"], &variables);
    let address = exporter.until("address=").await;
    let url = format!("http://{}/config", address.split(' ').next().unwrap());
    let shown = get(&url).await.text().await.unwrap();
    exporter.kill().await;
    assert!(shown.contains("api_token_env: OKTA_TOKEN\n"), "{shown}");
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("pasted.yaml");
    fs::write(&file, &shown).unwrap();
    let flag = format!("--config.file={}", file.display());
    let checked = Program::exporter(&[&flag, "--config.check=syntax"], &[]);
    let (status, said) = checked.end().await;
    assert!(status.success(), "{said:?}\n{shown}");
}
