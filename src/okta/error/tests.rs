//! What answers that refuse say of themselves, as they were recorded.
use proptest::prelude::*;

use super::*;

const ENVELOPE: &[u8] = br#"{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit due to too many requests.","errorLink":"E0000047","errorId":"oaeEXAMPLE","errorCauses":[]}"#;

fn read(headers: &HeaderMap, body: &[u8]) -> ApiError {
    ApiError::read(headers, body, None)
}

fn answered(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.append(
        "x-okta-request-id",
        "00000000000000000000000000000002".parse().unwrap(),
    );
    for (name, value) in lines {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

#[test]
fn oktas_envelope_tells_code_and_id() {
    let ApiError::Okta(error) = read(&answered(&[]), ENVELOPE) else {
        panic!("an envelope")
    };
    assert_eq!(
        (error.code.as_str(), error.id.as_deref()),
        ("E0000047", Some("oaeEXAMPLE"))
    );
    assert_eq!(ApiError::Okta(error).label(), Some("E0000047"));
    let without_id = read(
        &answered(&[]),
        br#"{"errorCode":"E0000053","errorSummary":"x"}"#,
    );
    assert_eq!(without_id.to_string(), "E0000053 x");
    let caused = br#"{"errorCode":"E0000001","errorSummary":"Api validation failed","errorCauses":[{"errorSummary":"filter is missing"}]}"#;
    assert_eq!(
        read(&answered(&[]), caused).to_string(),
        "E0000001 Api validation failed (filter is missing)"
    );
}

#[test]
fn a_word_of_oauths_in_oktas_envelope_is_that_word_and_keeps_its_id() {
    let body = br#"{"errorCode":"invalid_client","errorSummary":"Invalid value for 'client_id' parameter.","errorLink":"invalid_client","errorId":"oaeEXAMPLE","errorCauses":[]}"#;
    for headers in [answered(&[]), HeaderMap::new()] {
        let error = read(&headers, body);
        assert_eq!(error.label(), Some("invalid_client"));
        assert!(
            matches!(error, ApiError::Okta(error) if error.id.as_deref() == Some("oaeEXAMPLE"))
        );
    }
}

#[test]
fn an_envelope_without_a_code_tells_its_summary_and_keeps_its_id() {
    let body = br#"{"errorSummary":"The resource is being changed by another request.","errorId":"oaeEXAMPLE","errorCauses":[{"errorSummary":"why"}]}"#;
    for headers in [answered(&[]), HeaderMap::new()] {
        let error = read(&headers, body);
        assert_eq!(error.label(), None);
        assert_eq!(
            error.to_string(),
            "The resource is being changed by another request. (why)"
        );
        assert!(
            matches!(error, ApiError::Okta(error) if error.id.as_deref() == Some("oaeEXAMPLE"))
        );
    }
    let strangers = br#"{"errorSummary":"no","errorId":"17"}"#;
    assert_eq!(read(&HeaderMap::new(), strangers).label(), Some("edge"));
    let lacks = [("www-authenticate", r#"Bearer error="insufficient_scope""#)];
    assert_eq!(
        read(&answered(&lacks), body).label(),
        Some("insufficient_scope")
    );
}

#[test]
fn only_a_missing_scope_is_told_as_needed() {
    let told = |error: &str| {
        let challenge = format!(r#"Bearer error="{error}", scope="okta.logs.read""#);
        let mut headers = answered(&[]);
        headers.append("www-authenticate", challenge.parse().unwrap());
        read(&headers, b"").to_string()
    };
    assert!(told("insufficient_scope").contains("needs the scope okta.logs.read"));
    assert_eq!(told("invalid_token"), "invalid_token");
}

#[test]
fn a_strange_member_does_not_hide_the_code() {
    let body = br#"{"errorCode":"E0000009","errorSummary":null,"errorId":7,"errorCauses":["x",{"errorSummary":"why"}]}"#;
    let error = read(&answered(&[]), body);
    assert_eq!(error.label(), Some("E0000009"));
    assert_eq!(error.to_string(), "E0000009 (why)");
}

#[test]
fn a_code_that_nobody_published_cannot_make_a_series() {
    let invented = br#"{"errorCode":"E9999999","errorSummary":"x"}"#;
    assert_eq!(read(&answered(&[]), invented).label(), Some("other"));
    assert_eq!(
        read(&answered(&[]), br#"{"error":"made_up"}"#).label(),
        Some("other")
    );
}

#[test]
fn an_empty_body_is_explained_by_its_challenge() {
    let headers = answered(&[(
        "www-authenticate",
        r#"Bearer authorization_uri="http://example.okta.com/oauth2/v1/authorize", realm="http://example.okta.com", scope="okta.logs.read", error="insufficient_scope", error_description="The access token provided does not contain the required scopes.", resource="/api/v1/logs""#,
    )]);
    let error = read(&headers, b"");
    assert_eq!(error.label(), Some("insufficient_scope"));
    assert_eq!(
        error.to_string(),
        "insufficient_scope: The access token provided does not contain the required scopes. (needs the scope okta.logs.read)"
    );
}

#[test]
fn a_bare_challenge_does_not_hide_the_envelope() {
    let body = br#"{"errorCode":"E0000011","errorSummary":"Invalid token provided"}"#;
    assert_eq!(
        read(&answered(&[("www-authenticate", "SSWS")]), body).label(),
        Some("E0000011")
    );
}

#[test]
fn the_edge_is_known_by_the_missing_request_id() {
    let edge = br#"{"status":404,"message":"Resource not found"}"#;
    let said = |body: &[u8]| match read(&HeaderMap::new(), body) {
        ApiError::Edge(words) => words,
        other => panic!("{other}"),
    };
    assert_eq!(said(edge).as_deref(), Some("Resource not found"));
    assert_eq!(
        said(b"<html><head><TITLE>502 Bad\r\n Gateway</TITLE></head>").as_deref(),
        Some("502 Bad Gateway")
    );
    assert_eq!(
        said(br#"{"status":502,"error":"Bad Gateway"}"#).as_deref(),
        Some("Bad Gateway"),
        "a web framework's word is no OAuth error"
    );
    assert_eq!(said(b""), None);
    let problem = br#"{"type":"about:blank","title":"Forbidden","status":403}"#;
    assert_eq!(read(&HeaderMap::new(), problem).label(), Some("edge"));
    let unexplained = read(&answered(&[]), b"<html>");
    assert_eq!(unexplained, ApiError::Unexplained(None));
    assert_eq!(unexplained.label(), None);
    let method = br#"{"errorCode":"E0000022","errorSummary":"The endpoint does not support the provided HTTP method"}"#;
    assert_eq!(read(&HeaderMap::new(), method).label(), Some("E0000022"));
}

#[test]
fn a_challenge_counts_where_the_bodys_word_is_nobodys() {
    let lacks = [(
        "www-authenticate",
        r#"Bearer error="insufficient_scope", scope="okta.logs.read""#,
    )];
    for invented in [
        &br#"{"error":"forbidden"}"#[..],
        br#"{"errorCode":"ACCESS_DENIED","errorSummary":"x"}"#,
    ] {
        let error = read(&answered(&lacks), invented);
        assert_eq!(error.label(), Some("insufficient_scope"));
    }
    let published = read(&answered(&lacks), br#"{"error":"invalid_token"}"#);
    assert_eq!(published.label(), Some("invalid_token"));
}

#[test]
fn a_word_of_a_gateway_is_the_edges_and_not_oktas() {
    let gateway = read(&HeaderMap::new(), br#"{"error":"forbidden"}"#);
    assert_eq!(gateway, ApiError::Edge(Some("forbidden".to_owned())));
    let published = read(&HeaderMap::new(), br#"{"error":"use_dpop_nonce"}"#);
    assert_eq!(
        published.label(),
        Some("use_dpop_nonce"),
        "another server's token endpoint sends no id"
    );
}

#[test]
fn of_several_challenges_that_of_the_scheme_counts_which_was_used() {
    let both = answered(&[(
        "www-authenticate",
        r#"Bearer error="invalid_token", DPoP algs="ES256", error="use_dpop_nonce""#,
    )]);
    let label = |scheme| ApiError::read(&both, b"", scheme).label();
    assert_eq!(label(Some("DPoP")), Some("use_dpop_nonce"));
    assert_eq!(label(Some("Bearer")), Some("invalid_token"));
    assert_eq!(label(Some("SSWS")), Some("invalid_token"));
    assert_eq!(label(None), Some("invalid_token"));
}

proptest! {
    #[test]
    fn whatever_comes_the_text_is_short_and_in_one_line(body in any::<Vec<u8>>(), summary in any::<String>()) {
        read(&HeaderMap::new(), &body);
        let envelope = serde_json::json!({"errorCode": summary, "errorSummary": summary, "errorId": summary});
        let text = read(&HeaderMap::new(), envelope.to_string().as_bytes()).to_string();
        prop_assert!(!text.contains(char::is_control));
        prop_assert!(text.chars().count() <= 2 * sanitize::LONGEST + 1);
    }
}
