use super::*;

const EVENT: &str = r#"{"uuid":"00000000-0000-0000-0000-000000000001","eventType":"user.session.start","outcome":{"result":"FAILURE"}}"#;

fn envelope(more: &str) -> String {
    format!(
        r#"{{"eventType":"com.okta.event_hook","eventTypeVersion":"1.0","source":"https://acme.okta.com/api/v1/eventHooks/who1",{more}}}"#
    )
}

#[test]
fn a_delivery_is_its_hook_and_its_events() {
    let body = envelope(&format!(
        r#""data":{{"events":[{EVENT},null]}},"eventTime":"2026-07-24T07:30:01.000Z""#
    ));
    let delivery = Delivery::read(body.as_bytes()).unwrap();
    assert_eq!(delivery.hook.as_deref(), Some("who1"));
    assert_eq!(
        (delivery.page.events.len(), delivery.page.unreadable),
        (1, 1)
    );
    let logged = EventPage::read(format!("[{EVENT}]").as_bytes()).unwrap();
    assert_eq!(
        delivery.page.events, logged.events,
        "an event is the same on either way"
    );
}

#[test]
fn what_is_no_delivery_is_refused_without_showing_it() {
    for (body, why) in [
        (
            envelope(r#""data":{"events":null}"#),
            BadDelivery::NotADelivery,
        ),
        (
            envelope(r#""data":{"events":"s3cr3t"}"#),
            BadDelivery::NotADelivery,
        ),
        (envelope(r#""data":[]"#), BadDelivery::NotADelivery),
        (
            r#"{"eventType":"other","data":{"events":[]}}"#.to_owned(),
            BadDelivery::NotADelivery,
        ),
        ("[]".to_owned(), BadDelivery::NotADelivery),
        ("s3cr3t".to_owned(), BadDelivery::NotJson),
        (String::new(), BadDelivery::NotJson),
        (
            format!("{}x", envelope(r#""data":{"events":[]}"#)),
            BadDelivery::NotJson,
        ),
    ] {
        let told = Delivery::read(body.as_bytes()).unwrap_err();
        assert_eq!(told, why, "{body}");
        assert!(!told.to_string().contains("s3cr3t"));
    }
}
