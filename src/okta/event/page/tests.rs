use proptest::prelude::*;

use super::*;

#[test]
fn one_bad_event_spoils_no_other() {
    let page = EventPage::read(br#"[{"eventType":"a.b"}, 5, null, {"eventType":"c"}]"#).unwrap();
    assert_eq!((page.events.len(), page.unreadable), (2, 2));
    assert_eq!(EventPage::read(b"[]").unwrap(), EventPage::default());
    for bad in [
        &b"{}"[..],
        b"",
        b"[",
        b"[{]",
        b"[] x",
        b"<html>",
        b"[\"\xff\"]",
    ] {
        assert!(EventPage::read(bad).is_err());
    }
}

#[test]
fn an_event_without_measure_is_counted_and_not_read() {
    let long = |bytes: usize| format!(r#"[{{"x":"\n{}"}},{{"a":1}}]"#, "x".repeat(bytes));
    let read = |bytes: usize| EventPage::read(long(bytes).as_bytes()).unwrap();
    let fits = read(MOST_OF_AN_EVENT - 100);
    assert_eq!((fits.events.len(), fits.unreadable), (2, 0));
    let longer = read(MOST_OF_AN_EVENT);
    assert_eq!((longer.events.len(), longer.unreadable), (1, 1));
}

#[test]
fn a_page_that_has_no_end_is_refused() {
    let long = format!("[{}0]", "0,".repeat(MOST_EVENTS));
    let told = EventPage::read(long.as_bytes()).unwrap_err().to_string();
    assert!(told.contains("more than 2000 entries"), "{told}");
}

proptest! {
    #[test]
    fn nothing_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(EventPage::read(&body));
    }

    #[test]
    fn whatever_the_members_are_the_events_are_all_there(
        values in prop::collection::vec(prop::sample::select(vec![
            "null", "1", "\"x\"", "[]", "{}", "[{\"id\":[]}]", "{\"result\":[1]}", "\"\\ud83d\\ude00\"", "{\"debugData\":{\"a\":{}}}",
        ]), 9),
    ) {
        let names = ["uuid", "published", "eventType", "severity", "outcome", "target", "debugContext", "transaction", "client"];
        let members: Vec<String> = names.iter().zip(&values).map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let limited = format!("{{{},\"eventType\":\"system.org.rate_limit.warning\"}}", members.join(","));
        let body = format!("[{{{}}},{limited}]", members.join(","));
        let page = EventPage::read(body.as_bytes()).unwrap();
        prop_assert_eq!(page.events.len(), 2);
        prop_assert!(page.events[1].rate_limit.is_some());
    }
}
