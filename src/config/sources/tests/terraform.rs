//! The variables of Okta's Terraform provider.

use super::*;

#[test]
fn terraforms_ways_are_read_and_exclude_each_other() {
    let places = Places::new();
    let org = [
        ("OKTA_ORG_NAME", "acme"),
        ("OKTA_BASE_URL", "oktapreview.com"),
    ];
    let with = |more: &[(&'static str, &'static str)]| [&org[..], more].concat();
    let (tree, told) = places.good(&with(&[("OKTA_API_TOKEN", "00s3cr3t")]));
    assert_eq!(tree["orgs"]["acme"]["url"], "https://acme.oktapreview.com");
    assert_eq!(
        credential(&tree),
        &json!({"api_token_env": "OKTA_API_TOKEN"})
    );
    assert_eq!(
        told,
        "settings come from Terraform variables (OKTA_ORG_NAME, OKTA_BASE_URL, OKTA_API_TOKEN)"
    );
    let (tree, _) = places.good(&with(&[("OKTA_ACCESS_TOKEN", "s3cr3t")]));
    assert_eq!(
        credential(&tree),
        &json!({"bearer_token_env": "OKTA_ACCESS_TOKEN"})
    );
    let (tree, _) = places.good(&with(&[
        ("OKTA_API_CLIENT_ID", "0oa1"),
        ("OKTA_API_PRIVATE_KEY", PEM),
        ("OKTA_API_PRIVATE_KEY_ID", "kid1"),
        ("OKTA_API_SCOPES", "okta.users.read,okta.logs.read"),
    ]));
    let oauth = json!({
        "client_id": "0oa1",
        "private_key_env": "OKTA_API_PRIVATE_KEY",
        "key_id": "kid1",
        "scopes": ["okta.users.read", "okta.logs.read"],
    });
    assert_eq!(credential(&tree), &json!({ "oauth": oauth }));
    let both = places.wrong(&with(&[
        ("OKTA_API_TOKEN", "s3cr3t"),
        ("OKTA_ACCESS_TOKEN", "s3cr3t"),
    ]));
    assert!(
        both.contains("OKTA_API_TOKEN and OKTA_ACCESS_TOKEN are set: they exclude each other"),
        "{both}"
    );
}

#[test]
fn terraforms_org_may_be_named_by_its_domain_in_either_variable() {
    let places = Places::new();
    for (org, base, url) in [
        ("acme.okta.com", Some("okta.com"), "https://acme.okta.com"),
        (
            "https://acme.okta.com/",
            Some("okta.com"),
            "https://acme.okta.com",
        ),
        ("acme.oktapreview.com", None, "https://acme.oktapreview.com"),
        ("acme", Some("https://okta.com/"), "https://acme.okta.com"),
        ("acme", Some("acme.okta.com"), "https://acme.okta.com"),
        (
            "acme.okta.com",
            Some("acme.okta.com"),
            "https://acme.okta.com",
        ),
        ("okta", Some("okta.com"), "https://okta.okta.com"),
    ] {
        let base = base.map(|base| ("OKTA_BASE_URL", base));
        let variables: Vec<_> = [("OKTA_ORG_NAME", org)].into_iter().chain(base).collect();
        let (tree, _) = places.good(&variables);
        let name = if org == "okta" { "okta" } else { "acme" };
        assert_eq!(tree["orgs"][name]["url"], url, "{variables:?}");
    }
    let two = [
        ("OKTA_ORG_NAME", "login.acme.example"),
        ("OKTA_BASE_URL", "okta.com"),
    ];
    let told = places.wrong(&two);
    assert!(
        told.contains("OKTA_ORG_NAME holds a domain, and OKTA_BASE_URL another"),
        "{told}"
    );
}
