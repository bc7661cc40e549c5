//! The recorded documents, and strange ones.

use serde_json::{Value, json};

use super::*;

fn owner() -> Owner {
    Owner {
        usage: Use::IdpTrust,
        id: "0oa1".to_owned(),
        name: "Partner".to_owned(),
        kid: None,
    }
}

fn key(written: Value) -> Option<(String, Option<String>)> {
    let key: ListedKey = serde_json::from_value(written).unwrap();
    let certificate = key.of(&owner())?;
    let told = certificate.told.map(|told| told.to_string());
    Some((certificate.ends.to_string(), told))
}

/// A certificate until the beginning of this year, in base64 with line breaks.
fn x5c(year: i32) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["idp.example".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(year, 1, 1);
    let text = STANDARD.encode(params.self_signed(&key).unwrap().der());
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    lines.join("\r\n")
}

#[test]
fn a_certificate_is_believed_rather_than_what_is_said_of_it() {
    let (end, other) = ("2031-01-01T00:00:00Z", "2029-08-27T00:00:00.000Z");
    let of = |told: Value, x5c: Value| key(json!({"kid": "k", "expiresAt": told, "x5c": x5c}));
    let known = |differs: Option<&str>| Some((end.to_owned(), differs.map(str::to_owned)));
    assert_eq!(of(json!(end), json!([x5c(2031)])), known(None));
    assert_eq!(of(json!(null), json!([x5c(2031), "rubbish"])), known(None));
    assert_eq!(
        of(json!(other), json!([x5c(2031)])),
        known(Some("2029-08-27T00:00:00Z"))
    );
    let told = Some(("2029-08-27T00:00:00Z".to_owned(), None));
    for unreadable in [
        json!(["rubbish"]),
        json!([]),
        json!(null),
        json!([1]),
        json!(["é"]),
    ] {
        assert_eq!(of(json!(other), unreadable), told);
    }
    assert_eq!(
        key(json!({"kid": "2016", "n": "12345678901234567890"})),
        None
    );
}

#[test]
fn a_provider_trusts_by_all_of_its_keys_and_what_is_unsaid_is_absent() {
    let mut words = Unfamiliar::default();
    let mut read = |written: Value| {
        let idp: ListedIdp = serde_json::from_value(written).unwrap();
        idp.read(&mut words)
    };
    let idp = read(json!({"id": "0oa1", "name": "Part\nner", "type": "SAML2", "status": "ACTIVE", "protocol": {"credentials":
        {"trust": {"kid": "a", "additionalKids": ["b", "c"]}, "signing": {"kid": "s"}}}})).unwrap();
    assert_eq!(
        (idp.name.as_str(), idp.status),
        ("Part ner", Some(IdpStatus::Active))
    );
    let trusted: Vec<&str> = idp.trusted.iter().map(String::as_str).collect();
    assert_eq!(
        (trusted, idp.signing.as_deref()),
        (vec!["a", "b", "c"], Some("s"))
    );
    let social = read(
        json!({"id": "0oa2", "status": "ON_HOLD", "protocol": {"credentials": {"client": {}}}}),
    )
    .unwrap();
    assert_eq!(
        (social.status, social.trusted.len(), social.signing),
        (Some(IdpStatus::Other), 0, None)
    );
    for strange in [
        json!({}),
        json!({"id": "../../x"}),
        json!({"id": null, "protocol": []}),
    ] {
        assert_eq!(read(strange), None);
    }
}

#[test]
fn only_applications_that_are_signed_for_have_certificates() {
    let read = |written: Value| {
        let app: ListedApp = serde_json::from_value(written).unwrap();
        app.read().map(|app| (app.id, app.name, app.kid))
    };
    let saml = json!({"id": "0oa1", "label": "Payroll", "signOnMode": "SAML_2_0", "credentials": {"signing": {"kid": "k"}}});
    assert_eq!(
        read(saml),
        Some((
            "0oa1".to_owned(),
            "Payroll".to_owned(),
            Some("k".to_owned())
        ))
    );
    assert_eq!(
        read(json!({"id": "0oa2", "signOnMode": "OPENID_CONNECT"})),
        None
    );
    assert_eq!(read(json!({"id": "a/b", "signOnMode": "SAML_2_0"})), None);
}

#[test]
fn a_domain_is_brought_unless_okta_says_that_it_renews_the_certificate() {
    let mut words = Unfamiliar::default();
    let mut read = |written: Value| {
        let domain: ListedDomain = serde_json::from_value(written).unwrap();
        let (domain, certificate) = domain.read(&mut words)?;
        Some((
            domain.status,
            certificate.map(|it| (it.usage, it.ends.to_string())),
        ))
    };
    let recorded = json!({"id": "OcD1", "domain": "login.acme.example", "certificateSourceType": "MANUAL", "validationStatus": "COMPLETED"});
    assert_eq!(
        read(recorded.clone()),
        Some((Some(DomainStatus::Completed), None))
    );
    for (source, usage) in [
        ("MANUAL", Use::Domain),
        ("OKTA_MANAGED", Use::DomainManaged),
        ("NEW", Use::Domain),
    ] {
        let mut domain = recorded.clone();
        domain["certificateSourceType"] = source.into();
        domain["publicCertificate"] =
            json!({"fingerprint": "x", "expiration": "2026-12-24T00:00:00.000Z"});
        let (_, certificate) = read(domain).unwrap();
        assert_eq!(
            certificate,
            Some((usage, "2026-12-24T00:00:00Z".to_owned()))
        );
    }
    let verified = |word: &str| DomainStatus::named(word).and_then(DomainStatus::is_verified);
    let told = [
        "verified",
        "completed",
        "in_progress",
        "failed_to_verify",
        "other",
    ]
    .map(verified);
    assert_eq!(
        told,
        [Some(true), Some(true), Some(false), Some(false), None]
    );
}
