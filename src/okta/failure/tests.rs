use super::*;
use crate::okta::OktaError;

fn refusal(status: u16, limited: Option<LimitKind>, code: &str) -> Failure {
    Failure::Refused(Box::new(Refusal {
        status,
        path: "/api/v1/users".to_owned(),
        anonymous: false,
        error: ApiError::Okta(OktaError {
            code: code.to_owned(),
            summary: "no".to_owned(),
            id: None,
            causes: Vec::new(),
        }),
        request_id: None,
        date: None,
        limited,
        back_off: None,
    }))
}

fn no_token(cause: Failure) -> Failure {
    Failure::NoToken(Box::new(NoToken {
        credential: "billing".parse().unwrap(),
        cause,
        note: Some("asked for a scope".to_owned()),
        remembered: true,
    }))
}

#[test]
fn a_refusal_has_the_reason_that_its_status_and_its_code_give() {
    for (status, limited, code, reason) in [
        (
            429,
            Some(LimitKind::Concurrency),
            "E0000047",
            Reason::ConcurrencyLimited,
        ),
        (429, Some(LimitKind::Limit), "E0000047", Reason::RateLimited),
        (429, None, "E0000047", Reason::RateLimited),
        (401, None, "E0000011", Reason::Unauthorized),
        (401, None, "E0000015", Reason::Forbidden),
        (403, None, "E0000006", Reason::Forbidden),
        (404, None, "E0000007", Reason::HttpStatus),
        (503, None, "E0000009", Reason::HttpStatus),
    ] {
        let failure = refusal(status, limited, code);
        assert_eq!(failure.reason(), reason, "{status} {code}");
        assert_eq!(failure.request_reason(), None, "an answer came");
        assert_eq!(failure.is_org_trouble(), status >= 500, "{status}");
        let no_token = no_token(failure.clone());
        assert_eq!(no_token.reason(), reason);
        assert_eq!(no_token.is_org_trouble(), status >= 500);
        assert_eq!(no_token.refusal(), failure.refusal());
        assert!(no_token.is_remembered() && !failure.is_remembered());
    }
}

#[test]
fn a_request_that_got_no_whole_answer_says_where_it_hung() {
    for (phase, hung) in [
        (Phase::Dns, "while the name was looked up"),
        (Phase::Connect, "while connecting (TCP and TLS)"),
        (Phase::FirstByte, "waiting for the first byte"),
        (Phase::Body, "in the middle of the body"),
    ] {
        let after = Duration::from_millis(1_500);
        let proxy = None;
        let failure = Failure::Timeout {
            phase,
            after,
            proxy,
        };
        let said = format!("no answer within 1.5 s: it hung {hung}");
        assert_eq!(failure.to_string(), said);
        assert_eq!(failure.request_reason(), Some("timeout"));
        assert!(failure.is_org_trouble());
    }
    let detail = "reset".to_owned();
    let redirect = Failure::Redirect("to another host".to_owned());
    for (failure, reason, is_org_trouble) in [
        (Failure::Cut { detail }, Some("body"), true),
        (Failure::TooLarge { limit: 1 }, Some("body"), false),
        (redirect, Some("redirect"), false),
        (Failure::Overlap, None, false),
    ] {
        assert_eq!(failure.request_reason(), reason, "{failure}");
        assert_eq!(failure.is_org_trouble(), is_org_trouble, "{failure}");
    }
}

#[test]
fn why_there_is_no_token_is_told_with_what_may_explain_it() {
    let told = no_token(Failure::Overlap).to_string();
    let expected = "no access token for the credential `billing`: the last run has not ended yet: this one was \
                    left out (asked for a scope); not asked again yet";
    assert_eq!(told, expected);
}
