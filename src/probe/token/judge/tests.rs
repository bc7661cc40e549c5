//! What is judged of a token's claims.

use super::*;

fn judged(expect: &Expect, claims: &Claims, read: bool) -> Observation {
    let mut seen = Observation {
        required: Arc::clone(&expect.scopes),
        ..Observation::default()
    };
    expect.judge(claims, read, &mut seen);
    seen
}

fn missing(seen: &Observation) -> Vec<(&str, bool)> {
    seen.missing().into_iter().collect()
}

#[test]
fn a_missing_scope_is_named_and_unknown_scopes_claim_nothing() {
    let expect = Expect {
        scopes: Arc::from(["okta.users.read".to_owned(), "okta.logs.read".to_owned()]),
        ..Expect::default()
    };
    let granted = Claims {
        scopes: Some(["okta.users.read".to_owned()].into()),
        ..Claims::default()
    };
    assert_eq!(
        missing(&judged(&expect, &granted, true)),
        [("okta.logs.read", true), ("okta.users.read", false)]
    );
    assert!(missing(&judged(&expect, &Claims::default(), false)).is_empty());
    assert_eq!(
        missing(&judged(&expect, &Claims::default(), true)),
        [("okta.logs.read", true), ("okta.users.read", true)],
        "a token that can be read and names none has none"
    );
}

#[test]
fn issuer_and_audience_match_where_one_of_those_expected_is_named() {
    let expect = Expect {
        issuer: ["https://a".to_owned()].into(),
        audience: ["api".to_owned(), "other".to_owned()].into(),
        ..Expect::default()
    };
    let claims = Claims {
        iss: Some("https://b".into()),
        aud: vec!["x".into(), "other".into()],
        ..Claims::default()
    };
    let seen = judged(&expect, &claims, true);
    assert_eq!(
        (seen.issuer_matches(), seen.audience_matches()),
        (Some(false), Some(true))
    );
    assert_eq!(
        seen.issuer.unwrap().words("iss"),
        "the token's `iss` is `https://b`; `https://a` was expected"
    );
    let seen = judged(&Expect::default(), &claims, true);
    assert_eq!(
        (seen.issuer_matches(), seen.audience_matches()),
        (None, None)
    );
    let seen = judged(&expect, &Claims::default(), false);
    assert_eq!(
        (seen.issuer_matches(), seen.audience_matches()),
        (None, None)
    );
}

#[test]
fn what_is_expected_and_absent_is_wrong_where_the_token_can_be_read() {
    let expect = Expect {
        issuer: ["https://a".to_owned()].into(),
        audience: ["api".to_owned(), "other".to_owned()].into(),
        ..Expect::default()
    };
    let seen = judged(&expect, &Claims::default(), true);
    assert_eq!(
        (seen.issuer_matches(), seen.audience_matches()),
        (Some(false), Some(false))
    );
    assert_eq!(
        seen.audience.unwrap().words("aud"),
        "the token has no `aud`; `api` or `other` was expected"
    );
}
