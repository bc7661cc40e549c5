mod one_org;
mod terraform;

use super::{tree::org_name, tree::org_url, *};

/// A home directory and a working directory of a test's own.
struct Places {
    directory: tempfile::TempDir,
}

impl Places {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(directory.path().join("home/.okta")).unwrap();
        std::fs::create_dir(directory.path().join("work")).unwrap();
        Self { directory }
    }

    fn write(&self, file: &str, text: &str) -> String {
        let path = self.directory.path().join(file);
        std::fs::write(&path, text).unwrap();
        Self::open_to(&path, 0o600);
        path.display().to_string()
    }

    fn open_to(path: &Path, mode: u32) {
        use std::{fs, os::unix::fs::PermissionsExt};
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn read(&self, variables: &[(&str, &str)]) -> (StandIn, Result<Vec<String>, String>) {
        let home = self.directory.path().join("home").display().to_string();
        let environment = variables
            .iter()
            .chain([&("HOME", home.as_str())])
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let mut notes = Notes::default();
        let working = self.directory.path().join("work");
        let stand_in = without_file(&environment, &working, &mut notes);
        (
            stand_in,
            notes.finish("x", |_| None).map_err(|e| e.to_string()),
        )
    }

    /// What they come to where nothing is wrong: the tree, and where it comes from.
    fn good(&self, variables: &[(&str, &str)]) -> (Value, String) {
        let (StandIn { tree, origin, .. }, notes) = self.read(variables);
        assert_eq!(notes, Ok(Vec::new()));
        let told = origin.to_string();
        (
            tree,
            told.replace(&self.directory.path().display().to_string(), ""),
        )
    }

    fn wrong(&self, variables: &[(&str, &str)]) -> String {
        let (_, notes) = self.read(variables);
        let told = notes.unwrap_err();
        assert!(!told.contains("s3cr3t"), "{told}");
        told
    }
}

fn credential(tree: &Value) -> &Value {
    &tree["orgs"]["acme"]["credentials"]["monitor"]
}

const PEM: &str = r"-----BEGIN PRIVATE KEY-----\ns3cr3t\n-----END PRIVATE KEY-----\n";
const URL: (&str, &str) = ("OKTA_CLIENT_ORGURL", "https://acme.okta.com/");

#[test]
fn a_domain_is_taken_as_people_have_it_at_hand() {
    for domain in [
        "acme.okta.com",
        "https://acme.okta.com",
        "https://acme.okta.com/",
        "acme.okta.com/",
    ] {
        assert_eq!(org_url(domain), "https://acme.okta.com", "{domain}");
        assert_eq!(org_name(domain), "acme", "{domain}");
    }
    assert_eq!(org_url("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
    assert_eq!(org_name("https://{yourOktaDomain}"), "okta");
}

#[test]
fn the_sdks_token_is_named_and_not_copied() {
    let (tree, told) = Places::new().good(&[URL, ("OKTA_CLIENT_TOKEN", "00s3cr3t")]);
    let written = json!({"orgs": {"acme": {
        "url": "https://acme.okta.com",
        "credentials": {"monitor": {"api_token_env": "OKTA_CLIENT_TOKEN"}},
    }}});
    assert_eq!(tree, written);
    assert_eq!(
        told,
        "settings come from SDK settings (OKTA_CLIENT_ORGURL, OKTA_CLIENT_TOKEN)"
    );
    let bearer = [
        URL,
        ("OKTA_CLIENT_TOKEN", "s3cr3t"),
        ("OKTA_CLIENT_AUTHORIZATIONMODE", "Bearer"),
    ];
    let (tree, _) = Places::new().good(&bearer);
    assert_eq!(
        credential(&tree),
        &json!({"bearer_token_env": "OKTA_CLIENT_TOKEN"})
    );
}

#[test]
fn of_the_sdks_files_and_variables_the_last_wins_setting_by_setting() {
    let places = Places::new();
    places.write(
        "home/.okta/okta.yaml",
        "okta:\n  client:\n    orgUrl: https://home.okta.com\n    token: 00s3cr3t-home\n    connectionTimeout: 30\n",
    );
    let (tree, told) = places.good(&[]);
    assert_eq!(tree["orgs"]["home"]["url"], "https://home.okta.com");
    assert_eq!(
        told,
        "settings come from SDK settings (/home/.okta/okta.yaml)"
    );

    places.write(
        "work/.okta.yaml",
        "okta: {client: {orgUrl: 'https://acme.okta.com', token: 00s3cr3t-work}}",
    );
    let (stand_in, _) = places.read(&[]);
    assert_eq!(
        stand_in.tree["orgs"]["acme"]["url"],
        "https://acme.okta.com"
    );
    assert_eq!(stand_in.environment["OKTA_CLIENT_TOKEN"], "00s3cr3t-work");

    let (stand_in, _) = places.read(&[("OKTA_CLIENT_TOKEN", "00s3cr3t-env")]);
    assert_eq!(stand_in.environment["OKTA_CLIENT_TOKEN"], "00s3cr3t-env");
    let source = stand_in.origin.source;
    assert!(
        source.contains("okta.yaml") && source.ends_with("OKTA_CLIENT_TOKEN)"),
        "{source}"
    );
    assert!(
        !stand_in.tree.to_string().contains("s3cr3t"),
        "a secret is in the tree"
    );
}

#[test]
fn a_service_app_of_the_sdks_is_read_from_variables_or_a_file() {
    let places = Places::new();
    let key = places.write("key.pem", PEM);
    let app = |key: (&'static str, &str)| {
        let (name, value) = key;
        let variables = [
            URL,
            ("OKTA_CLIENT_CLIENTID", "0oa1"),
            ("OKTA_CLIENT_SCOPES", "okta.users.read, okta.logs.read"),
            ("OKTA_CLIENT_PRIVATEKEYID", "kid1"),
            (name, value),
        ];
        let (tree, _) = places.good(&variables);
        credential(&tree)["oauth"].clone()
    };
    let expected = |setting: &str, value: &str| {
        json!({
            "client_id": "0oa1",
            setting: value,
            "key_id": "kid1",
            "scopes": ["okta.users.read", "okta.logs.read"],
        })
    };
    let inline = app(("OKTA_CLIENT_PRIVATEKEY", PEM));
    assert_eq!(
        inline,
        expected("private_key_env", "OKTA_CLIENT_PRIVATEKEY")
    );
    let path = app(("OKTA_CLIENT_PRIVATEKEY", &key));
    assert_eq!(path, expected("private_key_file", &key));
    let jwk = app(("OKTA_CLIENT_JWK", r#"{"kty":"RSA","d":"s3cr3t"}"#));
    assert_eq!(jwk, expected("private_key_env", "OKTA_CLIENT_JWK"));

    places.write(
        "home/.okta/okta.yaml",
        "okta:\n  client:\n    orgUrl: https://acme.okta.com\n    authorizationMode: PrivateKey\n    clientId: 0oa2\n    scopes: [okta.users.read, okta.logs.read]\n    privateKey: |\n      -----BEGIN PRIVATE KEY-----\n      s3cr3t\n      -----END PRIVATE KEY-----\n",
    );
    let (stand_in, notes) = places.read(&[]);
    assert_eq!(notes, Ok(Vec::new()));
    let oauth = &credential(&stand_in.tree)["oauth"];
    assert_eq!(
        oauth["scopes"],
        json!(["okta.users.read", "okta.logs.read"])
    );
    assert_eq!(oauth["private_key_env"], "OKTA_CLIENT_PRIVATEKEY");
    assert!(stand_in.environment["OKTA_CLIENT_PRIVATEKEY"].contains("\ns3cr3t\n"));
}

#[test]
fn a_keys_id_is_read_as_each_sdk_spells_it_and_the_last_one_wins() {
    let places = Places::new();
    let key = places.write("key.pem", PEM);
    places.write(
        "home/.okta/okta.yaml",
        &format!(
            "okta:\n  client:\n    orgUrl: https://acme.okta.com\n    authorizationMode: PrivateKey\n    clientId: 0oa2\n    scopes: okta.users.read\n    privateKey: {key}\n    kid: my-key-id\n"
        ),
    );
    let key_id = |variables: &[(&str, &str)]| {
        let (tree, _) = places.good(variables);
        credential(&tree)["oauth"]["key_id"].clone()
    };
    assert_eq!(key_id(&[]), "my-key-id");
    assert_eq!(key_id(&[("OKTA_CLIENT_KID", "k2")]), "k2");
    assert_eq!(key_id(&[("OKTA_CLIENT_PRIVATEKEYID", "k3")]), "k3");
}

#[test]
fn the_guides_variables_win_then_the_sdks_then_terraforms_then_the_sdks_files() {
    let places = Places::new();
    let file = "okta: {client: {orgUrl: 'https://file.okta.com'}}";
    places.write("home/.okta/okta.yaml", file);
    let all = [
        ("OKTA_DOMAIN", "guide.okta.com"),
        ("OKTA_CLIENT_ORGURL", "https://sdk.okta.com"),
        ("OKTA_ORG_NAME", "terraform"),
        ("OKTA_BASE_URL", "okta.com"),
    ];
    let won = |variables: &[(&str, &str)]| {
        let (tree, told) = places.good(variables);
        let orgs = tree["orgs"].as_object().unwrap();
        let won = orgs.keys().next().unwrap().clone();
        (
            won,
            told.split("; found and not used: ")
                .nth(1)
                .unwrap_or_default()
                .to_owned(),
        )
    };
    let ways = [
        (
            "guide",
            "SDK settings (OKTA_CLIENT_ORGURL); Terraform variables (OKTA_ORG_NAME, OKTA_BASE_URL); /home/.okta/okta.yaml",
        ),
        ("sdk", "Terraform variables (OKTA_ORG_NAME, OKTA_BASE_URL)"),
        ("terraform", "/home/.okta/okta.yaml"),
    ];
    for (dropped, (name, ignored)) in ways.into_iter().enumerate() {
        assert_eq!(won(&all[dropped..]), (name.to_owned(), ignored.to_owned()));
    }
    assert_eq!(won(&[]), ("file".to_owned(), String::new()));
}

#[test]
fn a_token_never_travels_to_an_org_it_was_not_given_for() {
    let (tree, told) = Places::new().good(&[
        ("OKTA_DOMAIN", "acme.okta.com"),
        ("OKTA_API_TOKEN", "00s3cr3t"),
        ("OKTA_CLIENT_TOKEN", "00s3cr3t"),
    ]);
    assert_eq!(credential(&tree), &Value::Null);
    assert!(
        told.contains("not used: SDK settings (OKTA_CLIENT_TOKEN); Terraform"),
        "{told}"
    );
}

#[test]
fn half_given_and_impossible_sets_are_told() {
    let places = Places::new();
    for (variables, told) in [
        (
            vec![("OKTA_ORG_NAME", "acme")],
            "OKTA_ORG_NAME is set and OKTA_BASE_URL is not",
        ),
        (
            vec![
                ("OKTA_ORG_NAME", "acme"),
                ("OKTA_BASE_URL", "okta.com"),
                ("OKTA_API_CLIENT_ID", "0oa1"),
            ],
            "OKTA_API_CLIENT_ID is set and OKTA_API_PRIVATE_KEY is not",
        ),
        (
            vec![
                ("OKTA_ORG_NAME", "acme"),
                ("OKTA_BASE_URL", "okta.com"),
                ("OKTA_API_PRIVATE_KEY", PEM),
            ],
            "OKTA_API_PRIVATE_KEY is set and OKTA_API_CLIENT_ID is not",
        ),
        (
            vec![URL, ("OKTA_CLIENT_CLIENTID", "0oa1")],
            "a service app is asked for, and OKTA_CLIENT_PRIVATEKEY is not set",
        ),
        (
            vec![
                URL,
                ("OKTA_CLIENT_CLIENTID", "0oa1"),
                ("OKTA_CLIENT_PRIVATEKEY", "MIIEs3cr3t"),
            ],
            "OKTA_CLIENT_PRIVATEKEY holds neither a private key (PEM or JWK) nor the path",
        ),
        (
            vec![URL, ("OKTA_CLIENT_AUTHORIZATIONMODE", "SSWS")],
            "asks for OKTA_CLIENT_TOKEN, which is not set",
        ),
        (
            vec![
                URL,
                ("OKTA_CLIENT_AUTHORIZATIONMODE", "JWT"),
                ("OKTA_CLIENT_CLIENTASSERTION", "s3cr3t"),
            ],
            "can be used once",
        ),
        (
            vec![URL, ("OKTA_CLIENT_AUTHORIZATIONMODE", "s3cr3t")],
            "is none of SSWS, Bearer",
        ),
    ] {
        let problems = places.wrong(&variables);
        assert!(problems.contains(told), "{problems}");
    }
    let (_, notes) = places.read(&[
        URL,
        ("OKTA_CLIENT_TOKEN", "00s3cr3t"),
        ("OKTA_CLIENT_CLIENTID", "0oa1"),
        ("OKTA_CLIENT_PRIVATEKEY", PEM),
    ]);
    let warned = notes.unwrap().concat();
    assert!(
        warned.contains("OKTA_CLIENT_TOKEN is used: set OKTA_CLIENT_AUTHORIZATIONMODE"),
        "{warned}"
    );
}

#[test]
fn a_broken_settings_file_is_told_only_where_it_is_needed() {
    let places = Places::new();
    for (broken, told) in [
        ("okta:\n\tclient: s3cr3t\n", "this is not YAML"),
        (
            "okta: {client: {orgUrl: 'https://a.okta.com', token: 12345}}",
            "okta.client.token is not text",
        ),
        (
            "okta: {client: {orgUrl: 'https://a.okta.com', token: ' '}}",
            "okta.client.token is empty: fill it in",
        ),
    ] {
        let file = places.write("home/.okta/okta.yaml", broken);
        let problems = places.wrong(&[]);
        assert!(
            problems.contains(&format!("{file}:")) && problems.contains(told),
            "{problems}"
        );
        assert!(!problems.contains("12345"), "{problems}");
        let (tree, _) = places.good(&[("OKTA_DOMAIN", "acme.okta.com")]);
        assert_eq!(tree["orgs"]["acme"]["url"], "https://acme.okta.com");
    }
}

#[test]
fn a_settings_file_with_a_secret_that_everybody_may_read_is_warned_of() {
    let places = Places::new();
    let warnings = |text: &str| {
        let file = places.write("home/.okta/okta.yaml", text);
        Places::open_to(Path::new(&file), 0o644);
        places.read(&[]).1.unwrap()
    };
    let org = "okta: {client: {orgUrl: 'https://acme.okta.com'}}";
    assert_eq!(warnings(org), Vec::<String>::new());
    let told = warnings(&org.replace("'}", "', token: 00s3cr3t}"));
    assert!(
        told.concat()
            .starts_with("everybody on this host may read "),
        "{told:?}"
    );
}
