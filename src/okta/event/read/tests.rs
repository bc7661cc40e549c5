use super::*;

fn read(text: &str) -> Option<Event> {
    event(serde_json::from_str(text).unwrap())
}

#[test]
fn an_event_says_what_is_counted() {
    let event = read(
        r#"{"uuid":"A1B2C3D4-0000-0000-0000-000000000001","published":"2026-07-24T07:30:00.000Z",
        "eventType":"user.session.start","severity":"WARN","outcome":{"result":"FAILURE","reason":"INVALID_CREDENTIALS"},
        "debugContext":{"debugData":{"targetEventHookIds":"whoabcdefghijklmnopq, who00000000000000001"}}}"#,
    )
    .unwrap();
    assert_eq!(event.id, EventId(0xa1b2_c3d4_0000_0000_0000_0000_0000_0001));
    assert_eq!(&*event.event_type, "user.session.start");
    assert_eq!(event.outcome, EventOutcome::Failure);
    assert_eq!(event.reason, EventReason::InvalidCredentials);
    assert_eq!(event.severity, EventSeverity::Warn);
    assert_eq!(
        event.hooks,
        ["whoabcdefghijklmnopq".into(), "who00000000000000001".into()]
    );
    assert!(event.published.is_some() && event.rate_limit.is_none());
}

#[test]
fn what_is_odd_is_read_as_far_as_it_goes() {
    for (text, outcome) in [
        (
            r#"{"outcome":null,"severity":null,"zone":"null"}"#,
            EventOutcome::None,
        ),
        (r#"{"outcome":"SUCCESS"}"#, EventOutcome::None),
        (
            r#"{"outcome":{"result":{"a":1},"reason":5}}"#,
            EventOutcome::None,
        ),
        (
            r#"{"outcome":{"result":"FAILURE"},"outcome":{"result":"SUCCESS"}}"#,
            EventOutcome::Success,
        ),
        (
            r#"{"uuid":17,"published":0,"eventType":["a"],"target":{"a":[]},"debugContext":"x"}"#,
            EventOutcome::None,
        ),
    ] {
        assert_eq!(read(text).unwrap().outcome, outcome, "{text}");
    }
    assert_eq!(&*read(r#"{"eventType":"a b"}"#).unwrap().event_type, "");
    for other in ["[]", "7", "null", r#""text""#, "true", "-1", "1.5"] {
        assert_eq!(read(other), None, "{other}");
    }
}

#[test]
fn an_id_is_the_same_in_whatever_case_and_one_that_is_missing_is_the_text_s() {
    let id = |text: &str| read(text).unwrap().id;
    assert_eq!(
        id(r#"{"uuid":"ABCDEF00-0000-0000-0000-000000000001"}"#),
        id(r#"{"uuid":"abcdef00-0000-0000-0000-000000000001","x":1}"#)
    );
    assert_eq!(id(r#"{"uuid":null,"a":1}"#), id(r#"{"uuid":null,"a":1}"#));
    assert_ne!(id(r#"{"a":1}"#), id(r#"{"a":2}"#));
    assert_eq!(
        id(r#"{"uuid":"no uuid","a":1}"#),
        id(r#"{"uuid":"no uuid","a":2}"#)
    );
}

#[test]
fn hooks_are_found_however_they_are_listed_and_nowhere_else() {
    let listed = |data: &str| {
        let text = format!(r#"{{"debugContext":{{"debugData":{data}}}}}"#);
        read(&text).unwrap().hooks.len()
    };
    assert_eq!(
        listed(r#"{"targetEventHookIds":["who00000000000000001","who00000000000000002"]}"#),
        2
    );
    assert_eq!(
        listed(r#"{"targetEventHookIds":"[who00000000000000001]"}"#),
        1
    );
    assert_eq!(
        listed(r#"{"targetEventHookIds" : "who00000000000000001","x":"who00000000000000002"}"#),
        1
    );
    assert_eq!(listed(r#"{"targetEventHookIds":null}"#), 0);
    assert_eq!(listed(r#"{"other":"who00000000000000001"}"#), 0);
    let many = vec![r#""who00000000000000001""#; 100].join(",");
    assert_eq!(
        listed(&format!(r#"{{"targetEventHookIds":[{many}]}}"#)),
        MOST_HOOKS
    );
}
