//! What is left of a configuration where it is shown.

use super::*;

#[test]
fn secrets_are_replaced_and_where_they_are_kept_is_not() {
    let shown = redacted(&json!({
        "orgs": {"acme": {
            "credentials": {
                "a": {"api_token": "s3cr3t"},
                "b": {"bearer_token_env": "OKTA_BEARER"},
                "c": {"oauth": {"private_key": "s3cr3t", "key_id": "kid1"}},
                "d": {"api_token": ["s3cr3t"]},
            },
            "probes": {"token": {"ci": {"access_token_file": "/run/t", "introspect": {"client_secret": 1}}}},
        }},
        "status_pages": {"okta": {"url": "https://me:s3cr3t@status.okta.com/x?a=b"}},
    }));
    let expected = json!({
        "orgs": {"acme": {
            "credentials": {
                "a": {"api_token": "<redacted>"},
                "b": {"bearer_token_env": "OKTA_BEARER"},
                "c": {"oauth": {"private_key": "<redacted>", "key_id": "kid1"}},
                "d": {"api_token": "<redacted>"},
            },
            "probes": {"token": {"ci": {"access_token_file": "/run/t", "introspect": {"client_secret": "<redacted>"}}}},
        }},
        "status_pages": {"okta": {"url": "https://<redacted>@status.okta.com/x?a=<redacted>"}},
    });
    assert_eq!(shown, expected);
}

#[test]
fn every_setting_that_may_hold_a_secret_is_known_as_one() {
    // The example shows every setting, and each secret's `X_env` beside it.
    let example = include_str!("../../../config/okta-exporter.yaml");
    let words = example.split(|c: char| !c.is_alphanumeric() && c != '_');
    let secrets: std::collections::BTreeSet<&str> = words
        .filter_map(|word| word.strip_suffix("_env"))
        .filter(|name| *name != "X")
        .collect();
    assert!(secrets.len() >= 4, "{secrets:?}");
    for name in secrets {
        assert!(is_secret(name), "{name}");
    }
}
