//! What is said of credentials: who uses them, what they lack, where their secrets lie open.

use std::{collections::BTreeMap, fs};

use okta_exporter::config::Config;

use super::environment;
use crate::support::new_key;

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
