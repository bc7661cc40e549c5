//! What belongs to one org stays with it.

use super::*;

#[test]
fn a_secret_of_a_file_goes_to_the_org_beside_which_it_was_read() {
    let places = Places::new();
    let home = "okta: {client: {orgUrl: 'https://acme.okta.com', token: 00s3cr3t}}";
    places.write("home/.okta/okta.yaml", home);
    let other = ("OKTA_CLIENT_ORGURL", "https://acme.oktapreview.com");
    let refused = places.wrong(&[other]);
    assert!(
        refused.contains("okta.yaml was given for another org than that of OKTA_CLIENT_ORGURL"),
        "{refused}"
    );
    // The same org, however it is written, and a token that stands beside the other one.
    places.good(&[("OKTA_CLIENT_ORGURL", "acme.okta.com/")]);
    places.good(&[other, ("OKTA_CLIENT_TOKEN", "00s3cr3t")]);
    places.write(
        "work/.okta.yaml",
        "okta: {client: {orgUrl: 'https://acme.oktapreview.com'}}",
    );
    let refused = places.wrong(&[]);
    assert!(
        refused.contains("was given for another org than that of"),
        "{refused}"
    );
    let key = "okta: {client: {orgUrl: 'https://acme.okta.com', clientId: 0oa1, privateKey: '{}'}}";
    places.write("home/.okta/okta.yaml", key);
    let refused = places.wrong(&[]);
    assert!(refused.contains("OKTA_CLIENT_PRIVATEKEY in "), "{refused}");
    // A token beside no URL is for whichever org is named.
    places.write("home/.okta/okta.yaml", "okta: {client: {token: 00s3cr3t}}");
    places.good(&[]);
}

#[test]
fn files_that_lie_about_are_left_alone_where_variables_give_an_org() {
    let places = Places::new();
    let url = (
        "OKTA_EXPORTER__ORGS__ACME__URL",
        "https://acme.oktapreview.com",
    );
    for text in [
        "okta: {client: {orgUrl: 'https://acme.okta.com', token: 00s3cr3t}}",
        "okta: {client: {orgUrl: 'https://acme.okta.com', authorizationMode: JWT}}",
        "okta:\n\tclient: s3cr3t\n",
    ] {
        places.write("home/.okta/okta.yaml", text);
        places.write("work/.okta.yaml", text);
        let (stand_in, notes) = places.read(&[url]);
        assert_eq!(notes, Ok(Vec::new()));
        assert_eq!(stand_in.tree, json!({}));
        assert!(!stand_in.environment.contains_key("OKTA_CLIENT_TOKEN"));
        assert_eq!(stand_in.origin.ignored.len(), 2);
    }
    // Beside another org that variables name, they are as well.
    let (tree, told) = places.good(&[url, ("OKTA_CLIENT_ORGURL", "https://sdk.okta.com")]);
    assert_eq!(
        tree,
        json!({"orgs": {"sdk": {"url": "https://sdk.okta.com"}}})
    );
    assert!(told.contains("not used: /home/.okta/okta.yaml"), "{told}");
    // A variable that gives no org leaves the file to do so.
    let file = "okta: {client: {orgUrl: 'https://acme.okta.com'}}";
    places.write("home/.okta/okta.yaml", file);
    std::fs::remove_file(places.directory.path().join("work/.okta.yaml")).unwrap();
    let (tree, _) = places.good(&[("OKTA_EXPORTER__ORGS__ACME__BUDGET", "0.1")]);
    assert_eq!(tree["orgs"]["acme"]["url"], "https://acme.okta.com");
}

#[test]
fn a_key_of_the_variables_beats_that_of_a_file_whichever_way_either_is_given() {
    let places = Places::new();
    let file = |setting: &str| {
        format!(
            "okta: {{client: {{orgUrl: 'https://acme.okta.com', clientId: 0oa1, {setting}: '{{s3cr3t}}'}}}}"
        )
    };
    for (in_file, variable) in [
        ("privateKey", "OKTA_CLIENT_JWK"),
        ("jwk", "OKTA_CLIENT_PRIVATEKEY"),
    ] {
        places.write("home/.okta/okta.yaml", &file(in_file));
        let (tree, _) = places.good(&[(variable, "{}")]);
        assert_eq!(credential(&tree)["oauth"]["private_key_env"], variable);
    }
}
